"""What a muscle answers to a stimulus: one row per event and channel, always."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.blocks import windows
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.responses import ARTEFACT, CLIPPED, MEASURES, measure
from dspant.ops.runs import common_unit
from dspant.ops.signal import Column, Events, Segment, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

Interval = Annotated[list[float], Len(2, 2)]

FAR_SAMPLES = 2.0**52
"""Farther than any recording is long."""

OUTSIDE = "window leaves the recording"
IN_GAP = "window meets a gap"
NO_ONSET = "event has no finite onset"
ACTIVE = "background above max_background_rms"


class Evoked(Parameters):
    example = {"window_s": [-0.01, 0.04], "response_s": [0.004, 0.03]}

    window_s: Interval
    """Start and end of the window around each event, in seconds from its onset."""
    response_s: Interval
    """Part of the window in which the response is measured, in seconds from the event."""
    background_s: Interval | None = None
    """Part of the window that tells the background; from the window's start to the event where
    not given. Leave out what a zero-phase filter spreads of the stimulus artefact."""
    onset_sd: float = Field(default=4.0, gt=0)
    """The response begins where it leaves the background's mean by this many standard
    deviations."""
    onset_hold_s: float = Field(default=0.0005, ge=0)
    """It has to stay out for this long, in seconds."""
    max_background_rms: float | None = Field(default=None, gt=0)
    """Events with a larger background, in the signal's unit, are marked as not usable."""
    artefact_level: float | None = Field(default=None, gt=0)
    """Rows whose background reaches this, up or down, in the signal's unit, are marked as not
    usable."""
    clip_level: float | None = Field(default=None, gt=0)
    """Rows whose response reaches this, up or down, in the signal's unit, are marked as not
    usable: the largest value that the amplifier gives."""
    turn_level: float | None = Field(default=None, gt=0)
    """Turns of the response are counted where it changes direction between two legs of this size
    or more, in the signal's unit; 100 microvolt is usual. Not counted where not given."""
    silent_s: Interval | None = None
    """Part of the window in which a silent period is looked for, in seconds from the event."""
    silent_part: float = Field(default=0.5, gt=0, lt=1)
    """The muscle is silent where its smoothed rectified signal is below this part of its mean in
    the background."""
    silent_smoothing_s: float = Field(default=0.005, gt=0)
    """Length of the moving mean that smooths the rectified signal for this, in seconds."""

    @property
    def background(self) -> list[float]:
        return self.background_s or [self.window_s[0], 0.0]

    @model_validator(mode="after")
    def _parts_inside_window(self) -> Self:
        parts = {"window_s": self.window_s, "response_s": self.response_s}
        parts["background_s"] = self.background
        if self.silent_s is not None:
            parts["silent_s"] = self.silent_s
        for name, (start, end) in parts.items():
            if start >= end:
                raise ValueError(f"{name} must rise, not [{start:g}, {end:g}]")
            if start < self.window_s[0] or end > self.window_s[1]:
                raise ValueError(
                    f"{name} [{start:g}, {end:g}] must lie inside window_s "
                    f"[{self.window_s[0]:g}, {self.window_s[1]:g}]"
                )
        return self


def _columns(signal: Signal, events: list[Events], _params: Evoked) -> dict[str, Column]:
    unit = common_unit(signal)
    data = events[0].columns.get("data") if events else None
    if data is not None and data.dtype == "string":
        raise OperationError(
            f"data of {events[0].name} is text, and a response can state a number only; choose "
            f"events whose data are numbers"
        )
    return {
        "onset": Column("float64", "s", "the event (stimulus)"),
        "offset": Column("float64", "s", "end of the window"),
        "data": Column("float64", data.unit if data else "", "value of the event (stimulus)"),
        "channel": Column("string", "", "channel the response is on"),
        "peak_to_peak": Column("float64", unit, "largest minus smallest value of the response"),
        "latency_s": Column("float64", "s", "from the event to the response's onset; NaN: none"),
        "area": Column("float64", f"{unit} s", "integral of |x - background mean| over response_s"),
        "background_rms": Column("float64", unit, "root mean square of the background"),
        "positive_peak": Column("float64", unit, "largest value minus background mean"),
        "negative_peak": Column("float64", unit, "smallest value minus background mean"),
        "peak_latency_s": Column("float64", "s", "from the event to the largest |x - mean|"),
        "half_peak_latency_s": Column("float64", "s", "to where half of that is last crossed"),
        "change_latency_s": Column("float64", "s", "to the most likely step of variance"),
        "duration_s": Column("float64", "s", "from onset to where the response last ends"),
        "turns": Column(
            "float64", "", "changes of direction by turn_level or more; NaN: not asked"
        ),
        "silent_onset_s": Column("float64", "s", "from the event to the longest silence's begin"),
        "silent_period_s": Column("float64", "s", "how long it lasts; NaN: none, or no end"),
        "usable": Column("bool", "", "false where the reason column says why"),
        "reason": Column("string", "", "why the row is not usable"),
    }


