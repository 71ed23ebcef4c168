"""Samples out of their files: many chunks at once, in any order, without a loop over chunks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dspant.readers.tdt.sev import HEADER_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

PIECE_SAMPLES = 4096
"""Samples per piece of a file that has no chunks."""


def gather(path: Path, offsets: NDArray[np.int64], chunk_bytes: int) -> NDArray[np.uint8]:
    """Copy the chunks at ``offsets``, of any shape, to an array of that shape + (chunk_bytes,)."""
    return np.asarray(_windows(path, chunk_bytes)[offsets])


def gather_into(target: NDArray[np.uint8], path: Path, offsets: NDArray[np.int64]) -> None:
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
    windows = _windows(path, target.shape[2])
    across = np.diff(offsets, axis=1)
    if (across != across[:1, :1]).any():
        target[:] = windows[offsets.T]
        return
    apart = int(across[0, 0]) if across.size else 0
    along = np.diff(offsets[:, 0])
    step = int(np.median(along)) if along.size else 0
    # Chunks at equal distances are copied in one call, without an array between.
    for low, high in pairwise([0, *(np.flatnonzero(along != step) + 1).tolist(), len(offsets)]):
        begin = windows[int(offsets[low, 0]) :]
        shape = (len(target), high - low, target.shape[2])
        target[:, low:high] = as_strided(begin, shape, (apart, step, 1))


def _windows(path: Path, length: int) -> NDArray[np.uint8]:
    """All runs of ``length`` bytes of a file, by their first byte.

    The mapping lives no longer than the view, so pages that were read never add up.
    """
    mapped = np.memmap(path, np.uint8, mode="r")
    return as_strided(mapped, (mapped.size - length + 1, length), (1, 1))


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

    def read_into(self, target: NDArray[Any], first: int, stop: int) -> None:
        """Put samples of steps ``first`` to ``stop`` into an array, channels x samples."""
        offsets = self.offsets[first:stop]
        chunks = target.view(np.uint8).reshape(len(target), stop - first, self.chunk_bytes)
        if len(self.paths) == 1:
            gather_into(chunks, self.paths[0], offsets)
        else:
            for row, path in enumerate(self.paths):
                gather_into(chunks[row : row + 1], path, offsets[:, row : row + 1])
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

    def read_into(self, target: NDArray[Any], first: int, stop: int) -> None:
        """Put samples of pieces ``first`` to ``stop`` into an array, channels x samples."""
        begin = first * PIECE_SAMPLES
        end = begin + self.samples(first, stop)
        for row, files in zip(target, self.channels, strict=True):
            origin = 0
            for path, held in files:
                low, high = max(begin, origin), min(end, origin + held)
                if low < high:
                    row[low - begin : high - begin] = self._part(path, low - origin, high - low)
                origin += held

    def _part(self, path: Path, first: int, count: int) -> NDArray[Any]:
        position = HEADER_BYTES + first * self.dtype.itemsize
        return np.fromfile(path, self.dtype.newbyteorder("<"), count=count, offset=position)
