"""One section of a page for each dataset."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from dspant.dataset.epoc import Epoc
from dspant.dataset.stream import Stream
from dspant.report.families.registry import family_of
from dspant.report.figure import Picture
from dspant.report.numbers import counted, decimals_apart, duration, rate, readable_unit
from dspant.report.preview import Preview, preview
from dspant.report.recording import OpenedRecording
from dspant.report.response import responses
from dspant.report.spectrum_figures import RESPONSE_POINTS, draw_responses, draw_spectra
from dspant.report.steps import StepWords, in_words
from dspant.report.stream_figures import draw_stretch, draw_whole


@dataclass(frozen=True)
class InputLink:
    """What a dataset was made from, and where that is shown; no place where it is not known."""

    name: str
    target: str | None


@dataclass(frozen=True)
class Section:
    """A dataset on a page.

    Parameters
    ----------
    facts
        What it is, as pairs of a term and its value.
    notes
        What a reader should not miss, a sentence each.
    """

    name: str
    kind: str
    raw: bool
    file: str
    facts: list[tuple[str, str]]
    inputs: list[InputLink]
    steps: list[StepWords]
    notes: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    preview: Preview | None = None


def section(recording: OpenedRecording, name: str, stretch_s: tuple[float, float]) -> Section:
    """Describe and draw one dataset."""
    dataset = recording.datasets[name]
    contract = dataset.metadata.dspant
    common = {
        "name": name,
        "kind": contract.kind,
        "raw": contract.node is None,
        "file": f"{name}.ant/{dataset.folder.data.name}",
        "inputs": [input_link(taken, recording) for taken in recording.inputs(name)],
        "steps": in_words(contract.steps),
    }
    if isinstance(dataset, Stream):
        return Section(
            **common,
            facts=_stream_facts(dataset),
            notes=gaps(dataset),
            pictures=_stream_pictures(recording, name, stretch_s),
        )
    return Section(
        **common,
        facts=_epoc_facts(dataset),
        notes=_epoc_notes(dataset),
        pictures=_epoc_pictures(recording, name),
        preview=preview(dataset),
    )


def input_link(taken: str, recording: OpenedRecording) -> InputLink:
    """Link to a dataset's section, on this page or on that of another recording."""
    if taken in recording.datasets:
        return InputLink(taken, f"#{taken}")
    other, _, dataset = taken.rpartition("/")
    return InputLink(taken, f"../{other}/report.html#{dataset}" if other else None)


def unusable(epoc: Epoc) -> dict[str, int]:
    """Number of unusable rows by reason, the most frequent first; empty for other tables."""
    if not {"usable", "reason"} <= set(epoc.table.column_names):
        return {}
    reasons = epoc.table["reason"].to_numpy()[~epoc.table["usable"].to_numpy()]
    return dict(sorted(Counter(reasons.tolist()).items(), key=lambda kept: (-kept[1], kept[0])))


def gaps(stream: Stream) -> list[str]:
    """Gaps between unbroken runs, in one sentence; none where there is no gap."""
    ends = [start_s + count / stream.fs_hz for _, count, start_s in stream.segments]
    starts = [start_s for _, _, start_s in stream.segments]
    between = list(zip(ends, starts[1:], strict=False))
    if not between:
        return []
    lost_s = sum(start_s - end_s for end_s, start_s in between)
    decimals = max(3, decimals_apart(chain.from_iterable(between[:5])))
    told = (f"{end_s:.{decimals}f} to {start_s:.{decimals}f} s" for end_s, start_s in between[:5])
    first = ", ".join(told)
    more = f" and {len(between) - 5} more" if len(between) > 5 else ""
    return [f"{counted(len(between), 'gap')}, {duration(lost_s)} in all: {first}{more}."]


def _stream_facts(stream: Stream) -> list[tuple[str, str]]:
    units = sorted({readable_unit(unit) for unit in stream.units})
    runs = len(stream.segments)
    return [
        ("Rate", rate(stream.fs_hz)),
        ("Unit", ", ".join(units)),
        ("Channels", counted(len(stream.channels), "channel")),
        ("Samples", f"{stream.samples:,}"),
        ("Lasts", duration(stream.samples / stream.fs_hz)),
        ("Unbroken runs", str(runs)),
        ("Stored as", stream.dtype.name),
    ]


def _epoc_facts(epoc: Epoc) -> list[tuple[str, str]]:
    facts = [("Rows", f"{epoc.events:,}")]
    if "channel" in epoc.table.column_names and epoc.events:
        per_channel = Counter(epoc.table["channel"].to_numpy().tolist())
        facts += [
            (f"On {channel}", f"{count:,}") for channel, count in list(per_channel.items())[:8]
        ]
    if "usable" in epoc.table.column_names:
        usable = int(np.count_nonzero(epoc.table["usable"].to_numpy()))
        facts.append(("Usable", f"{usable:,} of {epoc.events:,}"))
    return facts


def _epoc_notes(epoc: Epoc) -> list[str]:
    notes = [f"{counted(count, 'row')} not usable: {why}." for why, count in unusable(epoc).items()]
    return notes if epoc.events else [*notes, "This table has no rows."]


def _stream_pictures(
    recording: OpenedRecording, name: str, stretch_s: tuple[float, float]
) -> list[Picture]:
    stream = recording.streams[name]
    if stream.samples == 0:
        return []
    overlays = recording.overlays(name)
    pictures = [
        draw_whole(stream, recording.outlines[name], recording.span_s, overlays),
        draw_stretch(stream, stretch_s, recording.outlines[name].low.shape[1], overlays),
    ]
    parent = recording.parent(name)
    if parent is not None and parent.samples:
        pictures.append(draw_spectra(parent, stream))
    pictures.append(_response(recording, name))
    return [picture for picture in pictures if picture is not None]


def _epoc_pictures(recording: OpenedRecording, name: str) -> list[Picture]:
    epoc = recording.epocs[name]
    pictures = family_of(epoc).draw(recording.table(name)) if epoc.events else []
    response = _response(recording, name)
    return pictures if response is None else [*pictures, response]


def _response(recording: OpenedRecording, name: str) -> Picture | None:
    """Gain of a node's own filters; None where it has none, or its input is elsewhere."""
    parent = recording.parent(name)
    steps = recording.datasets[name].metadata.dspant.steps
    if parent is None or not steps or recording.inputs(name)[0] != parent.name:
        return None
    return draw_responses(name, responses(parent, steps, RESPONSE_POINTS))
