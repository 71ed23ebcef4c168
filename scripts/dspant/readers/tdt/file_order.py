"""The order in which a stream's chunks lie in their file: by time, then by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.blockwise import blocks
from dspant.readers.tdt.chunks import ABSENT
from dspant.readers.tdt.sev import HEADER_BYTES
from dspant.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from dspant.readers.tdt.chunks import ChunkTable


def file_order_doubts(table: ChunkTable) -> list[str]:
    """In words: chunks that lie elsewhere than a recorder puts them."""
    parts = list(_parts(table.offsets))
    if table.in_sev:
        strange = _falling(parts) + sum(_off_the_grid(part, table.chunk_bytes) for part in parts)
    else:
        strange = _amid_earlier_steps(parts) + _unlike_the_first_step(parts)
    if not strange:
        return []
    return [
        f"{count(strange, 'chunk')} out of the order of time and channel in the sample file; where "
        f"the recorder did not file them so, the index points to wrong samples"
    ]


def _parts(offsets: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The table, steps x channels, in views of some thousand chunks."""
    for block in blocks(len(offsets), offsets.shape[1]):
        yield offsets[block]


def _falling(parts: Sequence[NDArray[np.int64]]) -> int:
    """How many chunks lie before an earlier one of their channel."""
    found, before = 0, parts[0][:1]
    for offsets in parts:
        latest = np.maximum.accumulate(np.concatenate([before, offsets]), axis=0)
        found += int(np.count_nonzero((offsets < latest[1:]) & (offsets != ABSENT)))
        before = latest[-1:]
    return found


def _amid_earlier_steps(parts: Sequence[NDArray[np.int64]]) -> int:
    """How many chunks lie before one of an earlier step."""
    found, before = 0, ABSENT
    for offsets in parts:
        # By channel, since NumPy is slow along a short last axis.
        of_steps = offsets.T.copy().max(axis=0)
        latest = np.maximum.accumulate(np.r_[before, of_steps])
        amid = (offsets < latest[:-1, np.newaxis]) & (offsets != ABSENT)
        found += int(np.count_nonzero(amid))
        before = latest[-1]
    return found


def _off_the_grid(offsets: NDArray[np.int64], chunk_bytes: int) -> int:
    """How many chunks of a .sev do not lie a whole number of chunks after its header."""
    behind = offsets - HEADER_BYTES
    strange = (behind < 0) | (behind % chunk_bytes != 0)
    return int(np.count_nonzero(strange & (offsets != ABSENT)))


def _unlike_the_first_step(parts: Sequence[NDArray[np.int64]]) -> int:
    """How many times neighbouring channels lie the other way round than in the first whole step.

    Synapse files the lowest channel before all others of a step or after them.
    """
    found, expected = 0, None
    for offsets in parts:
        by_channel = offsets.T.copy()
        whole = by_channel[:, (by_channel != ABSENT).all(axis=0)]
        if len(whole) <= 2 or not whole.size:
            continue
        first, others = whole[0], whole[1:]
        rising = np.diff(others, axis=0) > 0
        expected = rising[:, :1] if expected is None else expected
        amid = (first > others.min(axis=0)) & (first < others.max(axis=0))
        found += int(np.count_nonzero(rising != expected)) + int(np.count_nonzero(amid))
    return found
