"""What a recording's page passes on to the page of its experiment."""

from __future__ import annotations

from typing import Any

import numpy as np

from dspant.dataset.epoc import Epoc
from dspant.dataset.stream import Stream
from dspant.report.block import BlockView
from dspant.report.experiment.measures import measures_of
from dspant.report.recording import OpenedRecording
from dspant.report.sections import unusable


def summarise(
    name: str, recording: OpenedRecording, block: BlockView, warnings: int
) -> dict[str, Any]:
    """Counts and quality of one recording.

    Returns
    -------
    dict
        ``recording``, ``block start``, ``duration_s``, ``datasets`` by name, ``quality`` by raw
        stream and channel, ``unusable`` by node and reason, ``measures`` by node (as of
        :func:`dspant.report.experiment.measures.measures_of`), ``findings`` and ``warnings``
        (numbers of them). Fit for JSON.
    """
    start_s, end_s = recording.span_s
    reasons = {epoc: unusable(table) for epoc, table in recording.epocs.items()}
    return {
        "recording": name,
        "block start": block.start_utc,
        "duration_s": end_s - start_s if block.duration_s is None else block.duration_s,
        "datasets": {
            dataset: _stream(opened) if isinstance(opened, Stream) else _epoc(opened)
            for dataset, opened in recording.datasets.items()
        },
        "quality": {
            stream: {channel: quality.document() for channel, quality in channels.items()}
            for stream, channels in recording.quality.items()
        },
        "unusable": {epoc: counts for epoc, counts in reasons.items() if counts},
        "measures": _measures(recording),
        "findings": len(block.findings),
        "warnings": warnings,
    }


def _measures(recording: OpenedRecording) -> dict[str, Any]:
    made = {
        name: measures_of(epoc)
        for name, epoc in recording.epocs.items()
        if epoc.metadata.dspant.node is not None
    }
    return {name: stated for name, stated in made.items() if stated}


def _stream(stream: Stream) -> dict[str, Any]:
    return {
        "kind": "stream",
        "node": stream.metadata.dspant.node,
        "op": _last_operation(stream),
        "samples": stream.samples,
        "fs": stream.fs_hz,
        "channels": len(stream.channels),
        "runs": len(stream.segments),
    }


def _epoc(epoc: Epoc) -> dict[str, Any]:
    stated = {
        "kind": "epoc",
        "node": epoc.metadata.dspant.node,
        "op": _last_operation(epoc),
        "rows": epoc.events,
    }
    if "usable" in epoc.table.column_names:
        stated["usable"] = int(np.count_nonzero(epoc.table["usable"].to_numpy()))
    return stated


def _last_operation(dataset: Stream | Epoc) -> str | None:
    steps = dataset.metadata.dspant.steps
    return steps[-1]["op"] if steps else None
