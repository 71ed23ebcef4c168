"""Parts of raw files as arrays, without a copy, and one mapping of a part for all who read it."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Extents = Mapping[Path, tuple[int, int]]
"""First byte of a part of each file, and one after its last."""

_AT_ONCE = getattr(mmap, "MAP_POPULATE", 0)


class RawView:
    """Bytes of raw files; parts that were mapped before are shared.

    Parameters
    ----------
    parts
        What is mapped: for each file the first byte, and the bytes from there on.
    """

    def __init__(self, parts: Mapping[Path, tuple[int, NDArray[np.uint8]]] | None = None) -> None:
        self._parts = dict(parts or {})

    def bytes(self, path: Path, begin: int, stop: int) -> NDArray[np.uint8]:
        """Bytes ``begin`` to ``stop`` of a file, read-only; they are read when they are looked at.

        A mapping lives no longer than the arrays that show it, so pages that were read never
        add up.
        """
        first, shared = self._parts.get(path, (0, None))
        if shared is not None and first <= begin and stop <= first + len(shared):
            return shared[begin - first : stop - first]
        return np.memmap(path, np.uint8, mode="r")[begin:stop]


def map_now(path: Path, begin: int, stop: int) -> NDArray[np.uint8]:
    """Bytes ``begin`` to ``stop`` of a file, all read at once.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        It ends before.
    """
    start = begin - begin % mmap.ALLOCATIONGRANULARITY
    with path.open("rb") as file:
        if stop > file.seek(0, 2):
            raise ValueError(f"it ends before byte {stop}")
        shared = mmap.MAP_SHARED | _AT_ONCE
        mapped = mmap.mmap(file.fileno(), stop - start, shared, mmap.PROT_READ, offset=start)
    return np.frombuffer(mapped, np.uint8)[begin - start :]


def joined(extents: list[Extents]) -> dict[Path, tuple[int, int]]:
    """The part of each file that holds all of its parts."""
    found: dict[Path, tuple[int, int]] = {}
    for parts in extents:
        for path, (begin, stop) in parts.items():
            known = found.get(path, (begin, stop))
            found[path] = min(begin, known[0]), max(stop, known[1])
    return found
