"""The outline of a stream: smallest and largest value in each of a few hundred bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dspant.dataset.stream import Stream


@dataclass(frozen=True, eq=False)
class Outline:
    """What a stream looks like from afar.

    Parameters
    ----------
    edges
        First sample of each bin, then the number of samples: shape (bins + 1,). No bin crosses
        the border of an unbroken run.
    segment
        The run each bin lies in, (bins,).
    time_s
        Middle of each bin in seconds from block start, (bins,).
    low, high, spread
        Smallest and largest value, and standard deviation, of each channel in each bin:
        (channels, bins), in the channels' units; NaN where a bin holds no finite value.
    """

    edges: np.ndarray
    segment: np.ndarray
    time_s: np.ndarray
    low: np.ndarray
    high: np.ndarray
    spread: np.ndarray


class OutlineMaker:
    """Listens to a stream and keeps its outline.

    Parameters
    ----------
    bins
        About how many bins; each unbroken run has one at least.
    """

    def __init__(self, stream: Stream, bins: int) -> None:
        self._stream = stream
        self._edges = bin_edges(stream.segments, bins)
        shape = (len(stream.channels), len(self._edges) - 1)
        self._low = np.full(shape, np.nan)
        self._high = np.full(shape, np.nan)
        self._count = np.zeros(shape)
        self._sum = np.zeros(shape)
        self._squares = np.zeros(shape)
        self._origin = np.zeros((shape[0], 1))

    def start_run(self, segment: int) -> None:
        """Bins end at the borders of runs, so nothing has to be done."""

    def add(self, first: int, values: np.ndarray) -> None:
        if first == 0:
            # Squares are summed around the first value: a large offset would drown the spread.
            self._origin = np.nan_to_num(values[:, :1])
        stop = first + values.shape[1]
        bins = slice(
            int(np.searchsorted(self._edges, first, side="right")) - 1,
            int(np.searchsorted(self._edges, stop, side="left")),
        )
        starts = np.maximum(self._edges[bins], first) - first
        around = values - self._origin
        self._low[:, bins] = np.fmin(self._low[:, bins], np.fmin.reduceat(values, starts, axis=1))
        self._high[:, bins] = np.fmax(self._high[:, bins], np.fmax.reduceat(values, starts, axis=1))
        known = np.isfinite(around)
        around[~known] = 0.0
        self._count[:, bins] += np.add.reduceat(known.astype(np.float64), starts, axis=1)
        self._sum[:, bins] += np.add.reduceat(around, starts, axis=1)
        self._squares[:, bins] += np.add.reduceat(around**2, starts, axis=1)

    def outline(self) -> Outline:
        """What has been heard so far."""
        segments = self._stream.segments
        firsts = np.array([first for first, _, _ in segments], dtype=np.int64)
        starts_s = np.array([start_s for _, _, start_s in segments])
        segment = np.searchsorted(firsts, self._edges[:-1], side="right") - 1
        middle = (self._edges[:-1] + self._edges[1:] - 1) / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self._sum / self._count
            variance = np.maximum(self._squares / self._count - mean**2, 0)
        return Outline(
            edges=self._edges,
            segment=segment,
            time_s=starts_s[segment] + (middle - firsts[segment]) / self._stream.fs_hz,
            low=self._low,
            high=self._high,
            spread=np.sqrt(variance),
        )


def bin_edges(segments: list[tuple[int, int, float]], bins: int) -> np.ndarray:
    """Sample indices that cut runs into about ``bins`` bins, none of which crosses a border."""
    total = sum(count for _, count, _ in segments)
    parts = [np.zeros(1, dtype=np.int64)]
    for first, count, _ in segments:
        own = min(max(round(bins * count / total), 1), count)
        parts.append(first + (count * np.arange(1, own + 1)) // own)
    return np.concatenate(parts)


def outline_of(values: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outline of a piece that is in memory.

    Returns
    -------
    middle, low, high
        Middle of each bin as a sample index, (bins,); smallest and largest value, (channels, bins).
    """
    count = values.shape[1]
    edges = (count * np.arange(min(bins, count) + 1)) // max(min(bins, count), 1)
    middle = (edges[:-1] + edges[1:] - 1) / 2
    if count == 0:
        return middle, np.empty((len(values), 0)), np.empty((len(values), 0))
    return (
        middle,
        np.fmin.reduceat(values, edges[:-1], axis=1),
        np.fmax.reduceat(values, edges[:-1], axis=1),
    )
