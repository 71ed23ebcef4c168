"""How well each method finds onsets whose truth is known.

``python tests/ops/onset_scores.py docs/onsets.md`` writes the table, in less than a minute.

Bursts are white noise, band-passed as surface EMG is, of a known variance over that of the
background, with steep or slow beginnings. Every method has one set of parameters for all.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import signal
from silence_scores import silence_lines
from whole_signals import Runs, filtered, stimuli, table_of

from dspant.ops.registry import operations

FS_HZ = 2000.0
BASELINE = {"baseline_s": [0.0, 4.0]}
PAIRS = {"min_duration_s": 0.05, "merge_gap_s": 0.1}
NEAR_S = 0.15
"""An onset farther from every true one is a false alarm."""

ENVELOPE = [("rectify", {}), ("lowpass", {"cutoff_hz": 50.0, "order": 2})]
ENERGY = [("tkeo", {}), *ENVELOPE]


@dataclass(frozen=True)
class Method:
    """A chain of steps, the last of which finds bursts."""

    name: str
    before: Sequence[tuple[str, dict[str, Any]]]
    finds: str
    params: Mapping[str, Any]


HYSTERESIS = {"on_sd": 5.0, "off_sd": 2.0}
CHANGES = {"bin_s": 0.005, "penalty": 6.0, "on_sd": 1.4}

METHODS = (
    Method("single threshold, mean + 3 SD", ENVELOPE, "single_threshold", {"sd": 3.0}),
    Method("double threshold, 5 and 2 SD", ENVELOPE, "double_threshold", HYSTERESIS),
    Method("TKEO, mean + 8 SD", ENERGY, "single_threshold", {"sd": 8.0}),
    Method("Hodges and Bui, 25 ms, 3 SD", ENVELOPE, "hodges_bui", {"sd": 3.0}),
    Method("Bonato, 1 of 5 pairs, whitened", [], "bonato", {"false_alarm": 0.002}),
    Method("AGLR, step of variance", [], "aglr", {"threshold": 12.0, "window_s": 0.03}),
    Method("CUSUM, step to 2 SD, whitened", [], "cusum", {"threshold": 12.0, "active_sd": 2.0}),
    Method("change points of variance", [], "change_points", CHANGES),
)


@dataclass(frozen=True)
class Score:
    """Of the onsets found: median error and spread in ms; and what was missed or invented."""

    bias_ms: float
    spread_ms: float
    missed_percent: float
    false_per_min: float


def recording(
    snr_db: float, rise_s: float, bursts: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Onsets and samples, shape (1, samples): a burst of 0.5 s about every 1.5 s after 5 s."""
    rng = np.random.default_rng(seed)
    onset = 5.0 + np.arange(bursts) * 1.5 + rng.uniform(0, 0.4, bursts)
    samples = int((onset[-1] + 2) * FS_HZ)
    t = np.arange(samples) / FS_HZ
    sos = signal.butter(2, [20, 450], "bandpass", fs=FS_HZ, output="sos")
    muscle, noise = (signal.sosfilt(sos, rng.normal(size=samples)) for _ in range(2))
    gain = np.zeros(samples)
    for at in onset:
        since = t - at
        inside = (since >= 0) & (since < 0.5)
        gain[inside] = np.minimum(since[inside] / rise_s, 1.0) if rise_s else 1.0
    return onset, (noise + 10 ** (snr_db / 20) * gain * muscle)[None]


def score(method: Method, snr_db: float, rise_s: float, bursts: int, seed: int = 0) -> Score:
    onset, x = recording(snr_db, rise_s, bursts, seed)
    for name, params in method.before:
        x = filtered(name, x, FS_HZ, **params)
    rows = table_of(method.finds, Runs([(0.0, x)], FS_HZ), **BASELINE, **PAIRS, **method.params)
    return scored(onset, rows["onset"], x.shape[1] / FS_HZ)


def scored(true_s: np.ndarray, found_s: np.ndarray, length_s: float) -> Score:
    """Each true onset has the nearest one found within 150 ms; the others found are false."""
    away = found_s[None] - true_s[:, None]
    near = np.abs(away) <= NEAR_S
    hit = near.any(axis=1)
    errors = np.array([row[np.argmin(np.abs(row))] for row in away[hit]]) * 1000
    quartiles = np.quantile(errors, [0.25, 0.5, 0.75]) if len(errors) else np.full(3, np.nan)
    extra = len(found_s) - int(hit.sum())
    return Score(
        bias_ms=float(quartiles[1]),
        spread_ms=float(quartiles[2] - quartiles[0]),
        missed_percent=100 * float(1 - hit.mean()),
        false_per_min=60 * extra / length_s,
    )


LATENCIES = {
    "latency_s": "threshold of 4 SD, held for 0.5 ms",
    "half_peak_latency_s": "half of the peak",
    "peak_latency_s": "peak",
    "change_latency_s": "step of variance",
}
LATENCY_FS_HZ = 10_000.0


