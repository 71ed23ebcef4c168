"""Runs of activity: followed sample by sample, merged, measured, and put into one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from pydantic import Field

from dspant.errors import OperationError
from dspant.ops.registry import Parameters
from dspant.ops.signal import Column, Segment, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

Decide = Callable[[Segment, "Blocks"], Iterator[tuple["np.ndarray", "np.ndarray"]]]
"""A run's blocks -> values to measure, and which of them are active; both channels x samples."""


class Pairs(Parameters):
    """What becomes of bursts once they are found, onset and offset together."""

    min_duration_s: float = Field(default=0.0, ge=0)
    """Shorter bursts are dropped, after merging."""
    merge_gap_s: float = Field(default=0.0, ge=0)
    """Bursts with a shorter pause between them are one burst."""


def common_unit(signal: Signal) -> str:
    """The unit of all channels, where they share one.

    Raises
    ------
    OperationError
        The channels have different units, so one column cannot hold their values.
    """
    if len(set(signal.units)) != 1:
        raise OperationError(
            f"channels {list(signal.channels)} have different units {list(signal.units)}, and one "
            f"column can state only one; give each unit its own node"
        )
    return signal.units[0]


def columns_of(
    signal: Signal, onset: str, offset: str, measured: str = "value"
) -> dict[str, Column]:
    """Columns of every table of bursts.

    Parameters
    ----------
    onset, offset
        What the two moments mean.
    measured
        What ``peak`` and ``area`` are of.
    """
    unit = common_unit(signal)
    return {
        "onset": Column("float64", "s", onset),
        "offset": Column("float64", "s", offset),
        "channel": Column("string", "", "channel the burst is on"),
        "peak": Column("float64", unit, f"largest {measured}"),
        "duration_s": Column("float64", "s", "offset minus onset"),
        "time_to_peak_s": Column("float64", "s", f"time from onset to the largest {measured}"),
        "area": Column("float64", f"{unit} s", f"integral of the {measured} from onset to offset"),
        "clipped": Column("bool", "", "cut by an end of the recording or a gap"),
    }


@dataclass(slots=True)
class Run:
    """Samples ``start`` to ``stop`` of a segment, with the running integral at both."""

    start: int
    stop: int
    peak: float
    peak_at: int
    integral_start: float
    integral_stop: float

    def join(self, later: Run) -> None:
        if later.peak > self.peak:
            self.peak, self.peak_at = later.peak, later.peak_at
        self.stop, self.integral_stop = later.stop, later.integral_stop


class Track:
    """Bursts of one channel: runs of active samples that reach a level, merged.

    Runs with a shorter pause than ``merge_gap_s`` between them are joined first, then those
    shorter than ``min_duration_s`` dropped, so an onset and its offset always belong together.
    """

    def __init__(
        self, fs_hz: float, *, merge_gap_s: float, min_duration_s: float, least_peak: float
    ) -> None:
        self._fs_hz = fs_hz
        self._merge_gap_s = merge_gap_s
        self._min_duration_s = min_duration_s
        self._least_peak = least_peak
        self._bursts: list[Run] = []
        self._open: Run | None = None
        self._integral = 0.0

    def follow(self, values: np.ndarray, active: np.ndarray, first: int) -> None:
        """Go on with samples from ``first``: their values, and which of them are active.

        Integrals are sums from the first sample on, so blocks have to lie on a grid of the run.
        """
        import numpy as np

        above = np.r_[False, active, False]
        edges = np.flatnonzero(above[1:] != above[:-1])
        integral = np.r_[0.0, np.cumsum(values)] + self._integral
        self._integral = float(integral[-1])
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            peak_at = start + int(np.argmax(values[start:stop]))
            run = Run(
                first + start,
                first + stop,
                float(values[peak_at]),
                first + peak_at,
                float(integral[start]),
                float(integral[stop]),
            )
            if self._open is not None and self._open.stop == run.start:
                self._open.join(run)
            else:
                self._close()
                self._open = run

    def finish(self) -> list[Run]:
        """All bursts, once the last sample was followed."""
        self._close()
        self._drop_short()
        return self._bursts

    def _close(self) -> None:
        run, self._open = self._open, None
        if run is None or run.peak < self._least_peak:
            return
        last = self._bursts[-1] if self._bursts else None
        if last is not None and (run.start - last.stop) / self._fs_hz < self._merge_gap_s:
            last.join(run)
            return
        self._drop_short()
        self._bursts.append(run)

    def _drop_short(self) -> None:
        if not self._bursts:
            return
        last = self._bursts[-1]
        if (last.stop - last.start) / self._fs_hz < self._min_duration_s:
            self._bursts.pop()


def bursts_where(
    source: SignalSource,
    decide: Decide,
    merge_gap_s: float,
    min_duration_s: float,
    least_peaks: Sequence[float] | None = None,
) -> Iterator[dict[str, np.ndarray]]:
    """The table of bursts that are active as ``decide`` says; one pass.

    Parameters
    ----------
    decide
        Its blocks have to lie on a grid of the run where results are not to depend on cuts.
    least_peaks
        What a burst of each channel has to reach; none where not given.
    """
    signal = source.signal
    least = [-inf] * len(signal.channels) if least_peaks is None else least_peaks
    parts = []
    for segment, blocks in source.segments():
        tracks = [
            Track(
                signal.fs_hz,
                merge_gap_s=merge_gap_s,
                min_duration_s=min_duration_s,
                least_peak=least_peak,
            )
            for least_peak in least
        ]
        first = 0
        for values, active in decide(segment, blocks):
            for track, row, where in zip(tracks, values, active, strict=True):
                track.follow(row, where, first)
            first += values.shape[1]
        parts += [
            _rows_of(track.finish(), channel, segment, signal.fs_hz)
            for channel, track in enumerate(tracks)
        ]
    if parts:
        yield _in_order(parts, signal)


def _rows_of(
    runs: Sequence[Run], channel: int, segment: Segment, fs_hz: float
) -> dict[str, np.ndarray]:
    """Columns of one channel's bursts; the channel by its position."""
    import numpy as np

    start, stop, peak_at = (
        np.array([getattr(run, name) for run in runs], dtype=np.int64)
        for name in ("start", "stop", "peak_at")
    )
    area = [run.integral_stop - run.integral_start for run in runs]
    return {
        "onset": segment.start_s + start / fs_hz,
        "offset": segment.start_s + stop / fs_hz,
        "channel": np.full(len(runs), channel),
        "peak": np.array([run.peak for run in runs]),
        "duration_s": (stop - start) / fs_hz,
        "time_to_peak_s": (peak_at - start) / fs_hz,
        "area": np.array(area) / fs_hz,
        "clipped": (start == 0) | (stop == segment.count),
    }


def _in_order(parts: Sequence[dict[str, np.ndarray]], signal: Signal) -> dict[str, np.ndarray]:
    """One table of :func:`_rows_of`'s parts, by onset, with the names of channels."""
    import numpy as np

    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((table["channel"], table["onset"]))
    names = np.array(signal.channels, dtype=object)
    return {
        name: names[values[order]] if name == "channel" else values[order]
        for name, values in table.items()
    }
