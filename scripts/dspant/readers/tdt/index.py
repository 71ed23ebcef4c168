"""The index of a block (.tsq): one 40-byte record per chunk of samples or event."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dspant.errors import IndexDamagedError, RawDataError
from dspant.readers.blockwise import blocks
from dspant.readers.distinct import distinct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

RECORD = np.dtype(
    [
        ("size", "<i4"),
        ("type", "<u4"),
        ("code", "<u4"),
        ("channel", "<u2"),
        ("sort", "<u2"),
        ("timestamp", "<f8"),
        ("offset", "<i8"),
        ("format", "<i4"),
        ("fs", "<f4"),
    ]
)
"""``size`` counts 4-byte words, header included; ``timestamp`` is Unix seconds; ``offset`` is a
position in the sample file, or the bits of an event's float64 value."""

_BYTES = np.dtype((np.void, RECORD.itemsize))

HEADER_WORDS = 10
WORD_BYTES = 4

KIND_BITS = 0xFF0F
INVALID_BITS = 0xFFFF0000
UNIQUE_FILES_BIT = 0x10

ONSET = 0x0101
OFFSET = 0x0102
SCALAR = 0x0201
STREAM = 0x8101
SNIP = 0x8201
MARK = 0x8801
START_CODE = 1
STOP_CODE = 2

LAST_UNIX_S = 253_402_300_800.0
"""The year 10000: no time that a calendar can show lies beyond it."""

KINDS = {
    ONSET: "epoc",
    OFFSET: "epoc offset",
    SCALAR: "scalar",
    STREAM: "stream",
    SNIP: "snip",
    MARK: "epoc",
}
"""Kind of a store, by the bits of its records' type."""

FORMATS = {0: "float32", 1: "int32", 2: "int16", 3: "int8", 4: "float64", 5: "int64"}
"""Dtype of samples, by the format number of a record."""


@dataclass(frozen=True)
class Outline:
    """Number of a store's records, its channels, rising, and the earliest time in seconds."""

    records: int
    channels: list[int]
    begin_s: float


