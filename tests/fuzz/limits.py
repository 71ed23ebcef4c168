"""Limits of time and memory for one case."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


class CaseTimeoutError(AssertionError):
    """A case took longer than it may."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise CaseTimeoutError in what takes longer."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise CaseTimeoutError(f"not done after {seconds} s")

    earlier = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


@contextmanager
def limited(more_mb: int) -> Iterator[None]:
    """Let the process have this much more memory than it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    earlier = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + more_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, earlier[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, earlier)
