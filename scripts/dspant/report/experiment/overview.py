"""The heat map: a row per recording; a column per column of the sheet, measure and dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dspant.report.experiment.documents import Document, Gathered
from dspant.report.experiment.heat import (
    RANK,
    Channel,
    heat,
    mark_of,
    most_striking,
    size_of,
    text_of,
    times,
    typical,
)
from dspant.report.numbers import NOTHING, counted, duration
from dspant.report.verdict import BAD, CHECK, GOOD, worst

MEASURES = {
    "rms": "RMS",
    "offset": "offset",
    "largest": "largest",
    "snr_db": "SNR",
    "kurtosis": "kurtosis",
    "mains_ratio": "mains ratio",
    "flat": "flat",
    "dropout": "dropout",
    "extremes": "at the extremes",
}

FEWEST_USABLE = 0.5
"""A table with a smaller part of its rows usable is to be looked at."""

SIGNS = {GOOD: "✓", CHECK: "▲", BAD: "✕"}


@dataclass(frozen=True)
class Cell:
    """One cell.

    Parameters
    ----------
    text, more
        A number in words, and how it compares with the others.
    mark
        ``check`` or ``bad`` where it meets a limit, ``good`` where that is worth saying.
    order
        By what the column is sorted; None where the text tells, or where there is nothing.
    heat
        From 0 to 1: how far it is from the other recordings.
    target
        Section of the recording's page.
    title
        What the cell has no room for.
    """

    text: str
    more: str = ""
    mark: str = ""
    order: float | None = None
    heat: float = 0.0
    target: str = ""
    title: str = ""

    @property
    def sign(self) -> str:
        return SIGNS.get(self.mark, "")


@dataclass(frozen=True)
class Group:
    """Columns that belong together, under one heading."""

    heading: str
    columns: list[str]


@dataclass(frozen=True)
class Row:
    """One recording: its verdict and remarks, what the sheet says, and the cells of all groups."""

    name: str
    lead: list[Cell]
    sheet: list[str]
    cells: list[Cell]


@dataclass(frozen=True)
class Overview:
    """The heat map of an experiment."""

    gathered: Gathered
    order: Sequence[str]

    @cached_property
    def streams(self) -> list[str]:
        """Raw streams of any recording."""
        return list(dict.fromkeys(s for d in self.gathered.documents for s in d["quality"]))

    @cached_property
    def datasets(self) -> list[str]:
        """Datasets of any recording, in the order of the config."""
        found = dict.fromkeys(name for d in self.gathered.documents for name in d["datasets"])
        return [n for n in self.order if n in found] + [n for n in found if n not in self.order]

    @property
    def groups(self) -> list[Group]:
        return [
            *(Group(stream, list(MEASURES.values())) for stream in self.streams),
            Group("datasets", self.datasets),
            Group("raw block", ["begins (UTC)", "lasts"]),
        ]

    @property
    def rows(self) -> list[Row]:
        columns = [*self._measured(), *self._made(), *self._facts()]
        return [
            Row(
                document["recording"],
                [_verdict_cell(document), _remarks_cell(document)],
                self.gathered.cells(document["recording"]),
                [column[index] for column in columns],
            )
            for index, document in enumerate(self.gathered.documents)
        ]

    def _facts(self) -> Iterator[list[Cell]]:
        documents = self.gathered.documents
        yield [_start_cell(document) for document in documents]
        yield [Cell(duration(d["duration_s"]), order=d["duration_s"]) for d in documents]

    def _measured(self) -> Iterator[list[Cell]]:
        for stream in self.streams:
            known = [d["quality"].get(stream, {}) for d in self.gathered.documents]
            for measure in MEASURES:
                middles = _middles(known, measure)
                yield [_measure_cell(channels, measure, middles) for channels in known]

    def _made(self) -> Iterator[list[Cell]]:
        for name in self.datasets:
            stated = [document["datasets"].get(name) for document in self.gathered.documents]
            middle = typical(_size(one) for one in stated)
            yield [_dataset_cell(name, one, middle) for one in stated]


def verdict_of(document: Document) -> str:
    """The worst verdict of a recording's raw channels."""
    return worst([q["verdict"] for s in document["quality"].values() for q in s.values()])


def _verdict_cell(document: Document) -> Cell:
    verdicts = [q["verdict"] for s in document["quality"].values() for q in s.values()]
    verdict = worst(verdicts)
    some = "" if verdict == GOOD else f"{verdicts.count(verdict)} of {len(verdicts)}"
    order = RANK.index(verdict) + verdicts.count(verdict) / (len(verdicts) + 1)
    return Cell(verdict, some, verdict, order, target="page-quality")


def _start_cell(document: Document) -> Cell:
    start = document["block start"]
    return Cell(NOTHING if start is None else start[:19].replace("T", " "), target="page-block")


def _remarks_cell(document: Document) -> Cell:
    found, warned = document["findings"], document["warnings"]
    words = [counted(found, "finding")] if found else []
    words += [counted(warned, "warning")] if warned else []
    target = "page-block" if found else "page-provenance"
    mark = CHECK if words else ""
    return Cell(", ".join(words) or "none", mark=mark, order=found + warned, target=target)


def _middles(known: Sequence[Mapping[str, Channel]], measure: str) -> dict[str, float | None]:
    """Median of a measure over the recordings, by channel."""
    names = dict.fromkeys(name for channels in known for name in channels)
    return {
        name: typical(size_of(channels[name], measure) for channels in known if name in channels)
        for name in names
    }


def _measure_cell(
    channels: Mapping[str, Channel], measure: str, middles: Mapping[str, float | None]
) -> Cell:
    if not channels:
        return Cell(NOTHING)
    name, channel = most_striking(channels, measure, middles)
    mark, size, middle = mark_of(channel, measure), size_of(channel, measure), middles[name]
    return Cell(
        text_of(channel, measure),
        times(size, middle),
        "" if mark == GOOD else mark,
        channel[measure],
        heat(size, middle),
        "page-quality",
        name if len(channels) > 1 else "",
    )


def _size(stated: Mapping[str, Any] | None) -> float | None:
    if stated is None:
        return None
    return stated["samples"] / stated["fs"] if stated["kind"] == "stream" else stated["rows"]


def _dataset_cell(name: str, stated: Mapping[str, Any] | None, middle: float | None) -> Cell:
    if stated is None:
        return Cell("missing", mark=BAD)
    size = _size(stated)
    shown = {"heat": heat(size, middle), "order": size, "target": name}
    more = times(size, middle)
    if stated["kind"] == "stream":
        lost = stated["runs"] - 1
        told = ", ".join(filter(None, [counted(lost, "gap") if lost else "", more]))
        return Cell(duration(size), told, CHECK if lost else "", **shown)
    rows = f"{stated['rows']:,}"
    if "usable" not in stated:
        return Cell(rows, more, "" if stated["rows"] else CHECK, **shown)
    shown["order"] = stated["usable"]
    return Cell(f"{stated['usable']:,}/{rows}", more, _usable_mark(stated), **shown)


def _usable_mark(stated: Mapping[str, Any]) -> str:
    if stated["rows"] and not stated["usable"]:
        return BAD
    return CHECK if stated["usable"] < FEWEST_USABLE * stated["rows"] or not stated["rows"] else ""
