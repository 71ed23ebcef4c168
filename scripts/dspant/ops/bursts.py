"""When a muscle is active: onsets and offsets of bursts in an envelope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.blocks import GRID_SAMPLES, on_grid
from dspant.ops.registry import Parameters, epoc_operation
from dspant.ops.signal import Column, Events, Segment, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np


class DoubleThreshold(Parameters):
    example = {
        "on_sd": 3,
        "off_sd": 1.5,
        "baseline_s": [0, 1],
        "min_duration_s": 0.02,
        "merge_gap_s": 0.02,
    }

    on_sd: float | None = Field(default=None, ge=0)
    """A burst must reach the baseline's mean plus this many standard deviations."""
    off_sd: float | None = Field(default=None, ge=0)
    """It lasts while above the baseline's mean plus this many standard deviations; ``on_sd``
    where not given."""
    on_level: float | None = None
    """A burst must reach this level, in the signal's unit; instead of ``on_sd``."""
    off_level: float | None = None
    """It lasts while at or above this level, in the signal's unit; ``on_level`` where not
    given."""
    baseline_s: Annotated[list[float], Len(2, 2)] | None = None
    """Start and end of the quiet stretch that ``on_sd`` refers to, in seconds from block start."""
    min_duration_s: float = Field(default=0.0, ge=0)
    """Shorter bursts are dropped, after merging."""
    merge_gap_s: float = Field(default=0.0, ge=0)
    """Bursts with a shorter pause between them are one burst."""

    @model_validator(mode="after")
    def _one_way_to_set_levels(self) -> Self:
        by_sd = self.on_sd is not None
        if by_sd == (self.on_level is not None):
            raise ValueError("give either on_sd (with baseline_s) or on_level")
        if by_sd and self.baseline_s is None:
            raise ValueError("on_sd needs baseline_s, the quiet stretch it refers to")
        if by_sd and self.off_level is not None:
            raise ValueError("off_level goes with on_level; with on_sd give off_sd")
        if not by_sd and (self.off_sd is not None or self.baseline_s is not None):
            raise ValueError("off_sd and baseline_s go with on_sd, not with on_level")
        on, off = (self.on_sd, self.off_sd) if by_sd else (self.on_level, self.off_level)
        if off is not None and off > on:
            raise ValueError(f"the off threshold ({off:g}) must not be above the on one ({on:g})")
        if self.baseline_s is not None and self.baseline_s[0] >= self.baseline_s[1]:
            raise ValueError(f"baseline_s must rise, not {self.baseline_s}")
        return self


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


def _columns(signal: Signal, _events: list[Events], _params: Any) -> dict[str, Column]:
    unit = common_unit(signal)
    return {
        "onset": Column("float64", "s", "first sample at or above the off threshold"),
        "offset": Column("float64", "s", "first sample below the off threshold again"),
        "channel": Column("string", "", "channel the burst is on"),
        "peak": Column("float64", unit, "largest value"),
        "duration_s": Column("float64", "s", "offset minus onset"),
        "time_to_peak_s": Column("float64", "s", "time from onset to the largest value"),
        "area": Column("float64", f"{unit} s", "integral from onset to offset"),
        "clipped": Column("bool", "", "cut by an end of the recording or a gap"),
    }


def _baseline_reach_s(params: DoubleThreshold) -> float:
    return 0.0 if params.baseline_s is None else params.baseline_s[1] - params.baseline_s[0]


@epoc_operation(DoubleThreshold, version=1, columns=_columns, reach_s=_baseline_reach_s)
def double_threshold(
    source: SignalSource, _events: list[Events], params: DoubleThreshold
) -> Iterator[dict[str, np.ndarray]]:
    """Find bursts that rise above one threshold and last while above a lower one.

    Levels are each channel's own: mean and standard deviation (N - 1) of the baseline. Bursts
    that reach the upper level are merged over short pauses first, then short ones are dropped,
    so an onset and its offset always belong together. No burst crosses a gap.

    Source: hysteresis thresholds after P. W. Hodges and B. H. Bui, Electroencephalogr. Clin.
    Neurophysiol. 101 (1996) 511.
    """
    import numpy as np

    signal = source.signal
    on, off = _levels(source, params)
    rows: list[dict[str, Any]] = []
    for segment, blocks in source.segments():
        tracks = [_Track(on[c], off[c]) for c in range(len(signal.channels))]
        first = 0
        for block in on_grid(blocks, GRID_SAMPLES):
            for track, values in zip(tracks, block, strict=True):
                track.follow(values, first)
            first += block.shape[1]
        for channel, track in zip(signal.channels, tracks, strict=True):
            track.close()
            rows += _bursts(track, channel, segment, signal.fs_hz, params)
    rows.sort(key=lambda row: (row["onset"], signal.channels.index(row["channel"])))
    columns = _columns(signal, [], params)
    yield {
        name: np.array(
            [row[name] for row in rows],
            dtype=object if column.dtype == "string" else column.dtype,
        )
        for name, column in columns.items()
    }


