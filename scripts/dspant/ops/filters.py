"""Recursive frequency filters: low-, high-, band-pass and band-stop of five designs."""

from __future__ import annotations

import cmath
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.poles import poles
from dspant.ops.prototypes import RIPPLED, STOPPED, Design, Prototype, prototype
from dspant.ops.registry import Parameters, stream_operation

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.designs import Band
    from dspant.ops.signal import Blocks, Signal

Phase = Literal["zero", "causal"]

DECAY = 1e-12
"""Part of a filter's transient that is left where its influence is taken to have ended."""

ROUNDING = 2e-7
"""Most that rounding in float64 may add to the result of one pass, relative to its RMS; the
largest single error is some three times as large."""


class Designed(Parameters):
    order: int = Field(default=4, ge=1, le=12)
    """Order as designed, of the low-pass prototype; a band has this many poles at each edge, and
    the zero-phase result has twice this order. What float64 cannot compute, such as a band-stop
    over many octaves of a high order, is refused."""
    phase: Phase = "zero"
    """``zero``: forward and backward, no delay. ``causal``: forward only."""
    design: Design = "butterworth"
    """``butterworth``: flattest. ``bessel``: flattest delay. ``chebyshev1``: steeper, ripples in
    the pass band. ``chebyshev2``: steeper, ripples in the stop band. ``elliptic``: steepest,
    ripples in both."""
    ripple_db: float | None = Field(default=None, gt=0, le=20)
    """Ripple of one pass in the pass band, in dB; needed by ``chebyshev1`` and ``elliptic``, whose
    edges are where the gain leaves it."""
    stopband_db: float | None = Field(default=None, gt=0, le=300)
    """Least attenuation of one pass in the stop band, in dB; needed by ``chebyshev2``, whose edges
    are where it is reached, and by ``elliptic``."""

    @model_validator(mode="after")
    def _limits_fit_the_design(self) -> Self:
        for name, designs in (("ripple_db", RIPPLED), ("stopband_db", STOPPED)):
            given, needed = getattr(self, name) is not None, self.design in designs
            if needed and not given:
                raise ValueError(f"{self.design} needs {name}")
            if given and not needed:
                raise ValueError(f"{name} is for {' and '.join(sorted(designs))}; leave it out")
        if self.design == "elliptic" and self.ripple_db >= self.stopband_db:
            raise ValueError(
                f"ripple_db ({self.ripple_db:g}) must be below stopband_db ({self.stopband_db:g})"
            )
        return self

    @property
    def prototype(self) -> Prototype:
        return prototype(self.design, self.order, self.ripple_db, self.stopband_db)

    @property
    def poles(self) -> list[complex]:
        """Those of the prototype, found without an array library."""
        return poles(self.design, self.order, self.ripple_db, self.stopband_db)

    @property
    def edge_db(self) -> float:
        """Attenuation of one pass at its edges."""
        if self.design in RIPPLED:
            return self.ripple_db
        return self.stopband_db if self.design in STOPPED else 10 * math.log10(2)


class _Edge(Parameters):
    cutoff_hz: float = Field(gt=0)
    """Edge in Hz; of Butterworth and Bessel, the half-power (-3 dB) frequency of one pass."""


class Lowpass(Designed, _Edge):
    example = {"cutoff_hz": 6, "order": 2}


class Highpass(Lowpass):
    example = {"cutoff_hz": 20}


class _Edges(Parameters):
    low_hz: float = Field(gt=0)
    """Lower edge in Hz; of Butterworth and Bessel, the half-power (-3 dB) frequency of one pass."""
    high_hz: float = Field(gt=0)
    """Upper edge in Hz, as ``low_hz``."""

    @model_validator(mode="after")
    def _edges_in_order(self) -> Self:
        if self.low_hz >= self.high_hz:
            raise ValueError(f"low_hz ({self.low_hz:g}) must be below high_hz ({self.high_hz:g})")
        return self


class Bandpass(Designed, _Edges):
    example = {"low_hz": 20, "high_hz": 450}


class Bandstop(Bandpass):
    example = {"low_hz": 55, "high_hz": 65, "order": 2}


class Notch(Parameters):
    example = {"frequency_hz": 60, "q": 30}

    frequency_hz: float = Field(gt=0)
    """Centre of the stop band, in Hz."""
    q: float = Field(default=30.0, gt=0)
    """Quality factor: centre frequency over the -3 dB width of one pass."""
    phase: Phase = "zero"
    """``zero``: forward and backward, no delay. ``causal``: forward only."""
    harmonics: int = Field(default=1, ge=1, le=100)
    """How many multiples of the frequency are removed, itself the first; all have the same q."""


