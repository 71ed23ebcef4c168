"""How large the signal is at each sample: rectification and energy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from dspant.ops.analytic import half_length_s, magnitude, realised_hilbert
from dspant.ops.blocks import with_context
from dspant.ops.registry import Held, Parameters, stream_operation

if TYPE_CHECKING:
    from dspant.ops.signal import Blocks, Signal


class Rectify(Parameters):
    method: Literal["absolute", "square", "half", "analytic"] = "absolute"
    """``absolute``: full-wave, |x|. ``square``: x^2, in the unit squared. ``half``: half-wave, x
    where it is above 0, else 0. ``analytic``: magnitude of the analytic signal, as
    ``hilbert_envelope``."""
    low_hz: float | None = Field(default=None, gt=0)
    """Lowest frequency in the signal, in Hz; needed by ``analytic``, which has no use for what is
    slower."""

    @model_validator(mode="after")
    def _edge_for_analytic(self) -> Self:
        if (self.method == "analytic") != (self.low_hz is not None):
            raise ValueError("method analytic needs low_hz, and no other one has a use for it")
        return self


class Tkeo(Parameters):
    method: Literal["classic", "modified"] = "classic"
    """``classic``: of three samples. ``modified``: of four, x[n] x[n+1] - x[n-1] x[n+2], whose
    noise is less and which is centred half a sample later."""


def squared(unit: str) -> str:
    """A unit times itself."""
    if unit == "1":
        return unit
    return f"{unit}^2" if unit.isalpha() else f"({unit})^2"


def _squared(signal: Signal, _params: Any) -> Signal:
    return replace(signal, units=tuple(squared(unit) for unit in signal.units))


def _rectified(signal: Signal, params: Rectify) -> Signal:
    return _squared(signal, params) if params.method == "square" else signal


def _reach_s(params: Rectify) -> float:
    return 0.0 if params.low_hz is None else 2 * half_length_s(params.low_hz)


def _realised(signal: Signal, params: Rectify) -> dict[str, Any]:
    return {} if params.low_hz is None else realised_hilbert(signal.fs_hz, params.low_hz)


@stream_operation(
    Rectify,
    version=1,
    describe=_rectified,
    reach_s=_reach_s,
    facts=_realised,
    holds=Held(2, scipy=False, reaching=Held(14, reaches=20, scipy=False)),
)
def rectify(blocks: Blocks, signal: Signal, params: Rectify) -> Blocks:
    """Rectification: y[n] = |x[n]|, or x[n]^2, or max(x[n], 0), or the analytic magnitude.

    Source: R. Merletti, Standards for Reporting EMG Data, J. Electromyogr. Kinesiol. 9 (1999) III;
    analytic: D. Gabor, J. IEE 93 (1946) 429.
    """
    import numpy as np

    if params.method == "analytic":
        return magnitude(blocks, signal, params.low_hz)
    if params.method == "square":
        return (np.multiply(block, block, out=block) for block in blocks)
    if params.method == "half":
        return (np.maximum(block, 0.0, out=block) for block in blocks)
    return (np.abs(block, out=block) for block in blocks)


@stream_operation(Tkeo, version=1, describe=_squared, holds=Held(5, scipy=False))
def tkeo(blocks: Blocks, signal: Signal, params: Tkeo) -> Blocks:
    """Teager-Kaiser energy: y[n] = x[n]^2 - x[n-1] x[n+1], as long as its input.

    The modified one is y[n] = x[n] x[n+1] - x[n-1] x[n+2]. Samples at the ends of an unbroken run
    that have too few neighbours take the energy of the nearest sample that has enough. A run of
    fewer than three samples (modified: four) has no energy (0). A smoothed one is made by a
    ``lowpass`` or ``mav_envelope`` as the next step.

    Source: J. F. Kaiser, ICASSP 1990, 381; for EMG onsets X. Li, P. Zhou and A. S. Aruin, Ann.
    Biomed. Eng. 35 (2007) 1532, and S. Solnik et al., Eur. J. Appl. Physiol. 110 (2010) 489;
    modified: W. Deburchgraeve et al., Clin. Neurophysiol. 119 (2008) 2447.
    """
    import numpy as np

    later = 1 if params.method == "classic" else 2  # neighbours that a sample needs after it
    for x, before, after in with_context(blocks, before=1 + later, after=later):
        energy = np.zeros_like(x)
        if x.shape[1] > 1 + later:
            first, stop = 1, x.shape[1] - later
            inner = energy[:, first:stop]
            np.multiply(x[:, first:stop], x[:, later : later + stop - first], out=inner)
            inner -= x[:, : stop - first] * x[:, 1 + later :]
            if not before:
                energy[:, 0] = energy[:, 1]
            if not after:
                energy[:, stop:] = energy[:, stop - 1 : stop]
        yield energy[:, before : energy.shape[1] - after]
