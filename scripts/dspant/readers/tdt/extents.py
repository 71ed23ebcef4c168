"""How the chunks of all stores share the sample file (.tev): it is filled without holes."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    from collections.abc import Iterable, Iterator

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


@dataclass
class Layout:
    """What going through chunks by where they begin has found; ``rises`` is whether they did.

    ``end`` is the byte after the last chunk; None where there are none.
    """

    shared: Places = field(default_factory=Places)
    holes: Places = field(default_factory=Places)
    end: int | None = None
    rises: bool = True


def extent_doubts(files: BlockFiles, index: Index) -> list[str]:
    """In words: bytes that several chunks claim, or none."""
    layout = _layout(_filed(index))
    if not layout.rises:
        layout = _layout(_sorted(index))
    tev, found, end = files.tev.name, [], layout.end
    if end is None:
        return []
    if layout.shared.number:
        found.append(
            f"{tev}: {count(layout.shared.number, 'chunk')} in bytes of another chunk, the first "
            f"at {layout.shared.first}"
        )
    if layout.holes.number:
        found.append(
            f"{tev}: {layout.holes.bytes} bytes in {count(layout.holes.number, 'place')} belong "
            f"to no chunk of the index, the first from {layout.holes.first} on"
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


def _layout(parts: Iterable[NDArray[np.void]]) -> Layout:
    found, before = Layout(), _HEAD
    for part in parts:
        pairs = np.concatenate([before, part])
        found.rises &= bool((pairs["first"][1:] >= pairs["first"][:-1]).all())
        _find_shared(found.shared, pairs)
        _find_holes(found.holes, pairs)
        after = int(part["after"].max())
        found.end, before = after if found.end is None else max(found.end, after), part[-1:]
    return found


def _sorted(index: Index) -> Iterator[NDArray[np.void]]:
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
