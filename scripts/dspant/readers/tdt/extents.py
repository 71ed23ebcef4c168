"""How the chunks of all stores share the sample file (.tev): it is filled without holes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.tdt.index import (
    HEADER_WORDS,
    KIND_BITS,
    SNIP,
    STREAM,
    UNIQUE_FILES_BIT,
    WORD_BYTES,
    store_name,
)
from dspant.wording import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dspant.readers.tdt.files import BlockFiles
    from dspant.readers.tdt.index import Index

HEAD_BYTES = 80
"""Where the samples begin in a .tev."""

ALIGNMENT_BYTES = 8
"""A chunk may begin at the next multiple of this after the one before."""

_LARGEST_OFFSET = 2**62


def extent_doubts(files: BlockFiles, index: Index) -> list[str]:
    """In words: bytes that several chunks claim, or none."""
    first, after, codes = _extents(index)
    if not len(first):
        return []
    tev = files.tev.name
    found = _shared(tev, first, after, codes) + _holes(tev, first, after)
    end = int(after.max())
    announced = index.announced_tev_bytes
    if announced is not None and announced != end:
        found.append(
            f"{index.path.name}: the stop mark says that the samples end at byte {announced} of "
            f"{tev}, the last chunk ends at {end}"
        )
    if files.tev_bytes > end:
        found.append(f"{tev} goes on for {files.tev_bytes - end} bytes after the last whole chunk")
    return found


def _extents(index: Index) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32]]:
    """First byte of each chunk, the one after its last, and its store, in the order of the file."""
    records, codes = index.records, index.codes
    kinds = records["type"] & (KIND_BITS | UNIQUE_FILES_BIT)
    rows = np.flatnonzero((codes != 0) & ((kinds == STREAM) | (kinds == SNIP)))
    offsets = records["offset"][rows]
    inside = (offsets >= 0) & (offsets < _LARGEST_OFFSET)
    rows, offsets = rows[inside], offsets[inside]
    order = np.argsort(offsets, kind="stable")
    rows, offsets = rows[order], offsets[order]
    words = records["size"][rows].astype(np.int64) - HEADER_WORDS
    return offsets, offsets + words * WORD_BYTES, codes[rows]


def _shared(
    tev: str, first: NDArray[np.int64], after: NDArray[np.int64], codes: NDArray[np.uint32]
) -> list[str]:
    shared = np.flatnonzero(first[1:] < after[:-1])
    if not len(shared):
        return []
    row = int(shared[0])
    names = sorted({store_name(int(code)) for code in codes[row : row + 2]})
    return [
        f"{tev}: {count(len(shared), 'chunk')} in bytes of another chunk, the first at byte "
        f"{first[row + 1]} (store {' and '.join(map(repr, names))})"
    ]


def _holes(tev: str, first: NDArray[np.int64], after: NDArray[np.int64]) -> list[str]:
    expected = np.r_[HEAD_BYTES, after[:-1]]
    holes = first - expected
    # Room up to the next multiple of the alignment is no hole, but a chunk there is misplaced.
    padded = (holes < ALIGNMENT_BYTES) & (first % ALIGNMENT_BYTES == 0)
    rows = np.flatnonzero((holes > 0) & ~padded)
    if not len(rows):
        return []
    row = int(rows[0])
    return [
        f"{tev}: {int(holes[rows].sum())} bytes in {count(len(rows), 'place')} belong to no chunk "
        f"of the index, the first from byte {expected[row]} on"
    ]
