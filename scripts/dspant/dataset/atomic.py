"""Files that appear whole or not at all."""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SYNC_FILE_RANGE_WRITE = 2


def temporary(path: Path) -> Path:
    """A name beside ``path``, on the same file system, that no reader takes for a result."""
    return path.with_name(f".tmp-{os.getpid()}-{path.name}")


def clear_drafts(folder: Path) -> None:
    """Delete what killed jobs left half written in a folder that one job at a time writes to."""
    for draft in folder.glob(".tmp-*"):
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
    begin = getattr(ctypes.CDLL(None), "sync_file_range", None) if os.name == "posix" else None
    if begin is None:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        begin(descriptor, ctypes.c_int64(0), ctypes.c_int64(0), _SYNC_FILE_RANGE_WRITE)
    finally:
        os.close(descriptor)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary name to write to; what was written takes its place when the block ends well.

    Yields
    ------
    Path
        The temporary name. It is deleted when the block raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = temporary(path)
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
