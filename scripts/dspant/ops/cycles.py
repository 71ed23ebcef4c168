"""Signals over a cycle, such as a stride or a breath, brought to one length and averaged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.averages import condition_column
from dspant.ops.blocks import window_batches
from dspant.ops.bouts import CUT, NO_NEXT
from dspant.ops.evoked import FAR_SAMPLES
from dspant.ops.intervals import NO_CHANNEL, OUTSIDE, next_onsets
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.runs import common_unit
from dspant.ops.signal import Column, Events, Segment, Signal, SignalSource
from dspant.ops.trials import NO_ONSET, values_of

if TYPE_CHECKING:
    import numpy as np

NOT_USABLE = "event is marked as not usable"
NO_LENGTH = "cycle has no length"
TOO_SHORT = "cycle shorter than min_duration_s"
TOO_LONG = "cycle longer than max_duration_s"

SAME_SAMPLE = 1e-6
"""Part of a sample by which an end of a cycle may miss a sample that it lies on, for rounding."""

MOST_POINTS = 2**20
"""Most points of a channel's cycles that are held at once."""

BATCH_PAIRS = 4096
"""Points that are interpolated at once."""

OWN = {"onset", "offset", "channel", "duration_s", "profile", "usable", "reason"}


class CycleProfiles(Parameters):
    example = {"points": 101, "max_duration_s": 2.0}
    example_columns: ClassVar[dict[str, tuple[str, str]]] = {"channel": ("string", "")}

    points: int = Field(default=101, ge=2, le=100_000)
    """Number of points that every cycle is brought to, from 0 to 100 % with both ends."""
    until: Literal["next_onset", "offset"] = "next_onset"
    """Where a cycle ends: at the next onset of the same channel's events, or at the event's own
    offset."""
    all_channels: bool = False
    """Events that state a channel make cycles of all channels; of their own where false."""
    keep: list[str] = Field(default_factory=list)
    """Columns of the events that the cycles keep, such as a condition to average by."""
    min_duration_s: float | None = Field(default=None, gt=0)
    """Shorter cycles, in seconds, are marked as not usable."""
    max_duration_s: float | None = Field(default=None, gt=0)
    """Longer cycles, in seconds, are marked as not usable: where a stride was missed, or in a
    pause."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        low, high = self.min_duration_s, self.max_duration_s
        if low is not None and high is not None and low >= high:
            raise ValueError(f"min_duration_s ({low:g}) must be below max_duration_s ({high:g})")
        taken = sorted(OWN & set(self.keep))
        if taken or len(set(self.keep)) != len(self.keep):
            raise ValueError(f"keep names {taken or 'a column twice'}; leave it out")
        return self


def _profile_columns(
    signal: Signal, events: list[Events], params: CycleProfiles
) -> dict[str, Column]:
    end = "the next onset" if params.until == "next_onset" else "its offset"
    meaning = f"value at {params.points} points from 0 to 100 % of the cycle"
    return {
        "onset": Column("float64", "s", f"begin of the cycle: onset of {events[0].name}"),
        "offset": Column(
            "float64", "s", f"its end: {end}; the event's own offset where it has none"
        ),
        "channel": Column("string", "", "channel of the profile"),
        **{name: condition_column(events[0], name) for name in params.keep},
        "duration_s": Column("float64", "s", "length of the cycle; NaN: none"),
        "profile": Column(f"float64[{params.points}]", common_unit(signal), meaning),
        "usable": Column("bool", "", "false where the reason column says why"),
        "reason": Column("string", "", "why the cycle is not usable"),
    }


@epoc_operation(
    CycleProfiles,
    version=1,
    columns=_profile_columns,
    takes=("stream", "epoc"),
    holds=Held(56, scipy=False),
)
def cycle_profiles(
    source: SignalSource, events: list[Events], params: CycleProfiles
) -> Iterator[dict[str, np.ndarray]]:
    """Bring every cycle to one number of points, from 0 to 100 % of its own duration.

    Point k of N lies k / (N - 1) of the way from the begin to the end; its value is interpolated
    linearly between the two samples around it. Nothing is smoothed, so give an envelope whose
    band ends well below N / 2 per cycle. One row per cycle and channel, in the order of the
    events: a cycle that no unbroken run holds wholly, that does not end, or whose event is cut or
    not usable keeps its row, with NaN and the reason.

    Source: D. A. Winter and H. J. Yack, Electroencephalogr. Clin. Neurophysiol. 67 (1987) 402.
    """
    import numpy as np

    signal, table = source.signal, events[0]
    onset, offset = values_of(table, "onset"), values_of(table, "offset")
    of_event = _channels_of(table)
    end = offset
    if params.until == "next_onset":
        end = next_onsets(onset, of_event, signal)
    reason = _reasons(table, end, params)
    profiles = _interpolated(source, onset, end, reason, params.points)
    event, channel = _pairs(of_event, signal, params)
    profile, reason = profiles[event, channel], reason[event]
    profile[channel < 0], reason[channel < 0] = np.nan, NO_CHANNEL
    names = np.array(signal.channels, dtype=object)[channel]
    stop = np.where(np.isfinite(end), end, offset)
    yield {
        "onset": onset[event],
        "offset": stop[event],
        "channel": np.where(channel < 0, of_event[event], names),
        **{name: values_of(table, name)[event] for name in params.keep},
        "duration_s": (end - onset)[event],
        "profile": profile,
        "usable": reason == "",
        "reason": reason,
    }


def _interpolated(
    source: SignalSource, onset: np.ndarray, end: np.ndarray, reason: np.ndarray, points: int
) -> np.ndarray:
    """Profiles, shape (events, channels, points); ``reason`` is told which no run holds."""
    import numpy as np

    signal = source.signal
    whole = reason == ""
    if int(whole.sum()) * points > MOST_POINTS:
        raise OperationError(
            f"{int(whole.sum())} cycles of {points} points are more than the {MOST_POINTS} points "
            f"of a channel that are held at once; choose fewer points or leave some events out"
        )
    reason[whole] = OUTSIDE
    profiles = np.full((len(onset), len(signal.channels), points), np.nan)
    for segment, blocks in source.segments():
        place = _places(onset, end, segment, signal.fs_hz, points)
        inside = (place[:, 0] >= 0) & (place[:, -1] <= segment.count - 1) & (segment.count > 1)
        rows = np.flatnonzero(whole & inside)
        reason[rows] = ""
        at = place[rows].reshape(-1)
        below = np.minimum(np.floor(at), segment.count - 2).astype(np.int64)
        order = np.argsort(below, kind="stable")
        made = np.empty((len(at), len(signal.channels)))
        for first, pairs in window_batches(blocks, below[order], 2, BATCH_PAIRS):
            own = order[first : first + len(pairs)]
            part = (at[own] - below[own])[:, np.newaxis]
            made[own] = pairs[:, :, 0] * (1 - part) + pairs[:, :, 1] * part
        shape = (len(rows), points, len(signal.channels))
        profiles[rows] = made.reshape(shape).transpose(0, 2, 1)
    return profiles


def _channels_of(table: Events) -> np.ndarray:
    """Channel of each event, "" where events state none."""
    import numpy as np

    if "channel" in table.table.column_names:
        return values_of(table, "channel")
    return np.full(table.table.num_rows, "", dtype=object)


def _reasons(table: Events, end: np.ndarray, params: CycleProfiles) -> np.ndarray:
    """Why each event makes no cycle, as far as its own row tells."""
    import numpy as np

    onset, names = values_of(table, "onset"), table.table.column_names
    reason = np.full(len(onset), "", dtype=object)
    length = end - onset
    if params.max_duration_s is not None:
        reason[length > params.max_duration_s] = TOO_LONG
    if params.min_duration_s is not None:
        reason[length < params.min_duration_s] = TOO_SHORT
    reason[length <= 0] = NO_LENGTH
    reason[~np.isfinite(length)] = NO_NEXT if params.until == "next_onset" else OUTSIDE
    if "clipped" in names:
        reason[values_of(table, "clipped").astype(bool)] = CUT
    if "usable" in names:
        refused = ~values_of(table, "usable").astype(bool)
        why = values_of(table, "reason") if "reason" in names else np.full(len(onset), "", object)
        reason[refused] = [text or NOT_USABLE for text in why[refused]]
    reason[~np.isfinite(onset)] = NO_ONSET
    return reason


def _places(
    onset: np.ndarray, end: np.ndarray, segment: Segment, fs_hz: float, points: int
) -> np.ndarray:
    """Where each point lies, in samples of the run, shape (events, points); -1 without an end."""
    import numpy as np

    known = np.isfinite(onset) & np.isfinite(end)
    begin, stop = (
        (np.where(known, edge, -np.inf) - segment.start_s) * fs_hz for edge in (onset, end)
    )
    begin, stop = (np.clip(edge, -FAR_SAMPLES, FAR_SAMPLES) for edge in (begin, stop))
    part = np.arange(points) / (points - 1)
    place = begin[:, np.newaxis] * (1 - part) + stop[:, np.newaxis] * part
    for column, edge in ((0, 0), (-1, segment.count - 1)):
        near = np.abs(place[:, column] - edge) <= SAME_SAMPLE
        place[near, column] = edge
    return place


def _pairs(
    of_event: np.ndarray, signal: Signal, params: CycleProfiles
) -> tuple[np.ndarray, np.ndarray]:
    """Event and channel of each row, by position; -1 where the signal has no such channel."""
    import numpy as np

    events, channels = np.arange(len(of_event)), np.arange(len(signal.channels))
    if params.all_channels or not of_event.any():
        return np.repeat(events, len(channels)), np.tile(channels, len(events))
    position = {name: number for number, name in enumerate(signal.channels)}
    return events, np.array([position.get(name, -1) for name in of_event], dtype=np.int64)
