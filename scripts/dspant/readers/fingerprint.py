"""What raw files hold, as fingerprints: equal ones were read before, whatever their times say."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypedDict, TypeVar

import xxhash

from dspant.dataset.digest import PREFIX
from dspant.errors import RawDataError

PIECE_BYTES = 16 * 2**20

Window = TypeVar("Window")


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

    def alongside(self, windows: Sequence[Window]) -> Iterator[Window]:
        """Yield the windows; while each is worked on, read the part of all files that is its share.

        Samples lie in files in the order of time, so a raw file passes through memory once for
        both. What a window's share leaves out is left to :meth:`finish`.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="fingerprint") as reading:
            for done, window in enumerate(windows, start=1):
                share = reading.submit(self._advance, done / len(windows))
                yield window
                share.result()

    def finish(self) -> dict[str, RawFile]:
        """Read what was not read yet and give all fingerprints."""
        self._advance(1.0)
        return {
            file.path.name: RawFile(bytes=file.size, digest=PREFIX + file.hash.hexdigest())
            for file in self._files
        }

    def _advance(self, share: float) -> None:
        for file in self._files:
            file.advance(int(file.size * share) if share < 1 else file.size)


class _Progress:
    """How far one file was read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.hash = xxhash.xxh3_128()
        self._position = 0

    def advance(self, stop: int) -> None:
        if stop < self.size:
            stop -= stop % mmap.ALLOCATIONGRANULARITY
        if stop <= self._position:
            return
        try:
            with self.path.open("rb") as file:
                self._read(file.fileno(), stop)
        except (OSError, ValueError) as error:
            raise RawDataError(
                f"{self.path} cannot be read at byte {self._position} of {self.size} ({error}); "
                f"see that nothing writes to the block, and that you may read it"
            ) from error

    def _read(self, descriptor: int, stop: int) -> None:
        while self._position < stop:
            length = min(PIECE_BYTES, stop - self._position)
            # Each mapping is short, so pages that were read never add up.
            with mmap.mmap(
                descriptor, length, access=mmap.ACCESS_READ, offset=self._position
            ) as piece:
                self.hash.update(piece)
            self._position += length
