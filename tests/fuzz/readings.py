"""What a reader makes of a block, in a form in which two readings can be compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dspant.errors import DspantError
from dspant.readers.tdt.block import Block, open_block

REFUSED = "refused"


@dataclass(frozen=True)
class Reading:
    """Values of each store, REFUSED where the reader raised, and all that it remarked."""

    stores: dict[str, Any]
    remarks: frozenset[str]


def read_all(folder: Path, *, gaps: str, truncated: str) -> Reading:
    """Read every store of a block and its summary, as an ingest would.

    Raises
    ------
    DspantError
        The block as a whole is refused.
    """
    block = open_block(folder)
    summary = block.summary()
    json.dumps(summary, allow_nan=False)
    remarks = set(summary["findings"])
    stores: dict[str, Any] = {}
    for name, kind in block.kinds.items():
        if kind == "epoc offset":
            continue
        try:
            read = _stream if kind == "stream" else _events
            stores[name], warnings = read(block, name, gaps, truncated)
            remarks |= set(warnings)
        except DspantError as error:
            stores[name] = REFUSED
            remarks.add(str(error))
    return Reading(stores, frozenset(remarks))


def _stream(block: Block, name: str, gaps: str, truncated: str) -> tuple[Any, list[str]]:
    raw = block.stream(name, gaps=gaps, truncated=truncated)
    values = raw.read()
    runs = tuple(segment[:2] for segment in raw.segments)
    starts_s = tuple(segment[2] for segment in raw.segments)
    facts = (raw.fs_hz, values.dtype.name, tuple(raw.channels), values.shape, runs)
    return (facts, starts_s, values.tobytes()), list(raw.warnings)


def _events(block: Block, name: str, _gaps: str, _truncated: str) -> tuple[Any, list[str]]:
    raw = block.epoc(name)
    columns: dict[str, Any] = {}
    for batch in raw.batches():
        for column, values in batch.items():
            columns.setdefault(column, []).extend(values.tolist())
    return columns, list(raw.warnings)


def same_values(ours: Any, truth: Any, most_apart_s: float) -> bool:
    """Whether two readings of a store agree: values to the bit, times of streams nearly."""
    if ours == truth:
        return True
    if isinstance(ours, tuple) and isinstance(truth, tuple):
        if (ours[0], ours[2]) != (truth[0], truth[2]):
            return False
        return bool(np.allclose(ours[1], truth[1], rtol=0, atol=most_apart_s))
    if isinstance(ours, dict) and isinstance(truth, dict):
        # repr tells equal from unequal where numbers are nan.
        return repr(ours) == repr(truth) or _same_but_for_times(ours, truth)
    return False


CLOCK_S = 2.0**-20
"""Synapse itself stamps the start mark this much early; a shift by it cannot be told."""


def _same_but_for_times(ours: dict[str, Any], truth: dict[str, Any]) -> bool:
    if ours.keys() != truth.keys():
        return False
    for column, values in ours.items():
        if column in ("onset", "offset"):
            if len(values) != len(truth[column]):
                return False
            if not np.allclose(values, truth[column], rtol=0, atol=CLOCK_S, equal_nan=True):
                return False
        elif repr(values) != repr(truth[column]):
            return False
    return True
