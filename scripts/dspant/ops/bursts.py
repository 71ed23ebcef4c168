"""When a muscle is active: onsets and offsets of bursts in an envelope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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
    parts = []
    for segment, blocks in source.segments():
        tracks = [_Track(on[c], off[c], signal.fs_hz, params) for c in range(len(signal.channels))]
        first = 0
        for block in on_grid(blocks, GRID_SAMPLES):
            for track, values in zip(tracks, block, strict=True):
                track.follow(values, first)
            first += block.shape[1]
        parts += [
            _bursts(track.finish(), channel, segment, signal.fs_hz)
            for channel, track in enumerate(tracks)
        ]
    if not parts:
        return
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((table["channel"], table["onset"]))
    names = np.array(signal.channels, dtype=object)
    yield {
        name: names[values[order]] if name == "channel" else values[order]
        for name, values in table.items()
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


@dataclass(slots=True)
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
    """Bursts of one channel: runs above its off level that reach its on level, merged."""

    def __init__(self, on: float, off: float, fs_hz: float, params: DoubleThreshold) -> None:
        self._on = on
        self._off = off
        self._fs_hz = fs_hz
        self._params = params
        self._bursts: list[_Run] = []
        self._open: _Run | None = None
        self._integral = 0.0

    def follow(self, values: np.ndarray, first: int) -> None:
        import numpy as np

        above = np.r_[False, values >= self._off, False]
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
                self._close()
                self._open = run

    def finish(self) -> list[_Run]:
        """All bursts, once the last sample was followed."""
        self._close()
        self._drop_short()
        return self._bursts

    def _close(self) -> None:
        run, self._open = self._open, None
        if run is None or run.peak < self._on:
            return
        last = self._bursts[-1] if self._bursts else None
        if last is not None and (run.start - last.stop) / self._fs_hz < self._params.merge_gap_s:
            last.join(run)
            return
        self._drop_short()
        self._bursts.append(run)

    def _drop_short(self) -> None:
        if not self._bursts:
            return
        last = self._bursts[-1]
        if (last.stop - last.start) / self._fs_hz < self._params.min_duration_s:
            self._bursts.pop()


def _bursts(
    runs: list[_Run], channel: int, segment: Segment, fs_hz: float
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