@epoc_operation(
    Evoked, version=3, columns=_columns, takes=("stream", "epoc"), holds=Held(7, scipy=False)
)
def evoked(
    source: SignalSource, events: list[Events], params: Evoked
) -> Iterator[dict[str, np.ndarray]]:
    """Measure the response to every event on every channel.

    The number of rows is events times channels, in the order of the events; an event that
    cannot be measured keeps its row, with NaN and the reason. ``latency_s`` is the first moment
    at which the trace leaves the background by a number of standard deviations and stays out,
    ``half_peak_latency_s`` the last one before the peak at which it is half as large, and
    ``change_latency_s`` the step of variance before the peak that makes the samples from the
    event on most likely. The silence is the longest stretch of ``silent_s`` that is silent; where
    it does not end inside, its length is not known.

    Source: P. M. Rossini et al., Clin. Neurophysiol. 126 (2015) 1071 (size, threshold); G. Staude
    and W. Wolf, Med. Eng. Phys. 21 (1999) 449 (step of variance); R. G. Willison, J. Neurol.
    Neurosurg. Psychiatry 27 (1964) 386 (turns); Z. J. Daskalakis, G. F. Molnar, B. K. Christensen,
    A. Sailer, P. B. Fitzgerald and R. Chen, Clin. Neurophysiol. 114 (2003) 938 (silent period as
    activity below a part of the background's mean).
    """
    import numpy as np

    signal = source.signal
    table = events[0].table
    onset = table["onset"].to_numpy()
    shape = (len(onset), len(signal.channels))
    measured = {name: np.full(shape, np.nan) for name in MEASURES}
    too_large = {reason: np.zeros(shape, dtype=bool) for reason in (ARTEFACT, CLIPPED)}
    length = _window_samples(signal, params)
    reason = _reasons_to_drop(onset + params.window_s[0], signal, length)
    reason[~np.isfinite(onset)] = NO_ONSET
    for segment, blocks in source.segments():
        first = first_sample(onset + params.window_s[0], segment, signal.fs_hz)
        whole = (first >= 0) & (first + length <= segment.count)
        reason[whole] = ""
        order = np.flatnonzero(whole)[np.argsort(first[whole], kind="stable")]
        for index, x in windows(blocks, first[order], length):
            event = order[index]
            since_onset = first[event] - (onset[event] - segment.start_s) * signal.fs_hz
            found = measure(x, since_onset + np.arange(length), signal.fs_hz, params)
            for name, values in found.items():
                (too_large if name in too_large else measured)[name][event] = values
    if params.max_background_rms is not None:
        active = np.any(measured["background_rms"] > params.max_background_rms, axis=1)
        reason[active & (reason == "")] = ACTIVE
    reasons = np.repeat(reason[:, np.newaxis], shape[1], axis=1)
    for why, where in too_large.items():
        reasons[where & (reasons == "")] = why
    yield _rows(signal, table, onset + params.window_s[1], measured, reasons)


def _window_samples(signal: Signal, params: Evoked) -> int:
    length = round((params.window_s[1] - params.window_s[0]) * signal.fs_hz) + 1
    shortest_s = min(
        params.response_s[1] - params.response_s[0], params.background[1] - params.background[0]
    )
    if shortest_s * signal.fs_hz < 2:
        raise OperationError(
            f"response_s {params.response_s} and background {params.background} must each hold "
            f"2 samples or more; at {signal.fs_hz:g} Hz a sample is {1 / signal.fs_hz:g} s"
        )
    return length


def first_sample(start_s: np.ndarray, segment: Segment, fs_hz: float) -> np.ndarray:
    """First sample of each window, counted from the segment's; far outside where undefined."""
    import numpy as np

    position = np.nan_to_num((start_s - segment.start_s) * fs_hz, nan=-np.inf)
    return np.round(np.clip(position, -FAR_SAMPLES, FAR_SAMPLES)).astype(np.int64)


def _reasons_to_drop(start_s: np.ndarray, signal: Signal, length: int) -> np.ndarray:
    """Reason of each window that no unbroken run holds."""
    import numpy as np

    reason = np.full(len(start_s), OUTSIDE, dtype=object)
    if signal.segments:
        begin, end = signal.segments[0], signal.segments[-1]
        started = first_sample(start_s, begin, signal.fs_hz) >= 0
        ended = first_sample(start_s, end, signal.fs_hz) + length > end.count
        reason[started & ~ended] = IN_GAP
    return reason


def _rows(
    signal: Signal, table: Any, offset: np.ndarray, measured: dict[str, np.ndarray], reason: Any
) -> dict[str, np.ndarray]:
    import numpy as np

    count = len(signal.channels)
    data = (
        table["data"].to_numpy() if "data" in table.column_names else np.full(len(offset), np.nan)
    )
    reasons = reason.reshape(-1)
    return {
        "onset": np.repeat(table["onset"].to_numpy(), count),
        "offset": np.repeat(offset, count),
        "data": np.repeat(data.astype(np.float64), count),
        "channel": np.tile(np.array(signal.channels, dtype=object), len(offset)),
        **{name: values.reshape(-1) for name, values in measured.items()},
        "usable": reasons == "",
        "reason": reasons,
    }