@dataclass(frozen=True, eq=False)
class Index:
    """All records of a block as they are filed, shape (records,) of RECORD."""

    path: Path
    records: NDArray[np.void]
    _outlines: dict[str, Outline] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """Code of each record's store, shape (records,); 0 where the record is of no known kind."""
        codes = np.empty(len(self.records), np.uint32)
        for block in blocks(len(codes)):
            codes[block] = _codes(self.records[block])
        codes[0] = 0  # it holds the length of the index, whatever its other bytes say
        return codes

    @cached_property
    def start_unix_s(self) -> float:
        """Time of the start mark, from which all times of the block count."""
        marks = self._marks(START_CODE)
        if not len(marks):
            raise RawDataError(
                f"{self.path} holds no start mark, so no time in it can be told; copy the block "
                f"again from where it was recorded"
            )
        start_unix_s = float(marks["timestamp"][0])
        if start_unix_s <= 0:
            raise IndexDamagedError(
                f"{self.path}: the start mark says {start_unix_s} s after 1970, expected the time "
                f"of a recording; the index is damaged: copy the block again"
            )
        return start_unix_s

    @cached_property
    def stop_unix_s(self) -> float | None:
        """Time of the stop mark; None where the recording did not end cleanly."""
        marks = self._marks(STOP_CODE)
        if not len(marks) or marks["timestamp"][-1] < self.start_unix_s:
            return None
        return float(marks["timestamp"][-1])

    @property
    def announced_tev_bytes(self) -> int | None:
        """Size of the sample file by the stop mark."""
        marks = self._marks(STOP_CODE)
        return int(marks["offset"][-1]) if len(marks) else None

    @property
    def announced_bytes(self) -> int:
        """Size of the index by its own first record."""
        return int.from_bytes(self.records[:1].tobytes()[:8], "little", signed=True)

    @property
    def lack(self) -> str:
        """In words: how much of the index is missing; nothing where it is as long as it says."""
        if self.records.nbytes >= self.announced_bytes:
            return ""
        return (
            f"the index (.tsq) is cut: it has {self.records.nbytes} of the {self.announced_bytes} "
            f"bytes that it announces, and what came later is lost with it"
        )

    @property
    def unknown_records(self) -> int:
        """How many records after the first are of no known kind."""
        return int(np.count_nonzero(self.codes[1:] == 0))

    @property
    def misplaced_marks(self) -> list[str]:
        """In words: marks that do not stand where a whole index has its only ones."""
        expected = {"start": (START_CODE, 1), "stop": (STOP_CODE, len(self.records) - 1)}
        found = []
        for name, (code, place) in expected.items():
            rows = np.flatnonzero((self.codes == code) & (self.records["type"] == MARK)).tolist()
            if rows and rows != [place]:
                found.append(f"has {name} marks in records {rows}, expected one, in {place}")
        return found

    @cached_property
    def names(self) -> dict[str, int]:
        """Code of each store by its name, sorted by name."""
        codes = set(distinct(self.codes).tolist()) - {0, START_CODE, STOP_CODE}
        return dict(sorted((store_name(code), code) for code in codes))

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Kind of each store by its name, as its first record says."""
        return {name: KINDS[self.first_kind(name)] for name in self.names}

    @cached_property
    def end_stores(self) -> dict[str, str]:
        """Name of the store that holds the ends of events, by that of the store of their onsets."""
        found = {}
        for name, kind in self.kinds.items():
            if kind == KINDS[OFFSET]:
                found[onset_store(self.first(name))] = name
        return found

    def parts(self, name: str) -> Iterator[NDArray[np.void]]:
        """Records of one store in the order of the file, some thousand at a time.

        Each part is (records,) of RECORD, not to be written to.
        """
        code = self.names[name]
        for block in blocks(len(self.records)):
            rows = np.flatnonzero(self.codes[block] == code)
            if len(rows):
                # Records as bytes: NumPy copies field by field what it knows to have fields.
                yield self.records[block].view(_BYTES).take(rows).view(RECORD)

    def of_store(self, name: str) -> NDArray[np.void]:
        """All records of a store in the order of the file, which a store of events has few of."""
        return np.concatenate([part.view(_BYTES) for part in self.parts(name)]).view(RECORD)

    def first(self, name: str) -> np.void:
        """The first record of a store."""
        return self.records[int(np.argmax(self.codes == self.names[name]))]

    def outline(self, name: str) -> Outline:
        """What the records of a store say together."""
        if name not in self._outlines:
            number, channels, begin_s = 0, [], np.inf
            for part in self.parts(name):
                number += len(part)
                channels.append(distinct(part["channel"]))
                begin_s = min(begin_s, float(part["timestamp"].min()) - self.start_unix_s)
            numbers = distinct(np.concatenate(channels)).tolist()
            self._outlines[name] = Outline(number, numbers, begin_s)
        return self._outlines[name]

    def first_kind(self, name: str) -> int:
        """Kind of a store's first record, one of KINDS."""
        return int(self.first(name)["type"]) & KIND_BITS

    def _marks(self, code: int) -> NDArray[np.void]:
        records = self.records[self.codes == code]
        return records[records["type"] == MARK]


def read_index(path: Path) -> Index:
    """Read a block's index.

    Raises
    ------
    RawDataError
        The file is empty, ends within a record, or holds no start mark.
    """
    size_bytes = path.stat().st_size
    whole, rest_bytes = divmod(size_bytes, RECORD.itemsize)
    if whole == 0 or rest_bytes:
        raise RawDataError(
            f"{path} has {size_bytes} bytes, which is {whole} records of {RECORD.itemsize} bytes "
            f"and {rest_bytes} bytes more; an index holds whole records only: copy the block again "
            f"from where it was recorded"
        )
    index = Index(path, np.fromfile(path, RECORD))
    # Nothing of a block has a time without the start mark, so its absence is told at once.
    _ = index.start_unix_s
    return index


def _codes(records: NDArray[np.void]) -> NDArray[np.uint32]:
    types = records["type"].copy()
    known = np.zeros(len(types), dtype=bool)
    # A whole index has a handful of types, which are compared faster than their bits.
    for kind in distinct(types).tolist():
        if kind & KIND_BITS in KINDS and not kind & INVALID_BITS:
            known |= types == kind
    known &= np.abs(records["timestamp"]) < LAST_UNIX_S
    # The two codes of marks are no names of stores.
    known &= (types == MARK) | (records["code"] > STOP_CODE)
    return np.where(known, records["code"], 0)


def onset_store(record: np.void) -> str:
    """Name of the store whose events end with this record."""
    # Its four characters stand in the place of channel and sort.
    return store_name(int(record["channel"]) | int(record["sort"]) << 16)


def store_name(code: int) -> str:
    """Name of a store as TDT shows it: the four characters of its code."""
    return code.to_bytes(4, "little").rstrip(b"\0").decode("cp437")
