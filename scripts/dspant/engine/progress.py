"""Lines in a job's log on how far it has come through a long dataset."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock
from time import monotonic

REPORT_EVERY_S = 10.0

log = logging.getLogger("dspant.node")


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
