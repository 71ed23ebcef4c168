"""What a muscle answers to a stimulus: one row per event and channel, always."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.blocks import windows
from dspant.ops.bursts import common_unit
from dspant.ops.registry import Parameters, epoc_operation
from dspant.ops.signal import Column, Events, Segment, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

Interval = Annotated[list[float], Len(2, 2)]

SAME_SAMPLE = 1e-6
"""Part of a sample by which a moment may miss a boundary that it lies on, for rounding."""

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

    @property
    def background(self) -> list[float]:
        return self.background_s or [self.window_s[0], 0.0]

    @model_validator(mode="after")
    def _parts_inside_window(self) -> Self:
        parts = {"window_s": self.window_s, "response_s": self.response_s}
        parts["background_s"] = self.background
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
        "usable": Column("bool", "", "false where the reason column says why"),
        "reason": Column("string", "", "why the row is not usable"),
    }


@epoc_operation(Evoked, version=1, columns=_columns, takes=("stream", "epoc"))
def evoked(
    source: SignalSource, events: list[Events], params: Evoked
) -> Iterator[dict[str, np.ndarray]]:
    """Measure the response to every event on every channel.

    The number of rows is events times channels, in the order of the events; an event that
    cannot be measured keeps its row, with NaN and the reason. Peak-to-peak size follows P. M.
    Rossini et al., Clin. Neurophysiol. 126 (2015) 1071; latency is the first moment at which
    the trace leaves the background by a number of standard deviations and stays out.
    """
    import numpy as np

    signal = source.signal
    table = events[0].table
    onset = table["onset"].to_numpy()
    shape = (len(onset), len(signal.channels))
    measured = {
        name: np.full(shape, np.nan)
        for name in ("peak_to_peak", "latency_s", "area", "background_rms")
    }
    length = _window_samples(signal, params)
    reason = _reasons_to_drop(onset + params.window_s[0], signal, length)
    reason[~np.isfinite(onset)] = NO_ONSET
    for segment, blocks in source.segments():
        first = _first_sample(onset + params.window_s[0], segment, signal.fs_hz)
        whole = (first >= 0) & (first + length <= segment.count)
        reason[whole] = ""
        order = np.flatnonzero(whole)[np.argsort(first[whole], kind="stable")]
        for index, x in windows(blocks, first[order], length):
            event = order[index]
            since_onset = first[event] - (onset[event] - segment.start_s) * signal.fs_hz
            found = _measure(x, since_onset + np.arange(length), signal.fs_hz, params)
            for name, values in found.items():
                measured[name][event] = values
    if params.max_background_rms is not None:
        active = np.any(measured["background_rms"] > params.max_background_rms, axis=1)
        reason[active & (reason == "")] = ACTIVE
    yield _rows(signal, table, onset + params.window_s[1], measured, reason)


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


def _first_sample(start_s: np.ndarray, segment: Segment, fs_hz: float) -> np.ndarray:
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
        started = _first_sample(start_s, begin, signal.fs_hz) >= 0
        ended = _first_sample(start_s, end, signal.fs_hz) + length > end.count
        reason[started & ~ended] = IN_GAP
    return reason


def _measure(
    x: np.ndarray, since: np.ndarray, fs_hz: float, params: Evoked
) -> dict[str, np.ndarray]:
    """Measure one window of shape channels x samples, taken ``since`` samples after its event."""
    import numpy as np

    background, measured = (
        [edge_s * fs_hz - SAME_SAMPLE for edge_s in (start_s, end_s)]
        for start_s, end_s in (params.background, params.response_s)
    )
    quiet = x[:, (since >= background[0]) & (since < background[1])]
    inside = (since >= measured[0]) & (since <= measured[1] + 2 * SAME_SAMPLE)
    response, response_s = x[:, inside], since[inside] / fs_hz
    away = np.abs(response - quiet.mean(axis=1, keepdims=True))
    out = away > params.onset_sd * quiet.std(axis=1, ddof=1, keepdims=True)
    hold = max(round(params.onset_hold_s * fs_hz), 1)
    return {
        "peak_to_peak": np.ptp(response, axis=1),
        "latency_s": np.array([_first_held(row, response_s, hold) for row in out]),
        "area": away.sum(axis=1) / fs_hz,
        "background_rms": np.sqrt(np.mean(quiet**2, axis=1)),
    }


def _first_held(out: np.ndarray, time_s: np.ndarray, hold: int) -> float:
    import numpy as np

    edges = np.flatnonzero(np.diff(np.r_[0, out.astype(np.int8), 0]))
    starts, stops = edges[::2], edges[1::2]
    held = starts[stops - starts >= hold]
    return float(time_s[held[0]]) if len(held) else np.nan


def _rows(
    signal: Signal, table: Any, offset: np.ndarray, measured: dict[str, np.ndarray], reason: Any
) -> dict[str, np.ndarray]:
    import numpy as np

    count = len(signal.channels)
    data = (
        table["data"].to_numpy() if "data" in table.column_names else np.full(len(offset), np.nan)
    )
    reasons = np.repeat(reason, count)
    return {
        "onset": np.repeat(table["onset"].to_numpy(), count),
        "offset": np.repeat(offset, count),
        "data": np.repeat(data.astype(np.float64), count),
        "channel": np.tile(np.array(signal.channels, dtype=object), len(offset)),
        **{name: values.reshape(-1) for name, values in measured.items()},
        "usable": reasons == "",
        "reason": reasons,
    }
