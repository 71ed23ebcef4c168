"""What the ancestor did against interference, by its formulas, on whole arrays."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.signal import resample

DB4 = np.array(
    [
        0.23037781330885523,
        0.7148465705525415,
        0.6308807679295904,
        -0.02798376941698385,
        -0.18703481171888114,
        0.030841381835986965,
        0.032883011666982945,
        -0.010597401784997278,
    ]
)
"""Daubechies' scaling filter with four vanishing moments."""


def delay_comb(x: np.ndarray, fs_hz: float, frequency_hz: float) -> np.ndarray:
    """Feed-forward comb y[n] = x[n] - x[n-N], the delay N rounded to samples."""
    delay = round(fs_hz / frequency_hz)
    return x - np.concatenate([np.zeros((len(x), delay)), x[:, :-delay]], axis=1)


def correlation_template(x: np.ndarray, fs_hz: float, beats_s: np.ndarray) -> np.ndarray:
    """Mean of windows of 15 ms around peaks; lag by full cross-correlation, least squares scale."""
    half = round(0.015 * fs_hz)
    peaks = np.round(beats_s * fs_hz).astype(int)
    made = x.copy()
    for row, target in zip(x, made, strict=True):
        template = np.mean([row[p - half : p + half] for p in peaks], axis=0)
        for peak in peaks:
            segment = row[peak - half : peak + half]
            lag = int(np.argmax(np.correlate(segment, template, "full"))) - len(template) + 1
            start = peak - half + lag
            if start < 0 or start + len(template) > len(row):
                continue
            part = row[start : start + len(template)]
            scale = (part @ template) / (template @ template)
            target[start : start + len(template)] -= scale * template
    return made


def wavelet_packets(x: np.ndarray, fs_hz: float, frequency_hz: float) -> np.ndarray:
    """Resampled to frequency 2^j; of each packet but the lowest, its slow part is taken away.

    At level j packets have a coefficient per mains period, so every multiple of mains is constant
    in its packet: a median and then a Gaussian of one second tell it.
    """
    level = int(np.log2(fs_hz / frequency_hz))
    samples = int(x.shape[1] / fs_hz * frequency_hz) * 2**level
    packets = [resample(x, samples, axis=1)]
    for _ in range(level):
        packets = [half for packet in packets for half in _split(packet)]
    second = int(frequency_hz) | 1
    for number, packet in enumerate(packets[1:], start=1):
        slow = median_filter(packet, (1, second), mode="nearest")
        packets[number] = packet - gaussian_filter1d(slow, second / 6, axis=1)
    while len(packets) > 1:
        packets = [_join(*packets[i : i + 2]) for i in range(0, len(packets), 2)]
    return resample(packets[0], x.shape[1], axis=1)


def _responses(samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Of the low and high filter of an orthogonal pair, around a circle."""
    high = DB4[::-1] * (-1.0) ** np.arange(len(DB4))
    return np.fft.fft(DB4, samples), np.fft.fft(high, samples)


def _split(x: np.ndarray) -> list[np.ndarray]:
    spectrum = np.fft.fft(x)
    parts = [np.fft.ifft(spectrum * np.conj(h)).real for h in _responses(x.shape[1])]
    return [np.ascontiguousarray(part[:, ::2]) for part in parts]


def _join(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    made = np.zeros((len(low), 2 * low.shape[1]))
    for part, response in zip((low, high), _responses(made.shape[1]), strict=True):
        spread = np.zeros_like(made)
        spread[:, ::2] = part
        made += np.fft.ifft(np.fft.fft(spread) * response).real
    return made
