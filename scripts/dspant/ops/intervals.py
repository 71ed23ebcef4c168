"""Samples inside of intervals of any length, each with the run and the channel that hold it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dspant.ops.evoked import first_sample
from dspant.ops.signal import Events, Signal, SignalSource
from dspant.ops.trials import values_of

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

OUTSIDE = "not inside one unbroken run"
NO_CHANNEL = "the signal has no channel of this name"


@dataclass
class Rows:
    """Intervals, one row for each channel they are measured on, and the run that holds each.

    ``event`` is the position of each row's interval in the table.
    """

    event: np.ndarray
    onset: np.ndarray
    offset: np.ndarray
    channel: np.ndarray
    place: np.ndarray
    segment: np.ndarray
    reason: np.ndarray
    signal: Signal

    @classmethod
    def of(cls, events: Events, signal: Signal) -> Rows:
        import numpy as np

        onset, offset = values_of(events, "onset"), values_of(events, "offset")
        names, event = list(signal.channels), np.arange(len(onset))
        if "channel" in events.table.column_names:
            channel = values_of(events, "channel")
        else:
            event = np.repeat(event, len(names))
            onset, offset = onset[event], offset[event]
            channel = np.tile(np.array(names, dtype=object), len(events.table))
        place = np.array([names.index(c) if c in names else -1 for c in channel], dtype=np.int64)
        reason = np.full(len(onset), OUTSIDE, dtype=object)
        within = np.full(len(onset), -1, dtype=np.int64)
        for number, segment in enumerate(signal.segments):
            first = first_sample(onset, segment, signal.fs_hz)
            last = first_sample(offset, segment, signal.fs_hz)
            inside = (first >= 0) & (first < last) & (last <= segment.count)
            within[inside] = number
        reason[within >= 0] = ""
        reason[place < 0] = NO_CHANNEL
        return cls(event, onset, offset, channel, place, within, reason, signal)

    def samples(self, source: SignalSource) -> Iterator[tuple[int, np.ndarray, float]]:
        """Each row that a run holds, its samples, and the time of the first of them."""
        import numpy as np

        fs_hz = self.signal.fs_hz
        for number, (segment, blocks) in enumerate(source.segments()):
            rows = np.flatnonzero((self.segment == number) & (self.place >= 0))
            first = first_sample(self.onset[rows], segment, fs_hz)
            last = first_sample(self.offset[rows], segment, fs_hz)
            order = np.argsort(first, kind="stable")
            rows, first, last = rows[order], first[order], last[order]
            for index, x in _stretches(blocks, first, last, self.place[rows]):
                yield int(rows[index]), x, segment.start_s + first[index] / fs_hz

    def following(self) -> np.ndarray:
        """Onset of the next row on the same channel and in the same run; NaN where none is."""
        return next_onsets(self.onset, self.channel, self.signal)


def next_onsets(onset: np.ndarray, channel: np.ndarray, signal: Signal) -> np.ndarray:
    """Onset of the next event of the same channel and in the same run; NaN where none is."""
    import numpy as np

    found = np.full(len(onset), np.nan)
    run = _run(onset, signal)
    for name in dict.fromkeys(channel.tolist()):
        rows = np.flatnonzero((channel == name) & np.isfinite(onset))
        rows = rows[np.argsort(onset[rows], kind="stable")]
        same = (run[rows[:-1]] == run[rows[1:]]) & (run[rows[:-1]] >= 0)
        found[rows[:-1][same]] = onset[rows[1:][same]]
    return found


def _run(onset: np.ndarray, signal: Signal) -> np.ndarray:
    """Number of the unbroken run that each onset lies in, -1 where in none."""
    import numpy as np

    run = np.full(len(onset), -1, dtype=np.int64)
    for number, segment in enumerate(signal.segments):
        first = first_sample(onset, segment, signal.fs_hz)
        run[(first >= 0) & (first < segment.count)] = number
    return run


def _stretches(
    blocks: Blocks, first: np.ndarray, last: np.ndarray, channel: np.ndarray
) -> Iterator[tuple[int, np.ndarray]]:
    """Samples ``first`` to ``last`` of a channel of a run, for each of them; ``first`` rises."""
    import numpy as np

    held: dict[int, list[np.ndarray]] = {}
    position = begun = 0
    for block in blocks:
        end = position + block.shape[1]
        while begun < len(first) and first[begun] < end:
            held[begun] = []
            begun += 1
        for index in list(held):
            start, stop = max(first[index] - position, 0), last[index] - position
            held[index].append(block[channel[index], start:stop].copy())
            if last[index] <= end:
                yield index, np.concatenate(held.pop(index))
        position = end
        if begun == len(first) and not held:
            break
