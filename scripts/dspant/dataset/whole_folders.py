"""Folders of files that belong together: they appear whole, and are kept by links."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from dspant.dataset.atomic import flush_to_disk, refusals_told, temporary

FLUSHES = 8
"""Files flushed at a time: the disk takes them together, ten times as fast as one by one."""


@contextmanager
def folder_written_whole(folder: Path) -> Iterator[Path]:
    """Give a folder beside; what was written takes its place when the block ends well.

    Raises
    ------
    DiskError
        The disk is full, or nobody may write there.
    """
    draft = temporary(folder)
    with refusals_told(folder):
        _clear_drafts(folder)
        draft.mkdir(parents=True)
        try:
            yield draft
            _flush(draft)
            _into_place(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def link_folder(source: Path, target: Path) -> None:
    """Give the files of a folder a second place, whole, without a copy of their bytes.

    Raises
    ------
    OSError
        The file system has no hard links.
    """
    draft = temporary(target)
    _clear_drafts(target)
    try:
        shutil.copytree(source, draft, copy_function=os.link, ignore=_not_ours)
        _into_place(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def inventory(folder: Path) -> list[tuple[str, int]]:
    """Names and sizes of the files, in order; of a folder that is not there, none."""
    files = sorted(file for file in folder.rglob("[!.]*") if file.is_file())
    return [(file.relative_to(folder).as_posix(), file.stat().st_size) for file in files]


def _flush(folder: Path) -> None:
    """Return once all files and the names of all folders are on disk."""
    with ThreadPoolExecutor(FLUSHES) as pool:
        list(pool.map(flush_to_disk, [folder, *folder.rglob("*")]))


def _into_place(draft: Path, folder: Path) -> None:
    """Rename a finished folder over the one of that name."""
    if folder.exists():
        shutil.rmtree(folder)
    draft.replace(folder)
    flush_to_disk(folder.parent)


def _clear_drafts(folder: Path) -> None:
    """Delete what killed jobs left half written."""
    for draft in folder.parent.glob(f".tmp-*-{folder.name}"):
        shutil.rmtree(draft, ignore_errors=True)


def _not_ours(_folder: str, names: list[str]) -> list[str]:
    """Such as the time stamp that Snakemake leaves in its folders."""
    return [name for name in names if name.startswith(".")]