def _levels(source: SignalSource, params: DoubleThreshold) -> tuple[list[float], list[float]]:
    if params.on_level is not None:
        off = params.on_level if params.off_level is None else params.off_level
        count = len(source.signal.channels)
        return [params.on_level] * count, [off] * count
    quiet = _baseline(source, *params.baseline_s)
    mean, sd = quiet.mean(axis=1), quiet.std(axis=1, ddof=1)
    off_sd = params.on_sd if params.off_sd is None else params.off_sd
    return list(mean + params.on_sd * sd), list(mean + off_sd * sd)


def _baseline(source: SignalSource, start_s: float, end_s: float) -> np.ndarray:
    import numpy as np

    fs_hz = source.signal.fs_hz
    parts = []
    for segment, blocks in source.segments():
        first = max(round((start_s - segment.start_s) * fs_hz), 0)
        last = min(round((end_s - segment.start_s) * fs_hz), segment.count)
        position = 0
        for block in blocks:
            if position >= last:
                break
            parts.append(block[:, max(first - position, 0) : max(last - position, 0)])
            position += block.shape[1]
    quiet = np.ascontiguousarray(np.concatenate(parts, axis=1)) if parts else np.empty((0, 0))
    if quiet.shape[1] < 2:
        runs = ", ".join(
            f"{s.start_s:g} to {s.start_s + s.count / fs_hz:g} s" for s in source.signal.segments
        )
        raise OperationError(
            f"baseline_s [{start_s:g}, {end_s:g}] holds {quiet.shape[1]} samples; the signal runs "
            f"from {runs}; choose a quiet stretch inside it"
        )
    return quiet


@dataclass
class _Run:
    """Samples ``start`` to ``stop`` of a segment, with the running integral at both."""

    start: int
    stop: int
    peak: float
    peak_at: int
    integral_start: float
    integral_stop: float

    def join(self, later: _Run) -> None:
        if later.peak > self.peak:
            self.peak, self.peak_at = later.peak, later.peak_at
        self.stop, self.integral_stop = later.stop, later.integral_stop


class _Track:
    """Runs of one channel at or above its off level that reach its on level."""

    def __init__(self, on: float, off: float) -> None:
        self.on = on
        self.off = off
        self.runs: list[_Run] = []
        self._open: _Run | None = None
        self._integral = 0.0

    def follow(self, values: np.ndarray, first: int) -> None:
        import numpy as np

        above = np.r_[False, values >= self.off, False]
        edges = np.flatnonzero(above[1:] != above[:-1])
        integral = np.r_[0.0, np.cumsum(values)] + self._integral
        self._integral = float(integral[-1])
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            peak_at = start + int(np.argmax(values[start:stop]))
            run = _Run(
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
                self.close()
                self._open = run

    def close(self) -> None:
        if self._open is not None and self._open.peak >= self.on:
            self.runs.append(self._open)
        self._open = None


def _bursts(
    track: _Track, channel: str, segment: Segment, fs_hz: float, params: DoubleThreshold
) -> Iterator[dict[str, Any]]:
    merged: list[_Run] = []
    for run in track.runs:
        if merged and (run.start - merged[-1].stop) / fs_hz < params.merge_gap_s:
            merged[-1].join(run)
        else:
            merged.append(replace(run))
    for run in merged:
        if (run.stop - run.start) / fs_hz < params.min_duration_s:
            continue
        yield {
            "onset": segment.start_s + run.start / fs_hz,
            "offset": segment.start_s + run.stop / fs_hz,
            "channel": channel,
            "peak": run.peak,
            "duration_s": (run.stop - run.start) / fs_hz,
            "time_to_peak_s": (run.peak_at - run.start) / fs_hz,
            "area": (run.integral_stop - run.integral_start) / fs_hz,
            "clipped": run.start == 0 or run.stop == segment.count,
        }
