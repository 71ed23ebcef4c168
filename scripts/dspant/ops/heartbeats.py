"""Beats among the peaks of a slope's moving root mean square."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import TYPE_CHECKING, Literal

from dspant.ops.blocks import with_context

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal

REMEMBERED = 8
"""Beats, noise peaks and intervals whose median counts."""

MISSING = 1.66
"""A beat is missing where an interval is so many times the median one (Pan and Tompkins)."""

FIRST_LEVEL_S = 20
"""Refractory times in each of the stretches whose largest peaks tell the first level."""


def candidates(
    blocks: Blocks, signal: Signal, band_hz: tuple[float, float], qrs_s: float, refractory_s: float
) -> list[dict[str, np.ndarray]]:
    """Peaks that are the largest within the refractory time on both sides, for each channel.

    Returns
    -------
    list of dict
        ``position`` and ``height`` of the moving root mean square of the slope, and ``at_high``,
        ``high``, ``at_low``, ``low``: largest and smallest value of the band-passed signal near
        it, with their place to a part of a sample.
    """
    import numpy as np
    from scipy.ndimage import maximum_filter1d

    from dspant.ops.filters import Bandpass, bandpass

    low_hz, high_hz = band_hz
    passed = bandpass(blocks, signal, Bandpass(low_hz=low_hz, high_hz=high_hz, order=2))
    half = max(int(0.75 * qrs_s * signal.fs_hz), 1)
    apart = max(int(refractory_s * signal.fs_hz), 1)
    reach = max(apart, half + 1) + 1
    names = ("position", "height", "at_high", "high", "at_low", "low")
    if signal.samples < 2 * half + 1:
        return [{name: np.empty(0) for name in names} for _ in signal.channels]
    found: list[list[np.ndarray]] = []
    first, channels = 0, 0
    for x, left, right in with_context(_stacked(passed, half), before=reach, after=reach):
        channels = channels or len(x) // 2
        found = found or [[] for _ in range(channels)]
        core = slice(left, x.shape[1] - right)
        for c in range(channels):
            height = x[channels + c]
            largest = maximum_filter1d(height, 2 * apart + 1, mode="constant", cval=-np.inf)
            peaks = np.flatnonzero((height[core] == largest[core]) & (height[core] > 0)) + left
            near = np.clip(peaks[:, np.newaxis] + np.arange(-half, half + 1), 0, x.shape[1] - 1)
            found[c].append(_measured(x[c], height, peaks, near, first - left))
        first += core.stop - core.start
    return [
        dict(zip(names, _distinct(np.concatenate(parts, axis=1), apart), strict=True))
        for parts in found
    ]


def _stacked(passed: Blocks, half: int) -> Blocks:
    """Band-passed rows, then as many rows of the moving root mean square of their slope."""
    import numpy as np

    from dspant.ops.kernels.moving import moving_rms

    for x, left, right in with_context(passed, before=half + 1, after=half + 1):
        slope = np.zeros_like(x)
        slope[:, 1:-1] = (x[:, 2:] - x[:, :-2]) / 2
        height = moving_rms(np.pad(slope, ((0, 0), (half, half))), 2 * half + 1)
        core = slice(left, x.shape[1] - right)
        yield np.concatenate([x[:, core], height[:, core]])


def _measured(
    x: np.ndarray, height: np.ndarray, peaks: np.ndarray, near: np.ndarray, origin: int
) -> np.ndarray:
    import numpy as np

    measured = [peaks + origin, height[peaks]]
    for sign in (1.0, -1.0):
        best = np.argmax(sign * x[near], axis=1)
        at = near[np.arange(len(peaks)), best]
        inner = np.clip(at, 1, len(x) - 2)
        before, here, after = x[inner - 1], x[inner], x[inner + 1]
        bend = before - 2 * here + after
        part = np.divide(0.5 * (before - after), bend, out=np.zeros_like(bend), where=bend != 0)
        part = np.where((at == inner) & (sign * bend < 0), np.clip(part, -0.5, 0.5), 0.0)
        measured += [origin + at + part, x[at]]
    return np.array(measured, dtype=np.float64)


def _distinct(measured: np.ndarray, apart: int) -> np.ndarray:
    """Equally high peaks within the refractory time are one, the first."""
    kept: list[int] = []
    for i, position in enumerate(measured[0].tolist()):
        if not kept or position - measured[0, kept[-1]] > apart:
            kept.append(i)
    return measured[:, kept]


def beats(
    peaks: dict[str, np.ndarray],
    fs_hz: float,
    refractory_s: float,
    share: float,
    polarity: Literal["either", "positive", "negative"],
) -> dict[str, np.ndarray]:
    """Those of a channel's peaks that are beats: position, amplitude and how they were found."""
    import numpy as np

    chosen, certainty, back = _decide(peaks, fs_hz, refractory_s, share)
    high, low = peaks["high"][chosen], peaks["low"][chosen]
    upward = polarity == "positive"
    if polarity == "either" and len(chosen):
        upward = bool(np.median(high) >= np.median(-low))
    return {
        "position": peaks["at_high" if upward else "at_low"][chosen],
        "amplitude": high if upward else low,
        "certainty": certainty,
        "searched_back": back,
    }


def _decide(
    peaks: dict[str, np.ndarray], fs_hz: float, refractory_s: float, share: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import numpy as np

    position, height = peaks["position"].tolist(), peaks["height"].tolist()
    level = _first_level(peaks, FIRST_LEVEL_S * refractory_s * fs_hz)
    signal_heights = deque([level] * REMEMBERED, REMEMBERED)
    noise_heights = deque([_first_noise(height, level)] * REMEMBERED, REMEMBERED)
    intervals: deque[float] = deque(maxlen=REMEMBERED)
    found: list[tuple[int, float, bool]] = []
    missed: list[int] = []
    for i, (at, size) in enumerate(zip(position, height, strict=True)):
        noise, beat = median(noise_heights), median(signal_heights)
        needed = noise + share * (beat - noise)
        if found and len(intervals) >= REMEMBERED // 2:
            last = position[found[-1][0]]
            late = at - last > MISSING * median(intervals)
            held = [k for k in missed if height[k] > needed / 2]
            if late and held:
                best = max(held, key=height.__getitem__)
                found.append((best, height[best] / needed, True))
                intervals.append(position[best] - last)
                missed = [k for k in missed if k > best]
        if size > needed:
            if found:
                intervals.append(at - position[found[-1][0]])
            found.append((i, size / needed, False))
            signal_heights.append(size)
            missed = []
        else:
            noise_heights.append(size)
            missed.append(i)
    chosen = np.array([i for i, _, _ in found], dtype=np.int64)
    certainty = np.array([value for _, value, _ in found], dtype=np.float64)
    return chosen, certainty, np.array([back for _, _, back in found], dtype=bool)


def _first_level(peaks: dict[str, np.ndarray], stretch: float) -> float:
    """Median, over stretches, of the largest peak in each: one artefact does not count."""
    import numpy as np

    if not len(peaks["position"]):
        return 0.0
    part = (peaks["position"] // stretch).astype(np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(part) > 0])
    return float(np.median(np.maximum.reduceat(peaks["height"], starts)))


def _first_noise(height: list[float], level: float) -> float:
    low = [size for size in height if size < level / 2]
    return median(low) if low else 0.0
