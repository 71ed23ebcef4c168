"""The composed recording against a SciPy analysis that knows nothing of how it was made."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest
import xxhash
from scipy import signal

from dspant.simulate.errors import SimulationError
from dspant.simulate.recording import simulate
from dspant.simulate.spec import parse_spec
from dspant.simulate.tank import read_specs
from dspant.simulate.tdt_block import write_block
from dspant.simulate.truth import TRUTH_SCHEMA

DEMO = Path(__file__).parents[2] / "resources" / "demo" / "demo.yaml"
SMALL = {"seed": 5, "duration_s": 6, "fs_hz": 24414.0625, "airflow_fs_hz": 1017.2526}
SMALL_DIGEST = "29f0b31c4f3dd6de9bd603ee849c1eae"


@pytest.fixture(scope="module", params=["rec01", "rec02"])
def demo(request):
    spec = read_specs(DEMO)[request.param]
    return spec, simulate(spec)


def small_spec(**changes):
    return parse_spec({**SMALL, **changes}, where="small")


def truth_of(simulation, kind, channel):
    table = simulation.truth
    chosen = pc.and_(pc.equal(table["kind"], kind), pc.equal(table["channel"], channel))
    return {
        name: column.to_numpy()
        for name, column in zip(TRUTH_SCHEMA.names, table.filter(chosen).columns, strict=True)
    }


def bandpass(trace, low_hz, high_hz, fs_hz):
    sos = signal.butter(4, [low_hz, high_hz], "bandpass", fs=fs_hz, output="sos")
    return signal.sosfiltfilt(sos, trace)


def without_hum(trace, fs_hz):
    return signal.filtfilt(*signal.iirnotch(60, 30, fs=fs_hz), trace)


def detect_bursts(trace, fs_hz):
    """Envelope at 35 Hz, on at 15 sd and off at 8 sd of the first second."""
    sos = signal.butter(2, 35, fs=fs_hz, output="sos")
    envelope = signal.sosfiltfilt(sos, np.abs(bandpass(trace, 20, 450, fs_hz)))
    quiet = envelope[: int(fs_hz)]
    on, off = quiet.mean() + 15 * quiet.std(), quiet.mean() + 8 * quiet.std()
    edges = np.flatnonzero(np.diff(envelope > off, prepend=False, append=False)).reshape(-1, 2)
    merged = []
    for start, stop in edges + 1:
        if envelope[start:stop].max(initial=0) <= on:
            continue
        if merged and start - merged[-1][1] < 0.05 * fs_hz:
            merged[-1][1] = stop
        else:
            merged.append([start, stop])
    found_s = np.array(merged) / fs_hz
    return found_s[found_s[:, 1] - found_s[:, 0] >= 0.15]


@pytest.mark.parametrize("notched", [False, True])
def test_an_envelope_finds_every_burst_near_its_truth(demo, notched):
    spec, simulation = demo
    stream = simulation.streams[0]
    for row, muscle in enumerate(spec.muscles):
        trace = stream.data[row].astype(np.float64)
        if notched:
            trace = without_hum(trace, stream.fs_hz)
        truth = truth_of(simulation, "burst", muscle.name)
        found_s = detect_bursts(trace, stream.fs_hz)
        assert len(found_s) == len(truth["onset"])
        np.testing.assert_allclose(found_s[:, 0], truth["onset"], atol=0.015)
        np.testing.assert_allclose(found_s[:, 1], truth["offset"], atol=0.015)


@pytest.mark.parametrize("notched", [False, True])
def test_a_threshold_finds_every_large_response_and_its_size(demo, notched):
    spec, simulation = demo
    stream = simulation.streams[0]
    for row, muscle in enumerate(spec.muscles):
        trace = stream.data[row].astype(np.float64)
        if notched:
            trace = without_hum(trace, stream.fs_hz)
        trace = bandpass(trace, 30, 4000, stream.fs_hz)
        truth = truth_of(simulation, "response", muscle.name)
        large = np.flatnonzero(truth["peak_to_peak"] >= 100 * spec.noise_rms_v)
        assert len(large) > 10
        for event in large:
            onset_s = truth["onset"][event]
            stimulus_s = onset_s - truth["latency_s"][event]
            before = slice(*(_samples(stimulus_s, (-0.02, -0.002), stream)))
            first, last = _samples(stimulus_s, (0.004, 0.03), stream)
            background, window = trace[before], trace[first:last]
            above = np.abs(window - background.mean()) > 5 * background.std()
            found_s = stream.start_s + (first + np.argmax(above)) / stream.fs_hz
            assert above.any()
            assert found_s == pytest.approx(onset_s, abs=0.0005)
            assert np.ptp(window) == pytest.approx(truth["peak_to_peak"][event], rel=0.05)


def _samples(origin_s, window_s, stream):
    return [round((origin_s + edge_s - stream.start_s) * stream.fs_hz) for edge_s in window_s]


def test_background_is_as_stated(demo):
    spec, simulation = demo
    stream = simulation.streams[0]
    for row in range(len(spec.muscles)):
        quiet = stream.data[row, : int(1.2 * stream.fs_hz)].astype(np.float64)
        above = signal.sosfiltfilt(
            signal.butter(6, 2000, "highpass", fs=stream.fs_hz, output="sos"), quiet
        )
        share = 1 - 2000 / (stream.fs_hz / 2)
        assert np.std(above) == pytest.approx(spec.noise_rms_v * np.sqrt(share), rel=0.05)
        bursts = truth_of(simulation, "burst", spec.muscles[row].name)
        level = [
            np.std(
                bandpass(stream.data[row], 20, 4000, stream.fs_hz)[
                    slice(*_samples(middle, (0, 0.1), stream))
                ]
            )
            for middle in (bursts["onset"] + bursts["offset"])[:5] / 2
        ]
        assert np.mean(level) == pytest.approx(spec.muscles[row].burst_rms_v, rel=0.2)


def test_stimuli_keep_clear_of_bursts_and_start(demo):
    spec, simulation = demo
    stimuli, contacts = simulation.epocs
    assert (stimuli.name, contacts.name) == ("AmpA", "ChnA")
    np.testing.assert_array_equal(stimuli.onset_s, contacts.onset_s)
    assert stimuli.onset_s.min() > 1.2
    assert set(stimuli.data) == set(spec.currents_uA)
    assert set(contacts.data) == {1.0, 2.0}
    for muscle in spec.muscles:
        bursts = truth_of(simulation, "burst", muscle.name)
        responses = truth_of(simulation, "response", muscle.name)
        assert bursts["onset"].min() > 1.2
        assert np.all(bursts["onset"][1:] - bursts["offset"][:-1] >= 0.25)
        assert np.all(bursts["offset"] - bursts["onset"] >= 0.3)
        following = np.searchsorted(bursts["onset"], stimuli.onset_s)
        assert np.all(stimuli.onset_s - bursts["offset"][following - 1] >= 0.06)
        assert np.all(bursts["onset"][following] - responses["offset"] >= 0.06)
        np.testing.assert_array_equal(responses["stimulus_uA"], stimuli.data)
        np.testing.assert_allclose(
            responses["onset"] - responses["latency_s"], stimuli.onset_s, rtol=0, atol=1e-12
        )


def test_responses_follow_the_recruitment_curve(demo):
    spec, simulation = demo
    contact = simulation.epocs[1].data
    for muscle in spec.muscles:
        truth = truth_of(simulation, "response", muscle.name)
        assert np.median(truth["latency_s"]) == pytest.approx(muscle.response_latency_s, abs=1e-4)
        assert np.ptp(truth["latency_s"]) > 0
        strongest = (truth["stimulus_uA"] == -800) & (contact == 1)
        assert np.mean(truth["peak_to_peak"][strongest]) == pytest.approx(
            muscle.response_maximum_v, rel=0.15
        )
        weakest = truth["stimulus_uA"] == -100
        assert truth["peak_to_peak"][weakest].max() < 2 * spec.noise_rms_v


def test_truth_says_what_does_not_apply(demo):
    spec, simulation = demo
    truth = simulation.truth
    assert truth.schema.equals(TRUTH_SCHEMA)
    is_burst = np.array(truth["kind"].to_pylist()) == "burst"
    for name in ("peak_to_peak", "latency_s", "stimulus_uA"):
        np.testing.assert_array_equal(np.isnan(truth[name].to_numpy()), is_burst)
    assert set(truth["noise_rms_v"].to_pylist()) == {spec.noise_rms_v}


def test_airflow_is_positive_while_the_muscles_burst(demo):
    spec, simulation = demo
    airflow = simulation.streams[1]
    assert (airflow.name, airflow.data.dtype, airflow.data.shape[0]) == ("Resp", np.int16, 1)
    flow = airflow.data[0] * spec.airflow_ml_per_s_per_count
    bursts = truth_of(simulation, "burst", spec.muscles[0].name)
    middle_s = (bursts["onset"] + bursts["offset"]) / 2
    assert np.all(flow[np.round(middle_s * airflow.stored_fs_hz).astype(int)] > 4)
    after_s = bursts["offset"] + 0.2
    assert np.all(flow[np.round(after_s * airflow.stored_fs_hz).astype(int)] < -2)


def test_stimulus_times_survive_the_files_clock(demo):
    spec, simulation = demo
    for epoc in simulation.epocs:
        for times_s in (epoc.onset_s, epoc.offset_s):
            recovered_s = (spec.start_unix_s + times_s) - spec.start_unix_s
            np.testing.assert_array_equal(recovered_s, times_s)


def _block_digest(folder):
    digest = xxhash.xxh3_128()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def test_the_same_bytes_on_every_run_and_machine(tmp_path):
    digests = []
    for place in ("first", "second"):
        spec = small_spec()
        simulation = simulate(spec)
        folder = write_block(
            tmp_path / place / "small",
            tank="tank",
            start_unix_s=spec.start_unix_s,
            streams=simulation.streams,
            epocs=simulation.epocs,
        )
        digests.append(_block_digest(folder))
    assert digests == [SMALL_DIGEST, SMALL_DIGEST]


def test_another_seed_gives_other_samples_and_another_digest():
    first, second = small_spec(), small_spec(seed=6)
    assert first.digest != second.digest
    assert not np.array_equal(simulate(first).streams[0].data, simulate(second).streams[0].data)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"noise_rms": 1e-6}, r"small\.noise_rms: Extra inputs"),
        ({"duration_s": 1}, r"small\.duration_s: .*4.*found 1"),
        ({"quiet_s": 0.5}, r"small\.quiet_s"),
        ({"breath_period_s": 0.5}, "do not fit in the shortest breath"),
        ({"burst_duration_s": [0.4, 0.3]}, "shortest, longest"),
        ({"contacts": [{"number": 1, "half_current_uA": 4}] * 2}, "that differ"),
        ({"seed": -1, "stimulus_clearance_s": 0.01}, r"(?s)seed.*stimulus_clearance_s"),
    ],
)
def test_a_spec_that_cannot_be_met_is_refused(changes, words):
    with pytest.raises(SimulationError, match=words):
        small_spec(**changes)
