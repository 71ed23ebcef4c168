"""A file as an array, without a copy, whose pages are read and given back by the part."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dspant.system import linux_call

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POPULATE_READ, _DONTNEED = 22, 4
"""Linux's MADV_POPULATE_READ and MADV_DONTNEED."""


class FileMap:
    """All bytes of a file, which are read when they are looked at.

    Calls of the system run without Python's lock, which Python's own would hold.

    Raises
    ------
    OSError
        The file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""
        self.content: NDArray[np.uint8] = np.frombuffer(mapped, np.uint8)
        """Shape (bytes,), read-only."""

    def fetch(self, begin: int, stop: int) -> NDArray[np.uint8]:
        """Bytes ``begin`` to ``stop``, read in one call; page by page takes half as long again.

        Raises
        ------
        ValueError
            The file ends before.
        OSError
            It became shorter meanwhile, or its disk fails.
        """
        if stop > min(len(self.content), self._path.stat().st_size):
            raise ValueError(f"it ends before byte {stop}")
        if self._advise(begin, stop, _POPULATE_READ) == errno.EFAULT:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(self._path))
        return self.content[begin:stop]

    def forget(self, begin: int, stop: int) -> None:
        """Give back the memory of what was read; looked at again, it is read again."""
        self._advise(begin, stop, _DONTNEED)

    def _advise(self, begin: int, stop: int, advice: int) -> int:
        """What the system says against it: 0 for nothing, also where it cannot be asked."""
        advise = linux_call("madvise")
        begin -= begin % mmap.PAGESIZE
        if advise is None or begin >= stop:
            return 0
        address = ctypes.c_void_p(self.content.ctypes.data + begin)
        return ctypes.get_errno() if advise(address, ctypes.c_size_t(stop - begin), advice) else 0
