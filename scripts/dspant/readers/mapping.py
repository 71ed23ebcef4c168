"""One mapping of a part of raw files for all who read it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dspant.dataset.file_map import FileMap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Extents = Mapping[Path, tuple[int, int]]
"""First byte of a part of each file, and one after its last."""


class RawView:
    """Bytes of raw files; files that are mapped already are not mapped again."""

    def __init__(self, files: Mapping[Path, FileMap] | None = None) -> None:
        self._files = dict(files or {})

    def bytes(self, path: Path, begin: int, stop: int) -> NDArray[np.uint8]:
        """Bytes ``begin`` to ``stop`` of a file, read-only, which are read when looked at."""
        known = self._files.get(path)
        # A mapping that nobody else knows lives no longer than the arrays that show it, so pages
        # that were read never add up.
        content = FileMap(path).content if known is None else known.content
        return content[begin:stop]


def joined(extents: list[Extents]) -> dict[Path, tuple[int, int]]:
    """The part of each file that holds all of its parts."""
    found: dict[Path, tuple[int, int]] = {}
    for parts in extents:
        for path, (begin, stop) in parts.items():
            known = found.get(path, (begin, stop))
            found[path] = min(begin, known[0]), max(stop, known[1])
    return found
