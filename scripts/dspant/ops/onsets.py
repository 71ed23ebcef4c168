"""When a muscle becomes active: further methods, all with the table of ``double_threshold``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from dspant.ops.baselines import (
    WAYS,
    Baseline,
    NeedsBaseline,
    Quiet,
    epoc_of_baseline,
    quiet_of,
    varying,
)
from dspant.ops.blocks import with_context
from dspant.ops.bursts import bursts_above
from dspant.ops.registry import Held, epoc_operation
from dspant.ops.runs import Pairs, bursts_where, columns_of
from dspant.ops.signal import Column, Events, Segment, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


class SingleThreshold(Baseline, Pairs):
    example = {"sd": 3, "baseline_s": [0, 1], "min_duration_s": 0.02}

    sd: float | None = Field(default=None, ge=0)
    """The level is the baseline's mean plus this many standard deviations."""
    level: float | None = None
    """The level itself, in the signal's unit."""
    part_of_peak: float | None = Field(default=None, gt=0, lt=1)
    """The level lies this part of the way from the baseline's mean, or from zero without a
    baseline, to the channel's largest value, which takes a pass of its own."""

    @model_validator(mode="after")
    def _one_level(self) -> Self:
        given = [n for n in ("sd", "level", "part_of_peak") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of sd, level or part_of_peak, found {given or 'none'}")
        if self.sd is not None and not self.ways:
            raise ValueError(f"sd needs {' or '.join(WAYS)}, the quiet stretch it refers to")
        if self.level is not None and self.ways:
            raise ValueError("a baseline goes with sd or part_of_peak, not with level")
        return self


def _of_level(signal: Signal, _events: list[Events], _params: Any) -> dict[str, Column]:
    return columns_of(signal, "first sample at or above the level", "first sample below it again")


@epoc_operation(
    SingleThreshold,
    version=1,
    columns=_of_level,
    also_takes=epoc_of_baseline,
    holds=Held(2, scipy=False),
)
def single_threshold(
    source: SignalSource, further: list[Events], params: SingleThreshold
) -> Iterator[dict[str, np.ndarray]]:
    """Find bursts that last while the signal is at or above one level.

    Merging and minimum duration act on an onset and its offset together. After ``tkeo``,
    ``rectify`` and ``lowpass`` this is the onset detection of Solnik et al.

    Source: C. J. De Luca, J. Appl. Biomech. 13 (1997) 135; S. Solnik, P. Rider, K. Steinweg, P.
    DeVita and T. Hortobagyi, Eur. J. Appl. Physiol. 110 (2010) 489.
    """
    import numpy as np

    count = len(source.signal.channels)
    if params.level is not None:
        level = np.full(count, params.level)
    elif params.sd is not None:
        quiet = varying(quiet_of(source, further, params), source.signal)
        level = quiet.mean + params.sd * quiet.sd
    else:
        base = quiet_of(source, further, params).mean if params.ways else np.zeros(count)
        level = base + params.part_of_peak * (_largest(source) - base)
    yield from bursts_above(source, level, level, params)


def _largest(source: SignalSource) -> np.ndarray:
    import numpy as np

    most = np.full(len(source.signal.channels), -np.inf)
    for _, blocks in source.segments():
        for block in blocks:
            if block.shape[1]:
                most = np.maximum(most, block.max(axis=1))
    return most


class HodgesBui(NeedsBaseline, Pairs):
    example = {"sd": 3, "window_s": 0.025, "baseline_s": [0, 1]}

    sd: float = Field(default=3.0, ge=0)
    """The mean of a window must exceed the baseline's mean by this many standard deviations."""
    window_s: float = Field(default=0.025, gt=0)
    """Length of the window that follows a sample, in seconds."""


def _of_window(signal: Signal, _events: list[Events], _params: Any) -> dict[str, Column]:
    return columns_of(
        signal,
        "first sample of the first window whose mean is above the level",
        "first sample of the first window whose mean is not above it any more",
    )


def _window_reach_s(params: HodgesBui) -> float:
    return 4 * params.window_s


@epoc_operation(
    HodgesBui,
    version=1,
    columns=_of_window,
    also_takes=epoc_of_baseline,
    reach_s=_window_reach_s,
    holds=Held(6, scipy=False),
)
def hodges_bui(
    source: SignalSource, further: list[Events], params: HodgesBui
) -> Iterator[dict[str, np.ndarray]]:
    """Find bursts by the mean of the window that follows each sample of an envelope.

    A sample is active where sum(x[n] ... x[n + N - 1]) / N exceeds the baseline's mean by ``sd``
    standard deviations of its samples. Samples too near to the end of a run for a window are as
    the last one that has one. Best after ``rectify`` and a low-pass at 50 Hz, as published.

    Source: P. W. Hodges and B. H. Bui, Electroencephalogr. Clin. Neurophysiol. 101 (1996) 511.
    """
    quiet = varying(quiet_of(source, further, params), source.signal)
    length = max(round(params.window_s * source.signal.fs_hz), 1)

    def decide(_segment: Segment, blocks: Blocks) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return _by_following_mean(blocks, quiet, params.sd, length)

    yield from bursts_where(source, decide, params.merge_gap_s, params.min_duration_s)


def _by_following_mean(
    blocks: Blocks, quiet: Quiet, sd: float, length: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    import numpy as np

    mean, level = quiet.mean[:, np.newaxis], (length * sd * quiet.sd)[:, np.newaxis]
    last = np.zeros((len(mean), 1), dtype=bool)
    for x, _, right in with_context(blocks, before=0, after=length - 1):
        sums = np.cumsum(np.concatenate([np.zeros_like(mean), x - mean], axis=1), axis=1)
        active = sums[:, length:] - sums[:, :-length] > level
        own = x[:, : x.shape[1] - right]
        last = active[:, -1:] if active.shape[1] else last
        held = np.repeat(last, own.shape[1] - active.shape[1], axis=1)
        yield own, np.concatenate([active, held], axis=1)
