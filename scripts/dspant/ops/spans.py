"""Bursts whose samples are known already: merged, measured in a pass of their own, tabled."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dspant.ops import blocks as cutting
from dspant.ops.blocks import on_grid
from dspant.ops.runs import Pairs, Track, in_order, rows_of
from dspant.ops.signal import SignalSource

if TYPE_CHECKING:
    import numpy as np

Spans = list[tuple[int, int]]
"""First sample of each stretch of a run, and one after its last."""


def measured_spans(
    source: SignalSource, found: Sequence[Sequence[Spans]], pairs: Pairs
) -> Iterator[dict[str, np.ndarray]]:
    """The table of bursts that are known by run, channel and samples; another pass."""
    import numpy as np

    signal = source.signal
    parts = []
    for (segment, blocks), spans in zip(source.segments(), found, strict=True):
        kept = [deque(_joined(own, signal.fs_hz, pairs)) for own in spans]
        tracks = [
            Track(signal.fs_hz, merge_gap_s=0.0, min_duration_s=0.0, least_peak=-np.inf)
            for _ in signal.channels
        ]
        first = 0
        for block in on_grid(blocks, cutting.GRID_SAMPLES):
            for track, row, own in zip(tracks, block, kept, strict=True):
                active = np.zeros(len(row), dtype=bool)
                while own and own[0][0] < first + len(row):
                    start, stop = own[0]
                    active[max(start - first, 0) : stop - first] = True
                    if stop > first + len(row):
                        break
                    own.popleft()
                track.follow(np.abs(row), active, first)
            first += block.shape[1]
        parts += [
            rows_of(track.finish(), channel, segment, signal.fs_hz)
            for channel, track in enumerate(tracks)
        ]
    if parts:
        yield in_order(parts, signal)


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
