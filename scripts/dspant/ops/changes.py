"""Bursts of raw EMG found by where its variance changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dspant.ops import blocks as cutting
from dspant.ops.baselines import NeedsBaseline, Quiet, epoc_of_baseline, quiet_of, varying
from dspant.ops.blocks import on_grid, with_context
from dspant.ops.prediction import Whitened, WithPredictor, predictor_of
from dspant.ops.registry import Held, epoc_operation
from dspant.ops.runs import Pairs, columns_of
from dspant.ops.segmentation import changes_of_variance
from dspant.ops.signal import Column, Events, Signal, SignalSource
from dspant.ops.spans import Spans, measured_spans

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


class Aglr(WithPredictor, Pairs):
    example = {"threshold": 25, "window_s": 0.02, "baseline_s": [0, 1], "min_duration_s": 0.03}

    threshold: float = Field(default=25.0, gt=0)
    """A window is active where its log likelihood ratio against the baseline exceeds this."""
    window_s: float = Field(default=0.02, gt=0)
    """Length of the test window, in seconds; bursts must be longer to be found."""
    search_s: float = Field(default=0.05, gt=0)
    """How far around an alarm the moment of change is looked for, in seconds."""


def _of_change(signal: Signal, _events: list[Events], _params: Any) -> dict[str, Column]:
    return columns_of(
        signal,
        "first sample after the variance rose, most likely",
        "first sample after it fell again, most likely",
        "|value|",
    )


def _search_reach_s(params: Aglr) -> float:
    return 4 * (params.search_s + params.window_s)


@epoc_operation(
    Aglr,
    version=1,
    columns=_of_change,
    also_takes=epoc_of_baseline,
    reach_s=_search_reach_s,
    holds=Held(17, scipy=False),
)
def aglr(
    source: SignalSource, further: list[Events], params: Aglr
) -> Iterator[dict[str, np.ndarray]]:
    """Find bursts by an approximated generalised likelihood ratio for a step of variance.

    The whitened signal's windows of N samples are tested by g = N / 2 (v - 1 - ln v), v being
    the window's power over the baseline's and more than 1. Where g begins or ceases to exceed
    ``threshold``, the moment of change is the one that makes the samples around it most likely,
    with one variance before and another after. Peak and area are those of the rectified signal;
    a pass of its own finds them.

    Source: G. Staude and W. Wolf, Med. Eng. Phys. 21 (1999) 449, for a step of variance.
    """
    fs_hz = source.signal.fs_hz
    length = max(round(params.window_s * fs_hz), 4)
    search = max(round(params.search_s * fs_hz), length)
    predictor = predictor_of(source, further, params)
    white = Whitened(source, predictor)
    quiet = varying(quiet_of(white, further, params), source.signal)
    found = [
        _alarms(blocks, quiet, params.threshold, length=length, search=search)
        for _, blocks in white.segments()
    ]
    yield from measured_spans(source, found, params)


def _alarms(
    blocks: Blocks, quiet: Quiet, threshold: float, *, length: int, search: int
) -> list[Spans]:
    """First and last sample of each active stretch of a run, of each channel."""
    import numpy as np

    mean, sd = quiet.mean[:, np.newaxis], quiet.sd[:, np.newaxis]
    edges: list[list[int]] = [[] for _ in quiet.mean]
    on = np.zeros((len(mean), 1), dtype=bool)
    first = 0
    before, after = search + length, search + length
    for x, left, right in with_context(blocks, before=before, after=after):
        power = ((x - mean) / sd) ** 2
        own = x.shape[1] - left - right
        active = _is_active(power, left, own, length, threshold)
        changed = np.diff(active, axis=1, prepend=on)
        on = active[:, -1:]
        for channel, row in enumerate(changed):
            for at in np.flatnonzero(row).tolist():
                rising = bool(active[channel, at])
                place = _most_likely(power[channel], left + at, search, length, rising=rising)
                edges[channel].append(first - left + place)
        first += own
    return [_spans(found, first) for found in edges]


def _is_active(power: np.ndarray, left: int, own: int, length: int, threshold: float) -> np.ndarray:
    """Whether the window centred on each of a block's own samples differs from the baseline."""
    import numpy as np

    sums = np.cumsum(np.concatenate([np.zeros((len(power), 1)), power], axis=1), axis=1)
    starts = np.clip(left + np.arange(own) - length // 2, 0, max(power.shape[1] - length, 0))
    stops = np.minimum(starts + length, power.shape[1])
    size = np.maximum(stops - starts, 1)
    v = np.maximum((sums[:, stops] - sums[:, starts]) / size, 1.0)
    return size / 2 * (v - 1 - np.log(v)) > threshold


def _most_likely(power: np.ndarray, at: int, search: int, length: int, *, rising: bool) -> int:
    """Where one variance gives way to another around ``at``, by largest likelihood."""
    import numpy as np

    begin, end = max(at - search, 0), min(at + search, len(power))
    sums = np.cumsum(power[begin:end])
    total = len(sums)
    least = min(length // 4 + 1, total // 2)
    n = np.arange(least, total - least + 1)
    if not len(n):
        return at
    tiny = np.finfo(np.float64).tiny
    low = np.maximum(sums[n - 1] / n, tiny)
    high = np.maximum((sums[-1] - sums[n - 1]) / np.maximum(total - n, 1), tiny)
    cost = n * np.log(low) + (total - n) * np.log(high)
    cost[(low >= high) if rising else (low <= high)] = np.inf
    best = int(np.argmin(cost))
    return begin + int(n[best]) if np.isfinite(cost[best]) else at


def _spans(edges: Sequence[int], samples: int) -> Spans:
    """Alternating begins and ends, in order and inside of the run."""
    ends = [*edges, samples] if len(edges) % 2 else list(edges)
    spans: Spans = []
    for start, stop in zip(ends[::2], ends[1::2], strict=True):
        begin = max(start, spans[-1][1] if spans else 0)
        if stop > begin:
            spans.append((begin, stop))
    return spans


class ChangePoints(NeedsBaseline, Pairs):
    example = {"baseline_s": [0, 1], "min_duration_s": 0.03}

    bin_s: float = Field(default=0.005, gt=0)
    """Power is taken in bins of this length, in seconds: how exact an onset can be."""
    penalty: float = Field(default=3.0, gt=0)
    """Cost of a change, in units of the logarithm of the number of bins."""
    on_sd: float = Field(default=2.0, gt=1)
    """A stretch is active where its deviation from the baseline's mean is this many times that
    of the baseline."""


@epoc_operation(
    ChangePoints,
    version=1,
    columns=_of_change,
    also_takes=epoc_of_baseline,
    holds=Held(7, scipy=False),
)
def change_points(
    source: SignalSource, further: list[Events], params: ChangePoints
) -> Iterator[dict[str, np.ndarray]]:
    """Find bursts by cutting a run into stretches of equal variance, as few as explain it.

    Power about the baseline's mean is pooled in bins; the cuts minimise
    sum(n_j ln(v_j)) + penalty ln(N) for each cut, n_j being the samples and v_j the power of a
    stretch, N the number of bins; no stretch is longer than 1024 bins. Stretches of more than
    ``on_sd`` times the baseline's deviation are active. Holds one number per bin and channel of
    a run. Peak and area are those of the rectified signal.

    Source: R. Killick, P. Fearnhead and I. A. Eckley, J. Am. Stat. Assoc. 107 (2012) 1590 (PELT).
    """
    size = max(round(params.bin_s * source.signal.fs_hz), 1)
    quiet = varying(quiet_of(source, further, params), source.signal)
    found: list[list[Spans]] = []
    for segment, blocks in source.segments():
        power, counts = _pooled(blocks, quiet, size)
        found.append([_active(row, counts, params) for row in power])
        found[-1] = [
            [(a * size, min(b * size, segment.count)) for a, b in spans] for spans in found[-1]
        ]
    yield from measured_spans(source, found, params)


def _pooled(blocks: Blocks, quiet: Quiet, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums of squares in bins, in units of the baseline's variance, and how many samples each."""
    import numpy as np

    mean, sd = quiet.mean[:, np.newaxis], quiet.sd[:, np.newaxis]
    sums, counts = [np.zeros((len(mean), 0))], [np.zeros(0)]
    for block in on_grid(blocks, size * max(cutting.GRID_SAMPLES // size, 1)):
        starts = np.arange(0, block.shape[1], size)
        sums.append(np.add.reduceat(((block - mean) / sd) ** 2, starts, axis=1))
        counts.append(np.minimum(size, block.shape[1] - starts).astype(np.float64))
    return np.concatenate(sums, axis=1), np.concatenate(counts)


def _active(power: np.ndarray, counts: np.ndarray, params: ChangePoints) -> Spans:
    cuts = changes_of_variance(power, counts, params.penalty)
    spans: Spans = []
    for a, b in pairwise(cuts):
        if power[a:b].sum() <= params.on_sd**2 * counts[a:b].sum():
            continue
        if spans and spans[-1][1] == a:
            spans[-1] = (spans[-1][0], b)
        else:
            spans.append((a, b))
    return spans
