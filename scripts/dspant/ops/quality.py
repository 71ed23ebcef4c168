"""Bad stretches of a recording: where an amplifier is at its limit, where a signal is lost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from dspant.ops.passes import Scope
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.runs import common_unit
from dspant.ops.signal import Column, Events, Segment, Signal, SignalSource
from dspant.ops.stretches import SAME_SAMPLE, Stretches, rows

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.stretches import Stretch

Found = list[tuple[Segment, int, list["Stretch"]]]


class Clipping(Parameters):
    example = {"level": "auto", "min_samples": 3}

    level: Annotated[float, Field(gt=0)] | Literal["auto"] = "auto"
    """The limits are + and - this value, in the signal's unit; ``auto``: each channel's largest
    and smallest value in the recording."""
    min_samples: int = Field(default=3, ge=1)
    """Number of samples in a row that have to be at the limit; a sine that is not clipped holds
    its largest value for one or two."""
    min_duration_s: float = Field(default=0.0, ge=0)
    """Shortest stretch in seconds, where that is more than ``min_samples``."""
    tolerance: float = Field(default=0.0, ge=0)
    """How far from the limit a sample still is at it, in the signal's unit; for signals that
    were filtered or resampled after they were clipped."""


class Dropouts(Parameters):
    example = {"min_duration_s": 0.01}

    min_duration_s: float = Field(gt=0)
    """Shortest stretch in seconds."""
    tolerance: float = Field(default=0.0, ge=0)
    """How far neighbouring samples may be apart, in the signal's unit."""


def _columns(
    signal: Signal, _events: list[Events], _params: Clipping | Dropouts
) -> dict[str, Column]:
    return {
        "onset": Column("float64", "s", "first sample of the stretch"),
        "offset": Column("float64", "s", "one sample after the last of the stretch"),
        "channel": Column("string", "", "channel the stretch is on"),
        "level": Column("float64", common_unit(signal), "value the signal stays at"),
    }


def _samples(duration_s: float, fs_hz: float) -> int:
    return math.ceil(duration_s * fs_hz - SAME_SAMPLE)


@epoc_operation(
    Clipping, version=1, columns=_columns, holds=Held(4, scipy=False), looks_for_faults=True
)
def clipping(
    source: SignalSource, _events: list[Events], params: Clipping
) -> Iterator[dict[str, np.ndarray]]:
    """Find where a channel stays at its limit: x[n] >= high - tolerance, or <= low + tolerance.

    The limits, high and low, are the level and its negative, or what the channel itself reaches.
    So many samples in a row have to be at one of them; a channel that has one value only is lost
    rather than clipped (see `dropouts`). Look at what was recorded, not at what was filtered: a
    filter rounds what was cut off. No stretch crosses a gap.

    Source: defined here; an amplifier or converter beyond its range repeats its largest value.
    """
    signal = source.signal
    limits = _limits(source, params)
    least = max(params.min_samples, _samples(params.min_duration_s, signal.fs_hz))
    found: Found = []
    for segment, blocks in source.segments():
        tracks = [(Stretches(least), Stretches(least)) for _ in signal.channels]
        first = 0
        for block in blocks:
            for row, (high, low), (at_high, at_low) in zip(block, limits, tracks, strict=True):
                if high <= low:
                    continue
                at_high.follow(row >= high - params.tolerance, _same(high, row), first)
                at_low.follow(row <= low + params.tolerance, _same(low, row), first)
            first += block.shape[1]
        for channel, sides in enumerate(tracks):
            for side in sides:
                side.finish(first)
                found.append((segment, channel, side.found))
    if any(stretches for *_, stretches in found):
        yield rows(found, signal)


def _same(value: float, row: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.broadcast_to(value, row.shape)


def _limits(source: SignalSource, params: Clipping) -> list[tuple[float, float]]:
    """High and low limit of each channel."""
    import numpy as np

    channels = len(source.signal.channels)
    if params.level != "auto":
        return [(params.level, -params.level)] * channels
    high, low = np.full(channels, -np.inf), np.full(channels, np.inf)
    for _, _, _, block in Scope(source).blocks():
        np.maximum(high, block.max(axis=1), out=high)
        np.minimum(low, block.min(axis=1), out=low)
    return list(zip(high.tolist(), low.tolist(), strict=True))


@epoc_operation(
    Dropouts, version=1, columns=_columns, holds=Held(4, scipy=False), looks_for_faults=True
)
def dropouts(
    source: SignalSource, _events: list[Events], params: Dropouts
) -> Iterator[dict[str, np.ndarray]]:
    """Find where a channel is flat: |x[n] - x[n-1]| <= tolerance for so long.

    A stretch of n samples lasts n / fs seconds; its level is the value it begins with. No stretch
    crosses a gap.

    Source: as flat spans are defined by MNE-Python's ``annotate_amplitude``; A. Gramfort et al.,
    Front. Neurosci. 7 (2013) 267.
    """
    signal = source.signal
    least = max(_samples(params.min_duration_s, signal.fs_hz), 2)
    found: Found = []
    for segment, blocks in source.segments():
        tracks = [_Flat(least, params.tolerance) for _ in signal.channels]
        first = 0
        for block in blocks:
            for track, row in zip(tracks, block, strict=True):
                track.follow(row, first)
            first += block.shape[1]
        found += [(segment, c, track.stretches(first)) for c, track in enumerate(tracks)]
    if any(stretches for *_, stretches in found):
        yield rows(found, signal)


class _Flat:
    """Flat stretches of one channel, as stretches of neighbours that are alike."""

    def __init__(self, least: int, tolerance: float) -> None:
        self._pairs = Stretches(least - 1)
        self._tolerance = tolerance
        self._last: float | None = None

    def follow(self, row: np.ndarray, first: int) -> None:
        import numpy as np

        if not len(row):
            return
        x = row if self._last is None else np.r_[self._last, row]
        self._last = float(row[-1])
        alike = np.abs(np.diff(x)) <= self._tolerance
        self._pairs.follow(alike, x[:-1], first + len(row) - len(alike))

    def stretches(self, end: int) -> list[Stretch]:
        """All of them, once the last sample was followed."""
        self._pairs.finish(end)
        return [(start - 1, stop, value) for start, stop, value in self._pairs.found]
