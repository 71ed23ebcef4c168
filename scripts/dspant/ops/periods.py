"""What repeats in a run with a period that need not be a whole number of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dspant.ops.blocks import with_context

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

PIECE_SAMPLES = 8192
"""Samples whose medians are found at once."""


def less_its_periods(blocks: Blocks, period: float, around: int) -> Blocks:
    """A run less the median over periods, the median's mean over a period left in.

    Parameters
    ----------
    period
        In samples.
    around
        Periods on either side that the median is over.
    """
    import numpy as np

    weights = _one_period(period)
    half = len(weights) // 2
    for x, left, right in with_context(
        _with_medians(blocks, period, around), before=2 * half, after=2 * half
    ):
        signal, medians = np.split(x, 2)
        count = x.shape[1]
        means = np.stack([np.convolve(row, weights, "valid") for row in medians])
        # Where a whole period does not fit around a sample, that of the nearest one that has it.
        core = np.arange(left, count - right)
        mean = means[:, np.clip(core, half, count - 1 - half) - half]
        yield signal[:, core] - (medians[:, core] - mean)


def _one_period(period: float) -> np.ndarray:
    """Weights of a centred mean over one period, whose ends count in part."""
    import numpy as np

    inner = 2 * int((period - 1) / 2) + 1
    edge = (period - inner) / 2
    return np.r_[edge, np.ones(inner), edge] / period


def _with_medians(blocks: Blocks, period: float, around: int) -> Blocks:
    """Rows of the run, then as many of its medians."""
    import numpy as np

    reach = int(2 * around * period) + 2
    for x, left, right in with_context(blocks, before=reach, after=reach):
        core = x[:, left : x.shape[1] - right]
        medians = np.empty_like(core)
        first = _first_periods(np.arange(left, x.shape[1] - right), x.shape[1], period, around)
        edges = np.flatnonzero(np.r_[True, np.diff(first) != 0])
        for start, stop in zip(edges, np.r_[edges[1:], len(first)], strict=True):
            shifts = first[start] + np.arange(2 * around + 1)
            places = np.round(shifts * period).astype(np.int64)
            for begin in range(start, stop, PIECE_SAMPLES):
                end = min(begin + PIECE_SAMPLES, stop)
                _medians(x, left + begin, medians[:, begin:end], places)
        yield np.concatenate([core, medians])


def _first_periods(at: np.ndarray, count: int, period: float, around: int) -> np.ndarray:
    """First of the periods, relative to each sample, so that all lie among ``count`` samples."""
    import numpy as np

    earliest = -np.floor(at / period).astype(np.int64)
    latest = np.floor((count - 1 - at) / period).astype(np.int64) - 2 * around
    return np.minimum(np.maximum(-around, earliest), latest)


def _medians(x: np.ndarray, begin: int, target: np.ndarray, places: np.ndarray) -> None:
    import numpy as np

    samples = target.shape[1]
    held = np.empty((samples, len(places)))
    middle = len(places) // 2
    for row, made in zip(x, target, strict=True):
        for i, place in enumerate(places):
            held[:, i] = row[begin + place : begin + place + samples]
        held.partition(middle, axis=1)
        made[:] = held[:, middle]
