"""Runs of equal samples, counted as a stream passes by."""

from __future__ import annotations

import numpy as np


class EqualRuns:
    """Counts the samples of one channel that lie in long runs of one value.

    Parameters
    ----------
    flat
        So many equal samples in a row are flat: of each run, those that equal the ``flat - 1``
        before them are counted.
    lost
        So many equal samples in a row are a dropout: of each run, all are counted.
    """

    def __init__(self, flat: int, lost: int) -> None:
        self._shortest = min(flat, lost)
        self._flat, self._lost = flat, lost
        self._flat_samples = self._lost_samples = 0
        self._open = 0
        self._value = np.nan

    def break_off(self) -> None:
        """Equal samples on both sides of a gap are not one run."""
        self._close(np.array([self._open]))
        self._open, self._value = 0, np.nan

    def follow(self, row: np.ndarray) -> None:
        """The next samples, shape (samples,); a NaN equals nothing."""
        if len(row) == 0:
            return
        changes = np.flatnonzero(row[1:] != row[:-1]) + 1
        lengths = np.diff(np.concatenate([[0], changes, [len(row)]]))
        if row[0] == self._value:
            lengths[0] += self._open
        else:
            self._close(np.array([self._open]))
        self._close(lengths[:-1])
        self._open, self._value = int(lengths[-1]), float(row[-1])

    def counts(self) -> tuple[int, int]:
        """Samples that are flat, and samples in dropouts, of all that has passed."""
        self.break_off()
        return self._flat_samples, self._lost_samples

    def _close(self, lengths: np.ndarray) -> None:
        long = lengths[lengths >= self._shortest]
        self._flat_samples += int(np.maximum(long - (self._flat - 1), 0).sum())
        self._lost_samples += int(long[long >= self._lost].sum())
