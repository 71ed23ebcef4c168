"""Sources of known size, shared noise and a closed loop, each measured in what was simulated."""

import numpy as np
import pyarrow.compute as pc
import pytest
from scipy import signal

from dspant.simulate.errors import SimulationError
from dspant.simulate.modulated import envelope, modulated_noise, muscle_noise, slowing_noise
from dspant.simulate.recording import simulate
from dspant.simulate.spec import parse_spec

FS_HZ = 6103.515625
QUIET = {
    "seed": 3,
    "duration_s": 8,
    "fs_hz": FS_HZ,
    "airflow_fs_hz": 1017.2526,
    "currents_uA": [0.0],
    "hum_peak_v": 0.0,
    "ecg_peak_to_peak_v": 0.0,
    "drift_rms_v": 0.0,
}


def muscle(name, **changes):
    return {
        "name": name,
        "burst_rms_v": 1e-4,
        "response_maximum_v": 0.0,
        "response_latency_s": 0.009,
        **changes,
    }


def simulated(**changes):
    return simulate(parse_spec({**QUIET, **changes}, where="test"))


def test_muscle_noise_has_the_stated_spectrum_and_size():
    rng = np.random.default_rng(1)
    noise = muscle_noise(400_000, fs_hz=FS_HZ, rng=rng)
    f, power = signal.welch(noise, FS_HZ, nperseg=4096)
    expected = f**2 / ((f**2 + 60**2) * (f**2 + 120**2) ** 2)
    expected *= power.sum() / expected.sum()
    band = (f > 20) & (f < 500)

    assert np.std(noise) == pytest.approx(1, rel=0.02)
    assert np.abs(10 * np.log10(power[band] / expected[band])).max() < 2


def test_slowing_noise_is_the_same_noise_at_ever_lower_frequencies():
    noise = slowing_noise(400_000, fs_hz=FS_HZ, slowing_per_s=0.01, rng=np.random.default_rng(1))
    length = 40_000
    for first in (0, 180_000, 360_000):
        f, power = signal.welch(noise[first : first + length], FS_HZ, nperseg=2048)
        was = f / (1 - 0.01 * (first + length / 2) / FS_HZ)
        expected = was**2 / ((was**2 + 60**2) * (was**2 + 120**2) ** 2)
        band = (f > 20) & (f < 1000)
        mean_hz = f[band] @ power[band] / power[band].sum()
        expected_hz = f[band] @ expected[band] / expected[band].sum()
        assert mean_hz == pytest.approx(expected_hz, rel=0.03)
    assert np.std(noise) == pytest.approx(1, rel=0.03)


def test_noise_that_would_come_to_a_halt_is_refused():
    with pytest.raises(SimulationError, match="no frequency after 10 s"):
        slowing_noise(
            round(11 * FS_HZ), fs_hz=FS_HZ, slowing_per_s=0.1, rng=np.random.default_rng(1)
        )


@pytest.mark.parametrize(("shape", "mean"), [("hann", 0.5), ("plateau", 0.95), ("step", 1.0)])
def test_an_envelope_is_of_its_shape_and_zero_elsewhere(shape, mean):
    size = envelope(np.array([[1.0, 2.0]]), shape=shape, samples=3000, fs_hz=1000.0)

    assert size[:1000].max() == size[2000:].max() == 0
    assert size[1000:2000].mean() == pytest.approx(mean, abs=1e-3)
    assert size[1500] == pytest.approx(1, abs=1e-6)
    assert np.abs(size[1001:2000] - size[1001:2000][::-1]).max() < 1e-9


def test_modulated_noise_is_as_large_as_its_envelope_says():
    bursts_s = np.array([[0.1 + k, 0.9 + k] for k in range(40)])
    trace = modulated_noise(
        bursts_s,
        rms_v=1e-4,
        shape="hann",
        samples=round(41 * FS_HZ),
        fs_hz=FS_HZ,
        rng=np.random.default_rng(2),
    )
    middle = [trace[round((k + 0.48) * FS_HZ) : round((k + 0.52) * FS_HZ)] for k in range(40)]

    assert np.std(np.concatenate(middle)) == pytest.approx(1e-4, rel=0.1)


