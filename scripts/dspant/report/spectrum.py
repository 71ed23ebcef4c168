"""Power over frequency, from a bounded number of stretches spread over a recording."""

from __future__ import annotations

import numpy as np
from scipy.signal import periodogram

from dspant.dataset.stream import Stream

MOST_WINDOWS = 16
"""Windows that are read, however long the recording is."""

HUM_WINDOW_S = 4.0
"""Resolves a quarter of a hertz, so that the mains line stands apart from its neighbours."""

SHORTEST_HUM_WINDOW_S = 1.0

HUM_HALF_WIDTH_HZ = 1.0

NEIGHBOURS_HALF_WIDTH_HZ = 5.0


def power_density(
    stream: Stream, window_s: float, most: int = MOST_WINDOWS
) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the Hann-windowed periodograms of windows spread evenly over a stream.

    The method is P. D. Welch's (IEEE Trans. Audio Electroacoust. 15 (1967) 70) with windows that
    do not overlap; a window has its mean removed, and none crosses a gap.

    Returns
    -------
    frequency_hz, power
        Shapes (frequencies,) and (channels, frequencies), the latter in unit squared per Hz. Both
        are empty where the stream has no unbroken run of two samples.
    """
    length = min(round(window_s * stream.fs_hz), max((n for _, n, _ in stream.segments), default=0))
    if length < 2:
        return np.empty(0), np.empty((len(stream.channels), 0))
    starts = _spread_starts(stream.segments, length, most)
    total: np.ndarray | None = None
    for start in starts:
        values = stream.read(start, start + length).astype(np.float64)
        frequency_hz, power = periodogram(values, stream.fs_hz, "hann", detrend="constant", axis=-1)
        total = power if total is None else total + power
    return frequency_hz, total / len(starts)


def _spread_starts(segments: list[tuple[int, int, float]], length: int, most: int) -> list[int]:
    """First samples of at most ``most`` windows that follow one another, evenly picked."""
    room = [(first, count // length) for first, count, _ in segments if count >= length]
    total = sum(windows for _, windows in room)
    wanted = np.unique(np.linspace(0, total - 1, min(total, most)).round().astype(np.int64))
    every = np.concatenate([first + length * np.arange(windows) for first, windows in room])
    return every[wanted].tolist()


def mains_ratio(
    frequency_hz: np.ndarray, power: np.ndarray, line_hz: float | None
) -> list[float | None]:
    """How far the mains stand out: mean power density within 1 Hz of their frequency, over the
    mean within 5 Hz without that centre. Without hum it is near 1.

    Parameters
    ----------
    power
        Shape (channels, frequencies).

    Returns
    -------
    list
        One number per channel; None where the mains' frequency is not known, the spectrum ends
        below it or is too coarse, or a channel has no power there.
    """
    unknown: list[float | None] = [None] * len(power)
    if line_hz is None or len(frequency_hz) < 2:
        return unknown
    away_hz = abs(frequency_hz - line_hz)
    resolution_hz = frequency_hz[1] - frequency_hz[0]
    centre = away_hz <= HUM_HALF_WIDTH_HZ
    around = (away_hz <= NEIGHBOURS_HALF_WIDTH_HZ) & ~centre
    ends_below = frequency_hz[-1] < line_hz + NEIGHBOURS_HALF_WIDTH_HZ
    if ends_below or resolution_hz > 1 / SHORTEST_HUM_WINDOW_S + 1e-9 or not around.any():
        return unknown
    line, beside = power[:, centre].mean(axis=1), power[:, around].mean(axis=1)
    return [
        float(a / b) if np.isfinite(a) and b > 0 else None
        for a, b in zip(line, beside, strict=True)
    ]


def on_log_grid(
    frequency_hz: np.ndarray, power: np.ndarray, points: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same spectrum, averaged in at most ``points`` bins of equal width on a log axis.

    The frequency 0 is left out.
    """
    frequency_hz, power = frequency_hz[1:], power[:, 1:]
    if len(frequency_hz) <= points:
        return frequency_hz, power
    grid = np.geomspace(frequency_hz[0], frequency_hz[-1], points + 1)[:-1]
    starts = np.unique(np.searchsorted(frequency_hz, grid))
    counts = np.diff(np.append(starts, len(frequency_hz)))
    return (
        np.add.reduceat(frequency_hz, starts) / counts,
        np.add.reduceat(power, starts, axis=1) / counts,
    )
