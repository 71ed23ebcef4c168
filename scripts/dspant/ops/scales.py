"""The scale a signal is stated on: relative to its own spread, or to a reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.moving import odd_samples
from dspant.ops.passes import Scope, running
from dspant.ops.registry import Held, Parameters, stream_operation
from dspant.ops.signal import Learned
from dspant.ops.statistics import moments, quantiles

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal, SignalSource

MAD_OF_NORMAL = 1.482602218505602
"""What turns the median absolute deviation of a normal distribution into its SD."""


class Normalise(Parameters):
    example = {"by": "zscore", "baseline_s": [0, 1]}

    by: Literal["zscore", "minmax", "robust", "mad", "value"]
    """``zscore``: (x - mean) / SD, N - 1. ``minmax``: (x - least) / (largest - least).
    ``robust``: (x - median) / (upper - lower quartile). ``mad``: (x - median) / (1.4826 x median
    absolute deviation). ``value``: x / value. Medians and quartiles are exact, and take about
    three passes over the recording each."""
    value: float | None = Field(default=None, gt=0)
    """What the signal is divided by, in its own unit; for ``value`` only."""
    baseline_s: Annotated[list[float], Len(2, 2)] | None = None
    """Start and end of the stretch that is measured, in seconds from block start; all of the
    recording where not given."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.by == "value") != (self.value is not None):
            raise ValueError("by: value needs value, and no other one has a use for it")
        if self.baseline_s is not None:
            if self.by == "value":
                raise ValueError("by: value measures nothing; leave baseline_s out")
            if self.baseline_s[0] >= self.baseline_s[1]:
                raise ValueError(f"baseline_s must rise, not {self.baseline_s}")
        return self

    @property
    def stretch_s(self) -> tuple[float, float] | None:
        return None if self.baseline_s is None else (self.baseline_s[0], self.baseline_s[1])


def _by_sd(scope: Scope) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    found = moments(scope)
    varies = found.largest > found.least  # rounding gives a constant an SD of its own
    return found.mean, np.where(varies, found.sd, 0.0)


def _by_range(scope: Scope) -> tuple[np.ndarray, np.ndarray]:
    found = moments(scope)
    return found.least, found.largest - found.least


def _by_quartiles(scope: Scope) -> tuple[np.ndarray, np.ndarray]:
    lower, median, upper = quantiles(scope, [0.25, 0.5, 0.75]).T
    return median, upper - lower


def _by_deviation(scope: Scope) -> tuple[np.ndarray, np.ndarray]:
    median = quantiles(scope, [0.5])[:, 0]
    deviation = quantiles(scope, [0.5], lambda channel, row: abs(row - median[channel]))[:, 0]
    return median, deviation * MAD_OF_NORMAL


_MEASURES: dict[str, Callable[[Scope], tuple[np.ndarray, np.ndarray]]] = {
    "zscore": _by_sd,
    "minmax": _by_range,
    "robust": _by_quartiles,
    "mad": _by_deviation,
}


def _scale(source: SignalSource, _further: list[Any], params: Normalise) -> Learned:
    import numpy as np

    channels = source.signal.channels
    if params.by == "value":
        centre, spread = np.zeros(len(channels)), np.full(len(channels), params.value)
    else:
        scope = Scope(source, params.stretch_s)
        scope.require(2, "baseline_s")
        centre, spread = _MEASURES[params.by](scope)
    flat = [name for name, width in zip(channels, spread, strict=True) if not width > 0]
    if flat:
        place = "the recording" if params.baseline_s is None else f"baseline_s {params.baseline_s}"
        raise OperationError(
            f"channels {flat} have no spread by {params.by} over {place}, so they cannot be "
            f"divided by it; leave them out, or choose another by or baseline_s"
        )
    return Learned(
        of_channels={"centre": centre, "spread": spread},
        stated={} if params.by == "value" else _stated(channels, centre=centre, spread=spread),
    )


def _stated(channels: tuple[str, ...], **found: np.ndarray) -> dict[str, dict[str, float]]:
    return {
        name: dict(zip(channels, values.tolist(), strict=True)) for name, values in found.items()
    }


def _without_unit(signal: Signal, _params: Normalise) -> Signal:
    return replace(signal, units=("1",) * len(signal.units))


@stream_operation(
    Normalise, version=1, learn=_scale, describe=_without_unit, holds=Held(6, scipy=False)
)
def normalise(blocks: Blocks, signal: Signal, params: Normalise, learned: Learned) -> Blocks:
    """Normalise each channel: y[n] = (x[n] - centre) / spread, without a unit (1).

    Centre and spread are each channel's own, over the whole recording with all its unbroken runs,
    or over ``baseline_s``; the metadata state them. A channel without spread is refused.

    Source: mad: F. R. Hampel, J. Am. Stat. Assoc. 69 (1974) 383; quartiles: definition 7 of R. J.
    Hyndman and Y. Fan, Am. Stat. 50 (1996) 361.
    """
    centre, spread = (learned.of_channels[name][:, None] for name in ("centre", "spread"))
    return ((block - centre) / spread for block in blocks)


