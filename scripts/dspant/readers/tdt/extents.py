"""How the chunks of all stores share the sample file (.tev): it is filled without holes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.blockwise import blocks
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
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dspant.readers.tdt.files import BlockFiles
    from dspant.readers.tdt.index import Index

HEAD_BYTES = 80
"""Where the samples begin in a .tev."""

ALIGNMENT_BYTES = 8
"""A chunk may begin at the next multiple of this after the one before."""

_LARGEST_OFFSET = 2**62

CHUNK = np.dtype([("first", "<i8"), ("after", "<i8"), ("code", "<u4")])
"""First byte of a chunk, the one after its last, and its store."""

_HEAD = np.array([(-1, HEAD_BYTES, 0)], CHUNK)


@dataclass
class Places:
    """Places of the file that are odd in one way; ``first`` tells of the first one."""

    number: int = 0
    bytes: int = 0
    first: str = ""


def extent_doubts(files: BlockFiles, index: Index) -> list[str]:
    """In words: bytes that several chunks claim, or none."""
    shared, holes, end = Places(), Places(), 0
    before = _HEAD
    for part in _in_file_order(index):
        pairs = np.concatenate([before, part])
        _find_shared(shared, pairs)
        _find_holes(holes, pairs)
        end, before = max(end, int(part["after"].max())), part[-1:]
    if before is _HEAD:
        return []
    tev, found = files.tev.name, []
    if shared.number:
        found.append(
            f"{tev}: {count(shared.number, 'chunk')} in bytes of another chunk, the first at "
            f"{shared.first}"
        )
    if holes.number:
        found.append(
            f"{tev}: {holes.bytes} bytes in {count(holes.number, 'place')} belong to no chunk of "
            f"the index, the first from {holes.first} on"
        )
    announced = index.announced_tev_bytes
    if announced is not None and announced != end:
        found.append(
            f"{index.path.name}: the stop mark says that the samples end at byte {announced} of "
            f"{tev}, the last chunk ends at {end}"
        )
    if files.tev_bytes > end:
        found.append(f"{tev} goes on for {files.tev_bytes - end} bytes after the last whole chunk")
    return found


def _in_file_order(index: Index) -> Iterator[NDArray[np.void]]:
    """Chunks of all stores by where they begin, each part (chunks,) of CHUNK, none empty."""
    latest, rises = 0, True
    for part in _filed(index):
        first = part["first"]
        rises = rises and first[0] >= latest and bool((first[1:] >= first[:-1]).all())
        latest = first[-1]
    if rises:
        yield from _filed(index)
        return
    chunks = np.concatenate(list(_filed(index)))
    order = np.argsort(chunks["first"], kind="stable")
    for block in blocks(len(order)):
        yield chunks[order[block]]


def _filed(index: Index) -> Iterator[NDArray[np.void]]:
    """Chunks in the sample file as the index has them, each part (chunks,) of CHUNK, none empty."""
    for block in blocks(len(index.records)):
        records, codes = index.records[block], index.codes[block]
        kinds = records["type"] & (KIND_BITS | UNIQUE_FILES_BIT)
        offsets = records["offset"]
        is_chunk = (codes != 0) & ((kinds == STREAM) | (kinds == SNIP))
        rows = np.flatnonzero(is_chunk & (offsets >= 0) & (offsets < _LARGEST_OFFSET))
        if not len(rows):
            continue
        chunks = np.empty(len(rows), CHUNK)
        chunks["first"] = offsets[rows]
        words = records["size"][rows].astype(np.int64) - HEADER_WORDS
        chunks["after"] = chunks["first"] + words * WORD_BYTES
        chunks["code"] = codes[rows]
        yield chunks


def _find_shared(found: Places, pairs: NDArray[np.void]) -> None:
    left, right = pairs[:-1], pairs[1:]
    # What claims bytes of the file's head lies in no chunk.
    rows = np.flatnonzero((right["first"] < left["after"]) & (left["first"] >= 0))
    if len(rows) and not found.number:
        row = int(rows[0])
        names = sorted({store_name(int(code)) for code in pairs["code"][row : row + 2]})
        stores = " and ".join(map(repr, names))
        found.first = f"byte {right['first'][row]} (store {stores})"
    found.number += len(rows)


def _find_holes(found: Places, pairs: NDArray[np.void]) -> None:
    begins, expected = pairs["first"][1:], pairs["after"][:-1]
    sizes = begins - expected
    # Room up to the next multiple of the alignment is no hole, but a chunk there is misplaced.
    padded = (sizes < ALIGNMENT_BYTES) & (begins % ALIGNMENT_BYTES == 0)
    rows = np.flatnonzero((sizes > 0) & ~padded)
    if len(rows) and not found.number:
        found.first = f"byte {expected[rows[0]]}"
    found.number += len(rows)
    found.bytes += int(sizes[rows].sum())
