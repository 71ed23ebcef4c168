"""Changing the sampling rate, with what would alias filtered out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dspant.errors import OperationError
from dspant.ops.kaiser import LEAST_DB, half_length
from dspant.ops.registry import Held, Parameters, stream_operation
from dspant.ops.signal import Segment

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal

MOST = 20_000
"""Largest factor up or down; a TDT rate of 24414.0625 Hz to 100 Hz is up 64 and down 15625."""

MOST_AT_ONCE = 1000
"""Largest factor of ``decimate``, whose filter is as much longer."""

SIMPLE = 100
"""Largest factor up or down of a rate that is suggested instead."""

TENTH = 0.1


class _Edge(Parameters):
    transition_hz: float | None = Field(default=None, gt=0)
    """Width of the filter's edge in Hz, which ends at half the lower of the two rates; a tenth of
    that half where not given."""
    stopband_db: float = Field(default=80.0, gt=LEAST_DB, le=200)
    """Attenuation of what would alias, in dB."""


class Resample(_Edge):
    example = {"to_hz": 1000}

    to_hz: float = Field(gt=0)
    """The new rate in Hz. It has to be the old one times up/down, of whole numbers of no more than
    20000, to the last digit that a float64 has; TDT's rates reach 100 Hz and more so."""


class Decimate(_Edge):
    example = {"factor": 10}

    factor: int = Field(ge=2, le=MOST_AT_ONCE)
    """Keep one sample of so many; the new rate is the old one divided by it."""


