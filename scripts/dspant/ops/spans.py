"""Bursts whose samples are known already: merged, measured in a pass of their own, tabled."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dspant.ops import blocks as cutting
from dspant.ops.blocks import on_grid
from dspant.ops.runs import Pairs, bursts_where
from dspant.ops.signal import Segment, SignalSource

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

Spans = list[tuple[int, int]]
"""First sample of each stretch of a run, and one after its last."""


def measured_spans(
    source: SignalSource, found: Sequence[Sequence[Spans]], pairs: Pairs
) -> Iterator[dict[str, np.ndarray]]:
    """The table of bursts that are known by run, channel and samples; another pass."""
    import numpy as np

    fs_hz = source.signal.fs_hz
    runs = iter(found)

    def decide(_segment: Segment, blocks: Blocks) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        kept = [deque(_joined(own, fs_hz, pairs)) for own in next(runs)]
        first = 0
        for block in on_grid(blocks, cutting.GRID_SAMPLES):
            last = first + block.shape[1]
            yield np.abs(block), np.array([_within(own, first, last) for own in kept])
            first = last

    return bursts_where(source, decide, merge_gap_s=0.0, min_duration_s=0.0)


def _within(spans: deque[tuple[int, int]], first: int, last: int) -> np.ndarray:
    """Which samples from ``first`` up to ``last`` lie in a span; spans that end there are taken."""
    import numpy as np

    active = np.zeros(last - first, dtype=bool)
    while spans and spans[0][0] < last:
        start, stop = spans[0]
        active[max(start - first, 0) : stop - first] = True
        if stop > last:
            break
        spans.popleft()
    return active


def _joined(spans: Spans, fs_hz: float, pairs: Pairs) -> Spans:
    merged: Spans = []
    for start, stop in spans:
        near = merged and (
            start == merged[-1][1] or (start - merged[-1][1]) / fs_hz < pairs.merge_gap_s
        )
        if near:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return [(a, b) for a, b in merged if (b - a) / fs_hz >= pairs.min_duration_s]
