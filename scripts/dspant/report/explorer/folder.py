"""The folder of tiles beside a page: written whole, and kept by links."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from dspant.dataset.atomic import flush_to_disk, refusals_told, start_flushing, temporary

FLUSHES = 8
"""Files flushed at a time: the disk takes them together, ten times as fast as one by one."""


class TileFolder:
    """Writes tiles into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[Path] = []

    def write(self, key: str, script: str) -> None:
        """Write the script that hands the tile ``key`` to the page."""
        file = self._folder / f"{key}.js"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script, encoding="utf-8")
        start_flushing(file)
        self._files.append(file)

    def flush(self) -> None:
        """Return once all tiles are on disk."""
        folders = {file.parent for file in self._files}
        with ThreadPoolExecutor(FLUSHES) as pool:
            list(pool.map(flush_to_disk, [*self._files, *folders]))


@contextmanager
def tiles_written_whole(folder: Path) -> Iterator[TileFolder]:
    """Give a folder beside; what was written takes its place when the block ends well.

    Raises
    ------
    DiskError
        The disk is full, or nobody may write there.
    """
    draft = temporary(folder)
    with refusals_told(folder):
        clear_tile_drafts(folder)
        draft.mkdir(parents=True)
        try:
            written = TileFolder(draft)
            yield written
            written.flush()
            into_place(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def into_place(draft: Path, folder: Path) -> None:
    """Rename a finished folder over the one of that name."""
    if folder.exists():
        shutil.rmtree(folder)
    draft.replace(folder)
    flush_to_disk(folder.parent)


def clear_tile_drafts(folder: Path) -> None:
    """Delete what killed jobs left half written."""
    for draft in folder.parent.glob(f".tmp-*-{folder.name}"):
        shutil.rmtree(draft, ignore_errors=True)


def link_tiles(source: Path, target: Path) -> None:
    """Give the tiles of a folder a second place, whole, without a copy of their bytes.

    Raises
    ------
    OSError
        The file system has no hard links.
    """
    draft = temporary(target)
    clear_tile_drafts(target)
    try:
        shutil.copytree(source, draft, copy_function=os.link, ignore=_not_tiles)
        into_place(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def inventory(folder: Path) -> list[tuple[str, int]]:
    """Names and sizes of the files, in order; of a folder that is not there, none."""
    files = sorted(file for file in folder.rglob("[!.]*") if file.is_file())
    return [(file.relative_to(folder).as_posix(), file.stat().st_size) for file in files]


def _not_tiles(_folder: str, names: list[str]) -> list[str]:
    """Other files than tiles, such as the time stamp that Snakemake leaves in its folders."""
    return [name for name in names if name.startswith(".")]
