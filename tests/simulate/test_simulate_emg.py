"""Each source against what its formula or its name promises."""

import numpy as np
import pytest
from scipy import integrate, optimize, signal

from dspant.simulate import emg
from dspant.simulate.errors import SimulationError

FS_HZ = 24414.0625


def generator(seed=7):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("order", [1, 2])
def test_muap_shapes_have_unit_energy_and_are_orthogonal(order):
    width_s = 0.001

    def shape(time_s, order=order):
        return float(emg.hermite_rodriguez(np.float64(time_s), order, width_s))

    energy, _ = integrate.quad(lambda t: shape(t) ** 2, -0.01, 0.01, limit=200)
    overlap, _ = integrate.quad(lambda t: shape(t, 1) * shape(t, 2), -0.01, 0.01, limit=200)
    assert energy == pytest.approx(1, rel=1e-9)
    assert overlap == pytest.approx(0, abs=1e-9)


def test_unit_sizes_rise_and_rates_fall_with_threshold():
    pool = emg.motor_unit_pool(50, 200e-6, rng=generator())
    assert np.all(np.diff(pool.threshold) > 0)
    assert np.all(np.diff(np.abs(pool.amplitude)) > 0)
    assert np.all(np.diff(pool.rate_hz) < 0)
    assert pool.threshold[-1] == pytest.approx(1)