class Comb(Parameters):
    example = {"frequency_hz": 60, "width_hz": 2, "up_to_hz": 1000}

    frequency_hz: float = Field(gt=0)
    """The frequency whose multiples are removed, in Hz."""
    width_hz: float = Field(default=2.0, gt=0)
    """Width of every stop band at -3 dB of one pass, in Hz."""
    up_to_hz: float | None = Field(default=None, gt=0)
    """Highest multiple to remove, in Hz; all below half the sampling rate where not given."""
    phase: Phase = "zero"
    """``zero``: forward and backward, no delay. ``causal``: forward only."""

    @model_validator(mode="after")
    def _bands_apart(self) -> Self:
        if self.width_hz >= self.frequency_hz:
            raise ValueError(
                f"width_hz ({self.width_hz:g}) must be below frequency_hz ({self.frequency_hz:g})"
            )
        if self.up_to_hz is not None and self.up_to_hz < self.frequency_hz:
            raise ValueError(
                f"up_to_hz ({self.up_to_hz:g}) must not be below frequency_hz "
                f"({self.frequency_hz:g})"
            )
        return self


def _settling_s(slowest_pole_rad_s: float) -> float:
    return -math.log(DECAY) / slowest_pole_rad_s


def _lowpass_settling_s(params: Lowpass) -> float:
    slowest = min(-pole.real for pole in params.poles)
    return _settling_s(2 * math.pi * params.cutoff_hz * slowest)


def _highpass_settling_s(params: Highpass) -> float:
    slowest = min(-(1 / pole).real for pole in params.poles)
    return _settling_s(2 * math.pi * params.cutoff_hz * slowest)


def _bandpass_settling_s(params: Bandpass) -> float:
    return _band_settling_s(params, params.poles)


def _bandstop_settling_s(params: Bandstop) -> float:
    return _band_settling_s(params, [1 / pole for pole in params.poles])


def _band_settling_s(params: Bandpass, poles: list[complex]) -> float:
    width = 2 * math.pi * (params.high_hz - params.low_hz)
    centre_squared = (2 * math.pi) ** 2 * params.low_hz * params.high_hz
    decays = []
    for pole in poles:
        middle = pole * width / 2
        offset = cmath.sqrt(middle**2 - centre_squared)
        decays += [-(middle + offset).real, -(middle - offset).real]
    return _settling_s(min(decays))


def _notch_settling_s(params: Notch) -> float:
    return _settling_s(math.pi * params.frequency_hz / params.q)


def _comb_settling_s(params: Comb) -> float:
    return _settling_s(math.pi * params.width_hz)


def _passes(params: Any) -> int:
    return 2 if params.phase == "zero" else 1


def _realised(_signal: Signal, params: Designed) -> dict[str, Any]:
    return {
        "effective_order": params.order * _passes(params),
        "attenuation_at_edge_db": round(_passes(params) * params.edge_db, 2),
    }


def _realised_notch(_signal: Signal, params: Notch) -> dict[str, Any]:
    return {
        "effective_order": 2 * params.harmonics * _passes(params),
        "attenuation_at_edge_db": round(_passes(params) * 10 * math.log10(2), 2),
    }


