"""One process at a time makes a job's files, also where a killed run left a process behind.

A job ends with the Snakemake that started it. Where something stands between the two, such as a
batch system, it lives on; then the next run's job waits for it.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NO_LOCKS_HERE = (
    errno.ENOLCK,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.EROFS,
    errno.ENOSPC,
    errno.EACCES,
)

_LOOK_EVERY_S = 0.2

STARTED_BY = "DSPANT_STARTED_BY"
"""Environment variable with the id of the process that plans the jobs and starts them."""


def end_with_parent() -> None:
    """End this process, as if killed, soon after the one that started it is gone.

    Also where that one was gone before this was called: then this process has another parent by
    now, so only the id that it left in the environment tells.
    """
    parent = os.getppid()
    started_by = int(os.environ.get(STARTED_BY, parent))

    def watch() -> None:
        while os.getppid() == parent and _is_there(started_by):
            time.sleep(_LOOK_EVERY_S)
        os._exit(1)

    threading.Thread(target=watch, name="end with parent", daemon=True).start()


def _is_there(process: int) -> bool:
    if os.name != "posix":  # elsewhere this signal is not one that only asks
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of a file as long as the block runs; the file says who does, and stays.

    The system takes the lock from a process that dies, however it dies. Where a file system knows
    no locks, nothing is held; files then still appear whole, but the last to end wins.
    """
    try:
        descriptor = _locked(path)
    except OSError as error:
        if error.errno not in _NO_LOCKS_HERE:
            raise
        descriptor = None
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _locked(path: Path) -> int | None:
    """Descriptor of the file, locked; None where the platform has no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _say_who_is_waited_for(path)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_still_there(path, descriptor):
                _say_who_holds(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_still_there(path: Path, descriptor: int) -> bool:
    """Whether the name still means the file that was locked, and not a later one."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    return False


def _say_who_holds(descriptor: int) -> None:
    with suppress(OSError):  # a full disk: the lock holds all the same
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {platform.node()}\n".encode())


def _say_who_is_waited_for(path: Path) -> None:
    who = path.read_text(encoding="utf-8", errors="replace").strip()
    sys.stderr.write(
        f"{path}: a job that a killed run left behind still makes the same files; this one waits "
        f"until it ends ({who or 'it has just begun'})\n"
    )
