"""The page of an experiment: all recordings side by side."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dspant.config.sheet import REQUIRED, read_sheet_table
from dspant.errors import DatasetError
from dspant.report.numbers import NOTHING, counted, duration, quantity, share, significant
from dspant.report.page import render, write_page

HEAT_DECADES = 1.0
"""A number this many powers of ten from the experiment's median has the full colour."""

LEAST_FRACTION = 1e-4
"""Smaller fractions are coloured alike."""

LEAST_OFFSET = 0.1
"""Offsets below this part of the channel's root mean square are coloured alike."""

MEASURES = {
    "rms": "RMS",
    "offset": "offset",
    "largest": "largest",
    "mains_ratio": "mains ratio",
    "flat": "flat",
    "extremes": "at the extremes",
}


@dataclass(frozen=True)
class Cell:
    """A number in words; ``heat`` from 0 to 1 tells how far it is from the others."""

    text: str
    note: str = ""
    heat: float = 0.0


@dataclass(frozen=True)
class RecordingRow:
    """One recording: the sheet's cells, and a cell per dataset."""

    name: str
    link: str
    sheet: list[str]
    start: str
    lasts: str
    remarks: list[str]
    cells: list[Cell]


@dataclass(frozen=True)
class QualityRow:
    """One channel of one recording: a cell per measure, and remarks in words."""

    recording: str
    link: str
    channel: str
    cells: list[Cell]
    remarks: list[str]


def write_experiment_page(
    summaries: Sequence[Path | str], sheet: Path | str, spec: dict[str, Any], page: Path | str
) -> None:
    """Write an experiment's page.

    Parameters
    ----------
    summaries
        What :func:`dspant.report.recording_page.write_recording_page` wrote for each recording.
    sheet
        The sheet of recordings.
    spec
        ``experiment`` and ``datasets`` (the order of the columns).
    page
        The HTML file, in the experiment's folder.

    Raises
    ------
    DatasetError
        A summary cannot be read.
    ConfigError
        The sheet cannot be read.
    """
    documents = [_document(Path(path)) for path in summaries]
    table = read_sheet_table(sheet)
    own = [column for column in table.column_names if column not in REQUIRED]
    rows = {row["recording"]: [row[column] for column in own] for row in table.to_pylist()}
    datasets = _dataset_names(documents, spec["datasets"])
    text = render(
        "experiment.html.j2",
        experiment=spec["experiment"],
        own_columns=own,
        datasets=datasets,
        rows=[_row(d, rows.get(d["recording"], [""] * len(own)), datasets) for d in documents],
        quality={stream: _quality(documents, stream) for stream in _streams(documents)},
        measures=list(MEASURES.values()),
        total_s=sum(document["duration_s"] or 0.0 for document in documents),
    )
    write_page(Path(page), text)


def _document(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{path} cannot be read ({error}); delete it and run the workflow again"
        ) from error


def _dataset_names(documents: Sequence[Mapping[str, Any]], order: Sequence[str]) -> list[str]:
    found = dict.fromkeys(name for document in documents for name in document["datasets"])
    return [n for n in order if n in found] + [n for n in found if n not in order]


def _streams(documents: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(stream for d in documents for stream in d["quality"]))


def _link(recording: str) -> str:
    return f"{recording}/report.html"


def _row(document: Mapping[str, Any], sheet: list[str], datasets: Sequence[str]) -> RecordingRow:
    start = document["block start"]
    return RecordingRow(
        name=document["recording"],
        link=_link(document["recording"]),
        sheet=sheet,
        start=NOTHING if start is None else start[:19].replace("T", " "),
        lasts=duration(document["duration_s"]),
        remarks=_remarks(document),
        cells=[_dataset_cell(document["datasets"].get(name)) for name in datasets],
    )


def _remarks(document: Mapping[str, Any]) -> list[str]:
    channels = [q for stream in document["quality"].values() for q in stream.values()]
    marked = sum(bool(quality["remarks"]) for quality in channels)
    counts = {
        "channel remarked": marked,
        "finding": document["findings"],
        "warning": document["warnings"],
    }
    many = {"channel remarked": "channels remarked"}
    return [counted(count, one, many.get(one, "")) for one, count in counts.items() if count]


def _dataset_cell(stated: Mapping[str, Any] | None) -> Cell:
    if stated is None:
        return Cell(NOTHING, "missing")
    if stated["kind"] == "stream":
        lost = f", {counted(stated['runs'] - 1, 'gap')}" if stated["runs"] > 1 else ""
        return Cell(
            duration(stated["samples"] / stated["fs"]), f"{stated['samples']:,} samples{lost}"
        )
    if "usable" in stated:
        return Cell(f"{stated['usable']:,} / {stated['rows']:,}", "usable")
    return Cell(f"{stated['rows']:,}", "rows")


def _quality(documents: Sequence[Mapping[str, Any]], stream: str) -> list[QualityRow]:
    found = [
        (document["recording"], channel, quality)
        for document in documents
        for channel, quality in document["quality"].get(stream, {}).items()
    ]
    columns = [_heated([q for _, _, q in found], measure) for measure in MEASURES]
    return [
        QualityRow(
            recording,
            _link(recording),
            channel,
            [column[index] for column in columns],
            quality["remarks"],
        )
        for index, (recording, channel, quality) in enumerate(found)
    ]


def _heated(qualities: Sequence[Mapping[str, Any]], measure: str) -> list[Cell]:
    """One column: texts, and how many powers of ten each value is from the median."""
    sizes = [_size(quality, measure) for quality in qualities]
    known = [size for size in sizes if size]
    median = float(np.median(known)) if known else 1.0
    return [
        Cell(_text(q, measure), heat=_heat(size, median))
        for q, size in zip(qualities, sizes, strict=True)
    ]


def _size(quality: Mapping[str, Any], measure: str) -> float | None:
    """How large a number is to the eye: what is too small to matter counts as equally small."""
    if quality[measure] is None:
        return None
    if measure in ("flat", "extremes"):
        return max(quality[measure], LEAST_FRACTION)
    if measure == "offset":
        return max(abs(quality["offset"]), LEAST_OFFSET * quality["rms"])
    return abs(quality[measure])


def _heat(size: float | None, median: float) -> float:
    if not size:
        return 0.0
    return round(min(abs(math.log10(size / median)) / HEAT_DECADES, 1.0), 3)


def _text(quality: Mapping[str, Any], measure: str) -> str:
    value = quality[measure]
    if measure in ("flat", "extremes"):
        return share(value)
    if measure == "mains_ratio":
        return significant(value)
    return quantity(value, quality["unit"])
