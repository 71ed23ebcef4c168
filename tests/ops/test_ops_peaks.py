"""Spikes against SciPy's peak finder, and noise levels against a normal distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal
from whole_signals import Runs, table_of

from dspant.errors import OperationError
from dspant.ops.peaks import largest_apart


def found(x: np.ndarray, **params: Any) -> dict[str, np.ndarray]:
    return table_of("peaks", Runs([(0.0, np.atleast_2d(x))], 1000.0), **params)


@pytest.mark.against("scipy.signal.find_peaks with a distance", "peaks")
@pytest.mark.parametrize("sign", ["positive", "negative"])
@pytest.mark.parametrize("refractory", [1, 7, 40])
def test_of_excursions_that_are_near_the_largest_stays(sign: str, refractory: int) -> None:
    x = np.random.default_rng(refractory).normal(size=20_000)
    y = x if sign == "positive" else -x
    labels, count = ndimage.label(y >= 1.5)
    at = np.array([p[0] for p in ndimage.maximum_position(y, labels, range(1, count + 1))])
    alone = np.zeros(len(y))
    alone[at] = y[at]
    wanted, _ = signal.find_peaks(alone, height=1.5, distance=refractory)
    rows = found(x, level=1.5, sign=sign, refractory_s=refractory / 1000)
    assert np.round(rows["onset"] * 1000).astype(int).tolist() == wanted.tolist()
    assert np.array_equal(rows["peak"], x[wanted])
    assert np.array_equal(rows["offset"], rows["onset"])


@pytest.mark.against("simulated truth", "peaks")
def test_the_threshold_is_the_noise_of_each_channel_in_spite_of_its_spikes() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(2, 100_000)) * [[1.0], [7.0]]
    at = np.arange(500, 100_000, 1000)
    x[:, at] = [[-30.0], [-210.0]]
    rows = found(x, noise_multiple=5.0, refractory_s=0.01)
    for channel, sd in (("ch0", 1.0), ("ch1", 7.0)):
        own = rows["channel"] == channel
        assert rows["threshold"][own] == pytest.approx(5 * sd, rel=0.02)
        assert np.array_equal(np.round(rows["onset"][own] * 1000).astype(int), at)
    quiet = found(x, noise_multiple=5.0, noise_s=[0.0, 20.0])
    assert quiet["threshold"][0] == pytest.approx(
        5 * np.median(np.abs(x[0, :20_000])) / 0.6745, rel=1e-12
    )


def test_spikes_of_both_signs_keep_theirs() -> None:
    x = np.zeros(1000)
    x[[100, 400, 402]] = [3.0, -4.0, 5.0]
    rows = found(x, level=2.0, sign="both", refractory_s=0.005)
    assert rows["peak"].tolist() == [3.0, 5.0]
    assert found(x, level=2.0, sign="both", refractory_s=0.0)["peak"].tolist() == [3.0, -4.0, 5.0]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 4)), max_size=20), st.integers(1, 9))
def test_those_that_stay_are_apart_and_each_that_goes_is_near_a_larger_one(
    points: list[tuple[int, int]], distance: int
) -> None:
    by_place = dict(points)
    at = np.array(sorted(by_place), dtype=np.int64)
    size = np.array([by_place[p] for p in at.tolist()], dtype=float)
    kept = largest_apart(at, size, distance)
    assert (np.diff(at[kept]) >= distance).all()
    for gone in set(range(len(at))) - set(kept.tolist()):
        near = [k for k in kept if abs(at[k] - at[gone]) < distance]
        assert any((size[k], -at[k]) > (size[gone], -at[gone]) for k in near)


def test_a_silent_channel_has_no_noise_to_compare_with() -> None:
    with pytest.raises(OperationError, match="channel ch0 is zero more than half of the time"):
        found(np.zeros(1000), noise_multiple=4.0)
    with pytest.raises(OperationError, match="holds no samples"):
        found(np.ones(1000), noise_multiple=4.0, noise_s=[5.0, 6.0])
