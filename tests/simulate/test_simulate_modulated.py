"""Sources of known size, shared noise and a closed loop, each measured in what was simulated."""

import numpy as np
import pyarrow.compute as pc
import pytest
from scipy import signal

from dspant.simulate.modulated import envelope, modulated_noise, muscle_noise
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


@pytest.mark.parametrize(("shape", "mean"), [("hann", 0.5), ("plateau", 0.95)])
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
