"""Cutting a run of samples into blocks without the cuts ever showing in the result.

Blocks are float64 arrays of shape channels x samples, of any length. Whatever an operation
computes from more than one sample, it computes on a grid that depends on the run alone, so
that results are equal to the last bit however the run arrived.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dspant.ops.shelf import Shelf

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

GRID_SAMPLES = 65536
"""Least length of a block that operations compute at once.

Long enough that a thread computes much longer than it waits for Python's lock.
"""


def on_grid(blocks: Blocks, size: int) -> Blocks:
    """Cut a run anew: every block has ``size`` samples, the last one what is left."""
    import numpy as np

    held: list[np.ndarray] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += block.shape[1]
        if count < size:
            continue
        joined = held[0] if len(held) == 1 else np.concatenate(held, axis=1)
        whole = count - count % size
        for start in range(0, whole, size):
            yield joined[:, start : start + size]
        held, count = [joined[:, whole:]], count - whole
    if count:
        yield held[0] if len(held) == 1 else np.concatenate(held, axis=1)


def with_context(
    blocks: Blocks, *, before: int, after: int
) -> Iterator[tuple[np.ndarray, int, int]]:
    """Give each block of a run the samples around it.

    Yields
    ------
    x, left, right
        ``x`` holds ``left`` samples of context, the block itself, and ``right`` samples of
        context; it is good until the next is asked for. ``left`` is ``before`` and ``right`` is
        ``after`` except at the ends of the run.
    """
    size = max(GRID_SAMPLES, before + after)
    left = 0
    shelf = Shelf()
    for block in blocks:
        shelf.add(block)
        while shelf.count >= left + size + after:
            yield shelf.view(0, left + size + after), left, after
            kept = min(before, left + size)
            shelf.drop(left + size - kept)
            left = kept
    if shelf.count > left:
        yield shelf.view(0, shelf.count), left, 0


def windows(blocks: Blocks, starts: np.ndarray, length: int) -> Iterator[tuple[int, np.ndarray]]:
    """Cut windows of ``length`` samples out of a run.

    Parameters
    ----------
    starts
        First sample of each window, rising; every window lies inside the run.

    Yields
    ------
    index, x
        Position in ``starts`` and the window's samples, channels x ``length``; a copy, which
        keeps no block alive and lies in memory alike however the run was cut.
    """
    for index, (window,) in window_batches(blocks, starts, length, size=1):
        yield index, window


def window_batches(
    blocks: Blocks, starts: np.ndarray, length: int, size: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Cut windows of ``length`` samples out of a run, ``size`` of them at once.

    Parameters
    ----------
    starts
        First sample of each window, rising; every window lies inside the run.

    Yields
    ------
    first, x
        Position in ``starts`` of the first window, and the windows, shape windows x channels x
        ``length``; as many as ``size`` except in the last batch.
    """
    import numpy as np

    shelf = Shelf()
    origin = index = filled = 0
    batch: np.ndarray | None = None
    for block in blocks:
        if index == len(starts):
            break
        if batch is None:
            batch = np.empty((size, len(block), length))
        shelf.add(block)
        whole = np.searchsorted(starts, origin + shelf.count - length, side="right")
        while index < whole:
            taken = min(int(whole) - index, size - filled)
            held = np.lib.stride_tricks.sliding_window_view(
                shelf.view(0, shelf.count), length, axis=1
            )
            places = starts[index : index + taken] - origin
            batch[filled : filled + taken] = held[:, places].transpose(1, 0, 2)
            index, filled = index + taken, filled + taken
            if filled == size:
                yield index - size, batch
                batch, filled = np.empty_like(batch), 0
        if index < len(starts):
            past = min(max(int(starts[index]) - origin, 0), shelf.count)
            shelf.drop(past)
            origin += past
    if filled:
        yield index - filled, batch[:filled]
