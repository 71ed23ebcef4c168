"""The level a signal lies at: constant offsets and slow drifts, taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.ops.moving import centred_means, odd_samples
from dspant.ops.passes import Scope, run_number, starts_of
from dspant.ops.registry import Held, Parameters, stream_operation
from dspant.ops.shelf import Shelf
from dspant.ops.signal import Learned
from dspant.ops.statistics import moments, quantiles

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal, SignalSource


class RemoveOffset(Parameters):
    example = {"over": "run"}

    statistic: Literal["mean", "median"] = "mean"
    """What the offset is. The median is exact and not moved by artefacts; it takes about three
    passes over the recording."""
    over: Literal["recording", "run"] = "recording"
    """``recording``: one offset per channel. ``run``: one per channel and unbroken run."""
    baseline_s: Annotated[list[float], Len(2, 2)] | None = None
    """Start and end of the stretch that the offset is taken from, in seconds from block start; all
    of the recording where not given."""
    window_s: float | None = Field(default=None, gt=0)
    """Take off the moving mean over a centred window of this length in seconds, instead of one
    constant."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.baseline_s is not None:
            if self.baseline_s[0] >= self.baseline_s[1]:
                raise ValueError(f"baseline_s must rise, not {self.baseline_s}")
            if self.over == "run":
                raise ValueError("baseline_s is one stretch of the recording; leave out over: run")
        others = (self.statistic, self.over, self.baseline_s)
        if self.window_s is not None and others != ("mean", "recording", None):
            raise ValueError("window_s takes off a moving mean; leave the other parameters out")
        return self

    @property
    def stretch_s(self) -> tuple[float, float] | None:
        return None if self.baseline_s is None else (self.baseline_s[0], self.baseline_s[1])


def _offsets(source: SignalSource, _further: list[object], params: RemoveOffset) -> Learned:
    import numpy as np

    if params.window_s is not None:
        return Learned()
    starts_s = starts_of(source.signal)
    if params.over == "run":
        found = [_offset(Scope(source, run=i), params) for i in range(len(starts_s))]
    else:
        found = [_offset(Scope(source, params.stretch_s), params)] * len(starts_s)
    offsets = np.stack(found, axis=1)
    per_run = {c: row.tolist() for c, row in zip(source.signal.channels, offsets, strict=True)}
    constant = {channel: values[0] for channel, values in per_run.items()}
    return Learned(
        of_channels={"offsets": offsets},
        of_all={"starts_s": starts_s},
        stated={"offset": per_run if params.over == "run" else constant},
    )


def _offset(scope: Scope, params: RemoveOffset) -> np.ndarray:
    scope.require(1, "baseline_s")
    if params.statistic == "median":
        return quantiles(scope, [0.5])[:, 0]
    return moments(scope).mean


def _window_reach_s(params: RemoveOffset) -> float:
    return 0.0 if params.window_s is None else params.window_s / 2


@stream_operation(
    RemoveOffset, version=1, learn=_offsets, reach_s=_window_reach_s, holds=Held(7, reaches=20)
)
def remove_offset(blocks: Blocks, signal: Signal, params: RemoveOffset, learned: Learned) -> Blocks:
    """Take off a constant: y[n] = x[n] - mean(x), or the median, or the moving mean.

    Sums are in float64 and merged block by block, so a large offset costs no digits. The moving
    mean is cut at the ends of an unbroken run as the window of ``rms_envelope``.

    Source: T. F. Chan, G. H. Golub and R. J. LeVeque, Am. Stat. 37 (1983) 242.
    """
    if params.window_s is not None:
        return _without_moving_mean(blocks, odd_samples(params.window_s, signal.fs_hz))
    run = run_number(signal, learned.of_all["starts_s"])
    offsets = learned.of_channels["offsets"][:, run, None]
    return (block - offsets for block in blocks)


def _without_moving_mean(blocks: Blocks, length: int) -> Blocks:
    from dspant.ops.kernels.moving import moving_mean

    shelf = Shelf()
    for mean in centred_means(_kept(blocks, shelf), length, moving_mean):
        yield shelf.view(0, mean.shape[1]) - mean
        shelf.drop(mean.shape[1])


def _kept(blocks: Blocks, shelf: Shelf) -> Blocks:
    for block in blocks:
        shelf.add(block)
        yield block


class Detrend(Parameters):
    example = {"order": 1}

    order: int = Field(default=1, ge=0, le=20)
    """Order of the polynomial: 0 a constant, 1 a straight line. A run of no more samples than the
    order has one fewer than it has samples."""


def _trends(source: SignalSource, _further: list[object], params: Detrend) -> Learned:
    """Inner products of each channel and run with orthonormal polynomials on its samples."""
    import numpy as np

    runs = source.signal.segments
    weights = np.zeros((len(source.signal.channels), len(runs), params.order + 1))
    for run, segment, first, block in Scope(source).blocks():
        basis = _polynomials(first, block.shape[1], segment.count, params.order)
        for order, polynomial in enumerate(basis):
            for channel, row in enumerate(block):
                weights[channel, run, order] += (row * polynomial).sum()
    return Learned(of_channels={"weights": weights}, of_all={"starts_s": starts_of(source.signal)})


def _polynomials(first: int, samples: int, count: int, order: int) -> list[np.ndarray]:
    """Polynomials that are orthonormal on a run of ``count`` samples, on some of its samples.

    Discrete Legendre (Gram) polynomials, by their recurrence of three terms.
    """
    import numpy as np

    place = np.arange(first, first + samples, dtype=np.float64)
    x = (2 * place - (count - 1)) / max(count - 1, 1)
    made, before, now, back = [], np.zeros(samples), np.full(samples, count**-0.5), 0.0
    for k in range(1, min(order, count - 1) + 2):
        made.append(now)
        if k < count:
            scale = count / (count - 1) * ((1 - (k / count) ** 2) / (4 - 1 / k**2)) ** 0.5
            before, now, back = now, (x * now - back * before) / scale, scale
    return made


@stream_operation(Detrend, version=1, learn=_trends, holds=Held(5, scipy=False))
def detrend(blocks: Blocks, signal: Signal, params: Detrend, learned: Learned) -> Blocks:
    """Take off the polynomial of least squares: y[n] = x[n] - sum c[k] p[k](n), in each run.

    The polynomials p[k] are orthonormal on the samples of the unbroken run, so the fit needs no
    matrix and keeps its digits at high orders and in long recordings. It takes a pass of its own.

    Source: J. P. Gram, J. reine angew. Math. 94 (1883) 41; F. B. Hildebrand, Introduction to
    Numerical Analysis (1974), section 7.13.
    """
    run = run_number(signal, learned.of_all["starts_s"])
    weights = learned.of_channels["weights"][:, run]
    count, first = signal.segments[0].count, 0
    for block in blocks:
        for order, p in enumerate(_polynomials(first, block.shape[1], count, params.order)):
            for row, weight in zip(block, weights[:, order], strict=True):
                row -= weight * p  # noqa: PLW2901
        first += block.shape[1]
        yield block
