"""Limits of time and memory for one case."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

WAITING_TIMES = 20
"""A case that waits for so many times what it may compute waits for ever."""


class CaseTimeoutError(AssertionError):
    """A case took longer than it may."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise CaseTimeoutError in what computes longer, or waits for far longer.

    What a busy machine makes it wait does not count as computing.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise CaseTimeoutError(
            f"not done after {seconds} s of computing, or {WAITING_TIMES} times as long in all"
        )

    timers = (
        (signal.ITIMER_PROF, signal.SIGPROF, seconds),
        (signal.ITIMER_REAL, signal.SIGALRM, WAITING_TIMES * seconds),
    )
    earlier = {number: signal.signal(number, stop) for _, number, _ in timers}
    for timer, _, after_s in timers:
        signal.setitimer(timer, after_s)
    try:
        yield
    finally:
        for timer, number, _ in timers:
            signal.setitimer(timer, 0)
            signal.signal(number, earlier[number])


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
