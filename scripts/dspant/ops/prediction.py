"""Making a baseline's noise white: each sample less what those before it predict of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.baselines import NeedsBaseline, quiet_samples
from dspant.ops.blocks import with_context
from dspant.ops.signal import Blocks, Events, Segment, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

MOST_SAMPLES = 2**17
"""Most samples of the baseline that a predictor is learned from."""


class WithPredictor(NeedsBaseline):
    whiten_order: int = Field(default=10, ge=0, le=100)
    """Number of samples that the predictor looks back, which is learned from the baseline and
    makes its noise white; 0: none."""

    @model_validator(mode="after")
    def _whitening_needs_time(self) -> Self:
        if self.whiten_order and self.baseline_quantile is not None:
            raise ValueError(
                "whitening needs a stretch of time: give baseline_s or baseline_epoc, or "
                "whiten_order 0"
            )
        return self


def predictor_of(
    source: SignalSource, further: Sequence[Events], params: WithPredictor
) -> np.ndarray:
    """Coefficients that predict a sample from those before it, shape (channels, order).

    They solve the Yule-Walker equations of the baseline's autocovariance.

    Raises
    ------
    OperationError
        The baseline is too short for so many coefficients, or constant.
    """
    import numpy as np

    order = params.whiten_order
    if order == 0:
        return np.zeros((len(source.signal.channels), 0))
    quiet = quiet_samples(source, further, params, MOST_SAMPLES)
    if quiet.shape[1] < 10 * order:
        raise OperationError(
            f"the baseline holds {quiet.shape[1]} samples; a predictor of order {order} needs "
            f"{10 * order} or more: choose a longer baseline or a lower whiten_order"
        )
    found = np.empty((len(quiet), order))
    lags = np.abs(np.subtract.outer(np.arange(order), np.arange(order)))
    for channel, x in enumerate(quiet):
        y = x - x.mean()
        r = np.array([np.dot(y[: len(y) - k], y[k:]) for k in range(order + 1)])
        if r[0] == 0:
            raise OperationError(
                f"channel {source.signal.channels[channel]} is constant in its baseline, so there "
                f"is no noise to learn from; choose another baseline or whiten_order 0"
            )
        found[channel] = np.linalg.lstsq(r[lags], r[1:], rcond=None)[0]
    return found


def unpredicted(x: np.ndarray, predictor: np.ndarray) -> np.ndarray:
    """What the predictor leaves of samples, the same shape; before the first they are zero."""
    left = x.copy()
    for k in range(1, min(predictor.shape[1], x.shape[1] - 1) + 1):
        left[:, k:] -= predictor[:, k - 1 : k] * x[:, :-k]
    return left


class Whitened:
    """A source of the samples that a predictor leaves."""

    def __init__(self, source: SignalSource, predictor: np.ndarray) -> None:
        self.signal: Signal = source.signal
        self._source = source
        self._predictor = predictor

    def segments(self) -> Iterator[tuple[Segment, Blocks]]:
        """Yield each unbroken run with its whitened samples."""
        for segment, blocks in self._source.segments():
            yield segment, self._whitened(blocks)

    def _whitened(self, blocks: Blocks) -> Blocks:
        for x, left, _ in with_context(blocks, before=self._predictor.shape[1], after=0):
            yield unpredicted(x, self._predictor)[:, left:]
