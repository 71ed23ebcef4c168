"""Measures of one response: its size, when it begins, and how long the muscle is silent after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

SAME_SAMPLE = 1e-6
"""Part of a sample by which a moment may miss a boundary that it lies on, for rounding."""

ARTEFACT = "background reaches artefact_level"
CLIPPED = "response reaches clip_level"

MEASURES = (
    "peak_to_peak",
    "latency_s",
    "area",
    "background_rms",
    "positive_peak",
    "negative_peak",
    "peak_latency_s",
    "half_peak_latency_s",
    "change_latency_s",
    "duration_s",
    "turns",
    "silent_onset_s",
    "silent_period_s",
)


def measure(x: np.ndarray, since: np.ndarray, fs_hz: float, params: Any) -> dict[str, np.ndarray]:
    """Measure one window of shape channels x samples, taken ``since`` samples after its event.

    Parameters
    ----------
    params
        Those of ``evoked``.

    Returns
    -------
    measures
        A value per channel for each of :data:`MEASURES`, and for :data:`ARTEFACT` and
        :data:`CLIPPED` whether the channel is to be marked so.
    """
    import numpy as np

    before = (since >= _edge(params.background[0], fs_hz)) & (
        since < _edge(params.background[1], fs_hz)
    )
    inside = within(since, params.response_s, fs_hz)
    quiet, response, response_s = x[:, before], x[:, inside], since[inside] / fs_hz
    mean, sd = quiet.mean(axis=1, keepdims=True), quiet.std(axis=1, ddof=1, keepdims=True)
    away = np.abs(response - mean)
    out = away > params.onset_sd * sd
    held = [_held(row, max(round(params.onset_hold_s * fs_hz), 1)) for row in out]
    peak_at = np.argmax(away, axis=1)
    changes = [
        _change(row[since >= -SAME_SAMPLE], since[since >= -SAME_SAMPLE] / fs_hz, float(end))
        for row, end in zip((x - mean) ** 2, response_s[peak_at], strict=True)
    ]
    silence = [_silence(*rows, since, fs_hz, params) for rows in zip(x, quiet, strict=True)]
    return {
        "peak_to_peak": np.ptp(response, axis=1),
        "latency_s": np.array([response_s[runs[0][0]] if runs else np.nan for runs in held]),
        "area": away.sum(axis=1) / fs_hz,
        "background_rms": np.sqrt(np.mean(quiet**2, axis=1)),
        "positive_peak": (response - mean).max(axis=1),
        "negative_peak": (response - mean).min(axis=1),
        "peak_latency_s": response_s[peak_at],
        "half_peak_latency_s": np.array(
            [response_s[half_before(row, at)] for row, at in zip(away, peak_at, strict=True)]
        ),
        "change_latency_s": np.array(changes),
        "duration_s": np.array(
            [(runs[-1][1] - runs[0][0]) / fs_hz if runs else np.nan for runs in held]
        ),
        "turns": np.array([_turns(row, params.turn_level) for row in response]),
        "silent_onset_s": np.array([onset for onset, _ in silence]),
        "silent_period_s": np.array([length for _, length in silence]),
        ARTEFACT: _reaches(quiet, params.artefact_level),
        CLIPPED: _reaches(response, params.clip_level),
    }


def _edge(seconds: float, fs_hz: float) -> float:
    return seconds * fs_hz - SAME_SAMPLE


def within(since: np.ndarray, part_s: list[float], fs_hz: float) -> np.ndarray:
    """Which samples lie in a part of the window, both ends included."""
    start, end = (_edge(edge_s, fs_hz) for edge_s in part_s)
    return (since >= start) & (since <= end + 2 * SAME_SAMPLE)


def _reaches(x: np.ndarray, level: float | None) -> np.ndarray:
    import numpy as np

    return np.zeros(len(x), dtype=bool) if level is None else (np.abs(x) >= level).any(axis=1)


def _held(out: np.ndarray, hold: int) -> list[tuple[int, int]]:
    """Stretches of at least ``hold`` samples: first sample, and one after the last."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.r_[0, out.astype(np.int8), 0]))
    starts, stops = edges[::2], edges[1::2]
    kept = stops - starts >= hold
    return list(zip(starts[kept].tolist(), stops[kept].tolist(), strict=True))


def half_before(away: np.ndarray, peak_at: int) -> int:
    """First sample of the unbroken stretch up to the peak that is half as large or larger."""
    import numpy as np

    below = np.flatnonzero(away[:peak_at] < away[peak_at] / 2)
    return int(below[-1]) + 1 if len(below) else 0


def _turns(x: np.ndarray, level: float | None) -> float:
    """How often the samples turn between legs that are ``level`` high or more."""
    import numpy as np

    if level is None:
        return np.nan
    steps = np.diff(x)
    rising = steps[steps != 0] > 0
    at = np.flatnonzero(steps)
    extremes = x[np.r_[0, at[1:][rising[1:] != rising[:-1]], len(x) - 1]].tolist()
    lowest = highest = turned = extremes[0]
    up: bool | None = None
    turns = 0
    for value in extremes[1:]:
        if up is None:
            lowest, highest = min(lowest, value), max(highest, value)
            if highest - lowest >= level:
                up, turned = value == highest, value
        elif (value > turned) == up:
            turned = value
        elif abs(value - turned) >= level:
            up, turned, turns = not up, value, turns + 1
    return float(turns)


def _change(power: np.ndarray, time_s: np.ndarray, peak_s: float) -> float:
    """When the variance most likely rises, of samples from the event up to the peak.

    The step at k is where k ln(v_before) + (n - k) ln(v_after) is least.
    """
    import numpy as np

    least = 3
    n = int(np.searchsorted(time_s, peak_s, "right"))
    if n < 2 * least:
        return np.nan
    sums = np.cumsum(power[:n])
    k = np.arange(least, n)
    tiny = np.finfo(np.float64).tiny
    before = np.maximum(sums[k - 1] / k, tiny)
    after = np.maximum((sums[-1] - sums[k - 1]) / (n - k), tiny)
    cost = np.where(after > before, k * np.log(before) + (n - k) * np.log(after), np.inf)
    best = int(np.argmin(cost))
    return float(time_s[k[best]]) if np.isfinite(cost[best]) else np.nan


def _silence(
    x: np.ndarray, quiet: np.ndarray, since: np.ndarray, fs_hz: float, params: Any
) -> tuple[float, float]:
    """Begin of the longest silence, in seconds from the event, and its length."""
    import numpy as np

    if params.silent_s is None:
        return np.nan, np.nan
    length = max(round(params.silent_smoothing_s * fs_hz), 1)
    smooth = np.convolve(np.abs(x), np.ones(length) / length, mode="same")
    inside = within(since, params.silent_s, fs_hz)
    silent = smooth[inside] < params.silent_part * np.abs(quiet).mean()
    runs = _held(silent, 1)
    if not runs:
        return np.nan, np.nan
    start, stop = max(runs, key=lambda run: run[1] - run[0])
    onset_s = float(since[inside][start] / fs_hz)
    return onset_s, (stop - start) / fs_hz if stop < len(silent) else np.nan
