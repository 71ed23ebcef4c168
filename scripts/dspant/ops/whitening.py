"""Channels made uncorrelated and of equal variance, by one matrix for the whole recording."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.mixing import shared_unit
from dspant.ops.passes import Scope
from dspant.ops.registry import Held, Parameters, stream_operation
from dspant.ops.signal import Learned

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal, SignalSource

TILE_SAMPLES = 4096
"""Samples whose products are summed at once, so that they stay in the processor's cache."""

DIMENSIONLESS = "1"
"""Unit of a number without unit, as UCUM writes it."""


class Whiten(Parameters):
    example = {"method": "zca", "baseline_s": [0, 60]}

    method: Literal["zca", "pca", "cholesky"] = "zca"
    """``zca``: the whitened channels that are most like the channels. ``pca``: principal
    components, the largest first. ``cholesky``: each channel without what the channels before it
    tell."""
    baseline_s: Annotated[list[float], Len(2, 2)] | None = None
    """Start and end of the stretch that the covariance is of, in seconds from block start; the
    whole recording where not given."""
    epsilon: float = Field(default=0.0, ge=0)
    """Regularisation: added to every eigenvalue of the covariance, in the signal's unit squared.
    Above 0, a result has less than unit variance where an eigenvalue is not far above it."""
    least_eigenvalue: float = Field(default=1e-10, ge=0, lt=1)
    """Share of the largest eigenvalue below which a direction holds no signal, without unit."""
    deficient: Literal["refuse", "drop"] = "refuse"
    """What to do where directions hold no signal, as after a common average reference:
    ``refuse``, or ``drop`` them and whiten the others."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.baseline_s is not None and self.baseline_s[0] >= self.baseline_s[1]:
            raise ValueError(f"baseline_s must rise, not {self.baseline_s}")
        if self.deficient == "drop" and self.method == "cholesky":
            raise ValueError("cholesky cannot drop directions; use zca or pca, or give epsilon")
        if self.deficient == "drop" and self.epsilon > 0:
            raise ValueError("epsilon keeps all directions; leave out epsilon or deficient: drop")
        return self


def _whitened(signal: Signal, params: Whiten) -> Signal:
    shared_unit(signal, range(len(signal.channels)), "the covariance")
    units = (DIMENSIONLESS,) * len(signal.channels)
    if params.method != "pca":
        return replace(signal, units=units)
    names = tuple(f"pc{number + 1}" for number in range(len(signal.channels)))
    return replace(signal, channels=names, units=units)


def _learn(source: SignalSource, _further: list[Any], params: Whiten) -> Learned:
    signal = source.signal
    scope = Scope(source, None if params.baseline_s is None else tuple(params.baseline_s))
    scope.require(len(signal.channels) + 1, "baseline_s")
    mean, covariance = covariance_of(scope)
    values, matrix, rank = _matrix(covariance, signal, params)
    unit = shared_unit(signal, range(len(signal.channels)), "the covariance")
    stated = {
        "channels": list(signal.channels),
        "samples": scope.samples,
        "mean": mean.tolist(),
        "mean_unit": unit,
        "eigenvalues": values.tolist(),
        "eigenvalues_unit": f"{unit}^2",
        "rank": rank,
        "matrix": matrix.tolist(),
        "matrix_unit": f"1/{unit}",
    }
    return Learned(of_all={"mean": mean, "matrix": matrix}, stated=stated)


def covariance_of(scope: Scope) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each channel, and covariance (N - 1) of all, in one pass.

    Source: T. F. Chan, G. H. Golub and R. J. LeVeque, Am. Stat. 37 (1983) 242.
    """
    import numpy as np

    channels = len(scope.channels)
    count, mean, products = 0, np.zeros(channels), np.zeros((channels, channels))
    for _, _, _, block in scope.blocks():
        for start in range(0, block.shape[1], TILE_SAMPLES):
            x = block[:, start : start + TILE_SAMPLES]
            added = x.shape[1]
            middle = np.array([row.sum() for row in x]) / added
            apart = middle - mean
            products += _products(x - middle[:, None])
            products += apart[:, None] * apart * (count * added / (count + added))
            mean += apart * (added / (count + added))
            count += added
    return mean, products / (count - 1)