def test_full_drive_gives_the_rms_asked_for():
    rng = generator()
    pool = emg.motor_unit_pool(60, 200e-6, rng=rng)
    samples = int(8 * FS_HZ)
    trace = emg.motor_unit_trains(
        pool, np.array([[0.0, 8.0]]), samples=samples, fs_hz=FS_HZ, rng=rng
    )
    plateau = trace[samples // 2 : -1000]
    assert np.sqrt(np.mean(plateau**2)) == pytest.approx(200e-6, rel=0.1)


def test_bursts_begin_and_end_sharply():
    bursts_s = np.array([[0.5, 0.9], [1.4, 1.8], [2.3, 2.75]])
    rng = generator()
    pool = emg.motor_unit_pool(60, 200e-6, rng=rng)
    for onset_s, offset_s in bursts_s:
        times_s, unit = emg.discharges(
            pool, onset_s, offset_s, initial_drive=0.6, interval_cv=0.15, rng=rng
        )
        assert times_s.min() == onset_s
        assert times_s.max() < offset_s
        first_s = np.sort(times_s)[:5]
        assert first_s[-1] - onset_s < 0.01
        assert set(unit) <= set(range(60))
    trace = emg.motor_unit_trains(pool, bursts_s, samples=80_000, fs_hz=FS_HZ, rng=rng)
    time_s = np.arange(80_000) / FS_HZ
    active = np.abs(trace) > 20e-6
    for onset_s, offset_s in bursts_s:
        near = (time_s > onset_s - 0.2) & (time_s < offset_s + 0.2)
        found_s = time_s[near & active]
        assert 0 <= found_s[0] - onset_s < 0.006
        assert 0 <= offset_s - found_s[-1] < 0.012
    inside = np.zeros(80_000, bool)
    for onset_s, offset_s in bursts_s:
        inside |= (time_s >= onset_s - 0.001) & (time_s <= offset_s + 0.001)
    assert np.all(np.abs(trace[~inside]) < 1e-6)


def test_intervals_vary_as_asked():
    pool = emg.motor_unit_pool(20, 200e-6, rng=generator())
    times_s, unit = emg.discharges(
        pool, 0.0, 60.0, initial_drive=0.99, interval_cv=0.15, rng=generator(8)
    )
    for number in (0, 10, 19):
        intervals_s = np.diff(np.sort(times_s[unit == number]))[5:]
        assert np.mean(intervals_s) == pytest.approx(1 / pool.rate_hz[number], rel=0.03)
        assert np.std(intervals_s) / np.mean(intervals_s) == pytest.approx(0.15, rel=0.15)


def test_hum_and_drift_stay_in_their_bands():
    samples = int(40 * FS_HZ)
    hum = emg.mains_hum(samples, frequency_hz=60, peak_v=20e-6, phase_rad=0.3, fs_hz=FS_HZ)
    time_s = np.arange(samples) / FS_HZ
    fitted = 2 * np.mean(hum * np.exp(-2j * np.pi * 60 * time_s))
    assert abs(fitted) == pytest.approx(20e-6, rel=1e-3)
    drift = emg.drift(samples, rms_v=150e-6, highest_hz=0.5, fs_hz=FS_HZ, rng=generator())
    assert np.sqrt(np.mean(drift**2)) == pytest.approx(150e-6, rel=0.3)
    above = signal.sosfiltfilt(signal.butter(4, 5, "highpass", fs=FS_HZ, output="sos"), drift)[
        int(FS_HZ) : -int(FS_HZ)
    ]
    assert np.abs(above).max() < 0.1e-6


def test_noise_has_the_stated_rms_and_is_white():
    noise = emg.white_noise(2**19, 4e-6, generator())
    assert np.std(noise) == pytest.approx(4e-6, rel=0.01)
    _, density = signal.welch(noise, FS_HZ, nperseg=1024)
    np.testing.assert_allclose(density[1:-1] * FS_HZ / 2, 16e-12, rtol=0.3)


def test_heart_beats_and_complexes():
    beats_s = emg.heart_beats(60.0, rate_hz=5.5, interval_cv=0.03, rng=generator())
    intervals_s = np.diff(beats_s)
    assert np.mean(intervals_s) == pytest.approx(1 / 5.5, rel=0.02)
    assert np.std(intervals_s) * 5.5 == pytest.approx(0.03, rel=0.2)
    samples = int(60 * FS_HZ)
    trace = emg.ecg(beats_s, peak_to_peak_v=40e-6, samples=samples, fs_hz=FS_HZ)
    assert np.ptp(trace) == pytest.approx(40e-6, rel=0.02)
    peaks, _ = signal.find_peaks(trace, height=20e-6)
    # Q and S, on the flanks of R, move its summit by less than a tenth of a millisecond.
    np.testing.assert_allclose(peaks / FS_HZ, beats_s, rtol=0, atol=1e-4)


def test_artefact_is_balanced_and_short():
    onset_s = np.array([0.1, 0.2001234])
    trace = emg.stimulus_artefact(
        onset_s, np.array([5e-3, -2e-3]), duration_s=0.8e-3, samples=8000, fs_hz=FS_HZ
    )
    used_s = np.flatnonzero(trace) / FS_HZ
    for start_s, peak_v in zip(onset_s, (5e-3, -2e-3), strict=True):
        own_s = used_s[(used_s > start_s - 0.01) & (used_s < start_s + 0.01)]
        assert own_s[0] >= start_s
        assert own_s[-1] <= start_s + 0.8e-3
        part = trace[int((start_s - 0.002) * FS_HZ) : int((start_s + 0.002) * FS_HZ)]
        assert np.ptp(part) == pytest.approx(2 * abs(peak_v), rel=0.05)
        assert abs(part.sum()) / FS_HZ < 0.01 * abs(peak_v) * 0.8e-3


def test_response_shape_has_no_area_and_unit_peak_to_peak():
    duration_s = 0.006
    area, _ = integrate.quad(
        lambda t: float(emg.response_template(np.float64(t), duration_s)),
        0,
        duration_s,
        points=[0.0015, 0.004],
    )
    assert area == pytest.approx(0, abs=1e-12)
    time_s = np.linspace(-0.001, 0.008, 90_001)
    shape = emg.response_template(time_s, duration_s)
    assert np.ptp(shape) == pytest.approx(1, rel=1e-6)
    assert np.all(shape[time_s < 0] == 0)
    assert np.all(shape[time_s > duration_s] == 0)
    steps = np.abs(np.diff(shape))
    assert steps.max() < 3 * np.median(steps[(time_s[1:] > 0) & (time_s[1:] < duration_s)])


def test_recruitment_curve_is_a_boltzmann_function():
    current = np.linspace(0, 900, 19)
    response_v = emg.recruitment_curve(current, maximum_v=1.5e-3, half_current=400, slope=50)
    assert response_v[current == 400] == 0.75e-3
    assert np.all(np.diff(response_v) > 0)
    (maximum, half, slope), _ = optimize.curve_fit(
        lambda x, m, h, k: m / (1 + np.exp(-(x - h) / k)),
        current,
        response_v * 1e3,
        p0=[1.0, 300.0, 100.0],
    )
    np.testing.assert_allclose([maximum, half, slope], [1.5, 400, 50], rtol=1e-5)


def test_place_keeps_fractions_of_a_sample_and_the_edges():
    onset_s = np.array([-0.0005, 0.01003, 0.0995])
    trace = emg.place(onset_s, lambda elapsed_s: 1 + elapsed_s, 0.001, samples=1000, fs_hz=10_000.0)
    expected = np.zeros(1000)
    for start_s in onset_s:
        for sample in range(1000):
            elapsed_s = sample / 10_000.0 - start_s
            if 0 <= elapsed_s <= 0.001:
                expected[sample] += 1 + elapsed_s
    np.testing.assert_allclose(trace, expected, rtol=1e-12)


def test_quantised_values_lie_on_the_grid():
    lsb_v = 2.0**-24
    counts = emg.quantise(generator().normal(0, 1e-3, 1000), lsb_v).astype(np.float64) / lsb_v
    np.testing.assert_array_equal(counts, np.round(counts))
    with pytest.raises(SimulationError, match="does not fit in 24 bits"):
        emg.quantise(np.array([2.0]), lsb_v)


def test_a_pool_without_units_is_refused():
    with pytest.raises(SimulationError, match="at least one"):
        emg.motor_unit_pool(0, 1e-4, rng=generator())
