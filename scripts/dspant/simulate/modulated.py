"""EMG whose size is known at every moment: noise of a muscle's spectrum, times a known envelope.

All signals are float64 in volts, all times in seconds from the first sample of the trace; no
function has a default sampling rate, and all chance comes from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np

from dspant.simulate.emg import Signal, white_noise
from dspant.simulate.schedule import Times

LOW_HZ = 60.0
HIGH_HZ = 120.0
"""Corners of a surface EMG's spectrum."""

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


def modulated_noise(
    bursts_s: Times,
    *,
    rms_v: float,
    shape: str,
    samples: int,
    fs_hz: float,
    rng: np.random.Generator,
) -> Signal:
    """Return an EMG (samples,) whose standard deviation is ``rms_v`` times :func:`envelope`.

    Source: N. Hogan and R. W. Mann, IEEE Trans Biomed Eng 27:382 (1980).
    """
    noise = muscle_noise(samples, fs_hz=fs_hz, rng=rng)
    return rms_v * envelope(bursts_s, shape=shape, samples=samples, fs_hz=fs_hz) * noise
