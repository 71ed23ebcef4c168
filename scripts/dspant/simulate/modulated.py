"""EMG whose size is known at every moment: noise of a muscle's spectrum, times a known envelope.

All signals are float64 in volts, all times in seconds from the first sample of the trace; no
function has a default sampling rate, and all chance comes from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np

from dspant.simulate.emg import Signal, white_noise
from dspant.simulate.errors import SimulationError
from dspant.simulate.schedule import Times

LOW_HZ = 60.0
HIGH_HZ = 120.0
"""Corners of a surface EMG's spectrum."""

FINER = 16
"""Samples for each sample of noise that is played at another speed."""

RAMP_S = 0.05
"""Rise and fall of a plateau."""


def hann(elapsed_s: Signal, length_s: float) -> Signal:
    """Return a raised cosine over ``length_s``, 0 at both ends and 1 in the middle."""
    return np.sin(pi * elapsed_s / length_s) ** 2


def plateau(elapsed_s: Signal, length_s: float) -> Signal:
    """Return 1 with straight ramps of ``RAMP_S`` at both ends of ``length_s``."""
    nearest_end_s = np.minimum(elapsed_s, length_s - elapsed_s)
    return np.clip(nearest_end_s / RAMP_S, 0, 1)


def step(elapsed_s: Signal, _length_s: float) -> Signal:
    """Return 1 from the first moment to the last."""
    return np.ones_like(elapsed_s)


SHAPES: dict[str, Callable[[Signal, float], Signal]] = {
    "hann": hann,
    "plateau": plateau,
    "step": step,
}


def envelope(bursts_s: Times, *, shape: str, samples: int, fs_hz: float) -> Signal:
    """Return the relative size (samples,) of a muscle that bursts: 0 between bursts, at most 1.

    ``bursts_s`` is (bursts, 2) with onset and offset; ``shape`` is a key of ``SHAPES``.
    """
    size = np.zeros(samples)
    for onset_s, offset_s in bursts_s:
        first, stop = (int(np.ceil(edge_s * fs_hz)) for edge_s in (onset_s, offset_s))
        place = np.arange(max(first, 0), min(stop, samples))
        size[place] = SHAPES[shape](place / fs_hz - onset_s, offset_s - onset_s)
    return size


def muscle_noise(samples: int, *, fs_hz: float, rng: np.random.Generator) -> Signal:
    """Return Gaussian noise (samples,) of RMS 1 with the spectrum of a surface EMG.

    P(f) = f^2 / ((f^2 + 60^2) (f^2 + 120^2)^2), f in Hz, scaled: E. Shwedyk, R. Balasubramanian
    and R. N. Scott, IEEE Trans Biomed Eng 24:417 (1977).
    """
    frequency_hz = np.fft.rfftfreq(samples, 1 / fs_hz)
    power = frequency_hz**2 / ((frequency_hz**2 + LOW_HZ**2) * (frequency_hz**2 + HIGH_HZ**2) ** 2)
    gain = np.sqrt(power / power.mean())
    return np.fft.irfft(np.fft.rfft(white_noise(samples, 1.0, rng)) * gain, samples)


def slowing_noise(
    samples: int, *, fs_hz: float, slowing_per_s: float, rng: np.random.Generator
) -> Signal:
    """Return :func:`muscle_noise` played ever slower: at t s, frequencies are (1 - slowing t).

    Fatigue slows conduction, which scales the spectrum as a whole: F. B. Stulen and C. J. De Luca,
    IEEE Trans Biomed Eng 28:515 (1981). The sample at t is the noise at t - slowing t^2 / 2.

    Raises SimulationError where nothing would be left of the frequencies by the end.
    """
    time_s = np.arange(samples) / fs_hz
    if slowing_per_s * samples / fs_hz >= 1:
        raise SimulationError(
            f"slowing_per_s: {slowing_per_s:g} leaves no frequency after {1 / slowing_per_s:g} s, "
            f"and the recording lasts {samples / fs_hz:g} s"
        )
    noise = muscle_noise(samples, fs_hz=fs_hz, rng=rng)
    # So many samples more that a straight line between two of them is as good as the noise itself.
    half = np.fft.rfft(noise)
    fine = np.fft.irfft(half, FINER * samples) * FINER
    played_s = time_s - slowing_per_s * time_s**2 / 2
    return np.interp(played_s, np.arange(FINER * samples) / (FINER * fs_hz), fine)


def modulated_noise(
    bursts_s: Times,
    *,
    rms_v: float,
    shape: str,
    samples: int,
    fs_hz: float,
    rng: np.random.Generator,
    slowing_per_s: float = 0.0,
) -> Signal:
    """Return an EMG (samples,) whose standard deviation is ``rms_v`` times :func:`envelope`.

    Its frequencies are those of :func:`muscle_noise`, or of :func:`slowing_noise`.

    Source: N. Hogan and R. W. Mann, IEEE Trans Biomed Eng 27:382 (1980).
    """
    if slowing_per_s:
        noise = slowing_noise(samples, fs_hz=fs_hz, slowing_per_s=slowing_per_s, rng=rng)
    else:
        noise = muscle_noise(samples, fs_hz=fs_hz, rng=rng)
    return rms_v * envelope(bursts_s, shape=shape, samples=samples, fs_hz=fs_hz) * noise
