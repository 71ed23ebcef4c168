"""What a block says of itself, in one document."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from dspant.dataset.folder import store_folder_name
from dspant.errors import RawDataError
from dspant.readers.tdt.agreement import sev_doubts
from dspant.readers.tdt.clock import clock_doubts
from dspant.readers.tdt.findings import block_findings
from dspant.readers.tdt.gaps import continuity, described_gaps
from dspant.readers.tdt.index import FORMATS, KINDS, OFFSET, UNIQUE_FILES_BIT
from dspant.readers.tdt.sev_streams import stands_for_itself, survey_sev
from dspant.wording import count

if TYPE_CHECKING:
    import numpy as np

    from dspant.readers.tdt.block import Block


def summarise(block: Block) -> dict[str, Any]:
    """Times, stores and findings of a block.

    Returns
    -------
    dict
        ``format``, ``block``, ``start_utc``, ``stop_utc``, ``duration_s``, ``stores`` by name, each
        with the dataset it would become, and ``findings``, a sentence each. Fit for JSON.
    """
    index = block.index
    stop = index.stop_unix_s
    stores: dict[str, dict[str, Any]] = {}
    findings = block_findings(block)
    for name, kind in block.kinds.items():
        if kind == KINDS[OFFSET]:
            continue
        if kind == "stream" and stands_for_itself(block.files, block.index, name):
            stores[name], found = _sev_stream(block, name)
        elif kind == "stream":
            stores[name], found = _stream(block, name)
        elif kind == "notes":
            stores[name], found = _notes(block, name)
        else:
            stores[name], found = _events(block, name, kind)
        findings += found
    return {
        "format": block.source,
        "block": block.folder.resolve().name,
        "start_utc": _utc(index.start_unix_s),
        "stop_utc": None if stop is None else _utc(stop),
        "duration_s": None if stop is None else stop - index.start_unix_s,
        "stores": stores,
        "findings": findings,
    }


def _stream(block: Block, name: str) -> tuple[dict[str, Any], list[str]]:
    first, outline = block.index.first(name), block.index.outline(name)
    described = {
        "kind": "stream",
        "dataset": store_folder_name(name),
        "fs": _finite(first["fs"]),
        "channels": _channels(outline.channels),
        "samples": None,
        "unit": None,
        "dtype": FORMATS.get(int(first["format"])),
        "start_s": outline.begin_s,
        "in": "sev" if first["type"] & UNIQUE_FILES_BIT else "tev",
    }
    try:
        survey = block.survey(name)
    except RawDataError as error:
        return described, [str(error)]
    table, whole = survey.table, survey.whole
    described["samples"] = len(table.start_s) * table.chunk_samples
    found = continuity(table.start_s, table.fs_hz, table.chunk_samples)
    findings = [*survey.notes, *clock_doubts(table, found), *survey.order_doubts]
    findings += [whole.unequal, whole.cut]
    if found.gaps:
        findings.append(described_gaps(found))
    if found.overlaps:
        findings.append(f"{count(len(found.overlaps), 'overlap')} of chunks")
    return described, [f"store {name!r}: {finding}" for finding in findings if finding]


def _sev_stream(block: Block, name: str) -> tuple[dict[str, Any], list[str]]:
    described: dict[str, Any] = {
        "kind": "stream",
        "dataset": store_folder_name(name),
        "fs": None,
        "channels": None,
        "samples": None,
        "unit": None,
        "dtype": None,
        "start_s": None,
        "in": "sev",
    }
    try:
        survey = survey_sev(block.files, block.index, name)
        segments = survey.segments
    except RawDataError as error:
        return described, [str(error)]
    described |= {
        "fs": survey.fs_hz,
        "channels": _channels([channel.number for channel in survey.channels]),
        "samples": survey.announced_samples,
        "dtype": survey.channels[0].parts[0].dtype.name,
        "start_s": segments[0][2] if survey.knows_its_start and segments else None,
    }
    findings = [*survey.doubts, survey.lack, survey.gaps, *sev_doubts(survey, block.settings)]
    return described, [f"store {name!r}: {finding}" for finding in findings if finding]


def _events(block: Block, name: str, kind: str) -> tuple[dict[str, Any], list[str]]:
    first, outline = block.index.first(name), block.index.outline(name)
    with_channels = kind in ("scalar", "snip")
    described = {
        "kind": kind,
        "dataset": store_folder_name(name),
        "fs": _finite(first["fs"]) if kind == "snip" else None,
        "channels": _channels(outline.channels) if with_channels else None,
        "events": outline.records,
        "unit": None,
        "dtype": FORMATS.get(int(first["format"])),
        "start_s": outline.begin_s,
        "in": "tev" if kind == "snip" else "tsq",
    }
    try:
        return described, list(block.epoc(name).warnings)
    except RawDataError as error:
        return described, [str(error)]


def _notes(block: Block, name: str) -> tuple[dict[str, Any], list[str]]:
    raw = block.epoc(name)
    described = {
        "kind": "notes",
        "dataset": store_folder_name(name),
        "fs": None,
        "channels": None,
        "events": len(raw.columns["onset"]),
        "unit": None,
        "dtype": None,
        "start_s": None,
        "in": "notes",
    }
    return described, list(raw.warnings)


def _channels(numbers: list[int]) -> int | list[int]:
    """How many channels there are; their numbers where these do not run from 1 on."""
    return len(numbers) if numbers == list(range(1, len(numbers) + 1)) else numbers


def _finite(value: np.floating) -> float | None:
    """A number that JSON can hold; None where it is none."""
    return float(value) if isfinite(value) else None


def _utc(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="microseconds")
