"""Bursts of raw EMG found by Page's cumulative sums."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dspant.ops.baselines import Quiet, epoc_of_baseline, quiet_of, varying
from dspant.ops.prediction import Whitened, WithPredictor, predictor_of
from dspant.ops.registry import Held, epoc_operation
from dspant.ops.runs import Pairs, columns_of
from dspant.ops.signal import Column, Events, Signal, SignalSource
from dspant.ops.spans import Spans, measured_spans

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


class Cusum(WithPredictor, Pairs):
    example = {"threshold": 25, "active_sd": 2, "baseline_s": [0, 1], "min_duration_s": 0.03}

    threshold: float = Field(default=25.0, gt=0)
    """The sum of log likelihood ratios that raises an alarm, without unit. At rest, alarms are
    more than exp(threshold) samples apart on average."""
    active_sd: float = Field(default=2.0, gt=1)
    """Standard deviation of activity that the test is made for, in units of the baseline's;
    stronger activity is found as well."""


def _of_sums(signal: Signal, _events: list[Events], _params: Any) -> dict[str, Column]:
    return columns_of(
        signal,
        "sample after the last at which the rising sum was 0",
        "sample after the last at which the falling sum was 0",
        "|value|",
    )


@epoc_operation(
    Cusum,
    version=1,
    columns=_of_sums,
    also_takes=epoc_of_baseline,
    holds=Held(12, scipy=False),
)
def cusum(
    source: SignalSource, further: list[Events], params: Cusum
) -> Iterator[dict[str, np.ndarray]]:
    """Find bursts by cumulative sums g = max(0, g + s) of the log likelihood ratio of variances.

    s = z^2 / 2 (1 - 1 / r^2) - ln r of the whitened signal z in units of its deviation at rest, r
    being ``active_sd``. Where g exceeds ``threshold``, a burst has begun after the last sample at
    which g was 0; from there on the same sum of -s tells its end. Only samples up to the alarm
    count, so it can be had while recording. Peak and area are those of the rectified signal; a
    pass of its own finds them.

    Source: E. S. Page, Biometrika 41 (1954) 100; for EMG G. Staude, C. Flachenecker, M. Daumer
    and W. Wolf, EURASIP J. Appl. Signal Process. 2001 (2001) 67.
    """
    white = Whitened(source, predictor_of(source, further, params))
    quiet = varying(quiet_of(white, further, params), source.signal)
    found = [_changes(blocks, segment.count, quiet, params) for segment, blocks in white.segments()]
    yield from measured_spans(source, found, params)


def _changes(blocks: Blocks, samples: int, quiet: Quiet, params: Cusum) -> list[Spans]:
    """First sample of each active stretch of a run and one after its last, of each channel."""
    import numpy as np

    from dspant.ops.kernels.alarms import Alarms

    mean, sd = quiet.mean[:, np.newaxis], quiet.sd[:, np.newaxis]
    weight, price = (1 - params.active_sd**-2) / 2, log(params.active_sd)
    rows = [Alarms(params.threshold) for _ in quiet.mean]
    edges: list[list[int]] = [[] for _ in rows]
    first = 0
    for block in blocks:
        scores = weight * ((block - mean) / sd) ** 2 - price
        for row, alarms, own in zip(scores, rows, edges, strict=True):
            own.extend(alarms.follow(row, first))
        first += block.shape[1]
    return [_spans(own, samples) for own in edges]


def _spans(edges: list[int], samples: int) -> Spans:
    ends = [*edges, samples] if len(edges) % 2 else edges
    return [(a, b) for a, b in zip(ends[::2], ends[1::2], strict=True) if a < b]
