"""What raw files hold, as fingerprints: equal ones were read before, whatever their times say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import xxhash

from dspant.dataset.digest import PREFIX
from dspant.errors import RawDataError
from dspant.readers.mapping import Extents, RawView, map_now

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

    @property
    def sizes(self) -> dict[str, int]:
        return {file.path.name: file.size for file in self._files}

    def alongside(self, windows: Sequence[Extents]) -> Iterator[RawView]:
        """Yield each window's bytes, while those of the next one are read and fingerprinted.

        Samples lie in files in the order of time, so a raw file passes through memory once for
        both. What no window looks at is left to :meth:`finish`.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="raw") as reading:
            following = iter(windows)
            coming = reading.submit(self._view, next(following, {}))
            for _ in windows:
                view = coming.result()
                coming = reading.submit(self._view, next(following, {}))
                yield view

    def finish(self) -> dict[str, RawFile]:
        """Read what was not read yet and give all fingerprints."""
        for file in self._files:
            file.advance(file.size)
        return {
            file.path.name: RawFile(bytes=file.size, digest=PREFIX + file.hash.hexdigest())
            for file in self._files
        }

    def _view(self, extents: Extents) -> RawView:
        parts = {
            file.path: (extents[file.path][0], file.part(*extents[file.path]))
            for file in self._files
            if file.path in extents
        }
        return RawView({path: part for path, part in parts.items() if part[1] is not None})


class _Progress:
    """How far one file was read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.hash = xxhash.xxh3_128()
        self._position = 0

    def part(self, begin: int, stop: int) -> NDArray[np.uint8] | None:
        """A part of the file, fingerprinted up to its end; None where it is too long to hold."""
        if stop - begin > SHARED_BYTES or stop > self.size:
            return None
        self.advance(begin)
        mapped = self._mapped(begin, stop)
        if self._position < stop:
            self.hash.update(mapped[self._position - begin :])
            self._position = stop
        return mapped

    def advance(self, stop: int) -> None:
        """Fingerprint what lies before ``stop``."""
        while self._position < stop:
            # Each mapping is short, so pages that were read never add up.
            end = min(self._position + PIECE_BYTES, stop)
            self.hash.update(self._mapped(self._position, end))
            self._position = end

    def _mapped(self, begin: int, stop: int) -> NDArray[np.uint8]:
        try:
            return map_now(self.path, begin, stop)
        except (OSError, ValueError) as error:
            raise RawDataError(
                f"{self.path} cannot be read at byte {begin} of {self.size} ({error}); "
                f"see that nothing writes to the block, and that you may read it"
            ) from error
