"""Files that appear whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dspant.errors import DiskError
from dspant.system import linux_call

_SYNC_FILE_RANGE_WRITE = 2

_REMEDIES = {
    errno.ENOSPC: "free space on the disk of {folder}",
    errno.EDQUOT: "free space within the quota on {folder}",
    errno.EROFS: "make {folder} writable",
    errno.EACCES: "make {folder} writable for the user of this job",
    errno.EPERM: "make {folder} writable for the user of this job",
    errno.EIO: "look after the disk of {folder}",
}


@contextmanager
def refusals_told(path: Path) -> Iterator[None]:
    """Say which file a disk did not take, and what to do, which the system's own error does not.

    Raises
    ------
    DiskError
        Instead of an OSError that is about the disk.
    """
    try:
        yield
    except DiskError:
        raise
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0)
        if remedy is None:
            raise
        raise DiskError(
            f"{path} cannot be written: {os.strerror(error.errno or 0)}; "
            f"{remedy.format(folder=path.parent)} and run the same command again, what is "
            "finished stays"
        ) from error


def temporary(path: Path) -> Path:
    """A name beside ``path``, on the same file system, that no reader takes for a result."""
    return path.with_name(f".tmp-{os.getpid()}-{path.name}")


def clear_drafts(folder: Path, of: str = "*") -> None:
    """Delete what killed jobs left half written of the files that one job at a time writes to."""
    for draft in folder.glob(f".tmp-*-{of}"):
        draft.unlink(missing_ok=True)


def flush_to_disk(path: Path) -> None:
    """Return once the file's bytes, or the folder's names, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def start_flushing(path: Path) -> None:
    """Let the system begin to write a file's bytes to disk, and return at once.

    Whoever flushes the file later waits for the rest only. Where the system has no such call,
    nothing happens here.
    """
    begin = linux_call("sync_file_range")
    if begin is None:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        begin(descriptor, ctypes.c_int64(0), ctypes.c_int64(0), _SYNC_FILE_RANGE_WRITE)
    finally:
        os.close(descriptor)


def reserve(file: int, size: int) -> None:
    """Make an open file so large, and keep the room for it where the file system can.

    Raises
    ------
    OSError
        The disk has no such room.
    """
    keep = linux_call("fallocate")
    refused = keep is not None and keep(file, 0, ctypes.c_int64(0), ctypes.c_int64(size)) != 0
    if refused and ctypes.get_errno() in _REMEDIES:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    os.ftruncate(file, size)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary name to write to; what was written takes its place when the block ends well.

    Yields
    ------
    Path
        The temporary name. It is deleted when the block raises.

    Raises
    ------
    DiskError
        The disk is full, or nobody may write there.
    """
    draft = temporary(path)
    with refusals_told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_drafts(path.parent, of=path.name)
        try:
            yield draft
            flush_to_disk(draft)
            draft.replace(path)
            flush_to_disk(path.parent)
        finally:
            draft.unlink(missing_ok=True)


def to_json(document: Any) -> str:
    """The one JSON form of a document: same content, same bytes. NaN is refused."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, document: Any) -> None:
    """Write a document as JSON, whole."""
    with written_whole(path) as draft:
        draft.write_text(to_json(document), encoding="utf-8")
