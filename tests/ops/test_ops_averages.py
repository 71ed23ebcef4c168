"""Averages by condition against NumPy on the windows themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats
from whole_signals import Runs, events_of, table_of

from dspant.errors import OperationError
from dspant.ops.registry import operations

WINDOW = {"window_s": [-0.02, 0.05], "resamples": 200}


def averaged(runs: Any, events: Any, **params: Any) -> dict[str, np.ndarray]:
    return table_of("evoked_average", Runs(runs, 1000.0), [events], **WINDOW | params)


@pytest.mark.against("numpy.mean and numpy.std of the windows", "evoked_average")
def test_each_condition_is_the_mean_of_its_own_windows() -> None:
    x = np.random.default_rng(1).normal(size=(2, 5000))
    onset = np.r_[4.99, np.arange(1, 9) * 0.5]
    events = events_of(
        "Stim", {"data": "uA"}, onset=onset, data=np.array([5.0, 1, 5, 1, 5, 1, 5, 1, 5]),
        side=np.array(list("rlrlrrrll"), dtype=object),
    )  # fmt: skip
    rows = averaged([(0.0, x)], events, by=["data", "side"])
    keys = [(1.0, "l"), (1.0, "r"), (5.0, "l"), (5.0, "r")]
    assert list(zip(rows["data"], rows["side"], strict=True)) == [k for k in keys for _ in "ab"]
    assert rows["channel"].tolist() == ["ch0", "ch1"] * 4
    sides = events.table["side"].to_numpy()
    for row, (data, side) in enumerate(keys):
        own_rows = (events.table["data"].to_numpy() == data) & (sides == side) & (onset < 4.9)
        at = np.round(onset[own_rows] * 1000).astype(int)
        for channel in (0, 1):
            own = np.array([x[channel, n - 20 : n + 51] for n in at])
            assert rows["mean"][2 * row + channel] == pytest.approx(own.mean(axis=0), rel=1e-12)
            if len(own) > 1:
                sd = own.std(axis=0, ddof=1)
                assert rows["sd"][2 * row + channel] == pytest.approx(sd, rel=1e-12)
            assert rows["trials"][2 * row + channel] == len(own)
    assert rows["rejected"].tolist() == [0] * 6 + [1, 1]
    assert set(rows["start_s"]) == {-0.02}
    assert set(rows["step_s"]) == {0.001}


@pytest.mark.against("Student's interval of normal means", "evoked_average")
def test_the_band_is_as_wide_as_the_mean_is_uncertain() -> None:
    x = np.random.default_rng(2).normal(size=(1, 200_000))
    onset = np.arange(1, 61) * 3.0
    rows = averaged([(0.0, x)], events_of("S", onset=onset), by=[], resamples=2000)
    half = stats.t.ppf(0.975, 59) * rows["sd"][0] / np.sqrt(60)
    width = (rows["upper"][0] - rows["lower"][0]) / (2 * half)
    assert width.mean() == pytest.approx(1.0, abs=0.05)
    covered = (rows["lower"][0] < 0) & (rows["upper"][0] > 0)
    assert covered.mean() > 0.8


def test_the_band_follows_from_the_seed_alone() -> None:
    x = np.random.default_rng(3).normal(size=(1, 5000))
    events = events_of("S", onset=np.arange(1, 9) * 0.5)
    one, same, other = (averaged([(0.0, x)], events, by=[], seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one["lower"], same["lower"])
    assert not np.array_equal(one["lower"], other["lower"])
    assert np.array_equal(one["mean"], other["mean"])


def test_rows_that_are_not_usable_are_left_out_of_their_channel_only() -> None:
    x = np.tile(np.arange(4000) // 1000 * 1.0, (2, 1))
    events = events_of(
        "mep", onset=np.repeat([0.5, 1.5, 2.5], 2), channel=np.array(["ch0", "ch1"] * 3, object),
        usable=np.array([1, 1, 1, 0, 1, 1], dtype=bool),
    )  # fmt: skip
    rows = averaged([(0.0, x)], events, by=[])
    assert rows["mean"][:, 0].tolist() == [1.0, 1.0]
    assert rows["sd"][:, 0] == pytest.approx([1.0, np.sqrt(2)])
    assert rows["trials"].tolist() == [3, 2]
    assert rows["rejected"].tolist() == [0, 1]


def test_the_background_is_taken_off_each_window() -> None:
    x = np.tile(np.arange(4000) // 1000 * 1.0, (1, 1))
    events = events_of("S", onset=np.array([0.5, 1.5, 2.5]))
    rows = averaged([(0.0, x)], events, by=[], background_s=[-0.02, -0.01])
    assert np.array_equal(rows["mean"][0], np.zeros(71))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.one_of(st.floats(-1, 9), st.sampled_from([0.02, 0.95, 4.0, 1e300])), max_size=9),
    st.integers(1, 3),
)
def test_every_condition_and_channel_has_a_row_and_every_event_is_counted(
    onset: list[float], channels: int
) -> None:
    runs = [(0.0, np.ones((channels, 1000))), (4.0, np.ones((channels, 1000)))]
    data = np.arange(len(onset)) % 3
    rows = averaged(runs, events_of("S", onset=np.array(onset, dtype=float), data=data))
    assert len(rows["onset"]) == len(set(data.tolist())) * channels
    assert (rows["trials"] + rows["rejected"]).sum() == len(onset) * channels
    assert np.isnan(rows["mean"][rows["trials"] == 0]).all()
    assert (rows["mean"][rows["trials"] > 0] == 1).all()
    assert (rows["offset"] >= rows["onset"]).all()


def test_more_windows_than_can_be_held_are_refused_before_any_is_read() -> None:
    events = events_of("S", onset=np.linspace(1, 100, 60_000))
    with pytest.raises(OperationError, match="60000 windows of 71 samples at 1000 Hz are more"):
        averaged([(0.0, np.zeros((1, 200_000)))], events, by=[])


def test_a_condition_that_is_no_column_is_refused() -> None:
    with pytest.raises(OperationError, match="S has no column 'side' to average by"):
        averaged([(0.0, np.zeros((1, 500)))], events_of("S", onset=np.zeros(1)), by=["side"])
    with pytest.raises(ValidationError, match="must rise inside window_s"):
        operations()["evoked_average"].parameters(**WINDOW, background_s=[-0.1, 0.0])
