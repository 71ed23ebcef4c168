"""Every feature of one window as its formula is printed: sample by sample, or by SciPy."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, permutations
from math import comb, exp, log, log10, sqrt
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial
from scipy import signal as sp
from scipy import stats

PARAMS: dict[str, Any] = {
    "zc_threshold": 0.3,
    "ssc_threshold": 0.2,
    "wamp_threshold": 0.5,
    "myop_threshold": 0.4,
    "vorder_power": 3.0,
    "mavslp_segments": 3,
    "hist_bins": 7,
    "ar_order": 5,
    "band_hz": None,
    "fr_low_hz": [20.0, 100.0],
    "fr_high_hz": [150.0, 400.0],
    "rolloff_part": 0.7,
    "twitch_hz": 80.0,
    "entropy_dimension": 2,
    "entropy_tolerance_sd": 0.6,
    "fuzzy_power": 2.0,
    "permutation_order": 3,
    "higuchi_lag": 5,
    "wavelet_levels": 1,
}


def by_hand(x: np.ndarray, fs_hz: float, band_hz: list[float] | None = None) -> dict[str, float]:
    """All columns of all features, with the parameters above."""
    return (
        _sizes(x, fs_hz) | _steps(x, fs_hz) | _shape(x) | _spectrum(x, fs_hz, band_hz) | _order(x)
    )


def _sizes(x: np.ndarray, fs_hz: float) -> dict[str, float]:
    n, size = len(x), [abs(v) for v in x]
    places = [i / n for i in range(1, n + 1)]
    third = n // 3
    parts = [sum(size[k * third : (k + 1) * third]) / third for k in range(3)]
    return {
        "mav": sum(size) / n,
        "mmav1": sum(
            v * (1 if 0.25 <= p <= 0.75 else 0.5) for v, p in zip(size, places, strict=True)
        )
        / n,
        "mmav2": sum(
            v * (4 * p if p < 0.25 else 4 * (1 - p) if p > 0.75 else 1)
            for v, p in zip(size, places, strict=True)
        )
        / n,
        "iemg": sum(size) / fs_hz,
        "ssi": sum(v * v for v in x) / fs_hz,
        "isd": sum(v * v for v in x),
        "ap": sum(v * v for v in x) / n,
        "rms": sqrt(sum(v * v for v in x) / n),
        "var": sum((v - x.mean()) ** 2 for v in x) / (n - 1),
        "vorder": (sum(v**3 for v in size) / n) ** (1 / 3),
        "log": exp(sum(log(v) for v in size) / n),
        "ld": exp(sum(log(v + 1) for v in size) / n),
        "msr": sum(sqrt(v) for v in size) / n,
        "p2p": max(x) - min(x),
        "mpk": max(size),
        "crest": max(size) / sqrt(sum(v * v for v in x) / n),
        "myop": sum(v > 0.4 for v in size) / n,
        "mavslp1": parts[1] - parts[0],
        "mavslp2": parts[2] - parts[1],
    }


def _steps(x: np.ndarray, fs_hz: float) -> dict[str, float]:
    n = len(x)
    steps = [b - a for a, b in pairwise(x)]
    bends = [b - a for a, b in pairwise(steps)]
    length, energy = sum(abs(d) for d in steps), sum(d * d for d in steps)
    crossings = sum(a * b < 0 and abs(b - a) >= 0.3 for a, b in pairwise(x))
    turns = sum((x[i] - x[i - 1]) * (x[i] - x[i + 1]) >= 0.2 for i in range(1, n - 1))
    mobility = np.std(steps) / np.std(x)
    bending = sum(d * d for d in bends)
    return {
        "wl": length,
        "aac": length / (n - 1),
        "mavfd": length / (n - 1),
        "dasdv": sqrt(energy / (n - 1)),
        "mfl": log10(sqrt(energy)),
        "zc": crossings / (n / fs_hz),
        "ssc": turns / (n / fs_hz),
        "wamp": sum(abs(d) > 0.5 for d in steps) / (n / fs_hz),
        "tkeo": np.mean([x[i] ** 2 - x[i - 1] * x[i + 1] for i in range(1, n - 1)]),
        "activity": np.var(x),
        "mobility": mobility,
        "complexity": np.std(bends) / np.std(steps) / mobility,
        "cor": (energy / n) / ((bending / n) * sum(v * v for v in x)),
        "pap": sqrt(sum(v * v for v in x)) / (sqrt(bending) / sqrt(energy)),
    }


def _shape(x: np.ndarray) -> dict[str, float]:
    n, edge = len(x), 3 * np.std(x, ddof=1)
    within = np.clip(x - x.mean(), -edge, edge)
    counts, _ = np.histogram(within, bins=7, range=(-edge, edge))
    ranked = sorted(x)
    pairs = sum(b - a for i, a in enumerate(ranked) for b in ranked[i + 1 :])
    return {
        "tm3": abs(sum(v**3 for v in x) / n),
        "tm4": abs(sum(v**4 for v in x) / n),
        "tm5": abs(sum(v**5 for v in x) / n),
        "skew": stats.skew(x),
        "kurt": stats.kurtosis(x, fisher=False),
        "ls": pairs / comb(n, 2) / 2,
    } | {f"hist{k}": count / n for k, count in enumerate(counts, start=1)}


def _spectrum(x: np.ndarray, fs_hz: float, band_hz: list[float] | None) -> dict[str, float]:
    n = len(x)
    f, p = _periodogram(x, fs_hz, band_hz)
    width = fs_hz / n
    edges, total = np.r_[f - width / 2, f[-1] + width / 2], np.r_[0, np.cumsum(p)]
    below = {part: np.interp(part * p.sum(), total, edges) for part in (0.5, 0.7, 0.95)}
    q, centre = p / p.sum(), (f * p).sum() / p.sum()
    spread = (q * (f - centre) ** 2).sum()
    slow, fast = f < 80, f >= 80
    of_halves = [_periodogram(part, fs_hz, band_hz)[1] for part in (x[: n // 2], x[n - n // 2 :])]
    first, second = (part / part.sum() for part in of_halves)
    falls = [(p[k] - p[0]) / k for k in range(1, len(p))]
    return {
        "mnf": centre,
        "mdf": below[0.5],
        "pkf": f[np.argmax(p)],
        "mnp": p.mean(),
        "ttp": p.sum(),
        "sm1": (f * p).sum(),
        "sm2": (f**2 * p).sum(),
        "sm3": (f**3 * p).sum(),
        "fr": p[(f >= 20) & (f <= 100)].sum() / p[(f >= 150) & (f <= 400)].sum(),
        "vcf": (f**2 * q).sum() - (f * q).sum() ** 2,
        "sef95": below[0.95],
        "rolloff": below[0.7],
        "sent": stats.entropy(p),
        "flat": stats.gmean(p) / p.mean(),
        "sc": centre,
        "sbw": sqrt(spread),
        "ss": spread,
        "sdec": sum(falls) / p[1:].sum(),
        "sflx": ((first - second) ** 2).sum(),
        "twitch_ratio": p[fast].sum() / p[slow].sum(),
        "twitch_index": p[fast].max() / p[slow].max(),
        "twitch_slope_slow": np.polyfit(np.log(f[slow]), np.log(p[slow]), 1)[0],
        "twitch_slope_fast": np.polyfit(np.log(f[fast]), np.log(p[fast]), 1)[0],
        "finsm5": (p / f).sum() / (p * f**5).sum(),
    }


def _periodogram(
    x: np.ndarray, fs_hz: float, band_hz: list[float] | None
) -> tuple[np.ndarray, np.ndarray]:
    f, density = sp.welch(x, fs_hz, "hann", nperseg=len(x), noverlap=0, detrend="constant")
    low_hz, high_hz = band_hz or (1e-9, np.inf)
    inside = (f >= low_hz) & (f <= high_hz)
    return f[inside], density[inside] * fs_hz / len(x)


def _order(x: np.ndarray) -> dict[str, float]:
    n, z = len(x), (x - x.mean()) / np.std(x, ddof=1)
    stretches = {m: [z[i : i + m] for i in range(n - 2)] for m in (2, 3)}
    alike, likeness = {}, {}
    for m, found in stretches.items():
        pairs = [(a, b) for i, a in enumerate(found) for b in found[i + 1 :]]
        alike[m] = sum(max(abs(a - b)) <= 0.6 for a, b in pairs)
        apart = [max(abs((a - a.mean()) - (b - b.mean()))) for a, b in pairs]
        likeness[m] = np.mean([exp(-(d**2) / 0.6) for d in apart])
    orders = list(permutations(range(3)))
    seen = Counter(orders.index(tuple(np.argsort(x[i : i + 3]))) for i in range(n - 2))
    return {
        "sampen": -log(alike[3] / alike[2]) if alike[3] else np.nan,
        "fuzzyen": log(likeness[2]) - log(likeness[3]),
        "permen": stats.entropy([seen[k] for k in range(6)]),
        "dfa": _fluctuation_slope(x),
        "higuchi": _higuchi(x),
    }


def _fluctuation_slope(x: np.ndarray) -> float:
    n, profile = len(x), np.cumsum(x - x.mean())
    scales = sorted({round(s) for s in np.geomspace(4, n // 4, 10)})
    sizes = []
    for s in scales:
        boxes = [profile[k : k + s] for k in range(0, n - s + 1, s)]
        lines = [Polynomial.fit(range(s), box, 1)(np.arange(s)) for box in boxes]
        sizes.append(
            sqrt(np.mean([(box - line) ** 2 for box, line in zip(boxes, lines, strict=True)]))
        )
    return stats.linregress(np.log(scales), np.log(sizes)).slope


def _higuchi(x: np.ndarray) -> float:
    n, lengths = len(x), []
    for k in range(1, 6):
        curves = []
        for m in range(1, k + 1):
            steps = (n - m) // k
            total = sum(abs(x[m + i * k - 1] - x[m + (i - 1) * k - 1]) for i in range(1, steps + 1))
            curves.append(total * (n - 1) / (steps * k) / k)
        lengths.append(np.mean(curves))
    return -stats.linregress(np.log(range(1, 6)), np.log(lengths)).slope
