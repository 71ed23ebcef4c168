"""What a muscle at rest looks like: mean and standard deviation of the quiet parts of a signal.

One choice for all operations that compare with a baseline: a stretch of time, the intervals of a
further epoc, or the quietest windows. Sums are made on a grid of the unbroken run and joined in
order, so they depend on no cut and memory on no length but that of the quiet windows' list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops import blocks as cutting
from dspant.ops.registry import Kind, Parameters
from dspant.ops.signal import Events, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

ROUNDING = 1e-12
"""Part of its mean by which a constant may seem to vary through rounding."""

WAYS = ("baseline_s", "baseline_epoc", "baseline_quantile")


class Baseline(Parameters):
    """The quiet stretch that an operation compares with."""

    baseline_s: Annotated[list[float], Len(2, 2)] | None = None
    """Start and end of the quiet stretch, in seconds from block start."""
    baseline_epoc: bool = False
    """The quiet stretches are the intervals of the node's further input, an epoc."""
    baseline_quantile: float | None = Field(default=None, gt=0, le=1)
    """The quiet stretches are each channel's windows of least power, this part of all of them."""
    baseline_window_s: float = Field(default=0.25, gt=0)
    """Length of the windows that ``baseline_quantile`` chooses from."""

    @property
    def ways(self) -> list[str]:
        """The ways of choosing a baseline that are given."""
        return [name for name in WAYS if getattr(self, name) not in (None, False)]

    @model_validator(mode="after")
    def _one_baseline(self) -> Self:
        if len(self.ways) > 1:
            raise ValueError(f"give one of {' or '.join(WAYS)}, found {' and '.join(self.ways)}")
        if self.baseline_s is not None and self.baseline_s[0] >= self.baseline_s[1]:
            raise ValueError(f"baseline_s must rise, not {self.baseline_s}")
        return self


class NeedsBaseline(Baseline):
    @model_validator(mode="after")
    def _some_baseline(self) -> Self:
        if not self.ways:
            raise ValueError(f"give the quiet stretch to compare with: {' or '.join(WAYS)}")
        return self


def epoc_of_baseline(params: Baseline) -> tuple[Kind, ...]:
    """Further inputs that the choice of a baseline asks for."""
    return ("epoc",) if params.baseline_epoc else ()


@dataclass(frozen=True)
class Quiet:
    """Mean and standard deviation (N - 1) of each channel at rest, shape (channels,)."""

    mean: np.ndarray
    sd: np.ndarray


def quiet_of(source: SignalSource, further: Sequence[Events], params: Baseline) -> Quiet:
    """Mean and standard deviation of the baseline that the parameters choose.

    Raises
    ------
    OperationError
        The baseline holds fewer than two samples.
    """
    import numpy as np

    if params.baseline_quantile is not None:
        count, mean, squares = _quietest(source, params)
    else:
        count, mean, squares = _joined(_parts(source, _stretches(further, params)))
    least = int(np.min(count))
    if least < 2:
        raise OperationError(
            f"{_stated(params)} holds {least} samples; the signal runs from {_runs(source)}; "
            f"choose a quiet stretch inside it"
        )
    return Quiet(mean, np.sqrt(squares / (count - 1)))


def varying(quiet: Quiet, signal: Signal) -> Quiet:
    """The same baseline, of which every channel varies.

    Raises
    ------
    OperationError
        A channel is constant in its baseline: any signal would be far above it.
    """
    for name, mean, sd in zip(signal.channels, quiet.mean, quiet.sd, strict=True):
        if sd <= ROUNDING * abs(mean):
            raise OperationError(
                f"channel {name} is constant in its baseline, so nothing can be told in its "
                f"standard deviations; choose another baseline or leave the channel out"
            )
    return quiet


def quiet_samples(
    source: SignalSource, further: Sequence[Events], params: Baseline, most: int
) -> np.ndarray:
    """The first samples of the baseline, channels x up to ``most``.

    Raises
    ------
    OperationError
        The baseline is chosen by quantile, which tells no stretch of time.
    """
    import numpy as np

    if params.baseline_quantile is not None:
        raise OperationError(
            "the baseline has to be a stretch of time here; give baseline_s or baseline_epoc "
            "instead of baseline_quantile"
        )
    held, count = [], 0
    for part in _parts(source, _stretches(further, params)):
        held.append(part[:, : most - count].copy())
        count += held[-1].shape[1]
        if count >= most:
            break
    return np.concatenate(held, axis=1) if held else np.empty((len(source.signal.channels), 0))


