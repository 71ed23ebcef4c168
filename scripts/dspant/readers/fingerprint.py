"""What raw files hold, as fingerprints: equal ones were read before, whatever their times say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import xxhash

from dspant.dataset.digest import PREFIX
from dspant.dataset.file_map import FileMap
from dspant.errors import RawDataError
from dspant.readers.mapping import Extents, RawView

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PIECE_BYTES = 16 * 2**20

SHARED_BYTES = 4 * PIECE_BYTES
"""A longer part is not mapped as a whole: its samples lie far apart, and memory is bounded."""


class RawFile(TypedDict):
    """One raw file: its size, and XXH3-128 of its bytes."""

    bytes: int
    digest: str


class RawContent:
    """Fingerprints of a recording's raw files, by name.

    Sizes are those at the start; a file that grows meanwhile is taken up to there.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files = [_Progress(path) for path in paths]

    def alongside(self, windows: Sequence[Extents]) -> Iterator[RawView]:
        """Yield a view for each window, while the next one's bytes are read and fingerprinted.

        Samples lie in files in the order of time, so a raw file passes through memory once for
        both. What no window looks at is left to :meth:`finish`.
        """
        view = RawView({file.path: file.map for file in self._files if file.size})
        with ThreadPoolExecutor(1, thread_name_prefix="raw") as reading:
            coming = reading.submit(self._read, next(iter(windows), {}))
            for window, following in zip_longest(windows, windows[1:], fillvalue={}):
                coming.result()
                coming = reading.submit(self._read, following)
                yield view
                reading.submit(self._forget, window)

    def finish(self) -> dict[str, RawFile]:
        """Read what was not read yet and give all fingerprints."""
        for file in self._files:
            file.advance(file.size)
        return {
            file.path.name: RawFile(bytes=file.size, digest=PREFIX + file.hash.hexdigest())
            for file in self._files
        }

    def _read(self, extents: Extents) -> None:
        for file in self._files:
            if file.path in extents:
                file.read(*extents[file.path])

    def _forget(self, extents: Extents) -> None:
        for file in self._files:
            if file.path in extents:
                file.map.forget(*extents[file.path])


class _Progress:
    """How far one file was read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.hash = xxhash.xxh3_128()
        self._position = 0

    @cached_property
    def map(self) -> FileMap:
        try:
            return FileMap(self.path)
        except OSError as error:
            raise self._unreadable(error) from error

    def read(self, begin: int, stop: int) -> None:
        """Read a part of the file, fingerprinted up to its end, unless it is too long to hold."""
        if stop - begin > SHARED_BYTES or stop > self.size:
            return
        self.advance(begin)
        self._fetch(begin, stop)
        if self._position < stop:
            self.hash.update(self.map.content[self._position : stop])
            self._position = stop

    def advance(self, stop: int) -> None:
        """Fingerprint what lies before ``stop``."""
        while self._position < stop:
            end = min(self._position + PIECE_BYTES, stop)
            self.hash.update(self._fetch(self._position, end))
            self.map.forget(self._position, end)
            self._position = end

    def _fetch(self, begin: int, stop: int) -> NDArray[np.uint8]:
        try:
            return self.map.fetch(begin, stop)
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> RawDataError:
        return RawDataError(
            f"{self.path} cannot be read at byte {self._position} of {self.size} ({error}); "
            f"see that nothing writes to the block, and that you may read it"
        )
