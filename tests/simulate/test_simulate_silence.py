"""A muscle is silent after a stimulus when the truth says so, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
import pytest

from dspant.simulate.errors import SimulationError
from dspant.simulate.recording import FIRST_SAMPLE_S, Simulation, simulate
from dspant.simulate.silence import silences
from dspant.simulate.spec import parse_spec

FS_HZ = 6103.515625

QUIET = {
    "seed": 8,
    "duration_s": 20,
    "fs_hz": FS_HZ,
    "airflow_fs_hz": 100,
    "breath_period_s": 1.3,
    "burst_duration_s": [0.5, 0.6],
    "trigger": "burst",
    "trigger_delay_s": 0.2,
    "currents_uA": [0.0],
    "noise_rms_v": 1e-6,
    "hum_peak_v": 0.0,
    "ecg_peak_to_peak_v": 0.0,
    "drift_rms_v": 0.0,
}


def simulated(**changes: object) -> Simulation:
    named = ("a", 0.0), ("b", 0.01)
    muscles = [
        {"name": name, "burst_shape": "step", "burst_rms_v": 1e-4, "burst_delay_s": delay_s}
        | {"response_maximum_v": 0.0, "response_latency_s": 0.009}
        for name, delay_s in named
    ]
    return simulate(parse_spec({**QUIET, "muscles": muscles, **changes}, where="test"))


def test_a_muscle_is_silent_when_the_truth_says_so_and_otherwise_as_it_was():
    plain, made = simulated(), simulated(silence_s=[0.02, 0.12])
    truth = made.truth.filter(pc.equal(made.truth["kind"], "silence"))
    stimuli = made.epocs[0].onset_s
    for row, name in enumerate(("a", "b")):
        own = truth.filter(pc.equal(truth["channel"], name))
        begin_s, end_s = own["onset"].to_numpy(), own["offset"].to_numpy()
        np.testing.assert_allclose(begin_s, stimuli + 0.02, atol=1e-6)
        np.testing.assert_allclose(end_s, stimuli + 0.12, atol=1e-6)
        x, before = (s.streams[0].data[row].astype(float) for s in (made, plain))
        time_s = FIRST_SAMPLE_S + np.arange(len(x)) / FS_HZ
        silent = ((time_s >= begin_s[:, None]) & (time_s < end_s[:, None])).any(axis=0)
        assert np.std(x[silent]) == pytest.approx(1e-6, rel=0.05)
        assert np.std(before[silent]) > 5e-5
        np.testing.assert_array_equal(x[~silent], before[~silent])


def test_a_silence_ends_with_the_activity_and_rest_has_none():
    bursts_s = np.array([[1.0, 2.0], [3.0, 4.0]])
    stimuli_s = np.array([1.5, 1.95, 2.5, 2.99, 3.99])
    made = silences(stimuli_s, (0.02, 0.2), bursts_s)
    np.testing.assert_allclose(made, [[1.52, 1.7], [1.97, 2.0], [3.01, 3.19]])


def test_motor_units_fall_silent_too():
    muscle = {"name": "a", "burst_rms_v": 1e-4, "response_maximum_v": 0.0}
    muscle["response_latency_s"] = 0.009
    made = simulated(muscles=[muscle], silence_s=[0.02, 0.12])
    truth = made.truth.filter(pc.equal(made.truth["kind"], "silence"))
    x = made.streams[0].data[0]
    assert truth.num_rows > 5
    for begin_s, end_s in zip(truth["onset"].to_pylist(), truth["offset"].to_pylist(), strict=True):
        first, stop = (int((s - FIRST_SAMPLE_S) * FS_HZ) + 2 for s in (begin_s, end_s))
        assert np.abs(x[first : stop - 4]).max() < 1e-5


def test_a_spec_without_silence_keeps_its_digest_and_a_falling_one_is_refused():
    plain, same, asked = (
        parse_spec({**QUIET, **changes}, where="test")
        for changes in ({}, {"silence_s": None}, {"silence_s": [0.02, 0.1]})
    )
    assert plain.digest == same.digest != asked.digest
    with pytest.raises(SimulationError, match="silence_s: expected"):
        parse_spec({**QUIET, "silence_s": [0.2, 0.1]}, where="test")