def _products(x: np.ndarray) -> np.ndarray:
    """Sum over samples of the product of every two channels."""
    import numpy as np

    made = np.empty((len(x), len(x)))
    held = np.empty(x.shape)
    for channel, row in enumerate(x):
        of_row = np.multiply(row, x[channel:], out=held[channel:])
        sums = [product.sum() for product in of_row]
        made[channel, channel:] = made[channel:, channel] = sums
    return made


def _matrix(
    covariance: np.ndarray, signal: Signal, params: Whiten
) -> tuple[np.ndarray, np.ndarray, int]:
    """Eigenvalues, whitening matrix and the number of directions it whitens."""
    import numpy as np

    from dspant.ops.eigen import eigenvectors, inverse_cholesky

    values, vectors = eigenvectors(covariance)
    rank = int(np.sum(values > params.least_eigenvalue * values[0])) if values[0] > 0 else 0
    if rank == 0 and params.epsilon == 0:
        raise OperationError(
            f"channels {', '.join(signal.channels)} are constant, so there is nothing to whiten"
        )
    if rank < len(values) and params.epsilon == 0 and params.deficient == "refuse":
        raise OperationError(_refusal(values, vectors, rank, signal, params))
    if params.epsilon > 0:
        rank = len(values)
    if params.method == "cholesky":
        return values, inverse_cholesky(covariance + params.epsilon * np.eye(len(values))), rank
    gains = np.zeros(len(values))
    gains[:rank] = 1 / np.sqrt(np.maximum(values[:rank], 0) + params.epsilon)
    if params.method == "pca":
        return values, gains[:, None] * vectors.T, rank
    matrix = np.zeros_like(covariance)
    for gain, vector in zip(gains[:rank], vectors.T[:rank], strict=True):
        matrix += gain * (vector[:, None] * vector)
    return values, matrix, rank


def _refusal(
    values: np.ndarray, vectors: np.ndarray, rank: int, signal: Signal, params: Whiten
) -> str:
    import numpy as np

    order = np.argsort(-np.abs(vectors[:, -1]), kind="stable")[:4]
    parts = " ".join(f"{vectors[i, -1]:+.2f} {signal.channels[i]}" for i in order)
    more = " ..." if len(signal.channels) > len(order) else ""
    return (
        f"the {len(values)} channels hold signal in {rank} directions only: eigenvalue "
        f"{rank + 1} of their covariance is {values[rank]:.3g} {signal.units[0]}^2, the first is "
        f"{values[0]:.3g}; {parts}{more} is constant, as after a common average reference. Set "
        f"deficient: drop to whiten the others, or epsilon to regularise, or leave channels out; "
        f"least_eigenvalue ({params.least_eigenvalue:g}) says what counts as signal"
    )


@stream_operation(
    Whiten, version=1, describe=_whitened, mixes_channels=True, learn=_learn, holds=Held(6)
)
def whiten(blocks: Blocks, signal: Signal, params: Whiten, learned: Learned) -> Blocks:
    """Whiten: y[n] = W (x[n] - mean), so that the covariance of all channels is the identity.

    With the covariance C = U S U^T over the recording or ``baseline_s``: ``zca`` is W = U (S +
    epsilon)^-1/2 U^T, symmetric; ``pca`` is W = (S + epsilon)^-1/2 U^T, the largest part of each
    row of U^T positive; ``cholesky`` is W = L^-1 with L L^T = C + epsilon I. Where directions are
    dropped, the covariance is the identity on what is left: zca projects on it, and the last
    components of pca are 0. The metadata state the matrix, its channels and the eigenvalues.

    Source: A. Kessy, A. Lewin and K. Strimmer, Am. Stat. 72 (2018) 309.
    """
    from dspant.ops.kernels.sums import weighted_sums

    mean, matrix = learned.of_all["mean"][:, None], learned.of_all["matrix"]
    for block in blocks:
        yield weighted_sums(block - mean, matrix)
