"""Outlines of a stream, each coarser than the one before, made while its values pass by once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

FACTOR = 8
"""Bins of a level that become one of the next."""

Segments = Sequence[tuple[int, int, float]]


@dataclass(frozen=True)
class Level:
    """One outline: smallest and largest value in bins of so many samples.

    Bins begin anew with every unbroken run, so none crosses a gap; the last of a run may be
    shorter. They are counted through all runs.

    Parameters
    ----------
    number
        0 for the samples themselves; bins hold ``FACTOR ** number`` samples.
    bins
        How many, of all runs together.
    """

    number: int
    bins: int

    @property
    def bin_samples(self) -> int:
        return FACTOR**self.number


def bins_of(segments: Segments, bin_samples: int) -> int:
    """Number of bins of so many samples in all runs."""
    return sum(-(-count // bin_samples) for _, count, _ in segments)


def levels_of(segments: Segments, enough: int) -> list[Level]:
    """Levels from the samples up to the first with ``enough`` bins or fewer.

    Where there are more runs than that, the last level has one bin for each.
    """
    levels = [Level(0, bins_of(segments, 1))]
    longest = max((count for _, count, _ in segments), default=0)
    while levels[-1].bins > enough and levels[-1].bin_samples < longest:
        number = levels[-1].number + 1
        levels.append(Level(number, bins_of(segments, FACTOR**number)))
    return levels


class Joining:
    """Joins a number of neighbouring bins into one, whatever pieces they arrive in.

    Smallest and largest values have the shape (channels, bins); NaN stands for no value.
    """

    def __init__(self, factor: int) -> None:
        self._factor = factor
        self._rest: tuple[np.ndarray, np.ndarray] | None = None

    def add(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Take further bins of a run; give the joined ones that are complete."""
        if self._rest is not None:
            rest_low, rest_high = self._rest
            same = low is high and rest_low is rest_high
            low = np.concatenate([rest_low, low], axis=1)
            high = low if same else np.concatenate([rest_high, high], axis=1)
        whole = low.shape[1] // self._factor * self._factor
        rest = low[:, whole:].copy()
        self._rest = rest, (rest if low is high else high[:, whole:].copy())
        return (
            _joined(np.fmin, low[:, :whole], self._factor),
            _joined(np.fmax, high[:, :whole], self._factor),
        )

    def end_run(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The last, shorter bin of a run; None where the run ended with a whole one."""
        rest, self._rest = self._rest, None
        if rest is None or rest[0].shape[1] == 0:
            return None
        low, high = rest
        return np.fmin.reduce(low, axis=1, keepdims=True), np.fmax.reduce(
            high, axis=1, keepdims=True
        )


def _joined(smaller: np.ufunc, values: np.ndarray, factor: int) -> np.ndarray:
    # Along a short last axis NumPy's own reduction is ten times slower than this.
    groups = values.reshape(len(values), -1, factor)
    found = groups[..., 0].copy()
    for place in range(1, factor):
        smaller(found, groups[..., place], out=found)
    return found


Sink = Callable[[np.ndarray, np.ndarray], None]
"""Takes smallest and largest values of the next bins of a level, each (channels, bins)."""


class Pyramid:
    """Makes every level from the one below it.

    Parameters
    ----------
    sinks
        Who takes level 1, level 2 and so on.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = sinks
        self._joins = [Joining(FACTOR) for _ in sinks]

    def add(self, values: np.ndarray) -> None:
        """Take further samples of a run: (channels, samples)."""
        self._pass_on(0, values, values)

    def end_run(self) -> None:
        """The run is over: what is left of each level becomes its last bin."""
        for level, (join, sink) in enumerate(zip(self._joins, self._sinks, strict=True)):
            last = join.end_run()
            if last is not None:
                sink(*last)
                self._pass_on(level + 1, *last)

    def _pass_on(self, level: int, low: np.ndarray, high: np.ndarray) -> None:
        for join, sink in zip(self._joins[level:], self._sinks[level:], strict=True):
            low, high = join.add(low, high)
            if low.shape[1] == 0:
                return
            sink(low, high)
