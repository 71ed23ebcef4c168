"""Lines in a job's log on how far it has come through a long dataset."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock
from time import monotonic

REPORT_EVERY_S = 10.0

log = logging.getLogger("dspant.node")


class Writing:
    """Says now and then, and at the end, how much of a stream is written.

    Parameters
    ----------
    path
        The dataset.
    samples
        Its length.
    """

    def __init__(self, path: Path, samples: int, fs_hz: float) -> None:
        self._path = path
        self._samples = samples
        self._fs_hz = fs_hz
        self._written = 0
        self._said_s = monotonic()

    def add(self, samples: int) -> None:
        self._written += samples
        now_s = monotonic()
        if now_s - self._said_s < REPORT_EVERY_S and self._written < self._samples:
            return
        self._said_s = now_s
        log.info(
            "%s: %.0f of %.0f s (%d %%)",
            self._path,
            self._written / self._fs_hz,
            self._samples / self._fs_hz,
            100 * self._written // max(self._samples, 1),
        )


class Reading:
    """Says now and then how much of one pass over a dataset is read.

    Parameters
    ----------
    path
        The dataset.
    values
        How many values the pass reads, over all channels.
    """

    def __init__(self, path: Path, values: int) -> None:
        self._path = path
        self._values = values
        self._read = 0
        self._said_s = monotonic()
        self._lock = Lock()

    def add(self, values: int) -> None:
        """Count values; groups of channels may do so from threads of their own."""
        with self._lock:
            self._read += values
            now_s = monotonic()
            if now_s - self._said_s >= REPORT_EVERY_S:
                self._said_s = now_s
                log.info(
                    "%s: read (%d %%)",
                    self._path,
                    min(100 * self._read // max(self._values, 1), 100),
                )
