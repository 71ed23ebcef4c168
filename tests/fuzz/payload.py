"""What a file holds once only, so that no reader can tell it from the truth: payload.

The raw format has no checksum. Samples, waveforms, values of events and notes are payload; so are
an event's own time, as far as the order of records leaves it room, and a snip's channel and sort
code. A change of them has to come out as it was made, in its place and nowhere else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dspant.readers.tdt.index import (
    MARK,
    RECORD,
    START_CODE,
    UNIQUE_FILES_BIT,
    onset_store,
    store_name,
)

_STREAM, _SNIP, _SCALAR, _ONSET, _OFFSET = 0x8101, 0x8201, 0x0201, 0x0101, 0x0102

_PAYLOAD_FIELDS = {
    _ONSET: {"timestamp", "offset", "fs"},
    _OFFSET: {"timestamp"},
    _SCALAR: {"timestamp", "offset", "fs", "channel"},
    _SNIP: {"timestamp", "channel", "sort"},
}
_EXCHANGED = (_STREAM, _SNIP)
_UNUSED_FIELDS = {
    _ONSET: {"size", "format", "channel", "sort"},
    _OFFSET: {"size", "format", "offset", "fs"},
    _SCALAR: {"size", "format", "sort"},
    _STREAM: {"sort"},
    _SNIP: set(),
}


def stores_with_changed_payload(before: bytes, after: bytes) -> set[str] | None:
    """Stores of which an index (.tsq) has other payload; None where more of it differs."""
    if len(before) != len(after) or len(before) % RECORD.itemsize:
        return None
    old, new = np.frombuffer(before, RECORD), np.frombuffer(after, RECORD)
    changed: set[str] = set()
    for row in np.flatnonzero(old != new):
        if row == 0:
            if before[:8] != after[:8]:
                return None
            continue
        kind = int(old[row]["type"]) & 0xFF0F
        fields = {name for name in RECORD.names if old[row][name] != new[row][name]}
        if "code" in fields and int(new[row]["code"]) in _codes_of_kind(old, kind):
            fields.remove("code")
            changed.add(store_name(int(new[row]["code"])))
        if kind in _EXCHANGED and row in _exchanged(old, new, kind):
            fields.discard("offset")
        if kind == MARK and not fields - _unused_of_mark(old[row]):
            continue
        if kind == MARK or fields - _PAYLOAD_FIELDS.get(kind, set()) - _UNUSED_FIELDS[kind]:
            return None
        name = store_name(int(old[row]["code"]))
        changed.add(onset_store(old[row]) if kind == _OFFSET else name)
    return changed


def _codes_of_kind(records: NDArray[np.void], kind: int) -> set[int]:
    """Stores that an event may be filed under instead; samples have a place in the file as well."""
    if kind not in (_ONSET, _SCALAR):
        return set()
    return set(records["code"][records["type"] == kind].tolist())


def _exchanged(old: NDArray[np.void], new: NDArray[np.void], kind: int) -> set[int]:
    """Records of a kind that have exchanged their places in the sample file.

    Nothing tells which of two waveforms belongs to which channel, nor which of the two channels of
    a step, since recorders file the first channel before or after the others.
    """
    moved = [
        int(row)
        for row in np.flatnonzero(old["offset"] != new["offset"])
        if int(old[row]["type"]) & 0xFF0F == kind
    ]
    if sorted(old["offset"][moved]) != sorted(new["offset"][moved]):
        return set()
    if kind == _STREAM and len(set(old["timestamp"][moved].tolist())) > len(moved) / 2:
        return set()
    return set(moved)


def _unused_of_mark(record: np.void) -> set[str]:
    unused = {"size", "channel", "sort", "format", "fs"}
    return unused | {"offset"} if int(record["code"]) == START_CODE else unused


def filed_values(index: bytes, store: str) -> list[tuple[float, ...]]:
    """Times and values of a store's events as an index (.tsq) has them, sorted."""
    records = np.frombuffer(index, RECORD)
    start_s = float(records[1]["timestamp"])
    own = records[records["code"] == int.from_bytes(store.encode(), "little")]
    if int(own[0]["type"]) == _SNIP:
        second = own["sort"].astype(float)
    else:
        second = own["offset"].copy().view("<f8")
    return sorted(
        zip((own["timestamp"] - start_s).tolist(), map(repr, second.tolist()), strict=True)
    )


def read_values(columns: dict[str, Any]) -> list[tuple[float, ...]]:
    """The same of what a reader made of the store."""
    second = columns["data"] if "data" in columns else map(float, columns["sort_code"])
    return sorted(zip(columns["onset"], map(repr, second), strict=True))


def samples_as_filed(index: bytes, store: str, tev: bytes, sevs: dict[str, bytes]) -> bytes:
    """Samples of a stream, or waveforms of snips, in the bytes that a whole index points to."""
    records = np.frombuffer(index, RECORD)
    own = records[records["code"] == int.from_bytes(store.encode(), "little")]
    in_sev = bool(own[0]["type"] & UNIQUE_FILES_BIT)
    by_time = int(own[0]["type"]) & 0xFF0F == _SNIP
    order = np.lexsort(
        (own["channel"], own["timestamp"]) if by_time else (own["timestamp"], own["channel"])
    )
    parts = []
    for record in own[order]:
        content = tev
        if in_sev:
            (name,) = (n for n in sevs if n.endswith(f"_{store}_Ch{record['channel']}.sev"))
            content = sevs[name]
        first = int(record["offset"])
        parts.append(content[first : first + (int(record["size"]) - 10) * 4])
    return b"".join(parts)
