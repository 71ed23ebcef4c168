"""Mains interference: taken out of the spectrum, or subtracted by what repeats in its period."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.frames import Band, Frames, cleaned, extended
from dspant.ops.registry import Held, Parameters, stream_operation

if TYPE_CHECKING:
    from dspant.ops.signal import Blocks, Signal

MAIN_LOBE_BINS = 2
"""Half the width of a pure tone in a Hann window's spectrum."""

LEAST_PERIOD = 4
"""Fewest samples of a mains period."""

PHASE_ERROR = 0.05
"""Most by which the highest harmonic may be out of phase where an end is extended, in radians."""


class SpectrumInterpolation(Parameters):
    example = {"frequency_hz": 60, "harmonics": 10}

    frequency_hz: float = Field(gt=0)
    """Mains frequency in Hz."""
    harmonics: int = Field(default=1, ge=1, le=1000)
    """How many multiples of the frequency are removed, itself the first."""
    width_hz: float = Field(default=2.0, gt=0)
    """Width of what is replaced around each multiple, in Hz: wide enough for the mains' own drift,
    and for a tone's width in a frame, which is 4 / ``frame_s``."""
    neighbour_hz: float = Field(default=2.0, gt=0)
    """Width of each of the two bands beside it, whose mean amplitude is put in its place, in Hz."""
    frame_s: float = Field(default=2.0, gt=0)
    """Length of the frames whose spectra are changed, in seconds; taken up to a length that
    transforms fast. Long frames tell closer frequencies apart, short ones follow hum that
    changes."""

    @model_validator(mode="after")
    def _bands_apart(self) -> Self:
        reach_hz = self.width_hz / 2 + self.neighbour_hz
        if 2 * reach_hz > self.frequency_hz:
            raise ValueError(
                f"width_hz ({self.width_hz:g}) and two bands of neighbour_hz "
                f"({self.neighbour_hz:g}) do not fit between multiples of {self.frequency_hz:g} Hz"
            )
        if self.width_hz * self.frame_s < 2 * MAIN_LOBE_BINS:
            raise ValueError(
                f"a frame of {self.frame_s:g} s spreads a tone over "
                f"{2 * MAIN_LOBE_BINS / self.frame_s:g} Hz, more than width_hz "
                f"({self.width_hz:g}); lengthen frame_s or widen width_hz"
            )
        return self


class SubtractMains(Parameters):
    example = {"frequency_hz": 60}

    frequency_hz: float = Field(gt=0)
    """Mains frequency in Hz."""
    window_s: float = Field(default=1.0, gt=0)
    """Time over which hum is taken to be the same, in seconds; taken as the nearest odd number of
    mains periods, 3 or more. Long windows leave more of the EMG, short ones follow hum that
    drifts."""

    @property
    def periods(self) -> int:
        """Mains periods on either side of a sample."""
        return max(int(self.window_s * self.frequency_hz / 2), 1)


def _realised(signal: Signal, params: SpectrumInterpolation) -> dict[str, Any]:
    frames = Frames.of(params.frame_s, signal.fs_hz)
    return {
        "frame_samples": frames.length,
        "hop_samples": frames.hop,
        "bin_hz": signal.fs_hz / frames.length,
    }


@stream_operation(
    SpectrumInterpolation,
    version=1,
    reach_s=lambda params: 2 * params.frame_s,
    facts=_realised,
    holds=Held(6, reaches=8),
)
def spectrum_interpolation(blocks: Blocks, signal: Signal, params: SpectrumInterpolation) -> Blocks:
    """Give mains and its harmonics the amplitude of the spectrum beside them; phases stay.

    Frames of a fixed grid, Hann-windowed, overlap by three quarters. In the spectrum of each, bins
    around every multiple get the mean amplitude of the bins on both sides; what that takes away,
    windowed again, is subtracted from the signal, so all other frequencies stay as they are.
    Both ends of an unbroken run are extended by copies a whole number of mains periods away, so
    that the hum goes on. A run shorter than a frame is refused.

    Source: S. Leske and S. S. Dalal, NeuroImage 189 (2019) 763,
    doi:10.1016/j.neuroimage.2019.01.026.
    """
    (segment,) = signal.segments
    frames = Frames.of(params.frame_s, signal.fs_hz)
    bands = _bands(signal, params, frames)
    if segment.count < frames.length:
        raise OperationError(
            f"the run from {segment.start_s:.6f} s is {segment.count / signal.fs_hz:g} s long, "
            f"shorter than a frame of {frames.length / signal.fs_hz:g} s; shorten frame_s or use "
            f"notch or comb"
        )
    run = extended(blocks, frames, _repeat_samples(signal, params, frames))
    return cleaned(run, segment.count, frames, bands)


