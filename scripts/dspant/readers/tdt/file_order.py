"""The order in which a stream's chunks lie in their file: by time, then by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.tdt.chunks import ABSENT
from dspant.readers.tdt.sev import HEADER_BYTES
from dspant.wording import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dspant.readers.tdt.chunks import ChunkTable


def file_order_doubts(table: ChunkTable) -> list[str]:
    """In words: chunks that lie elsewhere than a recorder puts them."""
    if table.in_sev:
        strange = _falling(table.offsets) + _off_the_grid(table)
    else:
        strange = _amid_earlier_steps(table.offsets) + _unlike_the_first_step(table.offsets)
    if not strange:
        return []
    return [
        f"{count(strange, 'chunk')} out of the order of time and channel in the sample file; where "
        f"the recorder did not file them so, the index points to wrong samples"
    ]


def _falling(offsets: NDArray[np.int64]) -> int:
    """How many chunks lie before an earlier one of their channel."""
    latest = np.maximum.accumulate(offsets, axis=0)
    return int(np.count_nonzero((offsets < latest) & (offsets != ABSENT)))


def _amid_earlier_steps(offsets: NDArray[np.int64]) -> int:
    """How many chunks lie before one of an earlier step."""
    latest = np.maximum.accumulate(offsets.T.copy().max(axis=0))[:-1, np.newaxis]
    later = offsets[1:]
    return int(np.count_nonzero((later < latest) & (later != ABSENT)))


def _off_the_grid(table: ChunkTable) -> int:
    """How many chunks of a .sev do not lie a whole number of chunks after its header."""
    behind = table.offsets - HEADER_BYTES
    strange = (behind < 0) | (behind % table.chunk_bytes != 0)
    return int(np.count_nonzero(strange & table.indexed))


def _unlike_the_first_step(offsets: NDArray[np.int64]) -> int:
    """How many times neighbouring channels lie the other way round than in the first whole step.

    Synapse files the lowest channel before all others of a step or after them.
    """
    # By channel, since NumPy is slow along a short last axis.
    by_channel = offsets.T.copy()
    whole = by_channel[:, (by_channel != ABSENT).all(axis=0)]
    if len(whole) <= 2:
        return 0
    first, others = whole[0], whole[1:]
    rising = np.diff(others, axis=0) > 0
    amid = (first > others.min(axis=0)) & (first < others.max(axis=0))
    return int(np.count_nonzero(rising != rising[:, :1])) + int(np.count_nonzero(amid))
