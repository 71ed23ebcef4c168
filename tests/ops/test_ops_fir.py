"""Filters of finite length against convolving the whole signal at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import signal as sp
from whole_signals import TDT_FS_HZ, cuttings, filtered, same_bits, short_grid, signal_like

from dspant.errors import OperationError
from dspant.ops.fir import Fir, realised_taps
from dspant.ops.registry import operations


def taps_of(params: dict[str, Any], fs_hz: float) -> np.ndarray:
    return realised_taps(signal_like(np.zeros((1, 1)), fs_hz), Fir(**params))


def reflected(x: np.ndarray, half: int) -> np.ndarray:
    reach = min(half, x.shape[1] - 1)
    ahead = 2 * x[:, :1] - x[:, reach:0:-1]
    behind = 2 * x[:, -1:] - x[:, -2 : -(reach + 2) : -1]
    joined = np.concatenate([ahead, x, behind], axis=1)
    return np.pad(joined, ((0, 0), (half - reach, half - reach)), mode="edge")


def convolved(x: np.ndarray, taps: np.ndarray, phase: str) -> np.ndarray:
    if phase == "causal":
        return np.stack([np.convolve(row, taps)[: len(row)] for row in x])
    return np.stack([np.convolve(row, taps, "valid") for row in reflected(x, len(taps) // 2)])


@st.composite
def bands(draw: st.DrawFn) -> dict[str, Any]:
    params: dict[str, Any] = {
        "transition_hz": draw(st.sampled_from([300.0, 900.0])),
        "stopband_db": draw(st.sampled_from([30.0, 60.0, 90.0])),
        "design": draw(st.sampled_from(["window", "least_squares"])),
        "phase": draw(st.sampled_from(["zero", "causal"])),
        "stop": draw(st.booleans()),
    }
    which = draw(st.sampled_from(["low", "high", "both"]))
    if which != "high":
        params["low_hz"] = 500.0
    if which != "low":
        params["high_hz"] = 2000.0
    return params


@pytest.mark.against("numpy.convolve", "fir")
@settings(deadline=None, max_examples=50)
@given(
    bands(),
    st.integers(1, 700),
    st.sampled_from([0.0, 1000.0]),
    cuttings(700),
    st.integers(1, 400),
)
def test_it_equals_convolving_the_whole_run_however_it_is_cut(
    params: dict[str, Any], samples: int, offset: float, cuts: Sequence[int], grid: int
) -> None:
    x = np.random.default_rng(samples).normal(size=(2, samples)) + offset
    with short_grid(grid):
        y = filtered("fir", x, TDT_FS_HZ, cuts, **params)
        uncut = filtered("fir", x, TDT_FS_HZ, **params)
        alone = filtered("fir", x[1:], TDT_FS_HZ, **params)
    expected = convolved(x, taps_of(params, TDT_FS_HZ), params["phase"])
    assert y.shape == x.shape
    assert np.abs(y - expected).max() <= 1e-11 * (1 + abs(offset))
    assert same_bits(y, uncut)
    assert same_bits(y[1:], alone)


@pytest.mark.parametrize("design", ["window", "least_squares"])
@pytest.mark.parametrize(
    ("edges", "kept_hz", "removed_hz"),
    [
        ({"low_hz": 20.0, "high_hz": 450.0}, [30.0, 200.0, 440.0], [0.0, 5.0, 470.0, 1500.0]),
        ({"low_hz": 20.0}, [30.0, 1500.0], [0.0, 10.0]),
        ({"high_hz": 450.0}, [0.0, 440.0], [460.0, 1900.0]),
        ({"low_hz": 50.0, "high_hz": 70.0, "stop": True}, [0.0, 40.0, 80.0], [58.0, 62.0]),
    ],
    ids=str,
)
def test_it_keeps_its_band_and_attenuates_the_rest_as_asked(
    design: str, edges: dict[str, Any], kept_hz: list[float], removed_hz: list[float]
) -> None:
    taps = taps_of({"transition_hz": 10.0, "design": design, **edges}, 4000.0)
    assert np.array_equal(taps, taps[::-1])
    _, kept = sp.freqz(taps, worN=kept_hz, fs=4000.0)
    _, removed = sp.freqz(taps, worN=removed_hz, fs=4000.0)
    limit = 10 ** (-59 / 20) if design == "window" else 10 ** (-40 / 20)
    assert np.abs(np.abs(kept) - 1).max() < limit
    assert np.abs(removed).max() < limit


def test_metadata_state_taps_and_delay() -> None:
    operation = operations()["fir"]
    signal = signal_like(np.zeros((1, 10)), 1000.0)
    zero = operation.parameters(high_hz=50.0, transition_hz=10.0)
    causal = operation.parameters(high_hz=50.0, transition_hz=10.0, phase="causal")
    taps = operation.facts(signal, zero)["taps"]
    assert taps % 2 == 1
    assert operation.facts(signal, zero)["delay_s"] == 0
    assert operation.facts(signal, causal)["delay_s"] == (taps // 2) / 1000.0
    assert operation.reach_s(zero) * 1000.0 == pytest.approx(taps, abs=3)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"transition_hz": 5.0}, "give low_hz, high_hz or both"),
        ({"low_hz": 20.0, "high_hz": 22.0, "transition_hz": 5.0}, "by transition_hz"),
        ({"low_hz": 2.0, "transition_hz": 5.0}, "would begin below 0"),
    ],
)
def test_edges_that_make_no_band_are_refused(params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Fir(**params)


def test_an_edge_beyond_the_signals_range_is_refused() -> None:
    with pytest.raises(OperationError, match="high_hz is 499 Hz"):
        filtered("fir", np.zeros((1, 100)), 1000.0, high_hz=499.0, transition_hz=5.0)
