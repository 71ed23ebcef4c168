"""What a page embeds of the explorer: the data in one JSON document, and what to tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from dspant.dataset.stream import Stream
from dspant.report import TEMPLATES
from dspant.report.explorer.budget import Depth, choose_depths
from dspant.report.explorer.events import COLUMNS, Rows, part_call
from dspant.report.explorer.folder import TileFolder
from dspant.report.explorer.listener import PageOutline, TileMaker
from dspant.report.explorer.notes import stream_notes, table_notes
from dspant.report.explorer.pyramid import FACTOR
from dspant.report.explorer.shelf import BINS, SAMPLES
from dspant.report.recording import OpenedRecording

SCRIPTS = tuple(
    f"explorer.{part}js"
    for part in (
        *("numbers.", "tiles.", "streams.", "events."),
        *("rows.", "signals.", "lanes.", "controls.", "gestures.", "app.", ""),
    )
)
"""Parts of the page's own script, in order."""

PAGE_BINS = 14_000
"""Bins of all outlines in a page together, each of 5.3 bytes of text."""

BINS_OF_CHANNEL = (200, 1200)
"""Fewest and most bins of a channel's outline in a page."""

PAGE_RUNS = 200
"""A stream of more unbroken runs has its outline and the list of them beside the page."""

PAGE_ROWS_BYTES = 24_000
"""Rows of tables that stand in the page itself; others lie beside it."""


@dataclass(frozen=True)
class ExplorerView:
    """The explorer as the template shows it: scripts, style and data, and notes to a reader."""

    style: Markup
    library: Markup
    script: Markup
    data: Markup
    notes: list[str]


