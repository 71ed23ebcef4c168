"""Whether a raw channel can be trusted: size, offset, hum, flat stretches, saturation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dspant.dataset.stream import Stream
from dspant.report.spectrum import HUM_WINDOW_S, mains_ratio, power_density

FLAT_SAMPLES = 10
"""So many equal samples in a row count as flat; fewer happen by chance in coarse converters."""

HUM_REMARK = 10.0
FLAT_REMARK = 0.01
EXTREMES_REMARK = 1e-3


@dataclass(frozen=True)
class Quality:
    """Quality of one channel; None where a number cannot be told.

    Parameters
    ----------
    rms, offset, largest
        Root mean square, mean and largest absolute value, in ``unit``.
    mains_ratio
        :func:`dspant.report.spectrum.mains_ratio`.
    flat
        Fraction of samples that equal the ``FLAT_SAMPLES - 1`` before them.
    extremes
        Fraction of samples at the smallest or the largest value; much where it saturates.
    not_finite
        Number of samples that are NaN or infinite; they are left out of all else.
    """

    unit: str
    rms: float | None
    offset: float | None
    mains_ratio: float | None
    flat: float | None
    extremes: float | None
    largest: float | None
    not_finite: int

    @property
    def remarks(self) -> list[str]:
        """What to look at, in words; empty where nothing stands out."""
        found = {
            "not finite": self.not_finite > 0,
            "no variation": self.extremes == 1.0,
            "hum": (self.mains_ratio or 0) >= HUM_REMARK,
            "flat": (self.flat or 0) >= FLAT_REMARK,
            "saturated": EXTREMES_REMARK <= (self.extremes or 0) < 1.0,
        }
        return [remark for remark, holds in found.items() if holds]

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "remarks": self.remarks}


class QualityMeter:
    """Listens to a stream and measures each channel."""

    def __init__(self, channels: int) -> None:
        self._count = np.zeros(channels, dtype=np.int64)
        self._missing = np.zeros(channels, dtype=np.int64)
        self._sum = np.zeros(channels)
        self._squares = np.zeros(channels)
        self._flat = np.zeros(channels, dtype=np.int64)
        self._low = _Extreme(channels)
        self._high = _Extreme(channels)
        self._before = np.empty((channels, 0))

    def start_run(self, segment: int) -> None:
        """Equal samples on both sides of a gap are not one flat stretch."""
        self._before = self._before[:, :0]

    def add(self, first: int, values: np.ndarray) -> None:
        missing = np.isnan(values)
        self._missing += missing.sum(axis=1)
        self._count += (~missing).sum(axis=1)
        self._sum += np.nansum(values, axis=1)
        self._squares += np.nansum(values**2, axis=1)
        self._high.follow(values)
        self._low.follow(-values)
        joined = np.concatenate([self._before, values], axis=1)
        self._flat += count_flat(joined)
        self._before = joined[:, -(FLAT_SAMPLES - 1) :]

    def qualities(self, units: list[str], ratios: list[float | None]) -> list[Quality]:
        """One per channel, of what has been heard so far."""
        return [self._quality(c, units[c], ratios[c]) for c in range(len(units))]

    def _quality(self, channel: int, unit: str, ratio: float | None) -> Quality:
        count, missing = int(self._count[channel]), int(self._missing[channel])
        if count == 0:
            return Quality(unit, None, None, None, None, None, None, missing)
        low, high = -self._low.value[channel], self._high.value[channel]
        ends = self._high.count[channel] + (self._low.count[channel] if low != high else 0)
        return Quality(
            unit=unit,
            rms=float(np.sqrt(self._squares[channel] / count)),
            offset=float(self._sum[channel] / count),
            mains_ratio=ratio,
            flat=float(self._flat[channel] / count),
            extremes=float(ends / count),
            largest=float(max(abs(low), abs(high))),
            not_finite=missing,
        )


class _Extreme:
    """Largest value of each channel so far, and how many samples have it."""

    def __init__(self, channels: int) -> None:
        self.value = np.full(channels, -np.inf)
        self.count = np.zeros(channels, dtype=np.int64)

    def follow(self, values: np.ndarray) -> None:
        top = np.max(values, axis=1, initial=-np.inf, where=~np.isnan(values))
        times = (values == top[:, None]).sum(axis=1)
        self.count = np.where(
            top > self.value, times, self.count + np.where(top == self.value, times, 0)
        )
        self.value = np.maximum(top, self.value)


def count_flat(values: np.ndarray) -> np.ndarray:
    """Samples of (channels, samples) that equal the ``FLAT_SAMPLES - 1`` before them."""
    steps = FLAT_SAMPLES - 1
    if values.shape[1] <= steps:
        return np.zeros(len(values), dtype=np.int64)
    equal = np.zeros(values.shape, dtype=np.int64)
    np.cumsum(values[:, 1:] == values[:, :-1], axis=1, out=equal[:, 1:])
    return (equal[:, steps:] - equal[:, :-steps] == steps).sum(axis=1)


def mains_ratios(stream: Stream, line_hz: float | None) -> list[float | None]:
    """How far the mains stand out on each channel."""
    return mains_ratio(*power_density(stream, HUM_WINDOW_S), line_hz)
