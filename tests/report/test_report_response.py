"""Gain that pages show, against SciPy's designs and against what the operations do to sines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import signal as scipy_signal
from small_recording import SmallRecording

from dspant.config import resolve_steps
from dspant.dataset.stream import Stream
from dspant.engine.lazy import LazyStream
from dspant.report.response import LOWEST_DB, Response, responses

FS_HZ = 2000.0


@pytest.fixture
def stream(small: SmallRecording) -> Stream:
    rng = np.random.default_rng(0)
    small.stream("RawG", rng.standard_normal((1, 4000)), ["a"], fs_hz=FS_HZ)
    return Stream(small.folder / "RawG.ant")


def response_of(stream: Stream, *steps: Any) -> list[Response]:
    return responses(stream, resolve_steps(list(steps)), 1000)


def decibel(gain: np.ndarray) -> np.ndarray:
    return 20 * np.log10(np.maximum(np.abs(gain), 10 ** (LOWEST_DB / 20)))


DESIGNS = [
    ({"lowpass": {"cutoff_hz": 50, "order": 3}}, ("lowpass", 50, 3)),
    ({"highpass": {"cutoff_hz": 20, "order": 2}}, ("highpass", 20, 2)),
    ({"bandpass": {"low_hz": 20, "high_hz": 450, "order": 4}}, ("bandpass", [20, 450], 4)),
    ({"bandstop": {"low_hz": 55, "high_hz": 65, "order": 2}}, ("bandstop", [55, 65], 2)),
]


@pytest.mark.parametrize("phase", ["zero", "causal"])
@pytest.mark.parametrize(("step", "design"), DESIGNS, ids=[design[0] for _, design in DESIGNS])
def test_recursive_filters_are_those_of_scipy(
    stream: Stream, step: dict[str, Any], design: tuple[str, Any, int], phase: str
) -> None:
    ((name, params),) = step.items()
    (found,) = response_of(stream, {name: {**params, "phase": phase}})
    band, edges_hz, order = design
    sos = scipy_signal.butter(order, edges_hz, band, fs=FS_HZ, output="sos")
    _, once = scipy_signal.freqz_sos(sos, found.frequency_hz, fs=FS_HZ)
    passes = 2 if phase == "zero" else 1

    shown = found.gain_db > -250
    np.testing.assert_allclose(
        found.gain_db[shown], (passes * decibel(once))[shown], rtol=1e-6, atol=1e-6
    )


def test_a_zero_phase_low_pass_passes_half_the_power_below_its_cutoff(stream: Stream) -> None:
    """Butterworth: |H|^4 = 1/2 at tan(pi f / fs) = (sqrt 2 - 1)^(1 / 2n) tan(pi fc / fs)."""
    (found,) = response_of(stream, {"lowpass": {"cutoff_hz": 50, "order": 3}})
    edge = np.tan(np.pi * 50 / FS_HZ) * (np.sqrt(2) - 1) ** (1 / 6)
    assert found.half_power_hz == pytest.approx([FS_HZ / np.pi * np.arctan(edge)], rel=1e-4)
    (causal,) = response_of(stream, {"lowpass": {"cutoff_hz": 50, "order": 3, "phase": "causal"}})
    assert causal.half_power_hz == pytest.approx([50], rel=1e-4)


def test_every_notch_is_seen(stream: Stream) -> None:
    (found,) = response_of(stream, {"notch": {"frequency_hz": 60, "q": 30, "harmonics": 5}})
    for centre_hz in 60.0 * np.arange(1, 6):
        at = np.argmin(abs(found.frequency_hz - centre_hz))
        assert found.frequency_hz[at] == pytest.approx(centre_hz)
        assert found.gain_db[at] < -100
    assert len(found.half_power_hz) == 10


def test_a_node_with_a_rectifier_has_two_chains_and_other_operations_none(stream: Stream) -> None:
    chains = response_of(
        stream, {"highpass": {"cutoff_hz": 20}}, "rectify", {"lowpass": {"cutoff_hz": 6}}
    )
    assert [chain.operations for chain in chains] == [["highpass"], ["lowpass"]]
    assert response_of(stream, "rectify", {"rms_envelope": {"window_s": 0.05}}) == []
    (joined,) = response_of(stream, {"notch": {"frequency_hz": 60}}, {"lowpass": {"cutoff_hz": 90}})
    assert joined.operations == ["notch", "lowpass"]
    stale = [{"op": "lowpass", "version": 99, "params": {}}, {"op": "of_a_plugin", "version": 1}]
    assert responses(stream, stale, 100) == []


CHAINS = [
    [{"bandpass": {"low_hz": 20, "high_hz": 450}}, {"notch": {"frequency_hz": 60}}],
    [{"fir": {"low_hz": 20, "high_hz": 300, "transition_hz": 20}}],
    [{"fir": {"high_hz": 100, "transition_hz": 30, "design": "least_squares"}}],
    [{"highpass": {"cutoff_hz": 15, "phase": "causal"}}, {"decimate": {"factor": 4}}],
    [{"resample": {"to_hz": 800}}],
    [{"resample": {"to_hz": 1999, "transition_hz": 200}}],
    [{"comb": {"frequency_hz": 50, "width_hz": 4, "up_to_hz": 400}}],
]


@pytest.mark.parametrize("steps", CHAINS, ids=["-".join(*map(list, s[:1])) for s in CHAINS])
@pytest.mark.parametrize("at_hz", [12.0, 62.0, 210.0])
def test_gain_is_what_the_operations_do_to_a_sine(
    small: SmallRecording, steps: list[Any], at_hz: float
) -> None:
    time_s = np.arange(int(8 * FS_HZ)) / FS_HZ
    small.stream("RawG", np.sin(2 * np.pi * at_hz * time_s)[None], ["a"], fs_hz=FS_HZ)
    stream = Stream(small.folder / "RawG.ant")
    out_s, values = LazyStream(stream).apply(steps).read()
    inside = (out_s > 3) & (out_s < 5)
    basis = np.exp(-2j * np.pi * at_hz * out_s[inside])
    made = 2 * abs(np.mean(values[0, inside] * basis))

    (found,) = response_of(stream, *steps)
    shown = 10 ** (np.interp(at_hz, found.frequency_hz, found.gain_db) / 20)
    assert shown == pytest.approx(made, abs=4e-3)
