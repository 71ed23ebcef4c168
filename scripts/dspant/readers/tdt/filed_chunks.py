"""What the records of one store say of its chunks, and checks of what all have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.errors import IndexDamagedError, MixedStoreError, RawDataError
from dspant.readers.blockwise import blocks
from dspant.readers.tdt.index import FORMATS, KIND_BITS, UNIQUE_FILES_BIT
from dspant.wording import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dspant.readers.tdt.index import Index


@dataclass(frozen=True, eq=False)
class FiledChunks:
    """What the records of one stream say of its chunks, each (chunks,), in the order of the index.

    ``first`` is the first record, which states what all have in common; ``start_s`` counts from
    block start.
    """

    store: str
    first: np.void
    start_s: NDArray[np.float64]
    offsets: NDArray[np.int64]
    channels: NDArray[np.uint16]

    def taken(self, order: NDArray[np.intp]) -> FiledChunks:
        """In another order."""
        columns = (self.start_s[order], self.offsets[order], self.channels[order])
        return FiledChunks(self.store, self.first, *columns)


def filed_chunks(index: Index, store: str) -> FiledChunks:
    """Read what the index has of one stream.

    Raises
    ------
    MixedStoreError
        Records differ in rate, format, size or kind.
    """
    number = int(np.count_nonzero(index.codes == index.names[store]))
    first = index.first(store)
    filed = FiledChunks(
        store,
        first,
        np.empty(number, np.float64),
        np.empty(number, np.int64),
        np.empty(number, np.uint16),
    )
    at = 0
    for records in index.parts(store):
        check_uniform(store, first, records, index.start_unix_s)
        part = slice(at, at + len(records))
        np.subtract(records["timestamp"], index.start_unix_s, out=filed.start_s[part])
        filed.offsets[part] = records["offset"]
        filed.channels[part] = records["channel"]
        at = part.stop
    return filed


def check_uniform(
    store: str, first: np.void, records: NDArray[np.void], start_unix_s: float
) -> None:
    """Raise MixedStoreError where records differ from the first in kind, format, size or rate."""
    kind_bits = KIND_BITS | UNIQUE_FILES_BIT
    columns = {"kind": (first["type"] & kind_bits, records["type"] & kind_bits)}
    columns |= {name: (first[name], records[name]) for name in ("format", "size", "fs")}
    strays = {}
    for name, (expected, values) in columns.items():
        differs = values != expected
        if differs.any():
            strays[name] = int(np.argmax(differs))
    if strays:
        name, row = min(strays.items(), key=lambda stray: stray[1])
        expected, values = columns[name]
        at_s = float(records["timestamp"][row]) - start_unix_s
        raise MixedStoreError(
            f"store {store!r}: its chunks differ in {name}: {expected} at first, {values[row]} at "
            f"{at_s:.6f} s; a stream has one {name} throughout: if the index is not damaged, these "
            f"are two recordings in one block; leave the store out of the config"
        )


def sample_dtype(store: str, number: int) -> np.dtype[Any]:
    """Dtype of a format number; raises RawDataError where it is not known."""
    if number not in FORMATS:
        raise RawDataError(
            f"store {store!r}: sample format {number} is not known, expected one of {FORMATS}; "
            f"leave the store out of the config"
        )
    return np.dtype(FORMATS[number])


def check_bytes(
    store: str,
    offsets: NDArray[np.int64],
    channels: NDArray[np.uint16],
    payload_bytes: int,
    *,
    in_sev: bool,
) -> None:
    """Raise IndexDamagedError where chunks are said to lie in shared or in impossible bytes.

    ``offsets`` and ``channels`` are (chunks,), in any order.
    """
    if not in_sev and offsets[0] >= 0 and least_step(offsets) >= payload_bytes:
        return
    # Each channel of a store in .sev files counts its offsets in a file of its own.
    order = np.lexsort((offsets, channels)) if in_sev else np.argsort(offsets, kind="stable")
    offsets, channels = offsets[order], channels[order]
    if offsets.min() < 0:
        raise IndexDamagedError(
            f"store {store!r}: the index (.tsq) points to byte {offsets.min()} of the sample file; "
            f"the index is damaged: copy the block again"
        )
    shared = np.diff(offsets) < payload_bytes
    if in_sev:
        shared &= channels[1:] == channels[:-1]
    if shared.any():
        row = int(np.argmax(shared))
        raise IndexDamagedError(
            f"store {store!r}: {count(int(shared.sum()), 'chunk')} in bytes of another chunk, "
            f"the first at byte {offsets[row + 1]} (channel {channels[row + 1]}); the index (.tsq) "
            f"names a chunk twice or is damaged: copy the block again"
        )


def least_step(values: NDArray[Any]) -> float:
    """Least difference of a value and the one before; infinite where there is none."""
    steps = (np.diff(values[max(b.start - 1, 0) : b.stop]) for b in blocks(len(values)))
    return min((step.min() for step in steps if len(step)), default=np.inf)
