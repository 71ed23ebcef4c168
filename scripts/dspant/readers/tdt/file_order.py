"""The order in which a stream's chunks lie in their file: by time, then by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.tdt.chunks import ABSENT
from dspant.readers.wording import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dspant.readers.tdt.chunks import ChunkTable


def file_order_doubts(table: ChunkTable) -> list[str]:
    """In words: chunks that lie elsewhere than a recorder puts them."""
    strange = _falling(table.offsets)
    if not table.in_sev:
        strange += _unlike_the_first_step(table.offsets)
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


def _unlike_the_first_step(offsets: NDArray[np.int64]) -> int:
    """How many neighbouring channels lie the other way round than in the first whole step."""
    whole = offsets[(offsets != ABSENT).all(axis=1)]
    rising = np.diff(whole, axis=1) > 0
    return int(np.count_nonzero(rising != rising[:1]))
