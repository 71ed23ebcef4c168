"""Bursts measured and breaths timed, against NumPy on the samples and closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_signals import Runs, events_of, table_of

from dspant.ops.bouts import CUT, NO_NEXT, SAME_ONSET
from dspant.ops.intervals import NO_CHANNEL, OUTSIDE


def bursts(spans: Any, channel: str | None = "ch0", **more: Any) -> Any:
    onset, offset = np.array(spans, dtype=float).reshape(-1, 2).T
    named = {} if channel is None else {"channel": np.array([channel] * len(onset), dtype=object)}
    return events_of("bursts", onset=onset, offset=offset, **named, **more)


@pytest.mark.against("numpy on the samples of each interval", "burst_measures")
def test_measures_are_those_of_the_samples_inside() -> None:
    x = np.random.default_rng(1).normal(size=(2, 4000))
    rows = table_of(
        "burst_measures", Runs([(0.0, x)], 1000.0), [bursts([(2.0, 2.5), (1.0, 1.2)], "ch1")]
    )
    for row, (a, b) in enumerate([(2000, 2500), (1000, 1200)]):
        own = x[1, a:b]
        assert rows["mean_rectified"][row] == pytest.approx(np.abs(own).mean(), rel=1e-12)
        assert rows["rms"][row] == pytest.approx(np.sqrt((own**2).mean()), rel=1e-12)
        assert rows["peak"][row] == np.abs(own).max()
        assert rows["time_to_peak_s"][row] == pytest.approx(np.abs(own).argmax() / 1000)
        assert rows["area"][row] == pytest.approx(np.abs(own).sum() / 1000, rel=1e-12)
    assert rows["interval_s"][1] == pytest.approx(1.0)
    assert np.isnan(rows["interval_s"][0])


def test_intervals_of_no_channel_are_measured_on_all() -> None:
    x = np.ones((2, 4000)) * [[1.0], [3.0]]
    rows = table_of("burst_measures", Runs([(0.0, x)], 1000.0), [bursts([(1, 2)], None)])
    assert rows["channel"].tolist() == ["ch0", "ch1"]
    assert rows["rms"].tolist() == [1.0, 3.0]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(-1, 9), st.sampled_from([0.0, 0.0004, 0.01, 0.5, 3.0])), max_size=10
    )
)
def test_every_interval_keeps_its_row_in_gaps_at_edges_and_overlapping(
    spans: list[tuple[float, float]],
) -> None:
    spans = [(a, a + d) for a, d in [*spans, *spans[:2]]]
    runs = [(0.0, np.ones((1, 2000))), (4.0, np.ones((1, 2000)))]
    rows = table_of("burst_measures", Runs(runs, 1000.0), [bursts(spans)])
    assert rows["onset"].tolist() == [a for a, _ in spans]
    for row, (a, b) in enumerate(spans):
        inside = any(s + 0.0006 <= a and b <= s + 2 - 0.0006 and b - a > 0.002 for s in (0, 4))
        assert rows["usable"][row] or not inside
        assert rows["usable"][row] == np.isfinite(rows["rms"][row])
        assert rows["reason"][row] in {"", OUTSIDE}


def test_a_channel_that_is_not_there_is_said() -> None:
    rows = table_of(
        "burst_measures", Runs([(0.0, np.ones((1, 3000)))], 1000.0), [bursts([(1, 2)], "left")]
    )
    assert rows["reason"].tolist() == [NO_CHANNEL]


def ramp(count: int, rise: int, fall: int) -> np.ndarray:
    """Breaths of one second: a straight rise, a straight fall, then nothing."""
    one = np.r_[np.linspace(0, 1, rise, endpoint=False), np.linspace(1, 0, fall), np.zeros(1000)]
    return np.tile(one[:1000], count)


@pytest.mark.against("closed form of triangular breaths", "breath_phases")
def test_phases_of_triangular_breaths_are_known() -> None:
    x = ramp(6, rise=300, fall=200)[None]
    spans = [(k, k + 0.5) for k in range(6)]
    source = Runs([(0.0, x)], 1000.0)
    rows = table_of("breath_phases", bursts(spans), [source], inspiration_end=0.5)
    assert rows["ti_s"][:5] == pytest.approx(0.4, abs=0.002)
    assert rows["te1_s"][:5] == pytest.approx(0.1, abs=0.002)
    assert rows["te2_s"][:5] == pytest.approx(0.5, abs=1e-9)
    assert rows["ttot_s"][:5] == pytest.approx(1.0, abs=1e-9)
    assert rows["ti_s"][:5] + rows["te_s"][:5] == pytest.approx(1.0, abs=1e-9)
    assert rows["duty"][:5] == pytest.approx(0.4, abs=0.002)
    assert rows["rate_per_min"][:5] == pytest.approx(60)
    assert rows["time_to_peak_s"] == pytest.approx(0.3, abs=1e-9)
    assert rows["peak"] == pytest.approx(1.0)
    assert rows["area"][0] == pytest.approx(0.15 + 0.075, abs=0.002)
    assert rows["reason"].tolist() == [""] * 5 + [NO_NEXT]
    assert np.isnan(rows["te_s"][5])
    whole = table_of("breath_phases", bursts(spans), [source])
    assert whole["ti_s"] == pytest.approx(0.5)
    assert whole["te1_s"] == pytest.approx(0.0, abs=1e-12)


def test_no_phase_is_measured_across_a_gap_and_cut_breaths_say_so() -> None:
    runs = [(0.0, ramp(2, 300, 200)[None]), (5.0, ramp(3, 300, 200)[None][:, :2300])]
    spans = [(0, 0.5), (1, 1.5), (5, 5.5), (6, 6.5), (7, 7.3)]
    events = bursts(spans, clipped=np.array([False] * 4 + [True]))
    rows = table_of("breath_phases", events, [Runs(runs, 1000.0)])
    assert rows["ttot_s"][[0, 2, 3]] == pytest.approx(1.0)
    assert np.isnan(rows["ttot_s"][[1, 4]]).all()
    assert rows["ti_s"][:4] == pytest.approx(0.5)
    assert np.isnan(rows["ti_s"][4])
    assert rows["reason"].tolist() == ["", NO_NEXT, "", "", CUT]


def test_breaths_of_each_channel_follow_their_own() -> None:
    x = np.tile(ramp(4, 300, 200), (2, 1))
    onset = np.array([1.0, 0.0, 2.0, 1.5])
    channel = np.array(["ch0", "ch0", "ch1", "ch1"], dtype=object)
    events = events_of("bursts", onset=onset, offset=onset + 0.4, channel=channel)
    rows = table_of("breath_phases", events, [Runs([(0.0, x)], 1000.0)])
    assert rows["ttot_s"][[1, 3]] == pytest.approx([1.0, 0.5])
    assert np.isnan(rows["ttot_s"][[0, 2]]).all()


def test_cut_bursts_of_no_channel_are_cut_on_every_channel() -> None:
    source = Runs([(0.0, np.tile(ramp(3, 300, 200), (2, 1)))], 1000.0)
    events = bursts([(0, 0.5), (1, 1.5)], None, clipped=np.array([True, False]))
    rows = table_of("breath_phases", events, [source])
    assert rows["channel"].tolist() == ["ch0", "ch1"] * 2
    assert rows["reason"].tolist() == [CUT, CUT, NO_NEXT, NO_NEXT]


def test_bursts_at_the_same_time_have_no_cycle() -> None:
    source = Runs([(0.0, ramp(3, 300, 200)[None])], 1000.0)
    rows = table_of("breath_phases", bursts([(1, 1.5), (1, 1.4), (2, 2.5)]), [source])
    assert rows["reason"].tolist() == [SAME_ONSET, "", NO_NEXT]
    assert np.isnan(rows["ttot_s"][0])
    assert np.isnan(rows["duty"][0])
    assert rows["ttot_s"][1] == pytest.approx(1.0)
