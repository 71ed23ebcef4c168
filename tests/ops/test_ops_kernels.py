"""Loops in machine code against what NumPy and SciPy say, to the last bit."""

from __future__ import annotations

import platform
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as sp

from dspant.ops.kernels.cascade import Cascade, rows_in_lanes
from dspant.ops.kernels.compiled import compiled
from dspant.ops.kernels.cuts import last_cuts
from dspant.ops.kernels.lanes import ADDRESS, INTEGER, Lanes, procedure, repeat
from dspant.ops.kernels.logarithm import natural_log
from dspant.ops.kernels.moving import moving_mav, moving_mean, moving_rms
from dspant.ops.kernels.polyphase import TAPS_AT_ONCE, filter_phases

rows = st.integers(1, 11)
sections = st.integers(1, 19)
seeds = st.integers(0, 2**32 - 1)

scipy_fuses_nothing = pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"},
    reason="SciPy's own loop is compiled with fused operations on this processor",
)


def filter_of(count: int) -> np.ndarray:
    return np.concatenate([sp.butter(2, 0.01 + 0.04 * i, output="sos") for i in range(count)])


def at_rest(rows: int, sos: np.ndarray) -> np.ndarray:
    return np.zeros((rows, len(sos), 2))


@scipy_fuses_nothing
@settings(deadline=None, max_examples=60)
@given(rows, sections, st.integers(1, 300), st.integers(0, 300), seeds)
def test_the_cascade_computes_the_bits_of_sosfilt_across_blocks(
    rows: int, sections: int, before: int, after: int, seed: int
) -> None:
    sos = filter_of(sections)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, before + after))
    initial = rng.normal(size=(rows, sections, 2))
    expected, _ = sp.sosfilt(sos, x, axis=1, zi=initial.transpose(1, 0, 2))
    y = np.empty_like(x)
    cascade = Cascade(sos, initial)
    cascade.filter(list(x[:, :before]), list(y[:, :before]))
    cascade.filter(list(x[:, before:]), list(y[:, before:]))
    assert np.array_equal(y, expected)


@scipy_fuses_nothing
@settings(deadline=None, max_examples=60)
@given(rows, sections, st.integers(1, 300), st.integers(0, 300), seeds)
def test_backward_it_computes_the_bits_of_sosfilt_on_the_reversed_rows(
    rows: int, sections: int, kept: int, settling: int, seed: int
) -> None:
    sos = filter_of(sections)
    x = np.random.default_rng(seed).normal(size=(rows, kept + settling))
    expected = sp.sosfilt(sos, x[:, ::-1], axis=1)[:, ::-1][:, :kept]
    y = np.empty((rows, kept))
    Cascade(sos, at_rest(rows, sos)).filter_backward(list(x), list(y))
    assert np.array_equal(y, expected)


@settings(deadline=None, max_examples=30)
@given(rows, sections, seeds)
def test_a_rows_result_is_the_same_in_any_company(rows: int, sections: int, seed: int) -> None:
    sos = filter_of(sections)
    x = np.random.default_rng(seed).normal(size=(rows, 200))
    together, alone = np.empty_like(x), np.empty_like(x)
    Cascade(sos, at_rest(rows, sos)).filter(list(x), list(together))
    for row, target in zip(x, alone, strict=True):
        Cascade(sos, at_rest(1, sos)).filter([row], [target])
    assert together.tobytes() == alone.tobytes()


def test_a_target_may_be_its_source() -> None:
    sos = filter_of(17)
    x = np.random.default_rng(1).normal(size=(5, 400))
    y = np.empty_like(x)
    Cascade(sos, at_rest(5, sos)).filter(list(x), list(y))
    Cascade(sos, at_rest(5, sos)).filter(list(x), list(x))
    assert x.tobytes() == y.tobytes()


def test_kernels_may_be_compiled_in_several_threads_at_once() -> None:
    x = np.random.default_rng(1).normal(size=(3, 200))

    def filtered(sections: int) -> bytes:
        y = np.empty_like(x)
        sos = filter_of(sections)
        Cascade(sos, at_rest(3, sos)).filter(list(x), list(y))
        return y.tobytes()

    counts = list(range(1, 9)) * 4
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(filtered, counts)) == [filtered(count) for count in counts]


def test_how_many_sets_of_rows_fill_lanes() -> None:
    assert [rows_in_lanes(rows) for rows in range(1, 9)] == [4, 2, 4, 1, 4, 2, 4, 1]