@dataclass(eq=False)
class Explorer:
    """Fills the tiles of a recording while its streams are read, then gives the view.

    Parameters
    ----------
    samples_mb
        Most disk in MB for tiles, see :func:`dspant.report.explorer.budget.choose_depths`.
    address
        Name of the folder of tiles, as seen from the page.
    """

    folder: TileFolder
    samples_mb: float
    address: str
    _depths: dict[str, Depth] = field(default_factory=dict)
    _outlines: dict[str, PageOutline] = field(default_factory=dict)

    def listeners(self, recording: OpenedRecording) -> dict[str, TileMaker]:
        """Who listens to each stream."""
        streams = recording.streams
        self._depths = choose_depths(streams, self.samples_mb)
        shares = page_channels(streams)
        fewest, most = BINS_OF_CHANNEL
        bins = min(max(PAGE_BINS // max(sum(shares.values()), 1), fewest), most)
        made = {}
        for name, stream in streams.items():
            depth = self._depths[name]
            self._outlines[name] = PageOutline(depth.levels, bins, shares[name])
            made[name] = TileMaker(stream, depth, self.folder, self._outlines[name])
        return made

    def view(self, recording: OpenedRecording) -> ExplorerView:
        """What the page shows, once all streams have been read."""
        inline: list[Any] = []
        tables = {name: Rows(epoc, recording.span_s) for name, epoc in recording.epocs.items()}
        inside = self._write_rows(tables)
        data = {
            "span": recording.span_s,
            "tiles": self.address,
            "factor": FACTOR,
            "sizes": [SAMPLES, BINS],
            "columns": COLUMNS,
            "streams": [
                self._stream(name, recording, inline) for name in self._in_order(recording)
            ],
            "epocs": [_epoc(name, rows, recording) for name, rows in tables.items()],
            "inline": inline,
            "parts": inside,
        }
        return ExplorerView(
            style=_own("uplot/uPlot.min.css", "explorer.css"),
            library=_own("uplot/uPlot.iife.min.js"),
            script=_own(*SCRIPTS),
            data=as_script(data),
            notes=[
                *stream_notes(recording.streams, self._depths, self.samples_mb),
                *table_notes(tables),
            ],
        )

    def _in_order(self, recording: OpenedRecording) -> list[str]:
        """Raw streams first, then those with events, then the others."""
        shown = [name for name in recording.epocs if shown_at_first(name, recording)]
        marked = {taken for name in shown for taken in recording.inputs(name)}

        def place(name: str) -> int:
            if recording.streams[name].metadata.dspant.node is None:
                return 0
            return 1 if name in marked else 2

        return sorted(recording.streams, key=place)

    def _stream(self, name: str, recording: OpenedRecording, inline: list[Any]) -> dict[str, Any]:
        stream, depth, page = recording.streams[name], self._depths[name], self._outlines[name]
        for channel, tile in enumerate(page.tiles()):
            inline.append(tile.inline(f"{name}/page/{channel}_0"))
        runs = [(count, start_s) for _, count, start_s in stream.segments]
        if len(runs) > PAGE_RUNS:
            key = f"{name}/runs"
            self.folder.write(key, part_call(key, json.dumps(runs)))
        return {
            "name": name,
            "raw": stream.metadata.dspant.node is None,
            "fs": stream.fs_hz,
            "samples": stream.samples,
            "channels": stream.channels,
            "units": stream.units,
            "runs": None if len(runs) > PAGE_RUNS else runs,
            "finest": depth.finest,
            "coarsest": depth.levels[-1].number,
            "page": {"bin": page.bin_samples, "channels": page.channels},
        }

    def _write_rows(self, tables: Mapping[str, Rows]) -> list[Any]:
        """Write pieces of rows beside the page; give those that stand in it instead."""
        room, inside = PAGE_ROWS_BYTES, []
        for name, rows in tables.items():
            if not rows.shown:
                continue
            for number, piece in enumerate(rows.pieces()):
                key = f"{name}/rows/{number}"
                if len(piece) <= room:
                    room -= len(piece)
                    inside.append([key, json.loads(piece)])
                else:
                    self.folder.write(key, part_call(key, piece))
        return inside


def page_channels(streams: Mapping[str, Stream]) -> dict[str, int]:
    """How many channels of each stream have an outline in the page: as many of each as can be."""
    most = PAGE_BINS // BINS_OF_CHANNEL[0]
    able = {name: s for name, s in streams.items() if len(s.segments) <= PAGE_RUNS and s.samples}
    ranks = sorted((rank, name) for name, s in able.items() for rank in range(len(s.channels)))
    taken = [name for _, name in ranks[:most]]
    return {name: taken.count(name) for name in streams}


def shown_at_first(name: str, recording: OpenedRecording) -> bool:
    """Whether a table holds events; windows that cover everything wait until they are chosen."""
    raw = recording.epocs[name].metadata.dspant.node is None
    return raw or recording.overlay(name) is not None


def lies_over(name: str, recording: OpenedRecording) -> list[str]:
    """Streams that a table's rows are drawn over: those of the same chain.

    These are the streams it was made from, directly or not, and those that were taken together
    with it to make something.
    """
    if not shown_at_first(name, recording):
        return []
    together = [c for c in recording.datasets if name in recording.inputs(c)]
    above: set[str] = set()
    front = [name, *together]
    while front:
        front = [
            taken
            for dataset in front
            for taken in recording.inputs(dataset)
            if taken in recording.datasets and taken not in above
        ]
        above.update(front)
    return [stream for stream in recording.streams if stream in above]


def as_script(document: Any) -> Markup:
    """A document as JSON that may stand in a page's script."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - no mark-up is left in it


def _epoc(name: str, rows: Rows, recording: OpenedRecording) -> dict[str, Any]:
    columns = rows.epoc.metadata.base.columns
    return {
        "name": name,
        "count": len(rows.order),
        "channels": rows.channels,
        "columns": [[column, columns[column].unit] for column in rows.values],
        "over": lies_over(name, recording),
        "chosen": shown_at_first(name, recording),
        "marks": rows.marks(),
        "pieces": rows.bounds() if rows.shown else [],
    }


def _own(*files: str) -> Markup:
    texts = [(TEMPLATES / file).read_text(encoding="utf-8") for file in files]
    return Markup("\n".join(texts))  # noqa: S704 - our own files
