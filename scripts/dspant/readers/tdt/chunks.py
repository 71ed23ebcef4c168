"""Where the chunks of a stream lie and when they begin, as the index says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.errors import GapError, IndexDamagedError
from dspant.readers.blockwise import blocks
from dspant.readers.distinct import distinct
from dspant.readers.tdt.filed_chunks import check_bytes, filed_chunks, least_step, sample_dtype
from dspant.readers.tdt.index import HEADER_WORDS, UNIQUE_FILES_BIT, WORD_BYTES
from dspant.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dspant.readers.tdt.filed_chunks import FiledChunks
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
    filed = filed_chunks(index, store)
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


def _arranged(
    filed: FiledChunks, fs_hz: float
) -> tuple[NDArray[np.uint16], NDArray[np.float64], NDArray[np.int64], float]:
    """Channel numbers, start of each step, the table of offsets, and the spread within a step."""
    if not least_step(filed.start_s) >= 0:
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