def test_noise_that_is_shared_is_shared_by_its_gain():
    channels = [muscle("a"), muscle("b", common_gain=0.5), muscle("c", common_gain=-1.0)]
    shared = simulated(muscles=channels, common_rms_v=1e-4).streams[0].data.astype(float)
    alone = simulated(muscles=channels).streams[0].data.astype(float)
    added = shared - alone

    assert np.std(added[0]) == pytest.approx(1e-4, rel=0.02)
    np.testing.assert_allclose(added[1], added[0] / 2, rtol=0, atol=2e-7)
    np.testing.assert_allclose(added[2], -added[0], rtol=0, atol=2e-7)


def test_a_loose_electrode_changes_its_own_channel_alone():
    tight = simulated(muscles=[muscle("a"), muscle("b")]).streams[0].data.astype(float)
    loose = simulated(muscles=[muscle("a", loose_rms_v=2e-3), muscle("b")])
    data = loose.streams[0].data.astype(float)

    assert np.std(data[0] - tight[0]) == pytest.approx(2e-3, rel=0.02)
    np.testing.assert_array_equal(data[1], tight[1])


def test_a_closed_loop_stimulates_late_and_misses_some():
    made = simulated(
        duration_s=120,
        fs_hz=4000,
        muscles=[muscle("a")],
        trigger="burst",
        trigger_delay_s=0.05,
        trigger_delay_sd_s=0.005,
        trigger_miss_share=0.25,
    )
    stimuli = made.epocs[0].onset_s
    bursts = made.truth.filter(pc.equal(made.truth["kind"], "burst"))["onset"].to_numpy()
    delay_s = stimuli - bursts[np.searchsorted(bursts, stimuli) - 1]

    assert np.mean(delay_s) == pytest.approx(0.05, abs=0.002)
    assert np.std(delay_s) == pytest.approx(0.005, rel=0.3)
    assert len(stimuli) / len(bursts) == pytest.approx(0.75, abs=0.12)


def test_beats_are_in_the_truth_where_they_are_asked_for():
    changes = {"muscles": [muscle("a")], "ecg_peak_to_peak_v": 1e-3, "noise_rms_v": 1e-6}
    made = simulated(**changes, beats_in_truth=True)
    beats = made.truth.filter(pc.equal(made.truth["kind"], "beat"))
    quiet = made.streams[0].data[0, : int(1.2 * FS_HZ)]
    peaks, _ = signal.find_peaks(quiet, height=4e-4, distance=round(0.05 * FS_HZ))
    expected = beats["onset"].to_numpy()

    assert len(peaks) > 4
    assert np.abs(peaks / FS_HZ - expected[expected < 1.2][: len(peaks)]).max() < 1e-3
    assert set(beats["channel"].to_pylist()) == {""}
    assert "beat" not in simulated(**changes).truth["kind"].to_pylist()


def test_discharges_are_in_the_truth_where_they_are_asked_for():
    changes = {"muscles": [muscle("a"), muscle("b", burst_shape="hann")], "motor_units": 1}
    changes["noise_rms_v"] = 1e-6
    made, plain = simulated(**changes, discharges_in_truth=True), simulated(**changes)
    truth = made.truth.filter(pc.equal(made.truth["kind"], "discharge"))
    onset_s, offset_s = truth["onset"].to_numpy(), truth["offset"].to_numpy()
    trace = np.abs(made.streams[0].data[0])
    time_s = np.arange(len(trace)) / FS_HZ
    inside = np.zeros(len(trace), bool)
    for start_s, end_s in zip(onset_s, offset_s, strict=True):
        own = (time_s >= start_s) & (time_s <= end_s)
        inside |= own
        assert trace[own].max() > 1e-4
        assert time_s[own][trace[own].argmax()] == pytest.approx((start_s + end_s) / 2, abs=2e-3)

    assert len(onset_s) > 10
    assert trace[~inside].max() < 1e-5
    assert set(truth["channel"].to_pylist()) == {"a"}
    assert "discharge" not in plain.truth["kind"].to_pylist()
    np.testing.assert_array_equal(made.streams[0].data, plain.streams[0].data)


def test_a_spec_that_asks_for_no_discharges_keeps_its_digest():
    spec, asked = (
        parse_spec({**QUIET, **changes}, where="test")
        for changes in ({}, {"discharges_in_truth": True})
    )
    same = parse_spec({**QUIET, "discharges_in_truth": False}, where="test")
    assert spec.digest == same.digest != asked.digest