def latency_errors(snr_db: float, events: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Error in ms of each latency of single responses, NaN where none was found.

    A response is a decaying sine of 150 Hz that begins at a known moment; its size is that of its
    first peak over the background's deviation.
    """
    rng = np.random.default_rng(seed)
    onset = 0.2 + np.arange(events) * 0.2 + rng.uniform(0, 1e-3, events)
    true_s = rng.uniform(0.008, 0.012, events)
    samples = int((onset[-1] + 0.3) * LATENCY_FS_HZ)
    t = np.arange(samples) / LATENCY_FS_HZ
    sos = signal.butter(2, [20, 2000], "bandpass", fs=LATENCY_FS_HZ, output="sos")
    x = signal.sosfilt(sos, rng.normal(size=samples))
    x /= x.std()
    for at in onset + true_s:
        since = t - at
        inside = (since >= 0) & (since < 0.02)
        wave = np.exp(-since[inside] / 0.006) * np.sin(2 * np.pi * 150 * since[inside])
        x[inside] += 10 ** (snr_db / 20) * wave / 0.76
    rows = table_of(
        "evoked", Runs([(0.0, x[None])], LATENCY_FS_HZ), [stimuli(onset)],
        window_s=[-0.05, 0.05], response_s=[0.004, 0.035],
    )  # fmt: skip
    return {name: 1000 * (rows[name] - true_s) for name in LATENCIES}


INTRODUCTION = """# Onset methods, scored

Made by `python tests/ops/onset_scores.py docs/onsets.md`: simulated bursts of 0.5 s in noise of
the same band (20 to 450 Hz, at 2 kHz), 40 in each cell, whose onsets are known. Bias is the median
error of the onsets found, spread its interquartile range; an onset more than 150 ms from every
true one is a false alarm, also where it is the later part of a burst that fell apart. All methods
keep one set of parameters, drop bursts below 50 ms and merge over pauses below 100 ms; the
baseline is the first 4 s. Parameters change what a method finds as much as the method does: edit
`METHODS` and run the script with yours. Steps of variance in white noise, once band-passed, are
what AGLR, CUSUM and Bonato assume; no real burst is as kind.

TKEO needs no operation of its own. The detection of Solnik et al. (2010) is a chain:

```yaml
steps:
  - tkeo
  - rectify
  - lowpass: {cutoff_hz: 50, order: 2}
  - single_threshold: {sd: 8, baseline_s: [0, 4], min_duration_s: 0.05, merge_gap_s: 0.1}
```
"""

ABOUT_LATENCIES = """## Latencies of single responses (`evoked`)

A decaying sine of 150 Hz, 200 of them in each cell, that begins 8 to 12 ms after its event in noise
of 20 to 2000 Hz at 10 kHz; SNR is that of its first peak to the noise's deviation. Peak and half of
the peak are later than the onset by what they mean.
"""


def page() -> str:
    lines = [INTRODUCTION, *_source_lines()]
    for rise_s, title in ((0.0, "Bursts that begin at once"), (0.1, "Bursts that rise in 100 ms")):
        lines += [f"## {title}", ""]
        lines += ["| Method | SNR dB | Bias ms | Spread ms | Missed % | False per min |"]
        lines += ["|---|---|---|---|---|---|"]
        for method in METHODS:
            for snr_db in (3.0, 6.0, 12.0, 20.0):
                s = score(method, snr_db, rise_s, bursts=40)
                lines.append(
                    f"| {method.name} | {snr_db:g} | {s.bias_ms:.1f} | {s.spread_ms:.1f} | "
                    f"{s.missed_percent:.0f} | {s.false_per_min:.2f} |"
                )
        lines.append("")
    return "\n".join([*lines, *_latency_lines(), *silence_lines()])


def _source_lines() -> list[str]:
    lines = ["| Operation | Source |", "|---|---|"]
    for name in dict.fromkeys([*(method.finds for method in METHODS), "evoked"]):
        lines.append(f"| `{name}` | {operations()[name].source} |")
    return [*lines, ""]


def _latency_lines() -> list[str]:
    lines = [
        ABOUT_LATENCIES,
        "| Latency | SNR dB | Bias ms | Spread ms | None found % |",
        "|---|---|---|---|---|",
    ]
    for snr_db in (12.0, 20.0, 30.0, 40.0):
        for name, errors in latency_errors(snr_db, events=200).items():
            low, middle, high = np.nanquantile(errors, [0.25, 0.5, 0.75])
            lines.append(
                f"| `{name}`: {LATENCIES[name]} | {snr_db:g} | {middle:.2f} | {high - low:.2f} | "
                f"{100 * np.isnan(errors).mean():.0f} |"
            )
    return [*lines, ""]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