@dataclass(frozen=True)
class Conversion:
    """From one rate to another: the factors, and the filter between them.

    Parameters
    ----------
    fs_hz
        The old rate.
    up, down
        The new rate is the old one times ``up`` / ``down``.
    transition_hz
        Width of the filter's edge, which ends at half the lower rate.
    stopband_db
        Its attenuation.
    """

    fs_hz: float
    up: int
    down: int
    transition_hz: float
    stopband_db: float

    @property
    def to_hz(self) -> float:
        return float(Fraction(self.fs_hz) * self.up / self.down)

    @property
    def same(self) -> bool:
        """Whether the new rate is the old one, so that nothing is to be done."""
        return self.up == self.down

    @property
    def end_hz(self) -> float:
        """Half the lower rate, where the stop band begins."""
        return min(self.fs_hz, self.to_hz) / 2

    @property
    def half(self) -> int:
        """Taps on either side of the middle one, at the old rate times ``up``."""
        transition = self.transition_hz / (self.fs_hz * self.up)
        return math.ceil(half_length(self.stopband_db, transition))

    def taps(self) -> np.ndarray:
        """The low-pass at the old rate times ``up``, whose gain makes up for the zeros between."""
        from dspant.ops.polyphase import low_pass

        cutoff_hz = self.end_hz - self.transition_hz / 2
        return self.up * low_pass(self.half, cutoff_hz / (self.fs_hz * self.up), self.stopband_db)

    def count(self, samples: int) -> int:
        """Samples that a run of ``samples`` becomes."""
        return -(-samples * self.up // self.down)


def conversion_of(signal: Signal, params: Resample | Decimate) -> Conversion:
    """How an operation of this file changes the rate of ``signal``, and with which filter.

    Raises
    ------
    OperationError
        The ratio is no fraction of small enough numbers, or the edge is wider than the band.
    """
    if isinstance(params, Decimate):
        ratio = Fraction(1, params.factor)
    else:
        ratio = _ratio(signal.fs_hz, params.to_hz)
    end_hz = float(Fraction(signal.fs_hz) * min(ratio, 1) / 2)
    transition_hz = params.transition_hz or TENTH * end_hz
    if transition_hz >= end_hz:
        raise OperationError(
            f"transition_hz is {transition_hz:g} Hz, but the band that is kept ends at "
            f"{end_hz:g} Hz, half the lower rate; choose a transition_hz below that"
        )
    return Conversion(
        signal.fs_hz, ratio.numerator, ratio.denominator, transition_hz, params.stopband_db
    )


def _ratio(fs_hz: float, to_hz: float) -> Fraction:
    wanted = Fraction(to_hz) / Fraction(fs_hz)
    ratio = _nearest(wanted, MOST)
    if ratio and abs(float(Fraction(fs_hz) * ratio) - to_hz) <= math.ulp(to_hz):
        return ratio
    possible = {_nearest(wanted, most) for most in (SIMPLE, MOST)} - {None}
    rates = " or ".join(
        f"{float(Fraction(fs_hz) * near)!r} (up {near.numerator}, down {near.denominator})"
        for near in sorted(possible)
    )
    if not rates:
        lowest, highest = fs_hz / MOST, fs_hz * MOST
        rates = f"between {lowest:g} and {highest:g}"
    raise OperationError(
        f"to_hz {to_hz!r} is no whole-number ratio of this signal's {fs_hz!r} samples per second "
        f"with factors of {MOST} or less; choose to_hz {rates}, "
        f"or get there by way of another rate in two steps"
    )


def _nearest(wanted: Fraction, most: int) -> Fraction | None:
    """The fraction nearest to one that is wanted, its numerator and denominator limited."""
    if wanted <= 1:
        return wanted.limit_denominator(most) or None
    turned = (1 / wanted).limit_denominator(most)
    return 1 / turned if turned else None


def _converted(signal: Signal, params: Resample | Decimate) -> Signal:
    conversion = conversion_of(signal, params)
    runs, first = [], 0
    for run in signal.segments:
        runs.append(Segment(first, conversion.count(run.count), run.start_s))
        first += runs[-1].count
    return replace(signal, fs_hz=conversion.to_hz, segments=tuple(runs))


def _realised(signal: Signal, params: Resample | Decimate) -> dict[str, Any]:
    conversion = conversion_of(signal, params)
    if conversion.same:
        return {"up": 1, "down": 1, "to_hz": conversion.to_hz}
    return {
        "up": conversion.up,
        "down": conversion.down,
        "to_hz": conversion.to_hz,
        "taps": 2 * conversion.half + 1,
        "kept_to_hz": conversion.end_hz - conversion.transition_hz,
        "stopped_from_hz": conversion.end_hz,
    }


def _reach_s(params: Resample | Decimate) -> float:
    """Length of the filter as far as it shows without the old rate."""
    if params.transition_hz is not None:
        return 2 * half_length(params.stopband_db, params.transition_hz)
    if isinstance(params, Resample):
        return 2 * half_length(params.stopband_db, TENTH * params.to_hz / 2)
    return 0.0


@stream_operation(
    Resample, version=1, describe=_converted, facts=_realised, reach_s=_reach_s, holds=Held(7)
)
def resample(blocks: Blocks, signal: Signal, params: Resample) -> Blocks:
    """Change the rate by up/down with a polyphase filter: y[m] = sum h[m down - k up] x[k].

    The filter is the ideal low-pass cut by a Kaiser window, without delay: the first sample of an
    unbroken run keeps its time, and n samples become ceil(n up / down). Both ends of a run are
    extended by odd reflection, as far as the filter or the run goes, and by their last value
    beyond. Away from them the result is that of SciPy's ``resample_poly`` with the same taps.

    Source: R. E. Crochiere and L. R. Rabiner, Multirate Digital Signal Processing (1983), chapter
    3; J. F. Kaiser, Proc. IEEE Symp. Circuits and Systems (1974) 20.
    """
    return _resampled(blocks, signal, params)


@stream_operation(
    Decimate, version=1, describe=_converted, facts=_realised, reach_s=_reach_s, holds=Held(7)
)
def decimate(blocks: Blocks, signal: Signal, params: Decimate) -> Blocks:
    """Keep one sample of every so many, after a low-pass: y[m] = sum h[m factor - k] x[k].

    As ``resample`` with up 1: no delay, n samples become ceil(n / factor), ends of an unbroken run
    extended by odd reflection.

    Source: R. E. Crochiere and L. R. Rabiner, Multirate Digital Signal Processing (1983), chapter
    2.
    """
    return _resampled(blocks, signal, params)


def _resampled(blocks: Blocks, signal: Signal, params: Resample | Decimate) -> Blocks:
    from dspant.ops.polyphase import polyphase

    conversion = conversion_of(signal, params)
    if conversion.same:
        return blocks
    return polyphase(
        blocks, conversion.taps(), conversion.up, conversion.down, signal.segments[0].count
    )
