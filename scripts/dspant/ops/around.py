"""Where events lie among the samples of a run: shared by what removes the traces they leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dspant.errors import OperationError

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Events, Segment, Signal

SAME_SAMPLE = 1e-6
"""Part of a sample by which a moment may miss a sample that it lies on, for rounding."""

FAR_SAMPLES = 2.0**52
"""Farther than any recording is long."""


def event_times(events: Events, of_channel: str | None = None, column: str = "onset") -> np.ndarray:
    """Finite times of events in seconds, rising, each moment once.

    Parameters
    ----------
    of_channel
        Only rows of this channel, where the table has one.

    Raises
    ------
    OperationError
        The table tells of several channels and none is chosen, or not of the one chosen.
    """
    import numpy as np

    times_s = events.table[column].to_numpy()
    if "channel" in events.table.column_names:
        of = np.array(events.table["channel"].to_pylist(), dtype=object)
        known = sorted(set(of))
        if of_channel is None and len(known) > 1:
            raise OperationError(
                f"events of {events.name} belong to channels {known}, so the same moment may come "
                f"several times; name one of them in events_of"
            )
        if of_channel is not None and of_channel not in known:
            raise OperationError(
                f"events of {events.name} belong to channels {known}, not to {of_channel!r}; "
                f"correct events_of"
            )
        times_s = times_s if of_channel is None else times_s[of == of_channel]
    elif of_channel is not None:
        raise OperationError(
            f"events of {events.name} belong to no channel; leave out events_of ({of_channel!r})"
        )
    return np.unique(times_s[np.isfinite(times_s)])


def chosen_rows(signal: Signal, channels: Sequence[str] | None) -> np.ndarray:
    """Positions of the channels to treat; all where none are named.

    A group of channels that is computed apart need not have all that are named.
    """
    import numpy as np

    return np.array(
        [i for i, name in enumerate(signal.channels) if channels is None or name in channels],
        dtype=np.int64,
    )


def samples_at(times_s: np.ndarray, segment: Segment, fs_hz: float) -> np.ndarray:
    """Moments as samples of a run, with their fraction; far outside at most FAR_SAMPLES."""
    import numpy as np

    return np.clip((times_s - segment.start_s) * fs_hz, -FAR_SAMPLES, FAR_SAMPLES)


@dataclass(frozen=True, eq=False)
class Spans:
    """Parts of a run that do not touch each other: samples ``start`` to ``stop``, rising."""

    start: np.ndarray
    stop: np.ndarray

    @property
    def longest(self) -> int:
        return int((self.stop - self.start).max(initial=0))

    @property
    def samples(self) -> int:
        return int((self.stop - self.start).sum())


def spans(
    begin_s: np.ndarray, end_s: np.ndarray, segment: Segment, fs_hz: float
) -> tuple[Spans, np.ndarray]:
    """Windows around events as spans of a run: cut at its ends, merged where they meet.

    Returns
    -------
    spans, met
        ``met`` tells of each window whether the run holds a sample of it.
    """
    import numpy as np

    start = np.ceil(samples_at(begin_s, segment, fs_hz) - SAME_SAMPLE).astype(np.int64)
    stop = np.floor(samples_at(end_s, segment, fs_hz) + SAME_SAMPLE).astype(np.int64) + 1
    start, stop = np.maximum(start, 0), np.minimum(stop, segment.count)
    held = start < stop
    order = np.argsort(start[held], kind="stable")
    start, stop = start[held][order], np.maximum.accumulate(stop[held][order])
    if not len(start):
        return Spans(start, stop), held
    first = np.flatnonzero(np.r_[True, start[1:] > stop[:-1]])
    last = np.r_[first[1:] - 1, len(start) - 1]
    return Spans(start[first], stop[last]), held
