"""First passes over a whole recording: what operations learn before samples are made.

Every pass goes over a grid that depends on the unbroken runs alone, one channel at a time, so
what is found is the same to the last bit however the samples arrive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dspant.errors import OperationError
from dspant.ops import blocks as cut
from dspant.ops.signal import Segment, Signal

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, SignalSource

Stretch = tuple[float, float]


@dataclass(frozen=True)
class Scope:
    """What part of a source a pass looks at: all of it, one unbroken run, or a stretch of time.

    Parameters
    ----------
    source
        Where samples come from.
    stretch_s
        Start and end in seconds from block start, the end not included; all where None.
    run
        Number of the unbroken run, from 0; all of them where None.
    """

    source: SignalSource
    stretch_s: Stretch | None = None
    run: int | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        return self.source.signal.channels

    def blocks(self) -> Iterator[tuple[int, Segment, int, np.ndarray]]:
        """Yield number of the run, the run, place of the first sample in it, and the samples.

        Samples are float64, channels x samples, each row contiguous; the caller must not change
        them.
        """
        import numpy as np

        for number, (segment, arriving) in enumerate(self.source.segments()):
            first, last = self._part(number, segment)
            if first >= last:
                continue
            position = first
            for block in cut.on_grid(_between(arriving, first, last), cut.GRID_SAMPLES):
                yield number, segment, position, np.ascontiguousarray(block)
                position += block.shape[1]

    def _part(self, number: int, segment: Segment) -> tuple[int, int]:
        if self.run is not None and number != self.run:
            return 0, 0
        if self.stretch_s is None:
            return 0, segment.count
        fs_hz = self.source.signal.fs_hz
        first, last = (round((edge - segment.start_s) * fs_hz) for edge in self.stretch_s)
        return max(first, 0), min(last, segment.count)

    @property
    def samples(self) -> int:
        """Samples of each channel that the pass sees."""
        parts = (self._part(i, run) for i, run in enumerate(self.source.signal.segments))
        return sum(max(last - first, 0) for first, last in parts)

    def require(self, least: int, name: str) -> None:
        """Refuse a part with fewer than ``least`` samples.

        Raises
        ------
        OperationError
            Names the parameter, what it holds and where the signal runs.
        """
        if self.samples >= least:
            return
        signal = self.source.signal
        place = "the signal" if self.stretch_s is None else f"{name} {list(self.stretch_s)}"
        raise OperationError(
            f"{place} holds {self.samples} samples, {least} or more are needed; the signal runs "
            f"from {running(signal)}; choose a stretch inside it"
        )


def running(signal: Signal) -> str:
    """In words, from when to when a signal's unbroken runs last."""
    return ", ".join(
        f"{run.start_s:g} to {run.start_s + run.count / signal.fs_hz:g} s"
        for run in signal.segments
    )


def run_number(signal: Signal, starts_s: tuple[float, ...]) -> int:
    """Which unbroken run of the recording a signal of one run is, by its start."""
    return starts_s.index(signal.segments[0].start_s)


def starts_of(signal: Signal) -> tuple[float, ...]:
    """Start of each unbroken run in seconds, by which :func:`run_number` knows it again."""
    return tuple(run.start_s for run in signal.segments)


def _between(arriving: Blocks, first: int, last: int) -> Blocks:
    position = 0
    for block in arriving:
        if position >= last:
            return
        part = block[:, max(first - position, 0) : max(last - position, 0)]
        position += block.shape[1]
        if part.shape[1]:
            yield part
