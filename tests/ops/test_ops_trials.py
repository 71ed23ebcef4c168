"""Joins of events by time, and ratios of what was joined, against pandas-like brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_signals import events_of, table_of

from dspant.errors import OperationError
from dspant.ops.trials import ALONE, NO_ONSET

times = st.lists(
    st.one_of(
        st.sampled_from([0.0, 1.0, 1.0005, 1.001, 2.0, float("nan"), float("inf")]),
        st.floats(-3, 3),
    ),
    max_size=12,
)


def amplitudes(onset: Any) -> Any:
    return events_of(
        "AmpA",
        {"data": "uA"},
        onset=np.array(onset, dtype=float),
        data=-1.0 * np.arange(len(onset)),
    )


def channels(onset: Any) -> Any:
    onset = np.array(onset, dtype=float)
    side = np.array([f"c{i}" for i in range(len(onset))], dtype=object)
    return events_of("ChnA", onset=onset, data=np.arange(len(onset)), side=side)


@pytest.mark.against("every pair of events tried", "match_events")
@settings(deadline=None, max_examples=150)
@given(times, times, st.sampled_from([0.0005, 0.001, 0.3]))
def test_every_event_keeps_its_row_and_gets_the_nearest(
    left: list[float], right: list[float], tolerance_s: float
) -> None:
    rows = table_of("match_events", amplitudes(left), [channels(right)], tolerance_s=tolerance_s)
    assert np.array_equal(rows["onset"], np.array(left, dtype=float), equal_nan=True)
    assert np.array_equal(rows["data"], -1.0 * np.arange(len(left)))
    for row, at in enumerate(left):
        near = [
            (abs(other - at), other, place)
            for place, other in enumerate(right)
            if np.isfinite(at) and np.isfinite(other) and abs(other - at) <= tolerance_s + 1e-9
        ]
        assert rows["match_count"][row] == len(near)
        assert rows["matched"][row] == bool(near)
        if near:
            least = min(near)
            ties = [place for away, _, place in near if away - least[0] < 1e-12]
            assert rows["ChnA_data"][row] in ties
            assert rows["ChnA_side"][row] == f"c{int(rows['ChnA_data'][row])}"
            assert abs(rows["match_lag_s"][row]) == pytest.approx(least[0], abs=1e-12)
            assert rows["match_reason"][row] == ""
        else:
            assert np.isnan(rows["ChnA_data"][row])
            assert rows["ChnA_side"][row] == ""
            alone = ALONE.format(name="ChnA", tolerance=tolerance_s)
            assert rows["match_reason"][row] == (alone if np.isfinite(at) else NO_ONSET)


def test_a_lost_event_shifts_no_other() -> None:
    # joined by the position of rows, every trial after the lost one would get a wrong channel
    onset = np.arange(10) * 1.0
    rows = table_of(
        "match_events",
        amplitudes(onset),
        [channels(np.delete(onset, 3) + 2e-4)],
        tolerance_s=0.001,
    )
    assert rows["matched"].tolist() == [True] * 3 + [False] + [True] * 6
    assert rows["ChnA_onset"][4:] == pytest.approx(onset[4:] + 2e-4)
    assert rows["match_lag_s"][4:] == pytest.approx(2e-4)


def test_columns_that_would_stand_twice_are_refused() -> None:
    left = events_of("A", onset=np.zeros(1), x_data=np.zeros(1))
    with pytest.raises(OperationError, match=r"A has columns \['x_data'\] already"):
        table_of("match_events", left, [channels([0.0])], tolerance_s=1.0, prefix="x_")


def responses(name: str, onset: Any, channel: list[str], size: Any, usable: Any) -> Any:
    usable = np.array(usable, dtype=bool)
    return events_of(
        name,
        {"peak_to_peak": "V"},
        onset=np.array(onset, dtype=float),
        channel=np.array(channel, dtype=object),
        peak_to_peak=np.array(size, dtype=float),
        usable=usable,
        reason=np.where(usable, "", "active").astype(object),
    )


@pytest.mark.against("ratios by hand", "paired_ratio")
def test_a_ratio_is_of_the_same_trial_and_channel() -> None:
    h = responses("H", [1, 1, 2, 2, 3, 4], list("ababaa"), [2, 3, 4, 5, 6, 7], [1, 1, 1, 0, 1, 1])
    m = responses("M", [2, 1, 1, 2, 4], list("aabba"), [8, 10, 6, 5, 0], [1, 1, 1, 1, 1])
    rows = table_of("paired_ratio", h, [m])
    assert rows["ratio"].tolist()[:3] == [0.2, 0.5, 0.5]
    assert rows["reason"].tolist() == [
        "", "", "", "active", "no event of M within 0.001 s", "denominator is zero"
    ]  # fmt: skip
    assert np.isnan(rows["ratio"][3:]).all()
    assert rows["usable"].tolist() == [True] * 3 + [False] * 3


@pytest.mark.against("ratios by hand", "paired_ratio")
def test_largest_and_mean_values_are_taken_over_usable_rows_of_each() -> None:
    h = responses("H", [1, 2, 3, 1], list("aaab"), [2, 4, 100, 1], [1, 1, 0, 1])
    m = responses("M", [1, 2], list("aa"), [8, 10], [1, 1])
    largest = table_of("paired_ratio", h, [m], of="max")
    assert largest["channel"].tolist() == ["a", "b"]
    assert largest["ratio"][0] == 0.4
    assert largest["reason"].tolist() == ["", "no usable row of M"]
    assert table_of("paired_ratio", h, [m], of="mean")["ratio"][0] == pytest.approx(3 / 9)
    assert largest["onset"].tolist() == [1, 1]
    assert largest["offset"].tolist() == [3, 1]


def test_a_pair_of_pulses_is_found_at_its_interval() -> None:
    first = responses("first", [1, 5], list("aa"), [4, 8], [1, 1])
    second = responses("second", [1.05, 5.06], list("aa"), [2, 2], [1, 1])
    rows = table_of("paired_ratio", first, [second], lag_s=0.05)
    assert rows["ratio"][0] == 2.0
    assert rows["usable"].tolist() == [True, False]


def test_different_units_have_no_ratio() -> None:
    h = responses("H", [1], ["a"], [2], [1])
    m = events_of("M", {"peak_to_peak": "mV"}, onset=[1.0], peak_to_peak=[2.0])
    with pytest.raises(OperationError, match="in V in H and in mV in M"):
        table_of("paired_ratio", h, [m])
