"""Stretches of samples of one channel: found block by block, or given as times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Segment, Signal

Stretch = tuple[int, int, float]
"""First sample, one after the last, and a value."""

SAME_SAMPLE = 1e-6
"""Part of a sample by which a moment may miss a sample that it lies on, for rounding."""


class Stretches:
    """Where something holds for so many samples of an unbroken run in a row.

    Parameters
    ----------
    least
        Samples that a stretch has at least.
    """

    def __init__(self, least: int) -> None:
        self._least = least
        self._open: tuple[int, float] | None = None
        self.found: list[Stretch] = []

    def follow(self, holds: np.ndarray, values: np.ndarray, first: int) -> None:
        """Go on with a block whose first sample is number ``first`` of the run.

        Parameters
        ----------
        holds, values
            Of each sample; a stretch keeps the value of its first sample.
        """
        import numpy as np

        if len(holds) and not holds[0]:
            self.finish(first)
        edges = np.flatnonzero(np.diff(np.r_[False, holds, False].view(np.int8)))
        starts, stops = edges[::2], edges[1::2]
        meets_border = (starts == 0) | (stops == len(holds))
        kept = meets_border | (stops - starts >= self._least)
        for start, stop in zip(starts[kept].tolist(), stops[kept].tolist(), strict=True):
            if self._open is None:
                self._open = (first + start, float(values[start]))
            if stop < len(holds):
                self.finish(first + stop)

    def finish(self, end: int) -> None:
        """End the stretch that is still open, if one is, at sample ``end``."""
        if self._open is None:
            return
        start, value = self._open
        self._open = None
        if end - start >= self._least:
            self.found.append((start, end, value))


def rows(
    found: Sequence[tuple[Segment, int, Sequence[Stretch]]], signal: Signal
) -> dict[str, np.ndarray]:
    """Columns onset, offset, channel and level, in order of time, then of channels.

    Parameters
    ----------
    found
        Stretches of each run and channel, the channel by its position.
    """
    import numpy as np

    onset, offset, channel, level = (
        np.array(column)
        for column in zip(
            *(
                (
                    run.start_s + start / signal.fs_hz,
                    run.start_s + stop / signal.fs_hz,
                    index,
                    value,
                )
                for run, index, stretches in found
                for start, stop, value in stretches
            ),
            strict=True,
        )
    )
    order = np.lexsort((offset, channel, onset))
    names = np.array(signal.channels, dtype=object)
    return {
        "onset": onset[order],
        "offset": offset[order],
        "channel": names[channel[order]],
        "level": level[order],
    }


def samples_in(
    start_s: np.ndarray, end_s: np.ndarray, segment: Segment, fs_hz: float
) -> tuple[np.ndarray, np.ndarray]:
    """First sample and one after the last of each interval that meets a run, joined and rising.

    A sample is in an interval where its time is at or after the start and before the end.

    Parameters
    ----------
    start_s, end_s
        In seconds from block start; an end may be infinite.
    """
    import numpy as np

    first, stop = (
        np.ceil(np.clip((edge - segment.start_s) * fs_hz - SAME_SAMPLE, 0, segment.count))
        for edge in (start_s, end_s)
    )
    order = np.argsort(first, kind="stable")
    order = order[(stop > first)[order]]
    first, stop = first[order].astype(np.int64), stop[order].astype(np.int64)
    if not len(first):
        return first, stop
    reached = np.maximum.accumulate(stop)
    begins = np.r_[True, first[1:] > reached[:-1]]
    return first[begins], reached[np.r_[begins[1:], True]]