def _realised_comb(signal: Signal, params: Comb) -> dict[str, Any]:
    return {
        "effective_order": 2 * len(_teeth_hz(signal, params)) * _passes(params),
        "attenuation_at_edge_db": round(_passes(params) * 10 * math.log10(2), 2),
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


def realised_sections(operation: str, signal: Signal, params: Any) -> np.ndarray:
    """Second-order sections that an operation of this file runs over ``signal``, (n, 6).

    Parameters
    ----------
    operation
        Its name.

    Raises
    ------
    OperationError
        The filter cannot be computed for this signal.
    """
    if operation == "notch":
        return _notch_sections(signal, params)
    if operation == "comb":
        return _comb_sections(signal, params)
    edges_hz = (
        (params.cutoff_hz,)
        if operation in ("lowpass", "highpass")
        else (params.low_hz, params.high_hz)
    )
    return _sections(params, operation, edges_hz, signal.fs_hz)


def _filtered(
    blocks: Blocks, signal: Signal, params: Designed, band: Band, **edges_hz: float
) -> Blocks:
    _inside_nyquist(signal, **edges_hz)
    sos = _sections(params, band, tuple(edges_hz.values()), signal.fs_hz)
    return _apply(blocks, signal, sos, params.phase)


@lru_cache(maxsize=32)  # every group of channels of every unbroken run asks for the same
def _sections(
    params: Designed, band: Band, edges_hz: tuple[float, ...], fs_hz: float
) -> np.ndarray:
    from dspant.ops.designs import band_sections
    from dspant.ops.rounding import rounding_error

    sos = band_sections(params.prototype, band, edges_hz, fs_hz)
    error = rounding_error(sos)
    if error > ROUNDING:
        edges = " to ".join(f"{edge_hz:g}" for edge_hz in edges_hz)
        raise OperationError(
            f"a {params.design} {band} of order {params.order} at {edges} Hz cannot be computed "
            f"for {fs_hz:g} samples per second: rounding alone would be {error:.1g} of the result "
            f"(at most {ROUNDING:g}); choose a lower order or another design"
        )
    sos.setflags(write=False)
    return sos


@stream_operation(Lowpass, version=1, reach_s=_lowpass_settling_s, facts=_realised)
def lowpass(blocks: Blocks, signal: Signal, params: Lowpass) -> Blocks:
    """Keep what is slower than a cut-off.

    Source: L. R. Rabiner and B. Gold, Theory and Application of Digital Signal Processing (1975),
    chapter 4; digital by bilinear transform.
    """
    return _filtered(blocks, signal, params, "lowpass", cutoff_hz=params.cutoff_hz)


@stream_operation(Highpass, version=1, reach_s=_highpass_settling_s, facts=_realised)
def highpass(blocks: Blocks, signal: Signal, params: Highpass) -> Blocks:
    """Keep what is faster than a cut-off.

    Source: L. R. Rabiner and B. Gold, Theory and Application of Digital Signal Processing (1975),
    chapter 4; digital by bilinear transform.
    """
    return _filtered(blocks, signal, params, "highpass", cutoff_hz=params.cutoff_hz)


@stream_operation(Bandpass, version=1, reach_s=_bandpass_settling_s, facts=_realised)
def bandpass(blocks: Blocks, signal: Signal, params: Bandpass) -> Blocks:
    """Keep what lies between two frequencies.

    Source: L. R. Rabiner and B. Gold, Theory and Application of Digital Signal Processing (1975),
    chapter 4; digital by bilinear transform.
    """
    edges_hz = {"low_hz": params.low_hz, "high_hz": params.high_hz}
    return _filtered(blocks, signal, params, "bandpass", **edges_hz)


@stream_operation(Bandstop, version=1, reach_s=_bandstop_settling_s, facts=_realised)
def bandstop(blocks: Blocks, signal: Signal, params: Bandstop) -> Blocks:
    """Remove what lies between two frequencies.

    Source: L. R. Rabiner and B. Gold, Theory and Application of Digital Signal Processing (1975),
    chapter 4; digital by bilinear transform.
    """
    edges_hz = {"low_hz": params.low_hz, "high_hz": params.high_hz}
    return _filtered(blocks, signal, params, "bandstop", **edges_hz)


@stream_operation(Notch, version=1, reach_s=_notch_settling_s, facts=_realised_notch)
def notch(blocks: Blocks, signal: Signal, params: Notch) -> Blocks:
    """Remove one frequency, such as mains hum, and its harmonics, with second-order notches.

    Source: S. J. Orfanidis, Introduction to Signal Processing (1996), section 11.3.
    """
    return _apply(blocks, signal, _notch_sections(signal, params), params.phase)


def _notch_sections(signal: Signal, params: Notch) -> np.ndarray:
    import numpy as np

    from dspant.ops.designs import notch_section

    _inside_nyquist(signal, frequency_hz=params.frequency_hz)
    highest_hz = params.harmonics * params.frequency_hz
    if highest_hz >= signal.nyquist_hz:
        most = math.ceil(signal.nyquist_hz / params.frequency_hz) - 1
        raise OperationError(
            f"harmonic {params.harmonics} of {params.frequency_hz:g} Hz is {highest_hz:g} Hz, but "
            f"this signal ends at {signal.nyquist_hz:g} Hz; choose harmonics of {most} or fewer"
        )
    centres_hz = [k * params.frequency_hz for k in range(1, params.harmonics + 1)]
    if centres_hz[-1] / params.q >= signal.nyquist_hz:
        raise OperationError(
            f"a notch at {centres_hz[-1]:g} Hz with q {params.q:g} is "
            f"{centres_hz[-1] / params.q:g} Hz wide, but this signal ends at "
            f"{signal.nyquist_hz:g} Hz; choose q above {centres_hz[-1] / signal.nyquist_hz:.3g}"
        )
    sos = [notch_section(centre, centre / params.q, signal.fs_hz) for centre in centres_hz]
    return np.concatenate(sos)


@stream_operation(Comb, version=1, reach_s=_comb_settling_s, facts=_realised_comb)
def comb(blocks: Blocks, signal: Signal, params: Comb) -> Blocks:
    """Remove a frequency and all its multiples, each with a notch of the same width.

    The rate need not be a multiple of the frequency, as it must for a comb made of a delay.

    Source: S. J. Orfanidis, Introduction to Signal Processing (1996), section 11.3.
    """
    return _apply(blocks, signal, _comb_sections(signal, params), params.phase)


def _comb_sections(signal: Signal, params: Comb) -> np.ndarray:
    import numpy as np

    from dspant.ops.designs import notch_section

    _inside_nyquist(signal, frequency_hz=params.frequency_hz, width_hz=params.width_hz)
    sos = [notch_section(c, params.width_hz, signal.fs_hz) for c in _teeth_hz(signal, params)]
    return np.concatenate(sos)


def _teeth_hz(signal: Signal, params: Comb) -> list[float]:
    """Multiples of the frequency that lie inside the signal's range and are asked for."""
    highest_hz = math.inf if params.up_to_hz is None else params.up_to_hz
    most = math.ceil(signal.nyquist_hz / params.frequency_hz) - 1
    centres_hz = [k * params.frequency_hz for k in range(1, most + 1)]
    return [centre_hz for centre_hz in centres_hz if centre_hz <= highest_hz]
