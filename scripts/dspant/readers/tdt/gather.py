"""Samples out of their files: many chunks at once, in any order, without a loop over chunks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dspant.dataset.scattered import Scattered
from dspant.readers.mapping import RawView
from dspant.readers.tdt.sev import HEADER_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FEWEST_IN_A_RUN = 8
"""Chunks at equal distances that a call pays for, on average."""

LEAST_IN_PLACE_BYTES = 4096

PIECE_SAMPLES = 4096
"""Samples per piece of a file that has no chunks."""


def gather(path: Path, offsets: NDArray[np.int64], chunk_bytes: int) -> NDArray[np.uint8]:
    """Copy the chunks at ``offsets``, of any shape, to an array of that shape + (chunk_bytes,)."""
    if not offsets.size:
        return np.empty((*offsets.shape, chunk_bytes), np.uint8)
    chunks, first = _chunks(path, offsets, chunk_bytes, RawView())
    return np.asarray(chunks[offsets - first])


def gather_into(
    target: NDArray[np.uint8], path: Path, offsets: NDArray[np.int64], view: RawView
) -> None:
    """Copy chunks to their places.

    Parameters
    ----------
    target
        Shape channels x steps x bytes of a chunk; each chunk contiguous.
    offsets
        Shape steps x channels, in bytes.
    """
    if not offsets.size:
        return
    chunks, first = _chunks(path, offsets, target.shape[2], view)
    across = np.diff(offsets, axis=1)
    along = np.diff(offsets[:, 0])
    step = int(np.median(along)) if along.size else 0
    cuts = np.flatnonzero(along != step) + 1
    if (across != across[:1, :1]).any() or len(cuts) > len(offsets) // FEWEST_IN_A_RUN:
        target[:] = chunks[offsets.T - first]
        return
    apart = int(across[0, 0]) if across.size else 0
    # Chunks at equal distances are copied in one call, without an array between.
    for low, high in pairwise([0, *cuts.tolist(), len(offsets)]):
        begin = chunks[int(offsets[low, 0]) - first :]
        shape = (len(target), high - low, target.shape[2])
        target[:, low:high] = as_strided(begin, shape, (apart, step, 1))


def _chunks(
    path: Path, offsets: NDArray[np.int64], length: int, view: RawView
) -> tuple[NDArray[np.uint8], int]:
    """All runs of ``length`` bytes of the part that chunks lie in, and where it begins."""
    begin, stop = int(offsets.min()), int(offsets.max()) + length
    part = view.bytes(path, begin, stop)
    return as_strided(part, (part.size - length + 1, length), (1, 1)), begin


@dataclass(frozen=True, eq=False)
class ChunkedPieces:
    """Chunks that the index names, in one file for all channels or in one for each.

    ``offsets`` is (steps, channels) in bytes, ``start_s`` (steps,) in seconds from block start.
    """

    paths: Sequence[Path]
    dtype: np.dtype[Any]
    chunk_bytes: int
    start_s: NDArray[np.float64]
    offsets: NDArray[np.int64]

    @property
    def piece_bytes(self) -> int:
        return self.chunk_bytes * self.offsets.shape[1]

    def samples(self, first: int, stop: int) -> int:
        """How many samples each channel has in steps ``first`` to ``stop``."""
        return (stop - first) * (self.chunk_bytes // self.dtype.itemsize)

    def extents(self, first: int, stop: int) -> dict[Path, tuple[int, int]]:
        """The parts of files that steps ``first`` to ``stop`` lie in."""
        offsets = self.offsets[first:stop]
        if not offsets.size:
            return {}
        low, high = offsets.min(axis=0), offsets.max(axis=0) + self.chunk_bytes
        if len(self.paths) == 1:
            return {self.paths[0]: (int(low.min()), int(high.max()))}
        ends = zip(low.tolist(), high.tolist(), strict=True)
        return dict(zip(self.paths, ends, strict=True))

    def in_place(self, first: int, stop: int, view: RawView) -> Scattered | None:
        """Samples of steps ``first`` to ``stop`` where they lie in the files.

        None for small chunks, which are gathered faster than the system is told of each.
        """
        if self.chunk_bytes < LEAST_IN_PLACE_BYTES:
            return None
        parts = self.extents(first, stop)
        memory = [view.bytes(path, *parts[path]) for path in self.paths]
        begins = np.array([parts[path][0] for path in self.paths])
        if len(memory) == 1:
            memory *= self.offsets.shape[1]
        return Scattered.whole(memory, (self.offsets[first:stop] - begins).T, self.chunk_bytes)

    def read_into(self, target: NDArray[Any], first: int, stop: int, view: RawView) -> None:
        """Put samples of steps ``first`` to ``stop`` into an array, channels x samples."""
        offsets = self.offsets[first:stop]
        chunks = target.view(np.uint8).reshape(len(target), stop - first, self.chunk_bytes)
        if len(self.paths) == 1:
            gather_into(chunks, self.paths[0], offsets, view)
        else:
            for row, path in enumerate(self.paths):
                gather_into(chunks[row : row + 1], path, offsets[:, row : row + 1], view)
        if sys.byteorder == "big":
            target.byteswap(inplace=True)


@dataclass(frozen=True, eq=False)
class ContinuousPieces:
    """Files of one channel each without chunks: ``samples`` in a row from each.

    ``channels`` holds, for each channel, its files in the order of time and the number of samples
    in each, ``samples_in_all`` together; ``begin_s`` is the time of the first sample, in seconds
    from block start.
    """

    channels: Sequence[Sequence[tuple[Path, int]]]
    dtype: np.dtype[Any]
    fs_hz: float
    samples_in_all: int
    begin_s: float = 0.0

    @property
    def start_s(self) -> NDArray[np.float64]:
        return self.begin_s + np.arange(0, self.samples_in_all, PIECE_SAMPLES) / self.fs_hz

    @property
    def piece_bytes(self) -> int:
        return PIECE_SAMPLES * self.dtype.itemsize * len(self.channels)

    def samples(self, first: int, stop: int) -> int:
        """How many samples each channel has in pieces ``first`` to ``stop``."""
        return min(stop * PIECE_SAMPLES, self.samples_in_all) - first * PIECE_SAMPLES

    def extents(self, first: int, stop: int) -> dict[Path, tuple[int, int]]:
        """The parts of files that pieces ``first`` to ``stop`` lie in."""
        return {
            path: self._place(low, high)
            for channel in self.channels
            for path, low, high, _ in self._parts(channel, first, stop)
        }

    def read_into(self, target: NDArray[Any], first: int, stop: int, view: RawView) -> None:
        """Put samples of pieces ``first`` to ``stop`` into an array, channels x samples."""
        stored = self.dtype.newbyteorder("<")
        for row, channel in zip(target, self.channels, strict=True):
            for path, low, high, at in self._parts(channel, first, stop):
                part = view.bytes(path, *self._place(low, high))
                row[at : at + high - low] = part.view(stored)

    def in_place(self, _first: int, _stop: int, _view: RawView) -> None:
        """Nothing: a channel may go on in another file."""

    def _place(self, low: int, high: int) -> tuple[int, int]:
        size = self.dtype.itemsize
        return HEADER_BYTES + low * size, HEADER_BYTES + high * size

    def _parts(
        self, channel: Sequence[tuple[Path, int]], first: int, stop: int
    ) -> Iterator[tuple[Path, int, int, int]]:
        """File by file, the samples of some pieces: from, to, and the first one's place in all."""
        begin = first * PIECE_SAMPLES
        end, origin = begin + self.samples(first, stop), 0
        for path, held in channel:
            low, high = max(begin, origin), min(end, origin + held)
            if low < high:
                yield path, low - origin, high - origin, low - begin
            origin += held
