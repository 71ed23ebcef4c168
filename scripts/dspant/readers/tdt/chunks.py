"""Where the chunks of a stream lie and when they begin, as the index says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.errors import GapError, IndexDamagedError, MixedStoreError, RawDataError
from dspant.readers.distinct import distinct
from dspant.readers.tdt.index import FORMATS, HEADER_WORDS, KIND_BITS, UNIQUE_FILES_BIT, WORD_BYTES
from dspant.wording import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


def chunk_table(store: str, records: NDArray[np.void], start_unix_s: float) -> ChunkTable:
    """Arrange the records of one stream, which may be filed in any order.

    Raises
    ------
    MixedStoreError
        Records differ in rate, format, size or kind.
    IndexDamagedError
        They point to the same or to impossible bytes, or begin before the block.
    GapError
        A channel has two chunks of the same time.
    """
    check_uniform(store, records, start_unix_s)
    first = records[0]
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
    check_bytes(store, records, payload_bytes, in_sev=in_sev)
    channels, start_s, offsets, spread_s = _arranged(store, records, start_unix_s, fs_hz)
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


def check_uniform(store: str, records: NDArray[np.void], start_unix_s: float) -> None:
    """Raise MixedStoreError where records differ in kind, format, size or rate."""
    kinds = records["type"] & (KIND_BITS | UNIQUE_FILES_BIT)
    columns = [("kind", kinds), *((name, records[name]) for name in ("format", "size", "fs"))]
    for name, values in columns:
        differs = values != values[0]
        if differs.any():
            row = int(np.argmax(differs))
            at_s = float(records["timestamp"][row]) - start_unix_s
            raise MixedStoreError(
                f"store {store!r}: its chunks differ in {name}: {values[0]} at first, "
                f"{values[row]} at {at_s:.6f} s; a stream has one {name} throughout: if the index "
                f"is not damaged, these are two recordings in one block; leave the store out of "
                f"the config"
            )


def sample_dtype(store: str, number: int) -> np.dtype[Any]:
    """Dtype of a format number; raises RawDataError where it is not known."""
    if number not in FORMATS:
        raise RawDataError(
            f"store {store!r}: sample format {number} is not known, expected one of {FORMATS}; "
            f"leave the store out of the config"
        )
    return np.dtype(FORMATS[number])


def check_bytes(store: str, records: NDArray[np.void], payload_bytes: int, *, in_sev: bool) -> None:
    """Raise IndexDamagedError where records point to shared or to impossible bytes."""
    # Each channel of a store in .sev files counts its offsets in a file of its own.
    offsets, channels = records["offset"].copy(), records["channel"].copy()
    if in_sev or (offsets[1:] < offsets[:-1]).any():
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


def _arranged(
    store: str, records: NDArray[np.void], start_unix_s: float, fs_hz: float
) -> tuple[NDArray[np.uint16], NDArray[np.float64], NDArray[np.int64], float]:
    """Channel numbers, start of each step, the table of offsets, and the spread within a step."""
    sorted_s = records["timestamp"] - start_unix_s
    if (sorted_s[1:] < sorted_s[:-1]).any():
        order = np.argsort(sorted_s, kind="stable")
        records, sorted_s = records[order], sorted_s[order]
    if sorted_s[0] * fs_hz < -1:
        raise IndexDamagedError(
            f"store {store!r}: a chunk begins {-sorted_s[0]:.6f} s before the block does; the "
            f"index (.tsq) is damaged: copy the block again"
        )
    apart_s = np.diff(sorted_s)
    begins = np.r_[True, apart_s * fs_hz > SAME_TIME_SAMPLES]
    steps = np.cumsum(begins) - 1
    channels = distinct(records["channel"])
    columns = np.searchsorted(channels, records["channel"])
    _check_cells(store, int(steps[-1]) + 1, len(channels), len(records))
    cells = steps * len(channels) + columns
    offsets = np.full((int(steps[-1]) + 1, len(channels)), ABSENT, dtype=np.int64)
    offsets.reshape(-1)[cells] = records["offset"]
    if np.count_nonzero(offsets != ABSENT) < len(records):
        counts = np.bincount(cells, minlength=offsets.size)
        twice = int(np.argmax(counts > 1))
        step, column = divmod(twice, len(channels))
        raise GapError(
            f"store {store!r}: {count(int((counts > 1).sum()), 'duplicated chunk')}, the first at "
            f"{sorted_s[begins][step]:.6f} s in channel {channels[column]}; the samples of that "
            f"time cannot be told: leave the store out of the config, or mend the block"
        )
    spread_s = float(np.where(begins[1:], 0.0, apart_s).max(initial=0.0))
    return channels, sorted_s[begins], offsets, spread_s


def _check_cells(store: str, steps: int, channels: int, chunks: int) -> None:
    if steps * channels > MOST_CELLS_PER_CHUNK * chunks:
        raise IndexDamagedError(
            f"store {store!r}: the index (.tsq) names {channels} channels and {steps} times for "
            f"{count(chunks, 'chunk')}; all channels have chunks at all times in a whole one: copy "
            f"the block again"
        )
