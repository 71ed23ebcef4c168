"""How loud the quiet and the active parts of a channel are, in bounded memory."""

from __future__ import annotations

import numpy as np

LEVEL_WINDOW_S = 0.1
"""Length of the windows whose root mean squares are compared."""

SHORTEST_WINDOW = 16
"""Samples a window has at least, at low rates."""

FEWEST_WINDOWS = 20
"""With fewer windows, a twentieth of them is none."""

QUIET, ACTIVE = 0.05, 0.95
"""Quantiles of the windows' root mean squares: the quietest and the most active twentieth."""

BIN_DB = 0.05
_LOWEST_DB, _HIGHEST_DB = -400.0, 400.0
_BINS = round((_HIGHEST_DB - _LOWEST_DB) / BIN_DB)


class WindowLevels:
    """Histogram of the levels of one channel's windows, each freed of its own mean.

    A histogram of steps of ``BIN_DB`` has one size, however long the recording is.
    """

    def __init__(self, fs_hz: float) -> None:
        self._length = max(round(LEVEL_WINDOW_S * fs_hz), SHORTEST_WINDOW)
        self._histogram = np.zeros(_BINS, dtype=np.int64)
        self._rest = np.empty(0)

    def break_off(self) -> None:
        """No window crosses a gap."""
        self._rest = self._rest[:0]

    def follow(self, row: np.ndarray) -> None:
        """The next samples, shape (samples,); windows that hold a NaN are left out."""
        joined = np.concatenate([self._rest, row])
        whole = len(joined) // self._length * self._length
        self._rest = joined[whole:].copy()
        windows = joined[:whole].reshape(-1, self._length)
        sd = windows.std(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            level_db = 20 * np.log10(sd)
        at = np.floor((level_db[np.isfinite(level_db)] - _LOWEST_DB) / BIN_DB).astype(np.int64)
        self._histogram += np.bincount(np.clip(at, 0, _BINS - 1), minlength=_BINS)

    def snr_db(self) -> float | None:
        """Level of the active part over that of the quiet part, in dB to within ``BIN_DB``; None
        where fewer than ``FEWEST_WINDOWS`` windows vary."""
        total = int(self._histogram.sum())
        if total < FEWEST_WINDOWS:
            return None
        passed = np.cumsum(self._histogram)
        quiet, active = np.searchsorted(passed, [QUIET * total, ACTIVE * total], side="left")
        return float(active - quiet) * BIN_DB
