"""Where the chunks of a stream lie and when they begin, as the index says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.errors import GapError, IndexDamagedError, MixedStoreError, RawDataError
from dspant.readers.blockwise import blocks
from dspant.readers.distinct import distinct
from dspant.readers.tdt.index import FORMATS, HEADER_WORDS, KIND_BITS, UNIQUE_FILES_BIT, WORD_BYTES
from dspant.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dspant.readers.tdt.index import Index

ABSENT = -1
"""Offset of a chunk that the index does not have."""

SAME_TIME_SAMPLES = 0.5
"""Chunks that begin less than this apart begin together; the clock's jitter is 0.005 samples."""

MOST_CELLS_PER_CHUNK = 16
"""Places of channels and times for each chunk there is; only a damaged index has more."""


@dataclass(frozen=True, eq=False)
class ChunkTable:
    """Chunks of one stream, by the time they begin at and their channel.

    ``start_s`` is (steps,), rising, in seconds from block start; ``offsets`` is (steps, channels),
    in bytes from the beginning of the file, ABSENT where the index has no such chunk; ``channels``
    are the numbers of the columns, rising; ``spread_samples`` is how far apart channels of one step
    begin at most.
    """

    store: str
    fs_hz: float
    dtype: np.dtype[Any]
    chunk_samples: int
    in_sev: bool
    channels: NDArray[np.uint16]
    start_s: NDArray[np.float64]
    offsets: NDArray[np.int64]
    spread_samples: float

    @property
    def chunk_bytes(self) -> int:
        return self.chunk_samples * self.dtype.itemsize

    @property
    def indexed(self) -> NDArray[np.bool_]:
        """Which chunks the index has, shape (steps, channels)."""
        return self.offsets != ABSENT

    def held(self, file_bytes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which chunks lie wholly within files of these sizes.

        ``file_bytes`` is the size of each channel's file, shape (channels,), or that of the one
        file of all; the result has shape (steps, channels).
        """
        return self.indexed & (self.offsets <= file_bytes - self.chunk_bytes)


@dataclass(frozen=True, eq=False)
class Filed:
    """What the records of one stream say of its chunks, each (chunks,), in the order of the index.

    ``first`` is the first record, which states what all have in common; ``start_s`` counts from
    block start.
    """

    store: str
    first: np.void
    start_s: NDArray[np.float64]
    offsets: NDArray[np.int64]
    channels: NDArray[np.uint16]

    def taken(self, order: NDArray[np.intp]) -> Filed:
        """In another order."""
        columns = (self.start_s[order], self.offsets[order], self.channels[order])
        return Filed(self.store, self.first, *columns)


def chunk_table(index: Index, store: str) -> ChunkTable:
    """Arrange the chunks of one stream, whose records may be filed in any order.

    Raises
    ------
    MixedStoreError
        Records differ in rate, format, size or kind.
    IndexDamagedError
        They point to the same or to impossible bytes, or begin before the block.
    GapError
        A channel has two chunks of the same time.
    """
    filed = _filed(index, store)
    first = filed.first
    dtype = sample_dtype(store, int(first["format"]))
    payload_bytes = (int(first["size"]) - HEADER_WORDS) * WORD_BYTES
    if payload_bytes <= 0 or payload_bytes % dtype.itemsize:
        raise IndexDamagedError(
            f"store {store!r}: chunks of {payload_bytes} bytes hold no whole number of "
            f"{dtype.name} samples; the index (.tsq) is damaged: copy the block again"
        )
    fs_hz = float(first["fs"])
    if not (np.isfinite(fs_hz) and fs_hz > 0):
        raise IndexDamagedError(
            f"store {store!r}: the index (.tsq) states a rate of {fs_hz} Hz; expected a "
            f"positive one: copy the block again"
        )
    in_sev = bool(first["type"] & UNIQUE_FILES_BIT)
    check_bytes(store, filed.offsets, filed.channels, payload_bytes, in_sev=in_sev)
    channels, start_s, offsets, spread_s = _arranged(filed, fs_hz)
    return ChunkTable(
        store=store,
        fs_hz=fs_hz,
        dtype=dtype,
        chunk_samples=payload_bytes // dtype.itemsize,
        in_sev=in_sev,
        channels=channels,
        start_s=start_s,
        offsets=offsets,
        spread_samples=spread_s * fs_hz,
    )


def _filed(index: Index, store: str) -> Filed:
    """Raises MixedStoreError where records differ in what all chunks have in common."""
    number = int(np.count_nonzero(index.codes == index.names[store]))
    first = index.first(store)
    filed = Filed(
        store,
        first,
        np.empty(number, np.float64),
        np.empty(number, np.int64),
        np.empty(number, np.uint16),
    )
    at = 0
    for records in index.parts(store):
        check_uniform(store, first, records, index.start_unix_s)
        part = slice(at, at + len(records))
        np.subtract(records["timestamp"], index.start_unix_s, out=filed.start_s[part])
        filed.offsets[part] = records["offset"]
        filed.channels[part] = records["channel"]
        at = part.stop
    return filed


def check_uniform(
    store: str, first: np.void, records: NDArray[np.void], start_unix_s: float
) -> None:
    """Raise MixedStoreError where records differ from the first in kind, format, size or rate."""
    kind_bits = KIND_BITS | UNIQUE_FILES_BIT
    columns = {"kind": (first["type"] & kind_bits, records["type"] & kind_bits)}
    columns |= {name: (first[name], records[name]) for name in ("format", "size", "fs")}
    strays = {}
    for name, (expected, values) in columns.items():
        differs = values != expected
        if differs.any():
            strays[name] = int(np.argmax(differs))
    if strays:
        name, row = min(strays.items(), key=lambda stray: stray[1])
        expected, values = columns[name]
        at_s = float(records["timestamp"][row]) - start_unix_s
        raise MixedStoreError(
            f"store {store!r}: its chunks differ in {name}: {expected} at first, {values[row]} at "
            f"{at_s:.6f} s; a stream has one {name} throughout: if the index is not damaged, these "
            f"are two recordings in one block; leave the store out of the config"
        )


def sample_dtype(store: str, number: int) -> np.dtype[Any]:
    """Dtype of a format number; raises RawDataError where it is not known."""
    if number not in FORMATS:
        raise RawDataError(
            f"store {store!r}: sample format {number} is not known, expected one of {FORMATS}; "
            f"leave the store out of the config"
        )
    return np.dtype(FORMATS[number])


def check_bytes(
    store: str,
    offsets: NDArray[np.int64],
    channels: NDArray[np.uint16],
    payload_bytes: int,
    *,
    in_sev: bool,
) -> None:
    """Raise IndexDamagedError where chunks are said to lie in shared or in impossible bytes.

    ``offsets`` and ``channels`` are (chunks,), in any order.
    """
    if not in_sev and offsets[0] >= 0 and _least_step(offsets) >= payload_bytes:
        return
    # Each channel of a store in .sev files counts its offsets in a file of its own.
    order = np.lexsort((offsets, channels)) if in_sev else np.argsort(offsets, kind="stable")
    offsets, channels = offsets[order], channels[order]
    if offsets.min() < 0:
        raise IndexDamagedError(
            f"store {store!r}: the index (.tsq) points to byte {offsets.min()} of the sample file; "
            f"the index is damaged: copy the block again"
        )
    shared = np.diff(offsets) < payload_bytes
    if in_sev:
        shared &= channels[1:] == channels[:-1]
    if shared.any():
        row = int(np.argmax(shared))
        raise IndexDamagedError(
            f"store {store!r}: {count(int(shared.sum()), 'chunk')} in bytes of another chunk, "
            f"the first at byte {offsets[row + 1]} (channel {channels[row + 1]}); the index (.tsq) "
            f"names a chunk twice or is damaged: copy the block again"
        )


def _least_step(values: NDArray[Any]) -> float:
    """Least difference of a value and the one before; infinite where there is none."""
    steps = (np.diff(values[max(b.start - 1, 0) : b.stop]) for b in blocks(len(values)))
    return min((step.min() for step in steps if len(step)), default=np.inf)


def _arranged(
    filed: Filed, fs_hz: float
) -> tuple[NDArray[np.uint16], NDArray[np.float64], NDArray[np.int64], float]:
    """Channel numbers, start of each step, the table of offsets, and the spread within a step."""
    if not _least_step(filed.start_s) >= 0:
        filed = filed.taken(np.argsort(filed.start_s, kind="stable"))
    store, start_s = filed.store, filed.start_s
    if start_s[0] * fs_hz < -1:
        raise IndexDamagedError(
            f"store {store!r}: a chunk begins {-start_s[0]:.6f} s before the block does; the "
            f"index (.tsq) is damaged: copy the block again"
        )
    begins, spread_s = _steps(start_s, fs_hz)
    step_starts_s = start_s[begins]
    channels = distinct(filed.channels)
    _check_cells(store, len(step_starts_s), len(channels), len(start_s))
    offsets = np.full((len(step_starts_s), len(channels)), ABSENT, dtype=np.int64)
    for block, cells in _cells(begins, filed.channels, channels):
        offsets.reshape(-1)[cells] = filed.offsets[block]
    if sum(np.count_nonzero(offsets[b] != ABSENT) for b in blocks(len(offsets))) < len(start_s):
        cells = np.concatenate([cells for _, cells in _cells(begins, filed.channels, channels)])
        counts = np.bincount(cells, minlength=offsets.size)
        twice = int(np.argmax(counts > 1))
        step, column = divmod(twice, len(channels))
        raise GapError(
            f"store {store!r}: {count(int((counts > 1).sum()), 'duplicated chunk')}, the first at "
            f"{step_starts_s[step]:.6f} s in channel {channels[column]}; the samples of that "
            f"time cannot be told: leave the store out of the config, or mend the block"
        )
    return channels, step_starts_s, offsets, spread_s


def _steps(start_s: NDArray[np.float64], fs_hz: float) -> tuple[NDArray[np.bool_], float]:
    """Which chunks begin later than the one before, and how far apart others begin at most."""
    begins = np.ones(len(start_s), dtype=bool)
    spread_s = 0.0
    for block in blocks(len(start_s) - 1):
        apart_s = np.diff(start_s[block.start : block.stop + 1])
        later = apart_s * fs_hz > SAME_TIME_SAMPLES
        begins[block.start + 1 : block.stop + 1] = later
        apart_s[later] = 0.0
        spread_s = max(spread_s, float(apart_s.max()))
    return begins, spread_s


def _cells(
    begins: NDArray[np.bool_], numbers: NDArray[np.uint16], channels: NDArray[np.uint16]
) -> Iterator[tuple[slice, NDArray[np.intp]]]:
    """Block by block of chunks, the place of each in the table of steps and channels."""
    before = -1
    for block in blocks(len(begins)):
        steps = np.cumsum(begins[block]) + before
        before = int(steps[-1])
        yield block, steps * len(channels) + np.searchsorted(channels, numbers[block])


def _check_cells(store: str, steps: int, channels: int, chunks: int) -> None:
    if steps * channels > MOST_CELLS_PER_CHUNK * chunks:
        raise IndexDamagedError(
            f"store {store!r}: the index (.tsq) names {channels} channels and {steps} times for "
            f"{count(chunks, 'chunk')}; all channels have chunks at all times in a whole one: copy "
            f"the block again"
        )