def _bands(signal: Signal, params: SpectrumInterpolation, frames: Frames) -> list[Band]:
    highest_hz = params.harmonics * params.frequency_hz + params.width_hz / 2 + params.neighbour_hz
    if highest_hz >= signal.nyquist_hz:
        room_hz = signal.nyquist_hz - params.width_hz / 2 - params.neighbour_hz
        most = max(math.ceil(room_hz / params.frequency_hz) - 1, 0)
        raise OperationError(
            f"harmonic {params.harmonics} of {params.frequency_hz:g} Hz needs the spectrum up to "
            f"{highest_hz:g} Hz, but this signal ends at {signal.nyquist_hz:g} Hz; choose "
            f"harmonics of {most} or fewer"
        )
    bin_hz = signal.fs_hz / frames.length
    beside = math.ceil(params.neighbour_hz / bin_hz)
    bands = []
    for k in range(1, params.harmonics + 1):
        centre_hz = k * params.frequency_hz
        first = math.floor((centre_hz - params.width_hz / 2) / bin_hz)
        stop = math.ceil((centre_hz + params.width_hz / 2) / bin_hz) + 1
        low, high = slice(max(first - beside, 1), first), slice(stop, stop + beside)
        bands.append((slice(first, stop), low, high))
    return bands


def _repeat_samples(signal: Signal, params: SpectrumInterpolation, frames: Frames) -> int:
    """How far away copies are taken that go on with the hum, in samples.

    Not nearer than a quarter of a frame, else the muscle's own part would come to look like hum;
    the nearest that keeps the phase of all harmonics, since mains drifts.
    """
    period = signal.fs_hz / params.frequency_hz
    first = max(math.ceil(frames.length / 4 / period), 1)
    last = max(math.floor((frames.length - 1) / period), first)
    counts = range(first, last + 1)
    phases = [
        2 * math.pi * params.harmonics * abs(count * period - round(count * period)) / period
        for count in counts
    ]
    kept = [count for count, phase in zip(counts, phases, strict=True) if phase <= PHASE_ERROR]
    best = kept[0] if kept else counts[phases.index(min(phases))]
    return min(round(best * period), frames.length)


def _realised_periods(signal: Signal, params: SubtractMains) -> dict[str, Any]:
    count = 2 * params.periods + 1
    return {"periods": count, "realised_window_s": count / params.frequency_hz}


@stream_operation(
    SubtractMains,
    version=1,
    reach_s=lambda params: (2 * params.periods + 2) / params.frequency_hz,
    facts=_realised_periods,
    holds=Held(24, reaches=9),
)
def subtract_mains(blocks: Blocks, signal: Signal, params: SubtractMains) -> Blocks:
    """Subtract what repeats in every mains period: y[n] = x[n] - (h[n] - mean of h over a period).

    h[n] is the median of the samples x[n + round(k fs / frequency_hz)] over the periods k of the
    window: mains and all its harmonics, and little of EMG that is not active most of the time.
    Without its mean over a period, nothing slow is taken. Near the ends of an unbroken run the
    window is moved inside. A run shorter than the window and one more period is refused.

    Source: the subtraction procedure of C. Levkov et al., BioMed. Eng. OnLine 4 (2005) 50, with a
    median over periods in place of a mean over linear stretches.
    """
    from dspant.ops.periods import less_its_periods

    (segment,) = signal.segments
    period = signal.fs_hz / params.frequency_hz
    if period < LEAST_PERIOD:
        raise OperationError(
            f"a period of {params.frequency_hz:g} Hz is {period:g} samples at {signal.fs_hz:g} Hz; "
            f"at least {LEAST_PERIOD} are needed"
        )
    needed = math.ceil((2 * params.periods + 2) * period)
    if segment.count < needed:
        raise OperationError(
            f"the run from {segment.start_s:.6f} s is {segment.count / signal.fs_hz:g} s long, but "
            f"window_s {params.window_s:g} needs {needed / signal.fs_hz:g} s; shorten it or use "
            f"notch or comb"
        )
    return less_its_periods(blocks, period, params.periods)
