"""Replacing what a table says is bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from dspant.errors import OperationError
from dspant.ops.mixing import positions
from dspant.ops.passes import run_number, starts_of
from dspant.ops.registry import Held, Parameters, stream_operation
from dspant.ops.signal import Events, Learned, Segment, Signal, SignalSource
from dspant.ops.stretches import samples_in

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


class Mask(Parameters):
    example = {"fill": "linear", "margin_s": 0.001}

    fill: Literal["linear", "hold", "zero"] = "linear"
    """What takes the place of an interval: ``linear``: a straight line from the sample before it
    to the one after; ``hold``: the sample before it; ``zero``: 0."""
    margin_s: float = Field(default=0.0, ge=0)
    """What is replaced on either side of each interval besides, in seconds."""
    all_channels: bool = False
    """Replace every interval on all channels, whatever its own channel; a table without a channel
    column is for all channels anyhow."""
    other_channels: Literal["refuse", "ignore"] = "refuse"
    """What to do with intervals on channels the signal does not have; ``ignore`` states them in
    the metadata."""


@dataclass(frozen=True)
class _Gaps:
    """What is replaced on one channel in one unbroken run.

    Parameters
    ----------
    first, stop
        First sample of each gap and one after the last, rising; none touches another.
    left, right
        Values that the line begins and ends with, one sample outside the gap on either side.
    """

    first: np.ndarray
    stop: np.ndarray
    left: np.ndarray
    right: np.ndarray


def _learn(source: SignalSource, further: Sequence[Events], params: Mask) -> Learned:
    import numpy as np

    signal = source.signal
    intervals, ignored = _intervals(further[0], signal, params)
    gaps: list[list[_Gaps]] = [[] for _ in signal.channels]
    for segment, blocks in source.segments():
        edges = [samples_in(start, end, segment, signal.fs_hz) for start, end in intervals]
        ends = _ends(blocks, edges, segment, signal, params.fill)
        for of_channel, (first, stop), (left, right) in zip(gaps, edges, ends, strict=True):
            of_channel.append(_Gaps(first, stop, left, right))
    kept = np.empty(len(gaps), dtype=object)
    kept[:] = [tuple(of_channel) for of_channel in gaps]
    stated = {
        "intervals": len(further[0].table),
        "replaced_s": {
            name: sum(int((g.stop - g.first).sum()) for g in of_channel) / signal.fs_hz
            for name, of_channel in zip(signal.channels, gaps, strict=True)
        },
    }
    if ignored:
        stated["ignored_channels"] = ignored
    return Learned({"gaps": kept}, {"starts_s": starts_of(signal)}, stated)


def _intervals(
    events: Events, signal: Signal, params: Mask
) -> tuple[list[tuple[np.ndarray, np.ndarray]], list[str]]:
    """Start and end in seconds of each channel's intervals, margins included; names ignored."""
    import numpy as np

    onset, offset = (events.table[name].to_numpy() for name in ("onset", "offset"))
    wrong = np.flatnonzero(~(offset >= onset) | np.isinf(onset))
    if len(wrong):
        row = int(wrong[0])
        raise OperationError(
            f"row {row} of {events.name} runs from {onset[row]:g} to {offset[row]:g} s, which is "
            f"no interval; mend the table or leave the row out"
        )
    start, end = onset - params.margin_s, offset + params.margin_s
    if params.all_channels or "channel" not in events.table.column_names:
        return [(start, end)] * len(signal.channels), []
    names = np.array(events.table["channel"].to_pylist(), dtype=object)
    others = sorted(set(names.tolist()) - set(signal.channels))
    if others and params.other_channels == "refuse":
        try:
            positions(others, signal, f"the channel column of {events.name}")
        except OperationError as error:
            raise OperationError(
                f"{error}; set other_channels: ignore to leave these out, or all_channels: true"
            ) from error
    own = [names == channel for channel in signal.channels]
    return [(start[rows], end[rows]) for rows in own], others


def _ends(
    blocks: Blocks,
    edges: Sequence[tuple[np.ndarray, np.ndarray]],
    segment: Segment,
    signal: Signal,
    fill: str,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Values that each gap's line begins and ends with, per channel."""
    import numpy as np

    if fill == "zero" or not any(len(first) for first, _ in edges):
        return [(np.zeros(len(first)), np.zeros(len(first))) for first, _ in edges]
    for channel, (first, stop) in zip(signal.channels, edges, strict=True):
        if len(first) and first[0] == 0 and stop[0] == segment.count:
            raise OperationError(
                f"channel {channel} is masked whole from {segment.start_s:g} to "
                f"{segment.start_s + segment.count / signal.fs_hz:g} s, so there is no sample to "
                f"fill it from; leave the channel out, or set fill: zero"
            )
    wanted = [(first - 1, stop) for first, stop in edges]
    found = _read_at(blocks, wanted)
    for (first, stop), (left, right) in zip(edges, found, strict=True):
        at_start, at_end = first == 0, stop == segment.count
        left[at_start] = right[at_start]
        right[at_end] = left[at_end]
        if fill == "hold":
            right[:] = left
    return found


def _read_at(
    blocks: Blocks, wanted: Sequence[tuple[np.ndarray, np.ndarray]]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Values at samples of each channel; 0 where a place lies outside the run."""
    import numpy as np

    found = [(np.zeros(len(left)), np.zeros(len(right))) for left, right in wanted]
    last = max(int(right[-1]) for _, right in wanted if len(right))
    begin = 0
    for block in blocks:
        end = begin + block.shape[1]
        for row, places, values in zip(block, wanted, found, strict=True):
            for at, put in zip(places, values, strict=True):
                here = slice(*np.searchsorted(at, [begin, end]))
                put[here] = row[at[here] - begin]
        begin = end
        if begin > last:
            break
    return found


@stream_operation(
    Mask, version=1, takes=("stream", "epoc"), learn=_learn, holds=Held(5, scipy=False)
)
def mask(blocks: Blocks, signal: Signal, params: Mask, learned: Learned) -> Blocks:
    """Replace intervals of a table: y[n] = a + (b - a) (n - n_a) / (n_b - n_a) inside, else x[n].

    a and b are the samples at n_a and n_b, just before and just after the interval; intervals that
    overlap or touch are one. A sample is inside where its time is at or after the onset and before
    the offset, margins included. At an end of an unbroken run the nearest sample is held. The
    metadata state how many seconds of each channel were replaced. A table without a channel
    column counts for all channels.

    Source: L. F. Heffer and J. B. Fallon, J. Neurosci. Methods 170 (2008) 277.
    """
    number = run_number(signal, learned.of_all["starts_s"])
    gaps = [of_channel[number] for of_channel in learned.of_channels["gaps"]]
    begin = 0
    for block in blocks:
        for row, of_channel in zip(block, gaps, strict=True):
            _fill(row, begin, of_channel)
        begin += block.shape[1]
        yield block


def _fill(row: np.ndarray, begin: int, gaps: _Gaps) -> None:
    """Replace what lies in gaps; the row's first sample is number ``begin`` of the run."""
    import numpy as np

    end = begin + len(row)
    inside = range(
        int(np.searchsorted(gaps.stop, begin, side="right")),
        int(np.searchsorted(gaps.first, end, side="left")),
    )
    for i in inside:
        first, stop = int(gaps.first[i]), int(gaps.stop[i])
        at = np.arange(max(first, begin), min(stop, end))
        part = (at - (first - 1)) / (stop - (first - 1))
        row[at[0] - begin : at[-1] + 1 - begin] = (
            gaps.left[i] + (gaps.right[i] - gaps.left[i]) * part
        )