def _stretches(further: Sequence[Events], params: Baseline) -> list[tuple[float, float]]:
    if params.baseline_s is not None:
        return [(params.baseline_s[0], params.baseline_s[1])]
    table = further[-1].table
    onset, offset = table["onset"].to_pylist(), table["offset"].to_pylist()
    return sorted({(a, b) for a, b in zip(onset, offset, strict=True) if a < b})


def _parts(source: SignalSource, stretches: Sequence[tuple[float, float]]) -> Iterator[np.ndarray]:
    """Samples of each stretch, cut on the grid of the unbroken run they lie in."""
    import numpy as np

    fs_hz = source.signal.fs_hz
    for segment, blocks in source.segments():
        edges = [
            np.clip((np.array(at) - segment.start_s) * fs_hz, 0, segment.count).round().astype(int)
            for at in stretches
        ]
        spans = [(int(a), int(b)) for a, b in edges if a < b]
        last = max((b for _, b in spans), default=0)
        position = 0
        for block in cutting.on_grid(blocks, cutting.GRID_SAMPLES):
            if position >= last:
                break
            for a, b in spans:
                part = block[:, max(a - position, 0) : max(b - position, 0)]
                if part.shape[1]:
                    yield np.ascontiguousarray(part)
            position += block.shape[1]


Sums = tuple[Any, Any, Any]


def _joined(parts: Iterator[np.ndarray]) -> Sums:
    """Count, mean and sum of squares about it, joined part by part.

    Source: T. F. Chan, G. H. Golub and R. J. LeVeque, Am. Stat. 37 (1983) 242.
    """
    import numpy as np

    count, mean, squares = np.zeros(1), np.zeros(1), np.zeros(1)
    for part in parts:
        count, mean, squares = _join((count, mean, squares), _sums(part))
    return count, mean, squares


def _sums(part: np.ndarray) -> Sums:
    import numpy as np

    mean = part.mean(axis=-1)
    squares = ((part - mean[..., np.newaxis]) ** 2).sum(axis=-1)
    return np.full(mean.shape, float(part.shape[-1])), mean, squares


def _join(a: Sums, b: Sums) -> Sums:
    count = a[0] + b[0]
    apart = b[1] - a[1]
    return (
        count,
        a[1] + apart * (b[0] / count),
        a[2] + b[2] + apart**2 * (a[0] * b[0] / count),
    )


def _quietest(source: SignalSource, params: Baseline) -> Sums:
    """Sums over each channel's windows of least power."""
    import numpy as np

    length = max(round(params.baseline_window_s * source.signal.fs_hz), 2)
    found = [_sums(part) for part in _whole_windows(source, length)]
    if not found:
        zero = np.zeros(1)
        return zero, zero, zero
    count, mean, squares = (np.concatenate(values, axis=1) for values in zip(*found, strict=True))
    power = mean**2 + squares / length
    kept = max(round(params.baseline_quantile * power.shape[1]), 1)
    order = np.argsort(power, axis=1, kind="stable")[:, :kept]
    count, mean, squares = (np.take_along_axis(v, order, axis=1) for v in (count, mean, squares))
    middle = mean.mean(axis=1)
    spread = squares.sum(axis=1) + length * ((mean - middle[:, np.newaxis]) ** 2).sum(axis=1)
    return count.sum(axis=1), middle, spread


def _whole_windows(source: SignalSource, length: int) -> Iterator[np.ndarray]:
    """Windows side by side, channels x windows x samples; none is shorter or crosses a gap."""
    size = length * max(cutting.GRID_SAMPLES // length, 1)
    for _, blocks in source.segments():
        for block in cutting.on_grid(blocks, size):
            whole = block.shape[1] // length
            if whole:
                yield block[:, : whole * length].reshape(len(block), whole, length)


def _stated(params: Baseline) -> str:
    if params.baseline_s is not None:
        return f"baseline_s [{params.baseline_s[0]:g}, {params.baseline_s[1]:g}]"
    if params.baseline_epoc:
        return "the epoc that tells the baseline"
    return f"baseline_quantile {params.baseline_quantile:g}"


def _runs(source: SignalSource) -> str:
    fs_hz = source.signal.fs_hz
    return ", ".join(
        f"{s.start_s:g} to {s.start_s + s.count / fs_hz:g} s" for s in source.signal.segments
    )