def means_by_tiles(x: np.ndarray, length: int) -> np.ndarray:
    """Two running sums in NumPy, over the end of one tile and the beginning of the next."""
    tiles = -(-x.shape[1] // length)
    padded = np.zeros((len(x), tiles * length))
    padded[:, : x.shape[1]] = x
    tiled = padded.reshape(len(x), tiles, length)
    begun = np.cumsum(tiled, axis=2).reshape(len(x), -1)
    left = np.cumsum(tiled[:, :, ::-1], axis=2)[:, :, ::-1].reshape(len(x), -1)
    sums = left[:, : x.shape[1] - length + 1].copy()
    later = np.arange(sums.shape[1]) % length > 0
    sums[:, later] += begun[:, length - 1 : x.shape[1]][:, later]
    return sums * (1 / length)


@settings(deadline=None, max_examples=80)
@given(rows, st.integers(1, 500), st.integers(1, 120), seeds)
def test_moving_means_are_those_of_running_sums_of_tiles(
    rows: int, windows: int, length: int, seed: int
) -> None:
    x = np.random.default_rng(seed).normal(size=(rows, windows + length - 1))
    assert np.array_equal(moving_rms(x, length), np.sqrt(means_by_tiles(x**2, length)))
    assert np.array_equal(moving_mav(x, length), means_by_tiles(np.abs(x), length))
    assert np.array_equal(moving_mean(x, length), means_by_tiles(x, length))


@settings(deadline=None, max_examples=80)
@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 3), st.integers(1, 60), seeds)
def test_phases_are_taken_in_turn_and_summed_four_by_four(
    up: int, down: int, turns: int, count: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    taps = turns * TAPS_AT_ONCE
    phases = rng.normal(size=(up, taps))
    first = taps * up + seed % up
    x = rng.normal(size=(first + count * down) // up + 1)
    made = np.empty(count)
    filter_phases(x, phases, down, first, made)
    for number, value in enumerate(made):
        last, phase = divmod(first + number * down, up)
        products = (phases[phase] * x[last - taps + 1 : last + 1]).reshape(turns, 4, 4)
        lanes = np.zeros((4, 4))
        for product in products:
            lanes += product
        a, b, c, d = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
        assert value == (a + b) + (c + d)


def logarithms(x: np.ndarray) -> np.ndarray:
    """Of a number of values that is a multiple of four."""
    function, builder = procedure("logarithms", [ADDRESS, ADDRESS, INTEGER])
    source, target, vectors = function.args
    lanes = Lanes(4)

    def four(place: Any, _carried: Any) -> list[Any]:
        value = lanes.load(builder, source, place)
        lanes.store(builder, natural_log(builder, value, 4), target, place)
        return []

    repeat(builder, vectors, [], four)
    builder.ret_void()
    made = np.empty_like(x)
    compiled(function)(x.ctypes.data, made.ctypes.data, len(x) // 4)
    return made


def test_logarithms_are_within_a_unit_of_the_last_bit() -> None:
    rng = np.random.default_rng(1)
    x = np.concatenate(
        [
            np.exp(rng.uniform(-700, 700, 4000)),
            rng.uniform(0.5, 2.0, 4000),
            1 + rng.normal(scale=1e-9, size=4000),
            [np.finfo(float).tiny, 1.0, 0.5**0.5, np.finfo(float).max],
        ]
    )
    expected = np.log(x.astype(np.longdouble))
    unit = np.spacing(np.abs(np.log(x)))
    assert (np.abs(logarithms(x) - expected) <= np.where(x == 1, 0, unit)).all()


@settings(deadline=None, max_examples=40)
@given(st.integers(4, 40), st.integers(4, 12), st.floats(0.1, 20), seeds)
def test_last_cuts_are_the_best_of_all_that_are_allowed(
    bins: int, most: int, price: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    square = np.r_[0.0, np.cumsum(rng.chisquare(3, bins) * rng.choice([1.0, 9.0], bins))]
    number = 3.0 * np.arange(bins + 1)
    made = last_cuts(square, number, price, 1e-9, least=2, most=most)
    best = np.r_[-price, np.full(bins, np.inf)]
    for end in range(2, bins + 1):
        starts = np.arange(max(end - most, 0), end - 1)
        n, v = number[end] - number[starts], square[end] - square[starts]
        cost = best[starts] + n * np.log(v / n)
        best[end] = cost.min() + price
        # a cut that was ruled out for good may cost less only where too long stretches are
        chosen = best[made[end]] + price
        chosen += (number[end] - number[made[end]]) * np.log(
            (square[end] - square[made[end]]) / (number[end] - number[made[end]])
        )
        if bins <= most:
            assert chosen == pytest.approx(best[end], rel=1e-12, abs=1e-9)
        assert made[end] == 0 or 2 <= end - made[end] <= most
