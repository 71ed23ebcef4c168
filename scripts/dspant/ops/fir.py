"""Filters of finite length and linear phase."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops import kaiser
from dspant.ops.registry import Held, Parameters, stream_operation

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal


class Fir(Parameters):
    example = {"low_hz": 20, "high_hz": 450, "transition_hz": 10}

    low_hz: float | None = Field(default=None, gt=0)
    """Lower half-amplitude (-6 dB) edge in Hz; where not given, the band begins at 0."""
    high_hz: float | None = Field(default=None, gt=0)
    """Upper half-amplitude (-6 dB) edge in Hz; where not given, the band ends with the signal's
    range."""
    transition_hz: float = Field(gt=0)
    """Width of each edge, from pass band to stop band, in Hz; the filter is as long as this
    needs."""
    stopband_db: float = Field(default=60.0, gt=kaiser.LEAST_DB, le=200)
    """Attenuation of the stop band that the length is chosen for, in dB."""
    stop: bool = False
    """Remove the band instead of keeping it."""
    design: Literal["window", "least_squares"] = "window"
    """``window``: the ideal filter cut by a Kaiser window. ``least_squares``: least squared error
    in pass and stop bands, at the same length."""
    phase: Literal["zero", "causal"] = "zero"
    """``zero``: each output sample is centred on its input, no delay. ``causal``: of past samples
    only, so everything is later by half the length."""

    @model_validator(mode="after")
    def _edges_make_a_band(self) -> Self:
        edges = self.edges_hz
        if not edges:
            raise ValueError("give low_hz, high_hz or both")
        if len(edges) == 2 and edges[1] - edges[0] < self.transition_hz:
            raise ValueError(
                f"high_hz ({edges[1]:g}) must be above low_hz ({edges[0]:g}) by transition_hz "
                f"({self.transition_hz:g}) or more"
            )
        if edges[0] < self.transition_hz / 2:
            raise ValueError(
                f"transition_hz ({self.transition_hz:g}) is wider than twice {edges[0]:g} Hz, so "
                f"the edge would begin below 0"
            )
        return self

    @property
    def edges_hz(self) -> list[float]:
        return [edge for edge in (self.low_hz, self.high_hz) if edge is not None]

    @property
    def passes_zero(self) -> bool:
        """Whether a constant stays."""
        return (self.low_hz is None) != self.stop


def _half_length_s(params: Fir) -> float:
    """Half the length by Kaiser's formula, in seconds, whatever the rate."""
    return kaiser.half_length(params.stopband_db, params.transition_hz)


def _length_s(params: Fir) -> float:
    return 2 * _half_length_s(params)


def _half_samples(signal: Signal, params: Fir) -> int:
    return math.ceil(_half_length_s(params) * signal.fs_hz)


def _realised(signal: Signal, params: Fir) -> dict[str, Any]:
    half = _half_samples(signal, params)
    return {
        "taps": 2 * half + 1,
        "effective_order": 2 * half,
        "delay_s": half / signal.fs_hz if params.phase == "causal" else 0.0,
    }


@stream_operation(Fir, version=1, reach_s=_length_s, facts=_realised, holds=Held(10, reaches=16))
def fir(blocks: Blocks, signal: Signal, params: Fir) -> Blocks:
    """Keep or remove a band with a symmetric filter of finite length.

    Zero phase is one pass whose delay is taken out; both ends of an unbroken run are extended by
    odd reflection, as far as half the length or the run goes, and by their last value beyond.
    Causal begins from rest.

    Source: window: J. F. Kaiser, Proc. IEEE Symp. Circuits and Systems (1974) 20; least squares:
    I. Selesnick, Linear-Phase FIR Filter Design by Least Squares (2005).
    """
    from dspant.ops.convolution import causal, centred

    _inside_range(signal, params)
    taps = realised_taps(signal, params)
    return causal(blocks, taps) if params.phase == "causal" else centred(blocks, taps)


def _inside_range(signal: Signal, params: Fir) -> None:
    for name in ("low_hz", "high_hz"):
        edge_hz = getattr(params, name)
        end_hz = signal.nyquist_hz - params.transition_hz / 2
        if edge_hz is not None and edge_hz > end_hz:
            raise OperationError(
                f"{name} is {edge_hz:g} Hz, but with transition_hz {params.transition_hz:g} the "
                f"last edge of this signal of {signal.fs_hz:g} samples per second lies at "
                f"{end_hz:g} Hz; choose a {name} below that"
            )


def realised_taps(signal: Signal, params: Fir) -> np.ndarray:
    """Symmetric impulse response of odd length."""
    from scipy.signal import firls, firwin

    count = 2 * _half_samples(signal, params) + 1
    if params.design == "window":
        window = ("kaiser", kaiser.beta(params.stopband_db))
        return firwin(
            count, params.edges_hz, window=window, pass_zero=params.passes_zero, fs=signal.fs_hz
        )
    half = params.transition_hz / 2
    inner = [edge for middle in params.edges_hz for edge in (middle - half, middle + half)]
    gains, gain = [], float(params.passes_zero)
    for _ in range(len(params.edges_hz) + 1):
        gains += [gain, gain]
        gain = 1 - gain
    return firls(count, [0.0, *inner, signal.nyquist_hz], gains, fs=signal.fs_hz)
