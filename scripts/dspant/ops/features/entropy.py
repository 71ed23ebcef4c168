"""Features of how regular a window is: entropies, and how it scales.

The counts compare every sample with every other, so they cost the square of a window's length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dspant.errors import OperationError
from dspant.ops.features.feature import feature

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.features.batch import Batch

DFA_SHORTEST, DFA_LONGEST_PART, DFA_SCALES = 4, 4, 10
"""Boxes of a detrended fluctuation analysis: from so many samples to such a part of the window."""


@feature("", uses=("entropy_dimension", "entropy_tolerance_sd"))
def sampen(w: Batch, entropy_dimension: int, entropy_tolerance_sd: float) -> np.ndarray:
    """Sample entropy: - ln A / B, A and B the pairs alike over m + 1 and over m samples.

    Alike: all samples within entropy_tolerance_sd standard deviations. Of N - m places each, m the
    entropy_dimension, none compared with itself; NaN where no pair is alike over m + 1. Source:
    Richman and Moorman, Am. J. Physiol. 278 (2000) H2039.
    """
    import numpy as np

    m = entropy_dimension
    _long_enough(w, m + 2, "sampen", f"entropy_dimension {m}")
    x = w.centred / w.sd
    shorter, longer = (np.zeros(x.shape[:-1], dtype=np.int64) for _ in range(2))
    for lag in range(1, w.samples - m):
        close = abs(x[..., lag:] - x[..., :-lag]) <= entropy_tolerance_sd
        places = close.shape[-1] - m
        agree = close[..., :places].copy()
        for offset in range(1, m):
            agree &= close[..., offset : offset + places]
        shorter += np.count_nonzero(agree, axis=-1)
        longer += np.count_nonzero(agree & close[..., m:], axis=-1)
    return np.where(longer > 0, np.log(shorter / longer), np.nan)


@feature("", uses=("entropy_dimension", "entropy_tolerance_sd", "fuzzy_power"))
def fuzzyen(
    w: Batch, entropy_dimension: int, entropy_tolerance_sd: float, fuzzy_power: float
) -> np.ndarray:
    """Fuzzy entropy: ln phi_m - ln phi_(m+1), phi the mean of exp(-(d / sd)^n / r) over all pairs.

    d is the largest difference of two stretches of m samples, each without its mean; m, r and n
    are entropy_dimension, entropy_tolerance_sd and fuzzy_power. Source: Chen et al., IEEE Trans.
    Neural Syst. Rehabil. Eng. 15 (2007) 266.
    """
    import numpy as np

    m = entropy_dimension
    _long_enough(w, m + 2, "fuzzyen", f"entropy_dimension {m}")
    x = w.centred / w.sd
    places = w.samples - m
    phi = []
    for size in (m, m + 1):
        total = np.zeros(x.shape[:-1])
        for lag in range(1, places):
            total += _similarity(
                x,
                lag,
                size=size,
                places=places,
                power=fuzzy_power,
                tolerance=entropy_tolerance_sd,
            )
        phi.append(total)
    return np.log(phi[0] / phi[1])


def _similarity(
    x: np.ndarray, lag: int, *, size: int, places: int, power: float, tolerance: float
) -> np.ndarray:
    """Sum of how alike stretches of ``size`` samples are that lie ``lag`` apart."""
    import numpy as np

    apart = x[..., lag : places + size - 1] - x[..., : places + size - 1 - lag]
    pairs = places - lag
    parts = [apart[..., offset : offset + pairs] for offset in range(size)]
    mean = sum(parts) / size
    largest = abs(parts[0] - mean)
    for part in parts[1:]:
        np.maximum(largest, abs(part - mean), out=largest)
    return np.exp(largest**power / -tolerance).sum(axis=-1)


@feature("", uses=("permutation_order",))
def permen(w: Batch, permutation_order: int) -> np.ndarray:
    """Permutation entropy: - sum p ln p over the orders of permutation_order samples.

    Of equal samples the earlier one counts as the smaller. Source: Bandt and Pompe, Phys. Rev.
    Lett. 88 (2002) 174102.
    """
    from math import factorial

    import numpy as np

    order = permutation_order
    _long_enough(w, order, "permen", f"permutation_order {order}")
    places = w.samples - order + 1
    parts = [w.x[..., offset : offset + places] for offset in range(order)]
    code = np.zeros(parts[0].shape, dtype=np.int64)
    for first in range(order - 1):
        larger = sum((parts[first] > part).astype(np.int64) for part in parts[first + 1 :])
        code = code * (order - first) + larger
    kinds = factorial(order)
    rows = code.reshape(-1, places) + kinds * np.arange(code[..., 0].size)[:, np.newaxis]
    counts = np.bincount(rows.reshape(-1), minlength=kinds * len(rows)).reshape(-1, kinds)
    p = counts / places
    entropy = -(p * np.log(np.where(p == 0, 1.0, p))).sum(axis=-1)
    return np.abs(entropy).reshape(w.x.shape[:-1])


@feature("")
def dfa(w: Batch) -> np.ndarray:
    """Detrended fluctuation analysis: slope of ln F over ln n, F the RMS about lines.

    One line is fitted in each box of n samples of the running sum of x - mean; there are up to 10
    box lengths, evenly spread on a logarithmic scale from 4 samples to a quarter of the window.
    Source: Peng et al., Phys. Rev. E 49 (1994) 1685.
    """
    import numpy as np

    _long_enough(w, 6 * DFA_LONGEST_PART, "dfa", "")
    profile = np.cumsum(w.centred, axis=-1)
    longest = w.samples // DFA_LONGEST_PART
    scales = np.unique(np.round(np.geomspace(DFA_SHORTEST, longest, DFA_SCALES)).astype(int))
    squares = [_about_lines(profile, int(scale)) for scale in scales]
    logs = 0.5 * np.log(np.stack(squares, axis=-1))
    return w.of_varying(_slope(np.log(scales), logs))


def _about_lines(profile: np.ndarray, scale: int) -> np.ndarray:
    """Mean square of a profile about the least squares line in each box of ``scale`` samples."""
    import numpy as np

    boxes = profile.shape[-1] // scale
    y = profile[..., : boxes * scale].reshape(*profile.shape[:-1], boxes, scale)
    y = y - y.mean(axis=-1, keepdims=True)
    t = np.arange(scale) - (scale - 1) / 2
    slope = (y * t).sum(axis=-1, keepdims=True) / (t * t).sum()
    return ((y - slope * t) ** 2).mean(axis=(-2, -1))


@feature("", needs=("higuchi_lag",))
def higuchi(w: Batch, higuchi_lag: int) -> np.ndarray:
    """Higuchi fractal dimension: - slope of ln L(k) over ln k.

    L is the mean length of the curves of every k-th sample, for k from 1 to higuchi_lag. Source:
    Higuchi, Physica D 31 (1988) 277.
    """
    import numpy as np

    _long_enough(w, 2 * higuchi_lag + 1, "higuchi", f"higuchi_lag {higuchi_lag}")
    lags = np.arange(1, higuchi_lag + 1)
    logs = np.log(np.stack([_curve_length(w.x, int(k)) for k in lags], axis=-1))
    return w.of_varying(-_slope(np.log(lags), logs))


def _curve_length(x: np.ndarray, k: int) -> np.ndarray:
    samples = x.shape[-1]
    total = 0.0
    for first in range(k):
        steps = (samples - 1 - first) // k
        taken = x[..., first : first + steps * k + 1 : k]
        length = abs(taken[..., 1:] - taken[..., :-1]).sum(axis=-1)
        total = total + length * (samples - 1) / (steps * k) / k
    return total / k


def _slope(across: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least squares slope of values (last axis) over ``across``."""
    across = across - across.mean()
    return (values * across).sum(axis=-1) / (across * across).sum()


def _long_enough(w: Batch, least: int, name: str, because: str) -> None:
    if w.samples < least:
        raise OperationError(
            f"{name}{' with ' + because if because else ''} needs windows of {least} samples or "
            f"more, and these have {w.samples}; length_s of {least / w.fs_hz:g} s or more"
        )
