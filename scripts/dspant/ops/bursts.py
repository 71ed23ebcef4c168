"""When a muscle is active: onsets and offsets of bursts in an envelope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from dspant.ops import blocks as cutting
from dspant.ops.baselines import WAYS, Baseline, epoc_of_baseline, quiet_of, varying
from dspant.ops.blocks import on_grid
from dspant.ops.registry import Held, epoc_operation
from dspant.ops.runs import Pairs, bursts_where, columns_of
from dspant.ops.signal import Column, Events, Segment, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


class DoubleThreshold(Baseline, Pairs):
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

    @model_validator(mode="after")
    def _one_way_to_set_levels(self) -> Self:
        by_sd = self.on_sd is not None
        if by_sd == (self.on_level is not None):
            raise ValueError("give either on_sd (with baseline_s) or on_level")
        if by_sd and not self.ways:
            raise ValueError(f"on_sd needs {' or '.join(WAYS)}, the quiet stretch it refers to")
        if by_sd and self.off_level is not None:
            raise ValueError("off_level goes with on_level; with on_sd give off_sd")
        if not by_sd and (self.off_sd is not None or self.ways):
            raise ValueError("off_sd and a baseline go with on_sd, not with on_level")
        on, off = (self.on_sd, self.off_sd) if by_sd else (self.on_level, self.off_level)
        if off is not None and off > on:
            raise ValueError(f"the off threshold ({off:g}) must not be above the on one ({on:g})")
        return self


def _columns(signal: Signal, _events: list[Events], _params: Any) -> dict[str, Column]:
    return columns_of(
        signal, "first sample at or above the off threshold", "first sample below it again"
    )


@epoc_operation(
    DoubleThreshold,
    version=2,
    columns=_columns,
    also_takes=epoc_of_baseline,
    holds=Held(2, scipy=False),
)
def double_threshold(
    source: SignalSource, further: list[Events], params: DoubleThreshold
) -> Iterator[dict[str, np.ndarray]]:
    """Find bursts that rise above one threshold and last while above a lower one.

    Levels are each channel's own: mean and standard deviation (N - 1) of the baseline. Bursts
    that reach the upper level are merged over short pauses first, then short ones are dropped,
    so an onset and its offset always belong together. No burst crosses a gap.

    Source: hysteresis thresholds after P. W. Hodges and B. H. Bui, Electroencephalogr. Clin.
    Neurophysiol. 101 (1996) 511.
    """
    on, off = _levels(source, further, params)
    yield from bursts_above(source, on, off, params)


def bursts_above(
    source: SignalSource, on: Sequence[float], off: Sequence[float], pairs: Pairs
) -> Iterator[dict[str, np.ndarray]]:
    """Bursts of each channel that last while at or above ``off`` and reach ``on``."""
    import numpy as np

    least = np.asarray(off, dtype=np.float64)[:, np.newaxis]

    def decide(_segment: Segment, blocks: Blocks) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return ((x, x >= least) for x in on_grid(blocks, cutting.GRID_SAMPLES))

    return bursts_where(source, decide, pairs.merge_gap_s, pairs.min_duration_s, on)


def _levels(
    source: SignalSource, further: Sequence[Events], params: DoubleThreshold
) -> tuple[list[float], list[float]]:
    if params.on_level is not None:
        off = params.on_level if params.off_level is None else params.off_level
        count = len(source.signal.channels)
        return [params.on_level] * count, [off] * count
    quiet = varying(quiet_of(source, further, params), source.signal)
    off_sd = params.on_sd if params.off_sd is None else params.off_sd
    return list(quiet.mean + params.on_sd * quiet.sd), list(quiet.mean + off_sd * quiet.sd)
