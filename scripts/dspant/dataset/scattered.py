"""Values that lie in pieces in memory, written from there without being put together first."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dspant.system import linux_call

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VECTOR = np.dtype([("address", np.uintp), ("bytes", np.uintp)])
"""How the system is told of a piece: POSIX's ``struct iovec``."""

_MOST_VECTORS = 1024
"""Pieces that Linux takes in one call (IOV_MAX)."""


def can_be_scattered() -> bool:
    """Whether this system writes pieces, and files hold numbers as its memory does."""
    return sys.byteorder == "little" and linux_call("pwritev", ctypes.c_ssize_t) is not None


@dataclass(frozen=True, eq=False)
class Scattered:
    """Values of several channels in pieces: each piece in a row, the pieces anywhere.

    Parameters
    ----------
    memory
        Bytes that the pieces of each channel lie in.
    offsets
        Where they begin there: shape channels x pieces, in bytes and in the order of the values.
    piece_bytes
        Size of all of them.
    skipped_bytes, row_bytes
        The part of each channel that is meant: what comes before it, and its own size.
    """

    memory: Sequence[NDArray[np.uint8]]
    offsets: NDArray[np.int64]
    piece_bytes: int
    skipped_bytes: int
    row_bytes: int

    @classmethod
    def whole(
        cls, memory: Sequence[NDArray[np.uint8]], offsets: NDArray[np.int64], piece_bytes: int
    ) -> Scattered:
        """All bytes of all pieces."""
        return cls(memory, offsets, piece_bytes, 0, offsets.shape[1] * piece_bytes)

    def part(self, begin: int, stop: int) -> Scattered:
        """Bytes ``begin`` to ``stop`` of each channel."""
        return replace(self, skipped_bytes=self.skipped_bytes + begin, row_bytes=stop - begin)

    def write(self, file: int, places: Sequence[int]) -> None:
        """Write each channel to an open file, from its place on.

        Raises
        ------
        OSError
            The disk does not take it; or, with EFAULT, the memory shows a file that was cut.
        """
        for vectors, place in zip(self._vectors(), places, strict=True):
            _write_all(file, vectors, self.row_bytes, place)

    def _vectors(self) -> NDArray[np.void]:
        """Pieces of each channel without what is not meant: shape channels x pieces."""
        first, inside = divmod(self.skipped_bytes, self.piece_bytes)
        last = -(-(self.skipped_bytes + self.row_bytes) // self.piece_bytes)
        begins = np.array([[memory.ctypes.data] for memory in self.memory])
        vectors = np.empty((len(begins), last - first), _VECTOR)
        vectors["address"] = begins + self.offsets[:, first:last]
        vectors["bytes"] = self.piece_bytes
        vectors["address"][:, :1] += inside
        vectors["bytes"][:, :1] -= inside
        vectors["bytes"][:, -1:] -= last * self.piece_bytes - self.skipped_bytes - self.row_bytes
        return vectors


def _write_all(file: int, vectors: NDArray[np.void], size: int, place: int) -> None:
    left = vectors
    while size:
        some = left[:_MOST_VECTORS]
        taken = _pwritev(file, some, place)
        size, place = size - taken, place + taken
        if size:
            left = _without(left, taken)


def _without(vectors: NDArray[np.void], taken: int) -> NDArray[np.void]:
    """What is left of pieces of which so many bytes were written."""
    ends = np.cumsum(vectors["bytes"])
    whole = int(np.searchsorted(ends, taken, side="right"))
    inside = taken - (int(ends[whole - 1]) if whole else 0)
    left = vectors[whole:]
    left["address"][0] += inside
    left["bytes"][0] -= inside
    return left


def _pwritev(file: int, vectors: NDArray[np.void], place: int) -> int:
    """How many bytes the system took; it may be fewer than there are."""
    write = linux_call("pwritev", ctypes.c_ssize_t)
    if write is None:
        raise OSError("this system cannot write pieces of memory; ask can_be_scattered first")
    address, count = ctypes.c_void_p(vectors.ctypes.data), ctypes.c_int(len(vectors))
    taken = write(file, address, count, ctypes.c_int64(place))
    if taken < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return taken
