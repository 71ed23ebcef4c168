"""Groups of channels side by side into one writer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from dspant.dataset.stream_writer import StreamWriter
    from dspant.ops.signal import Blocks


def pour(runs: Sequence[tuple[slice, Blocks]], writer: StreamWriter, threads: int) -> Iterator[int]:
    """Write one unbroken run; every group computes and casts in a thread of its own.

    Parameters
    ----------
    runs
        Place of each group among the channels, and its samples; all are equally long.
    threads
        How many groups are computed at the same time.

    Yields
    ------
    int
        How many samples of each channel were written since the last time.
    """
    sources = [_Source(rows, blocks) for rows, blocks in runs]
    with ThreadPoolExecutor(threads) as pool:
        while True:
            room = writer.room()
            counts = list(pool.map(_Source.fill, sources, repeat(room)))
            if not counts[0]:
                return
            writer.take(min(counts))
            yield min(counts)


class _Source:
    """One group's samples, taken in other portions than they come in."""

    def __init__(self, rows: slice, blocks: Blocks) -> None:
        self._rows = rows
        self._blocks = blocks
        self._left: np.ndarray | None = None

    def fill(self, room: np.ndarray) -> int:
        """Put samples into the group's rows until they are full or the run is over."""
        filled = 0
        while filled < room.shape[1]:
            if self._left is None or not self._left.shape[1]:
                self._left = next(self._blocks, None)
            if self._left is None:
                break
            part = self._left[:, : room.shape[1] - filled]
            room[self._rows, filled : filled + part.shape[1]] = part
            self._left = self._left[:, part.shape[1] :]
            filled += part.shape[1]
        return filled
