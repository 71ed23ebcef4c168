"""No event is ever lost: each has its row, or is counted in one, whatever its times are."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_signals import Runs, events_of, run_by_run, table_of

from dspant.errors import OperationError
from dspant.ops.registry import operations
from dspant.ops.signal import Events

Rows = dict[str, np.ndarray]

FS_HZ = 1000.0
CHANNELS = ["ch0", "ch1"]
RUNS = [
    (0.0, np.random.default_rng(1).normal(size=(2, 2000))),
    (4.0, np.random.default_rng(2).normal(size=(2, 1500))),
]
SOURCE = Runs(RUNS, FS_HZ)

EDGES = [0.0, 1e-9, 1.9995, 1.999, 2.0, 2.5, 3.9999999, 4.0, 5.4995, 5.5, -0.0005, 1e300, -1e300]
ONSETS = st.one_of(st.sampled_from(EDGES), st.floats(-1, 7), st.sampled_from([0.5, 0.5, 0.5003]))
LENGTHS = st.sampled_from([0.0, 0.0004, 0.03, 0.7, 2.2, np.inf, np.nan])


@st.composite
def tables(draw: Any, most: int = 10) -> Events:
    """Events at edges, in gaps, twice, overlapping, in any order, without end, of any channel."""
    times = draw(st.lists(st.tuples(ONSETS, LENGTHS), max_size=most))
    count = len(times)
    onset, length = (np.array([t[i] for t in times], dtype=float) for i in (0, 1))
    with np.errstate(invalid="ignore"):
        columns: dict[str, Any] = {"onset": onset, "offset": onset + length}
    each = st.lists(st.integers(0, 3), min_size=count, max_size=count)
    columns["data"] = np.array(draw(each), dtype=float)
    if draw(st.booleans()):
        names = np.array([*CHANNELS, "elsewhere", "ch0"], dtype=object)
        columns["channel"] = names[np.array(draw(each), dtype=int)]
    values = np.array([0.0, 1.5, np.nan, 2.5])
    columns["peak_to_peak"] = values[np.array(draw(each), dtype=int)]
    if draw(st.booleans()):
        usable = np.array(draw(each), dtype=int) > 0
        columns["usable"] = usable
        columns["reason"] = np.where(usable, "", "poor").astype(object)
    if draw(st.booleans()):
        columns["clipped"] = np.array(draw(each), dtype=int) == 0
    columns["profile"] = np.ones((count, 4)) * columns["peak_to_peak"][:, np.newaxis]
    return events_of("Given", {"peak_to_peak": "V", "profile": "V"}, **columns)


def column(events: Events, name: str) -> np.ndarray:
    return np.array(events.table[name].to_pylist())


def per_event(events: Events) -> int:
    return 1 if "channel" in events.table.column_names else len(CHANNELS)


def one_row_each(rows: Rows, given: Events, _further: Any, times: int) -> None:
    """Rows in the order of the events; what cannot be told says why."""
    assert rows["onset"].tolist() == np.repeat(column(given, "onset"), times).tolist()
    if "usable" in rows:
        assert ((rows["reason"] == "") == rows["usable"]).all()


def of_every_channel(rows: Rows, given: Events, further: Any) -> None:
    one_row_each(rows, given, further, len(CHANNELS))


def of_own_channel(rows: Rows, given: Events, further: Any) -> None:
    one_row_each(rows, given, further, per_event(given))


def of_each(rows: Rows, given: Events, further: Any) -> None:
    one_row_each(rows, given, further, 1)


def counted(used: str, left: str) -> Callable[[Rows, Events, Any], None]:
    def law(rows: Rows, given: Events, _further: Any) -> None:
        assert (rows[left] >= 0).all()
        assert rows[used].sum() + rows[left].sum() == given.table.num_rows

    return law


def counted_on_each_channel(rows: Rows, given: Events, _further: Any) -> None:
    named = "channel" in given.table.column_names
    for number, name in enumerate(CHANNELS):
        own = column(given, "channel") == name if named else np.ones(given.table.num_rows, bool)
        counts = (rows["trials"] + rows["rejected"])[number :: len(CHANNELS)]
        assert counts.sum() == own.sum()


def triggers_are_counted(rows: Rows, _given: Events, further: Any) -> None:
    assert ((rows["triggers"] + rows["rejected"]) == further[0].table.num_rows).all()


WINDOW: dict[str, Any] = {"window_s": [-0.05, 0.1]}
ASKED: dict[str, tuple[dict[str, Any], Callable[[Rows, Events, Any], None]]] = {
    "evoked": (WINDOW | {"response_s": [0.005, 0.03], "silent_s": [0.0, 0.1]}, of_every_channel),
    "evoked_average": (WINDOW | {"resamples": 10}, counted_on_each_channel),
    "match_events": ({"tolerance_s": 0.01}, of_each),
    "paired_ratio": ({"lag_s": 0.0003}, of_each),
    "psth": ({"window_s": [-0.1, 0.2], "bin_s": 0.01}, triggers_are_counted),
    "burst_measures": ({}, of_own_channel),
    "breath_phases": ({"inspiration_end": 0.5}, of_own_channel),
    "recruitment_curve": ({"stimulus": "data"}, counted("points", "rejected")),
    "cycle_profiles": ({"points": 7}, of_own_channel),
    "cycle_average": ({"by": ["data"]}, counted("cycles", "dropped")),
}

MORE = [
    ("paired_ratio", {"lag_s": 0.5, "tolerance_s": 0.3}),
    ("cycle_profiles", {"points": 7, "until": "offset"}),
    ("cycle_profiles", {"max_duration_s": 0.5, "min_duration_s": 0.01, "keep": ["data"]}),
]


def test_every_operation_that_makes_a_table_of_events_is_asked() -> None:
    """The rest look for bursts, or take events only to tell a baseline."""
    known = operations()
    takers = {n for n in known if known[n].makes == "epoc" and "epoc" in known[n].takes}
    assert takers == set(ASKED)


@pytest.mark.parametrize(
    ("name", "params"), [*((n, params) for n, (params, _) in ASKED.items()), *MORE]
)
@settings(deadline=None, max_examples=40)
@given(given_events=tables(), others=tables())
def test_no_event_is_lost(
    name: str, params: dict[str, Any], given_events: Events, others: Events
) -> None:
    operation, law = operations()[name], ASKED[name][1]
    inputs: list[Any] = [
        SOURCE if kind == "stream" else (given_events, others)["epoc" in operation.takes[:place]]
        for place, kind in enumerate(operation.takes)
    ]
    if name == "match_events":
        params = params | {"prefix": "other_"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = table_of(name, inputs[0], inputs[1:], **params)
    assert len({len(values) for values in rows.values()}) == 1
    law(rows, given_events, inputs[1:])
    assert not (rows["offset"] < rows["onset"]).any()
    assert np.isfinite(rows["onset"]).all()


@pytest.mark.parametrize("of", ["mean", "max"])
@settings(deadline=None, max_examples=40)
@given(given_events=tables(), others=tables())
def test_every_channel_has_its_ratio_or_a_reason(
    of: str, given_events: Events, others: Events
) -> None:
    rows = table_of("paired_ratio", given_events, [others], of=of)
    named = "channel" in given_events.table.column_names
    channels = column(given_events, "channel").tolist() if named else [""]
    expected = list(dict.fromkeys(channels)) if given_events.table.num_rows else []
    assert rows["channel"].tolist() == expected
    assert (np.isfinite(rows["ratio"]) == rows["usable"]).all()
    assert ((rows["reason"] == "") == rows["usable"]).all()


CLEANERS: list[tuple[str, dict[str, Any]]] = [
    ("mask", {"fill": "linear"}),
    ("mask", {"fill": "hold", "all_channels": True, "margin_s": 0.003}),
    ("blank_artefact", {"window_s": [-0.002, 0.006]}),
    ("blank_artefact", {"window_s": [-0.03, 0.14], "fill": "cubic"}),
    ("subtract_artefact_template", {"window_s": [-0.004, 0.03]}),
    ("remove_ecg", {"window_s": [-0.05, 0.08]}),
    ("remove_ecg", {"window_s": [-0.05, 0.08], "method": "gate"}),
    ("remove_ecg", {"window_s": [-0.05, 0.08], "method": "adaptive"}),
]


def test_every_stream_operation_that_takes_events_is_asked() -> None:
    known = operations()
    takers = {n for n in known if known[n].makes == "stream" and "epoc" in known[n].takes}
    assert takers == {name for name, _ in CLEANERS}


@pytest.mark.parametrize(("name", "params"), CLEANERS)
@settings(deadline=None, max_examples=30)
@given(events=tables())
def test_events_of_any_times_leave_samples_whole_or_are_refused(
    name: str, params: dict[str, Any], events: Events
) -> None:
    """What no window of any event holds stays as it was, to the bit."""
    reach = params.get("window_s", [-0.01, 0.01])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            made = run_by_run(name, SOURCE, [events], **params)
        except OperationError as error:
            assert re.search(r"; |events", str(error))
            return
    onset, offset = column(events, "onset"), column(events, "offset")
    until = np.fmax(onset, offset) if name == "mask" else onset
    for (start_s, x), y in zip(RUNS, made, strict=True):
        assert y.shape == x.shape
        assert np.isfinite(y).all()
        time_s = start_s + np.arange(x.shape[1]) / FS_HZ
        touched = (time_s >= onset[:, None] + reach[0] - 0.002) & (
            time_s <= until[:, None] + reach[1] + 0.002
        )
        assert np.array_equal(y[:, ~touched.any(axis=0)], x[:, ~touched.any(axis=0)])


WITH_BASELINE: dict[str, dict[str, Any]] = {
    "single_threshold": {"sd": 2.0},
    "double_threshold": {"on_sd": 2.0},
    "hodges_bui": {},
    "bonato": {"whiten_order": 2},
    "aglr": {"whiten_order": 0},
    "change_points": {},
    "cusum": {"whiten_order": 0},
}


@pytest.mark.parametrize("name", WITH_BASELINE)
@settings(deadline=None, max_examples=25)
@given(events=tables())
def test_a_baseline_of_any_intervals_is_taken_or_refused(name: str, events: Events) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            rows = table_of(name, SOURCE, [events], baseline_epoc=True, **WITH_BASELINE[name])
        except OperationError as error:
            assert "baseline" in str(error)
            return
    starts, ends = (0.0, 4.0), (2.0, 5.5)
    for onset, offset in zip(rows.get("onset", []), rows.get("offset", []), strict=True):
        assert any(a <= onset < offset <= b + 1e-9 for a, b in zip(starts, ends, strict=True))
