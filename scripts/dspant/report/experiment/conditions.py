"""The main measures of each table across recordings: by condition, channel and the sheet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev
from typing import Any

from dspant.report.experiment.documents import Document, Gathered
from dspant.report.numbers import NOTHING, readable_unit, scale_for, significant, with_unit

MOST_ROWS = 96
"""Rows of one node on the page; the table beside the page has all."""

MOST_MEASURES = 4
"""Measures of one node on the page."""

MOST_NAMED = 20

ALL = "all"


@dataclass(frozen=True)
class Line:
    """One line of a table: mean of each recording, across recordings."""

    recordings: str
    condition: str
    channel: str
    n: int
    rows: int
    mean: str
    sd: str
    median: str


@dataclass(frozen=True)
class Measure:
    """A measure with its unit, and its lines."""

    heading: str
    lines: list[Line]


@dataclass(frozen=True)
class NodeTable:
    """What the page shows of one node.

    Parameters
    ----------
    condition
        Heading of the condition's column; empty where rows have none.
    by_sheet
        Whether there are lines for values of the sheet's columns.
    measures
        As many as the page has room for.
    left_out
        Number of lines and measures that only the table beside the page has.
    notes
        Recordings without it, and what else there is to know, as sentences.
    """

    name: str
    operation: str
    condition: str
    by_sheet: bool
    measures: list[Measure]
    left_out: int
    notes: list[str]


Key = tuple[str, tuple[Any, ...], str]


def node_tables(gathered: Gathered, order: Sequence[str]) -> list[NodeTable]:
    """A table for each node that any recording summarises, in the order of the config."""
    names = dict.fromkeys(name for d in gathered.documents for name in d["measures"])
    ordered = [n for n in order if n in names] + [n for n in names if n not in order]
    return [_node_table(gathered, name) for name in ordered]


def _node_table(gathered: Gathered, node: str) -> NodeTable:
    having = [d for d in gathered.documents if node in d["measures"]]
    first = having[0]["measures"][node]
    units = {name: u for d in having for name, u in d["measures"][node]["units"].items()}
    known = [name for name in units if _is_known(having, node, name)]
    chosen = known[:MOST_MEASURES]
    found = {name: _lines_of(gathered, having, node, name, units[name]) for name in chosen}
    each = max(MOST_ROWS // max(len(chosen), 1), 1)
    measures = [
        Measure(with_unit(name, unit), lines[:each]) for name, (unit, lines) in found.items()
    ]
    lost = sum(len(lines[each:]) for _, lines in found.values())
    return NodeTable(
        node,
        having[0]["datasets"][node]["op"] or "",
        condition_heading(first["condition"]),
        bool(gathered.factors),
        measures,
        lost + len(known) - len(chosen),
        list(_notes(gathered, having, node)),
    )


def _is_known(having: Sequence[Document], node: str, measure: str) -> bool:
    """Whether any recording has a number for a measure."""
    groups = (group for d in having for group in d["measures"][node]["groups"])
    return any(group["of"].get(measure, [0])[0] for group in groups)


def condition_heading(condition: Mapping[str, str]) -> str:
    """``data (µA)``: the columns that make a condition, with their units."""
    return ", ".join(with_unit(name, readable_unit(unit)) for name, unit in condition.items())


def condition_text(values: Iterable[Any]) -> str:
    return ", ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in values)


def _lines_of(
    gathered: Gathered, having: Sequence[Document], node: str, measure: str, unit: str
) -> tuple[str, list[Line]]:
    """The unit in which the lines are, and the lines: of all recordings, then by the sheet."""
    means: dict[Key, list[float]] = defaultdict(list)
    rows: dict[Key, int] = defaultdict(int)
    for document in having:
        belongs = [ALL, *_belongs(gathered, document["recording"])]
        for group in document["measures"][node]["groups"]:
            n, value, _, _ = group["of"].get(measure, [0, None, None, None])
            for recordings in belongs:
                key = (recordings, tuple(group["condition"]), group["channel"])
                means[key] += [] if value is None else [value]
                rows[key] += n
    scale = scale_for(max((abs(v) for of in means.values() for v in of), default=0.0), unit)
    by_sheet = (f"{column}: {v}" for column, values in gathered.factors.items() for v in values)
    rank = {recordings: number for number, recordings in enumerate([ALL, *by_sheet])}
    keys = sorted(means, key=lambda key: rank[key[0]])
    return scale.unit, [_line(key, means[key], rows[key], scale.factor) for key in keys]


def _belongs(gathered: Gathered, recording: str) -> Iterator[str]:
    for column in gathered.factors:
        value = gathered.cells(recording)[gathered.own_columns.index(column)]
        yield f"{column}: {value}"


def _line(key: Key, means: list[float], rows: int, factor: float) -> Line:
    values = [value * factor for value in means]
    return Line(
        recordings=key[0],
        condition=condition_text(key[1]),
        channel=key[2] or NOTHING,
        n=len(values),
        rows=rows,
        mean=significant(mean(values), 4) if values else NOTHING,
        sd=significant(stdev(values), 3) if len(values) > 1 else NOTHING,
        median=significant(median(values), 4) if values else NOTHING,
    )


def _notes(gathered: Gathered, having: Sequence[Document], node: str) -> Iterator[str]:
    known = {document["recording"]: document for document in gathered.documents}
    summarised = {document["recording"] for document in having}
    named = [name for name in gathered.sheet if name not in summarised]
    no_dataset = [n for n in named if n not in known or node not in known[n]["datasets"]]
    no_rows = [name for name in named if name not in no_dataset]
    if no_dataset:
        yield f"No dataset: {listed(no_dataset)}."
    if no_rows:
        yield f"No rows: {listed(no_rows)}."
    many = [d["recording"] for d in having if "conditions_found" in d["measures"][node]]
    if many:
        yield f"Too many different values to be conditions, so taken together: {listed(many)}."
    cut = [d["recording"] for d in having if d["measures"][node]["groups_left_out"]]
    if cut:
        yield f"Too many channels and conditions, the last ones are left out: {listed(cut)}."


def listed(names: Sequence[str]) -> str:
    """Names of recordings, the first ones of many."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
