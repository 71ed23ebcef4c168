"""Samples out of their files: many chunks at once, in any order, without a loop over chunks."""

from __future__ import annotations

from dataclasses import dataclass
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
    # The mapping lives no longer than this call, so pages that were read never add up.
    mapped = np.memmap(path, np.uint8, mode="r")
    windows = as_strided(mapped, (mapped.size - chunk_bytes + 1, chunk_bytes), (1, 1))
    return np.asarray(windows[offsets])


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

    def read(self, first: int, stop: int) -> NDArray[Any]:
        """Samples of steps ``first`` to ``stop``: shape channels x samples."""
        by_channel = self.offsets[first:stop].T
        if len(self.paths) == 1:
            chunks = gather(self.paths[0], by_channel, self.chunk_bytes)
        else:
            chunks = np.empty((*by_channel.shape, self.chunk_bytes), dtype=np.uint8)
            for row, path in enumerate(self.paths):
                chunks[row] = gather(path, by_channel[row], self.chunk_bytes)
        return chunks.view(self.dtype.newbyteorder("<")).reshape(len(by_channel), -1)


@dataclass(frozen=True, eq=False)
class ContinuousPieces:
    """Files of one channel each without chunks: ``samples`` in a row from each.

    ``channels`` holds, for each channel, its files in the order of time and the number of samples
    in each; ``begin_s`` is the time of the first sample, in seconds from block start.
    """

    channels: Sequence[Sequence[tuple[Path, int]]]
    dtype: np.dtype[Any]
    fs_hz: float
    samples: int
    begin_s: float = 0.0

    @property
    def start_s(self) -> NDArray[np.float64]:
        return self.begin_s + np.arange(0, self.samples, PIECE_SAMPLES) / self.fs_hz

    @property
    def piece_bytes(self) -> int:
        return PIECE_SAMPLES * self.dtype.itemsize * len(self.channels)

    def read(self, first: int, stop: int) -> NDArray[Any]:
        """Samples of pieces ``first`` to ``stop``: shape channels x samples."""
        begin, end = first * PIECE_SAMPLES, min(stop * PIECE_SAMPLES, self.samples)
        values = np.empty((len(self.channels), end - begin), dtype=self.dtype)
        for row, files in enumerate(self.channels):
            origin = 0
            for path, held in files:
                low, high = max(begin, origin), min(end, origin + held)
                if low < high:
                    part = self._part(path, low - origin, high - low)
                    values[row, low - begin : high - begin] = part
                origin += held
        return values

    def _part(self, path: Path, first: int, count: int) -> NDArray[Any]:
        position = HEADER_BYTES + first * self.dtype.itemsize
        return np.fromfile(path, self.dtype.newbyteorder("<"), count=count, offset=position)
