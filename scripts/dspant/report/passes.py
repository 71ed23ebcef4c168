"""Going through a whole stream once, in bounded memory, for all who want its values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from dspant.dataset.stream import DigestCheck, Stream


class Listener(Protocol):
    """Whoever wants the values of a stream as they pass by."""

    def start_run(self, segment: int) -> None:
        """An unbroken run begins; nothing of the one before carries over."""
        ...

    def add(self, first: int, values: np.ndarray) -> None:
        """Values from sample ``first`` on: float64, channels x samples, in the channels' units.

        What is stored as NaN or infinite is NaN here.
        """
        ...


def read_once(stream: Stream, listeners: Sequence[Listener]) -> None:
    """Read a stream from end to end, checking its digest on the way.

    Raises
    ------
    DigestError
        The stored values are not those the metadata were made for.
    """
    check = DigestCheck(stream)
    for segment in range(len(stream.segments)):
        for listener in listeners:
            listener.start_run(segment)
        for first, values in _run(stream, segment, check):
            for listener in listeners:
                listener.add(first, values)
    check.finish()


def read_between(stream: Stream, start_s: float, end_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Samples from ``start_s`` up to, not including, ``end_s``, whatever they hold.

    Returns
    -------
    time_s, values
        Shapes (samples,) and (channels, samples), in seconds from block start and in the
        channels' units; NaN where a stored value is NaN or infinite.
    """
    times, parts = [np.empty(0)], [np.empty((len(stream.channels), 0))]
    for first, count, run_s in stream.segments:
        low, high = (
            min(max(math.ceil((moment_s - run_s) * stream.fs_hz - 1e-6), 0), count)
            for moment_s in (start_s, end_s)
        )
        if high > low:
            times.append(run_s + np.arange(low, high) / stream.fs_hz)
            parts.append(stream.read(first + low, first + high).astype(np.float64))
    values = np.concatenate(parts, axis=1)
    values[~np.isfinite(values)] = np.nan
    return np.concatenate(times), values


def _run(stream: Stream, segment: int, check: DigestCheck) -> Iterator[tuple[int, np.ndarray]]:
    start, count, _ = stream.segments[segment]
    for first, columns in stream.chunks(slice(None), start, start + count):
        values = np.empty((len(columns), len(columns[0])))
        for row, column in enumerate(columns):
            check.update(row, column)
            np.multiply(column, stream.scales[row], out=values[row])
        values[~np.isfinite(values)] = np.nan
        yield first, values
