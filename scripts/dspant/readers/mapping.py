"""Parts of raw files as arrays, without a copy, and one mapping of a part for all who read it."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dspant.system import linux_call

if TYPE_CHECKING:
    from numpy.typing import NDArray

Extents = Mapping[Path, tuple[int, int]]
"""First byte of a part of each file, and one after its last."""

_POPULATE_READ = 22
"""Linux's MADV_POPULATE_READ."""


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
        mapped = mmap.mmap(file.fileno(), stop - start, access=mmap.ACCESS_READ, offset=start)
    content = np.frombuffer(mapped, np.uint8)
    _read_ahead(content)
    return content[begin - start :]


def _read_ahead(mapped: NDArray[np.uint8]) -> None:
    """Let the system read all pages in one call, which page by page takes half as long again.

    Python's own calls would hold its lock meanwhile. Where the system does not know this, pages
    are read when they are looked at.
    """
    advise = linux_call("madvise")
    if advise is not None and len(mapped):
        advise(ctypes.c_void_p(mapped.ctypes.data), ctypes.c_size_t(len(mapped)), _POPULATE_READ)


def joined(extents: list[Extents]) -> dict[Path, tuple[int, int]]:
    """The part of each file that holds all of its parts."""
    found: dict[Path, tuple[int, int]] = {}
    for parts in extents:
        for path, (begin, stop) in parts.items():
            known = found.get(path, (begin, stop))
            found[path] = min(begin, known[0]), max(stop, known[1])
    return found
