"""Nodes equal SciPy's whole-signal result, for every filter and every signal.

A long run of the same: ``tests/engine/exactness.py CASES [SECONDS] [SEED] [MOST_SAMPLES]``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from exact_cases import Case, draw_case, error, made, own_error, sections
from exactness import LIMIT, one_case
from hypothesis import given, settings
from hypothesis import strategies as st
from small_nodes import node, noise, store

from dspant.errors import OperationError
from dspant.ops.filters import ROUNDING
from dspant.ops.rounding import rounding_error

extended = pytest.mark.skipif(
    np.finfo(np.longdouble).eps > 1e-18, reason="no extended precision here"
)


def case_of(op: str, runs: tuple[int, ...], channels: int = 1, **params: Any) -> Case:
    given = {"phase": "zero"} | params
    return Case(op, given, runs, channels, "float32", 1000.0, 1, 65_536, 4_096, 2)


@settings(deadline=None, max_examples=35)
@given(st.randoms(use_true_random=True))
def test_any_filter_of_any_stream_equals_scipy_and_no_cut_shows(random: Random) -> None:
    one_case(draw_case(random, 20_000))


RIPPLE, STOP = {"ripple_db": 0.5}, {"stopband_db": 60.0}
A_TENTH = [
    ("highpass", {"order": 2, "design": "butterworth", "cutoff_hz": 0.1}),
    ("highpass", {"order": 4, "design": "chebyshev2", **STOP, "cutoff_hz": 0.1}),
    ("lowpass", {"order": 3, "design": "bessel", "cutoff_hz": 0.1}),
    ("bandpass", {"order": 2, "design": "chebyshev1", **RIPPLE, "low_hz": 0.1, "high_hz": 12e3}),
    ("bandstop", {"order": 2, "design": "elliptic", **RIPPLE, **STOP, "low_hz": 0.1, "high_hz": 3}),
]


@pytest.mark.parametrize(("op", "params"), A_TENTH, ids=str)
def test_a_tenth_of_a_hertz_over_several_blocks_of_minutes_equals_scipy(
    op: str, params: dict[str, Any]
) -> None:
    assert one_case(case_of(op, (5_000_000,), **params)) is not None


NEAR_THE_LIMIT = [
    (200_000, {"order": 8, "design": "butterworth", "low_hz": 12.7, "high_hz": 12.19e3}),
    (1_700_000, {"order": 6, "design": "chebyshev1", **RIPPLE, "low_hz": 2, "high_hz": 60}),
]


@pytest.mark.parametrize(("samples", "params"), NEAR_THE_LIMIT, ids=str)
def test_a_filter_just_not_refused_equals_scipy(samples: int, params: dict[str, Any]) -> None:
    case = replace(case_of("bandstop", (samples,), **params), offset=0.0)
    assert 0.5 * ROUNDING < rounding_error(sections(case)) < ROUNDING
    assert one_case(case) > 1e-8


@pytest.mark.parametrize("channels", [65, 384])
def test_many_channels_over_several_blocks_equal_scipy(channels: int) -> None:
    params = {"design": "elliptic", "order": 6, **RIPPLE, **STOP, "low_hz": 20.0, "high_hz": 450.0}
    assert one_case(case_of("bandpass", (6_000_000 // channels,), channels, **params)) is not None


def test_a_wrong_sample_is_seen_however_small_beside_the_rest() -> None:
    case = case_of("lowpass", (3_000,), 2, design="butterworth", order=2, cutoff_hz=50.0)
    y, same = made(case)
    assert same
    assert error(case, y) <= LIMIT
    y[1, 2_999] *= 1 + 3e-6
    assert error(case, y) > LIMIT


UNUSABLE = [
    ("bandstop", {"low_hz": 10.0, "high_hz": 10_000.0, "order": 8, "design": "butterworth"}),
    ("bandstop", {"low_hz": 2_000.0, "high_hz": 12_150.0, "order": 10, "design": "butterworth"}),
    ("bandstop", {"low_hz": 10.0, "high_hz": 10_000.0, "order": 8, "design": "bessel"}),
    ("bandstop", {"low_hz": 1.0, "high_hz": 100.0, "order": 12, "design": "butterworth"}),
]


@extended
@pytest.mark.parametrize(("op", "params"), UNUSABLE, ids=str)
def test_a_filter_that_scipy_itself_computes_wrongly_is_refused(
    tmp_path: Path, op: str, params: dict[str, Any]
) -> None:
    assert own_error(sections(case_of(op, (1,), **params))) > LIMIT
    raw = store(tmp_path / "Raw.ant", noise(1, 1000))
    with pytest.raises(OperationError, match=f"order {params['order']} .* rounding alone"):
        node(tmp_path / "made.ant", [raw], [{op: params}])


@extended
@pytest.mark.parametrize("seed", range(25))
def test_the_stated_rounding_error_is_a_little_below_scipys_largest(seed: int) -> None:
    random = Random(seed)

    def stated() -> tuple[np.ndarray, float]:
        while (case := draw_case(random, 1000)).op == "fir" or case.reach > 100_000:
            pass
        return sections(case), rounding_error(sections(case))

    sos, error = stated()
    while not 1e-13 < error < 1e-2:
        sos, error = stated()
    assert 0.5 < own_error(sos) / error < 100
