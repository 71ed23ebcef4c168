"""Frequency filters: Butterworth low-, high- and band-pass, and the second-order notch."""

from __future__ import annotations

import cmath
import math
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.designs import Band
from dspant.ops.prototypes import prototype
from dspant.ops.registry import Parameters, stream_operation

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal

Phase = Literal["zero", "causal"]

DECAY = 1e-12
"""Part of a filter's transient that is left where its influence is taken to have ended."""


class Lowpass(Parameters):
    example = {"cutoff_hz": 6, "order": 2}

    cutoff_hz: float = Field(gt=0)
    """Half-power (-3 dB) frequency of one pass, in Hz."""
    order: int = Field(default=4, ge=1, le=12)
    """Order as designed; the zero-phase result has twice this order."""
    phase: Phase = "zero"
    """``zero``: forward and backward, no delay. ``causal``: forward only."""


class Highpass(Lowpass):
    example = {"cutoff_hz": 20}


class Bandpass(Parameters):
    example = {"low_hz": 20, "high_hz": 450}

    low_hz: float = Field(gt=0)
    """Lower half-power (-3 dB) frequency of one pass, in Hz."""
    high_hz: float = Field(gt=0)
    """Upper half-power (-3 dB) frequency of one pass, in Hz."""
    order: int = Field(default=4, ge=1, le=12)
    """Order of the low-pass prototype; a band-pass has this many poles at each edge."""
    phase: Phase = "zero"
    """``zero``: forward and backward, no delay. ``causal``: forward only."""

    @model_validator(mode="after")
    def _edges_in_order(self) -> Self:
        if self.low_hz >= self.high_hz:
            raise ValueError(f"low_hz ({self.low_hz:g}) must be below high_hz ({self.high_hz:g})")
        return self


class Notch(Parameters):
    example = {"frequency_hz": 60, "q": 30}

    frequency_hz: float = Field(gt=0)
    """Centre of the stop band, in Hz."""
    q: float = Field(default=30.0, gt=0)
    """Quality factor: centre frequency over the -3 dB width of one pass."""
    phase: Phase = "zero"
    """``zero``: forward and backward, no delay. ``causal``: forward only."""


def _settling_s(slowest_pole_rad_s: float) -> float:
    return -math.log(DECAY) / slowest_pole_rad_s


def _butterworth_poles(order: int) -> list[complex]:
    return [cmath.exp(1j * math.pi * (2 * k + order + 1) / (2 * order)) for k in range(order)]


def _edge_settling_s(params: Lowpass) -> float:
    slowest = min(-pole.real for pole in _butterworth_poles(params.order))
    return _settling_s(2 * math.pi * params.cutoff_hz * slowest)


def _band_settling_s(params: Bandpass) -> float:
    width = 2 * math.pi * (params.high_hz - params.low_hz)
    centre_squared = (2 * math.pi) ** 2 * params.low_hz * params.high_hz
    decays = []
    for prototype in _butterworth_poles(params.order):
        middle = prototype * width / 2
        offset = cmath.sqrt(middle**2 - centre_squared)
        decays += [-(middle + offset).real, -(middle - offset).real]
    return _settling_s(min(decays))


def _notch_settling_s(params: Notch) -> float:
    return _settling_s(math.pi * params.frequency_hz / params.q)


def _realised(_signal: Signal, params: Any) -> dict[str, Any]:
    passes = 2 if params.phase == "zero" else 1
    designed = 2 if isinstance(params, Notch) else params.order
    return {
        "effective_order": designed * passes,
        "attenuation_at_edge_db": round(passes * 10 * math.log10(2), 2),
    }


def _inside_nyquist(signal: Signal, **edges_hz: float) -> None:
    for name, edge_hz in edges_hz.items():
        if edge_hz >= signal.nyquist_hz:
            raise OperationError(
                f"{name} is {edge_hz:g} Hz, but this signal has {signal.fs_hz:g} samples per "
                f"second and ends at {signal.nyquist_hz:g} Hz; choose a {name} below that"
            )


def _apply(blocks: Blocks, signal: Signal, sos: np.ndarray, phase: Phase) -> Blocks:
    from dspant.ops.recursive import causal, zero_phase

    if phase == "causal":
        return causal(blocks, sos)
    return zero_phase(blocks, sos, signal.samples, DECAY)


def _butterworth(
    blocks: Blocks, signal: Signal, params: Any, band: Band, *edges_hz: float
) -> Blocks:
    from dspant.ops.designs import band_sections

    analogue = prototype("butterworth", params.order, None, None)
    sos = band_sections(analogue, band, edges_hz, signal.fs_hz)
    return _apply(blocks, signal, sos, params.phase)


@stream_operation(Lowpass, version=1, reach_s=_edge_settling_s, facts=_realised)
def lowpass(blocks: Blocks, signal: Signal, params: Lowpass) -> Blocks:
    """Keep what is slower than a cut-off, with a Butterworth filter.

    Source: S. Butterworth, Experimental Wireless 7 (1930) 536; digital by bilinear transform.
    """
    _inside_nyquist(signal, cutoff_hz=params.cutoff_hz)
    return _butterworth(blocks, signal, params, "lowpass", params.cutoff_hz)


@stream_operation(Highpass, version=1, reach_s=_edge_settling_s, facts=_realised)
def highpass(blocks: Blocks, signal: Signal, params: Highpass) -> Blocks:
    """Keep what is faster than a cut-off, with a Butterworth filter.

    Source: S. Butterworth, Experimental Wireless 7 (1930) 536; digital by bilinear transform.
    """
    _inside_nyquist(signal, cutoff_hz=params.cutoff_hz)
    return _butterworth(blocks, signal, params, "highpass", params.cutoff_hz)


@stream_operation(Bandpass, version=1, reach_s=_band_settling_s, facts=_realised)
def bandpass(blocks: Blocks, signal: Signal, params: Bandpass) -> Blocks:
    """Keep what lies between two frequencies, with a Butterworth filter.

    Source: S. Butterworth, Experimental Wireless 7 (1930) 536; digital by bilinear transform.
    """
    _inside_nyquist(signal, low_hz=params.low_hz, high_hz=params.high_hz)
    return _butterworth(blocks, signal, params, "bandpass", params.low_hz, params.high_hz)


@stream_operation(Notch, version=1, reach_s=_notch_settling_s, facts=_realised)
def notch(blocks: Blocks, signal: Signal, params: Notch) -> Blocks:
    """Remove one frequency, such as mains hum, with a second-order notch.

    Source: S. J. Orfanidis, Introduction to Signal Processing (1996), section 11.3.
    """
    from dspant.ops.designs import notch_section

    _inside_nyquist(signal, frequency_hz=params.frequency_hz)
    section = notch_section(params.frequency_hz, params.frequency_hz / params.q, signal.fs_hz)
    return _apply(blocks, signal, section, params.phase)
