"""Whether a raw channel can be trusted: size, offset, hum, flat stretches, saturation, noise."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dspant.dataset.stream import Stream
from dspant.report.equal_runs import EqualRuns
from dspant.report.moments import Moments
from dspant.report.spectrum import HUM_WINDOW_S, mains_ratio, power_density
from dspant.report.verdict import Finding, findings, worst
from dspant.report.window_levels import WindowLevels

FLAT_SAMPLES = 10
"""So many equal samples in a row count as flat; fewer happen by chance in coarse converters."""

DROPOUT_S = 0.02
"""So many seconds of one value are a dropout (and ``FLAT_SAMPLES`` samples at least)."""


@dataclass(frozen=True)
class Quality:
    """Quality of one channel; None where a number cannot be told.

    Parameters
    ----------
    rms, offset, largest
        Root mean square, mean and largest absolute value, in ``unit``.
    sd
        Standard deviation, in ``unit``: the root mean square without the offset.
    mains_ratio
        :func:`dspant.report.spectrum.mains_ratio`.
    flat
        Fraction of samples that equal the ``FLAT_SAMPLES - 1`` before them.
    dropout
        Fraction of samples in stretches of one value of ``DROPOUT_S`` or more.
    extremes
        Fraction of samples at the smallest or the largest value; much where it saturates.
    snr_db
        :meth:`dspant.report.window_levels.WindowLevels.snr_db`.
    kurtosis
        :attr:`dspant.report.moments.Moments.kurtosis`.
    not_finite
        Number of samples that are NaN or infinite; they are left out of all else.
    missing
        The same as a fraction of all samples.
    """

    unit: str
    rms: float | None
    offset: float | None
    mains_ratio: float | None
    flat: float | None
    extremes: float | None
    largest: float | None
    not_finite: int
    missing: float
    sd: float | None = None
    dropout: float | None = None
    snr_db: float | None = None
    kurtosis: float | None = None

    @property
    def offset_ratio(self) -> float | None:
        """Size of the offset over the standard deviation; None where nothing varies."""
        return abs(self.offset) / self.sd if self.offset is not None and self.sd else None

    def measures(self) -> dict[str, float | None]:
        """The numbers that have limits, by the names in :data:`dspant.report.verdict.LIMITS`."""
        return {**asdict(self), "offset_ratio": self.offset_ratio}

    @property
    def findings(self) -> list[Finding]:
        """What stands out."""
        return findings(self)

    @property
    def verdict(self) -> str:
        """``good``, ``check`` or ``bad``."""
        return worst([finding.verdict for finding in self.findings])

    @property
    def remarks(self) -> list[str]:
        """What to look at, in a word or two each; empty where nothing stands out."""
        return [finding.remark for finding in self.findings]

    @property
    def reasons(self) -> list[str]:
        """Why the channel is not good: what was found, and the limit it meets."""
        return [finding.reason for finding in self.findings]

    def document(self) -> dict[str, Any]:
        told = {"remarks": self.remarks, "verdict": self.verdict, "reasons": self.reasons}
        return {**asdict(self), **told}


class QualityMeter:
    """Listens to a stream and measures each channel, in memory that its length does not change.

    Parameters
    ----------
    fs_hz
        The stream's rate.
    """

    def __init__(self, channels: int, fs_hz: float) -> None:
        lost = max(math.ceil(DROPOUT_S * fs_hz - 1e-6), FLAT_SAMPLES)
        self._missing = np.zeros(channels, dtype=np.int64)
        self._moments = [Moments() for _ in range(channels)]
        self._runs = [EqualRuns(FLAT_SAMPLES, lost) for _ in range(channels)]
        self._levels = [WindowLevels(fs_hz) for _ in range(channels)]
        self._low = _Extreme(channels)
        self._high = _Extreme(channels)

    def start_run(self, segment: int) -> None:
        """Nothing is measured across a gap."""
        for part in (*self._runs, *self._levels):
            part.break_off()

    def add(self, first: int, values: np.ndarray) -> None:
        self._high.follow(values)
        self._low.follow(-values)
        for channel, row in enumerate(values):
            known = ~np.isnan(row)
            missing = int(len(row) - np.count_nonzero(known))
            self._missing[channel] += missing
            self._moments[channel].follow(row[known] if missing else row)
            self._runs[channel].follow(row)
            self._levels[channel].follow(row)

    def qualities(self, units: list[str], ratios: list[float | None]) -> list[Quality]:
        """One per channel, of what has been heard so far."""
        return [self._quality(c, units[c], ratios[c]) for c in range(len(units))]

    def _quality(self, channel: int, unit: str, ratio: float | None) -> Quality:
        moments, missing = self._moments[channel], int(self._missing[channel])
        count = moments.count
        if count == 0:
            part = 1.0 if missing else 0.0
            return Quality(unit, None, None, None, None, None, None, missing, part)
        low, high = -self._low.value[channel], self._high.value[channel]
        ends = self._high.count[channel] + (self._low.count[channel] if low != high else 0)
        flat, lost = self._runs[channel].counts()
        return Quality(
            unit=unit,
            rms=moments.rms,
            offset=moments.mean,
            mains_ratio=ratio,
            flat=float(flat / count),
            extremes=float(ends / count),
            largest=float(max(abs(low), abs(high))),
            not_finite=missing,
            missing=missing / (count + missing),
            sd=moments.sd,
            dropout=float(lost / count),
            snr_db=self._levels[channel].snr_db(),
            kurtosis=moments.kurtosis,
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


def mains_ratios(stream: Stream, line_hz: float | None) -> list[float | None]:
    """How far the mains stand out on each channel."""
    return mains_ratio(*power_density(stream, HUM_WINDOW_S), line_hz)
