"""Cycles brought to one length, and their averages, against NumPy on the samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from whole_signals import Runs, events_of, table_of

from dspant.errors import OperationError
from dspant.ops.bouts import CUT, NO_NEXT
from dspant.ops.cycles import NO_LENGTH, NOT_USABLE, TOO_LONG, TOO_SHORT
from dspant.ops.intervals import NO_CHANNEL, OUTSIDE
from dspant.ops.registry import operations
from dspant.ops.signal import Events

FS_HZ = 1000.0


def profiles(runs: Any, events: Events, **params: Any) -> dict[str, np.ndarray]:
    return table_of("cycle_profiles", Runs(runs, FS_HZ), [events], **params)


def cycles(onset: Any, channel: str | None = None, **more: Any) -> Events:
    onset = np.asarray(onset, dtype=float)
    if channel is not None:
        more["channel"] = np.array([channel] * len(onset), dtype=object)
    return events_of("steps", onset=onset, offset=more.pop("offset", onset + 0.1), **more)


def averaged(rows: dict[str, np.ndarray], **params: Any) -> dict[str, np.ndarray]:
    return table_of("cycle_average", events_of("cycle_profiles", **rows), [], **params)


@pytest.mark.against("numpy.interp on the samples of each cycle", "cycle_profiles")
@pytest.mark.parametrize("points", [2, 7, 101, 1500])
def test_each_cycle_is_interpolated_between_its_own_ends(points: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 6000))
    onset = np.sort(rng.uniform(0, 5.9, 7))
    rows = profiles([(0.0, x)], cycles(onset), points=points)
    time_s = np.arange(6000) / FS_HZ
    assert rows["channel"].tolist() == ["ch0", "ch1"] * 7
    for event in range(6):
        at = np.linspace(onset[event], onset[event + 1], points)
        for channel in (0, 1):
            own = rows["profile"][2 * event + channel]
            assert own == pytest.approx(np.interp(at, time_s, x[channel]), abs=1e-9)
    assert rows["duration_s"][:-2:2] == pytest.approx(np.diff(onset))
    assert rows["reason"].tolist() == [""] * 12 + [NO_NEXT] * 2
    assert np.isnan(rows["profile"][12:]).all()


@pytest.mark.against("closed form of a sine that slows down", "cycle_profiles", "cycle_average")
def test_cycles_of_any_length_have_the_profile_they_share() -> None:
    onset = np.cumsum(np.r_[0.2, 0.8 + 0.05 * np.arange(8)])
    time_s = np.arange(11_000) / FS_HZ
    phase = np.interp(time_s, onset, np.arange(9.0))
    x = np.sin(2 * np.pi * phase)[None] * [[1.0], [3.0]]
    rows = profiles([(0.0, x)], cycles(onset), points=51)
    average = averaged(rows)
    expected = np.sin(2 * np.pi * np.linspace(0, 1, 51))
    for channel, size in enumerate((1.0, 3.0)):
        assert average["mean"][channel] == pytest.approx(size * expected, abs=size * 1e-3)
        assert average["sd"][channel].max() < size * 1e-3
        assert average["variation"][channel] == pytest.approx(0, abs=1e-5)
    assert average["cycles"].tolist() == [8, 8]
    assert average["dropped"].tolist() == [1, 1]
    assert average["step_percent"].tolist() == [2.0, 2.0]


def test_each_cycle_that_is_dropped_says_why() -> None:
    runs = [(0.0, np.ones((1, 4000))), (5.0, np.ones((1, 3000)))]
    onset = np.array([0.0, 1.0, 1.0, 2.0, 3.5, 5.0, 5.1, 6.0, 7.9, 9.0, -1.0])
    usable = np.ones(11, dtype=bool)
    usable[7] = False
    clipped = onset == 5.0
    events = cycles(onset, usable=usable, clipped=clipped)
    rows = profiles(runs, events, min_duration_s=0.2, max_duration_s=1.2)
    why = ["", NO_LENGTH, "", TOO_LONG, NO_NEXT, CUT, "", NOT_USABLE, NO_NEXT, NO_NEXT, NO_NEXT]
    assert rows["reason"].tolist() == why
    rows = profiles(runs, cycles(onset), min_duration_s=0.2)
    assert rows["reason"][5] == TOO_SHORT
    rows = profiles(runs, cycles([1.0, 3.95, 5.5], offset=[2.0, 4.1, np.inf]), until="offset")
    assert rows["reason"].tolist() == ["", OUTSIDE, OUTSIDE]
    rows = profiles(runs, cycles([1.0, 2.0], "left"))
    assert rows["reason"].tolist() == [NO_CHANNEL] * 2
    assert rows["channel"].tolist() == ["left"] * 2


def test_cycles_of_one_muscle_are_those_of_all_where_asked_for() -> None:
    x = np.random.default_rng(2).normal(size=(2, 4000))
    events = cycles([0.5, 1.5, 2.5], "ch1", side=np.array(list("lrl"), dtype=object))
    own = profiles([(0.0, x)], events, keep=["side"])
    assert own["channel"].tolist() == ["ch1"] * 3
    assert own["side"].tolist() == list("lrl")
    both = profiles([(0.0, x)], events, all_channels=True)
    assert both["channel"].tolist() == ["ch0", "ch1"] * 3
    assert np.array_equal(both["profile"][1::2], own["profile"], equal_nan=True)


@pytest.mark.against("numpy.mean, numpy.std and the variance ratio by its sums", "cycle_average")
def test_a_condition_is_the_mean_of_its_own_cycles() -> None:
    rng = np.random.default_rng(3)
    made = rng.normal(size=(12, 5)) + np.arange(5)
    rows: dict[str, np.ndarray] = {
        "onset": np.arange(12.0),
        "offset": np.arange(12.0) + 0.9,
        "channel": np.array(list("abbaabbaabab"), dtype=object),
        "speed": np.arange(12) % 3.0,
        "profile": made,
        "usable": np.arange(12) != 4,
    }
    average = averaged(rows, by=["speed"])
    assert average["speed"].tolist() == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]
    assert average["channel"].tolist() == ["a", "b"] * 3
    for row, (speed, channel) in enumerate(zip(average["speed"], average["channel"], strict=True)):
        group = (rows["speed"] == speed) & (rows["channel"] == channel)
        own = made[group & rows["usable"]]
        n, k = own.shape
        assert average["cycles"][row] == n
        assert average["dropped"][row] == group.sum() - n
        if n > 1:
            assert average["mean"][row] == pytest.approx(own.mean(axis=0), rel=1e-12)
            assert average["sd"][row] == pytest.approx(own.std(axis=0, ddof=1), rel=1e-12)
            about = sum((own[i, j] - own[:, j].mean()) ** 2 for i in range(n) for j in range(k))
            whole = sum((own[i, j] - own.mean()) ** 2 for i in range(n) for j in range(k))
            ratio = (about / (k * (n - 1))) / (whole / (k * n - 1))
            assert average["variation"][row] == pytest.approx(ratio, rel=1e-12)


@settings(deadline=None, max_examples=80)
@given(
    st.lists(
        st.tuples(
            st.floats(-2, 12) | st.sampled_from([0.0, 2.0, 4.0, 5.999, 6.0, 1e300, -1e300]),
            st.sampled_from([0.0, 1e-9, 0.3, np.inf, np.nan]),
        ),
        max_size=12,
    ),
    st.sampled_from(["next_onset", "offset"]),
    st.sampled_from([None, "ch0"]),
)
def test_every_cycle_keeps_its_row_and_is_averaged_or_dropped(
    spans: list[tuple[float, float]], until: str, channel: str | None
) -> None:
    onset = np.array([a for a, _ in spans], dtype=float)
    offset = onset + np.array([d for _, d in spans], dtype=float)
    runs = [(0.0, np.ones((2, 2000))), (4.0, np.ones((2, 2000)))]
    events = cycles(onset, channel, offset=offset)
    rows = profiles(runs, events, points=11, until=until)
    per_event = 1 if channel is not None else 2
    assert rows["onset"].tolist() == np.repeat(onset, per_event).tolist()
    whole = np.isfinite(rows["profile"]).all(axis=1)
    assert (rows["usable"] == whole).all()
    assert ((rows["reason"] == "") == whole).all()
    assert rows["profile"][whole] == pytest.approx(1.0)
    assert not (rows["offset"] < rows["onset"]).any()
    average = averaged(rows)
    assert average["cycles"].sum() + average["dropped"].sum() == len(rows["onset"])


def test_wrong_parameters_and_tables_without_profiles_are_refused() -> None:
    model = operations()["cycle_profiles"].parameters
    with pytest.raises(ValidationError, match="must be below"):
        model(min_duration_s=2.0, max_duration_s=1.0)
    with pytest.raises(ValidationError, match="keep names"):
        model(keep=["channel"])
    with pytest.raises(OperationError, match="no profiles in a column 'profile'"):
        table_of("cycle_average", cycles([1.0]), [])
    with pytest.raises(OperationError, match="has no column 'speed'"):
        profiles([(0.0, np.ones((1, 100)))], cycles([0.0]), keep=["speed"])