class NormaliseTo(Parameters):
    example = {"statistic": "mean", "window_s": 0.5}

    statistic: Literal["peak", "peak_to_peak", "mean", "rms", "quantile"]
    """What of the reference is 100 %. ``peak``: the largest |x|. ``peak_to_peak``: largest minus
    least x, as of an M wave. ``mean``: mean of |x|. ``rms``: root mean square. ``quantile``: of
    |x|, exact."""
    window_s: float | None = Field(default=None, gt=0)
    """``mean`` and ``rms`` are the largest of all windows of this length in seconds, taken as the
    nearest odd number of samples; of the whole reference where not given."""
    quantile: float | None = Field(default=None, gt=0, le=1)
    """Part of the reference that lies below, such as 0.95; for ``quantile`` only."""

    @model_validator(mode="after")
    def _fits_the_statistic(self) -> Self:
        if (self.statistic == "quantile") != (self.quantile is not None):
            raise ValueError("statistic quantile needs quantile, and no other one has a use for it")
        if self.window_s is not None and self.statistic not in {"mean", "rms"}:
            raise ValueError("window_s goes with statistic mean or rms")
        return self


def _reference(source: SignalSource, further: list[Any], params: NormaliseTo) -> Learned:
    import numpy as np

    (reference,) = further
    rows = _matching(source.signal, reference.signal)
    scope = Scope(reference)
    scope.require(1, "the reference")
    found = _measured(scope, params)[rows]
    names = source.signal.channels
    silent = [name for name, level in zip(names, found, strict=True) if not level > 0]
    if silent:
        raise OperationError(
            f"channels {silent} of the reference have a {params.statistic} of 0, so nothing can "
            f"be stated as a part of it; choose a reference in which they are active"
        )
    return Learned(
        of_channels={"reference": np.asarray(found)}, stated=_stated(names, reference=found)
    )


def _matching(signal: Signal, reference: Signal) -> list[int]:
    """Where the reference holds each of the signal's channels."""
    missing = [name for name in signal.channels if name not in reference.channels]
    if missing:
        raise OperationError(
            f"the reference has no channels {missing}, it has {list(reference.channels)}; "
            f"channels are matched by name, so name them alike or leave these out"
        )
    rows = [reference.channels.index(name) for name in signal.channels]
    for name, unit, row in zip(signal.channels, signal.units, rows, strict=True):
        if reference.units[row] != unit:
            raise OperationError(
                f"channel {name!r} is in {unit}, but in {reference.units[row]} in the reference; "
                f"give both the same steps and the same unit"
            )
    return rows


def _measured(scope: Scope, params: NormaliseTo) -> np.ndarray:
    """What is 100 % of each of the reference's channels."""
    import numpy as np

    if params.window_s is not None:
        return _largest_window(scope.source, params)
    if params.statistic == "quantile":
        return quantiles(scope, [params.quantile], lambda _channel, row: abs(row))[:, 0]
    if params.statistic == "mean":
        return moments(scope, lambda _channel, row: abs(row)).mean
    if params.statistic == "rms":
        return np.sqrt(moments(scope, lambda _channel, row: row * row).mean)
    found = moments(scope)
    if params.statistic == "peak":
        return np.maximum(found.largest, -found.least)
    return found.largest - found.least


def _largest_window(source: SignalSource, params: NormaliseTo) -> np.ndarray:
    """The largest mean of any whole window of each channel."""
    import numpy as np

    from dspant.ops.blocks import with_context
    from dspant.ops.kernels.moving import moving_mav, moving_rms

    signal = source.signal
    length = odd_samples(params.window_s, signal.fs_hz)
    if all(run.count < length for run in signal.segments):
        raise OperationError(
            f"window_s {params.window_s:g} is longer than the reference, which runs from "
            f"{running(signal)}; choose a shorter window_s"
        )
    windowed = moving_rms if params.statistic == "rms" else moving_mav
    largest = np.zeros(len(signal.channels))
    for run, blocks in source.segments():
        if run.count < length:
            continue
        for x, _, _ in with_context(blocks, before=length - 1, after=0):
            if x.shape[1] >= length:
                np.maximum(largest, windowed(x, length).max(axis=1), out=largest)
    return largest


def _in_percent(signal: Signal, _params: NormaliseTo) -> Signal:
    return replace(signal, units=("%",) * len(signal.units))


@stream_operation(
    NormaliseTo,
    version=1,
    takes=("stream", "stream"),
    learn=_reference,
    describe=_in_percent,
    holds=Held(7),
)
def normalise_to(blocks: Blocks, signal: Signal, params: NormaliseTo, learned: Learned) -> Blocks:
    """State each channel in percent of a reference recording: y[n] = 100 x[n] / reference.

    The reference is the node's further input, such as the same envelope of a maximal voluntary
    contraction (``from: [envelope, {node: envelope, recording: mvc}]``, where the column mvc of
    the sheet names that recording), or an M wave. Channels are matched by name and must have the
    same unit; the metadata state each one's reference. No window crosses a gap.

    Source: R. Merletti, Standards for Reporting EMG Data, J. Electromyogr. Kinesiol. 9 (1999) III;
    A. Burden, J. Electromyogr. Kinesiol. 20 (2010) 1023.
    """
    reference = learned.of_channels["reference"][:, None]
    return (block * (100 / reference) for block in blocks)
