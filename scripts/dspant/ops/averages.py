"""Averages of what follows an event, by condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.blocks import windows
from dspant.ops.evoked import first_sample
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.runs import common_unit
from dspant.ops.signal import Column, Events, Signal, SignalSource
from dspant.ops.trials import values_of

if TYPE_CHECKING:
    import numpy as np

MOST_HELD_SAMPLES = 2**22
"""Most samples of a channel's windows that are held: what a bootstrap draws from."""


class EvokedAverage(Parameters):
    example = {"window_s": [-0.01, 0.04], "by": ["data"]}

    window_s: Annotated[list[float], Len(2, 2)]
    """Start and end of the window around each event, in seconds from its onset."""
    by: list[str] = Field(default_factory=lambda: ["data"])
    """Columns of the events whose values make a condition; none: all events are one."""
    background_s: Annotated[list[float], Len(2, 2)] | None = None
    """Part of the window whose mean is taken off each window, in seconds from the event; nothing
    is taken off where not given."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Probability that the band around the mean covers, between 0 and 1."""
    resamples: int = Field(default=500, ge=10, le=100_000)
    """How many times the bootstrap draws as many windows as there are."""
    seed: int = Field(default=0, ge=0)
    """Seed of the bootstrap's chance, without unit; each condition has its own generator."""

    @model_validator(mode="after")
    def _parts_inside_window(self) -> Self:
        if self.window_s[0] >= self.window_s[1]:
            raise ValueError(f"window_s must rise, not {self.window_s}")
        if self.background_s is not None:
            start, end = self.background_s
            if not self.window_s[0] <= start < end <= self.window_s[1]:
                raise ValueError(
                    f"background_s {self.background_s} must rise inside window_s {self.window_s}"
                )
        if len(set(self.by)) != len(self.by):
            raise ValueError(f"by names a column twice: {self.by}")
        return self


def _length(signal: Signal, params: EvokedAverage) -> int:
    return round((params.window_s[1] - params.window_s[0]) * signal.fs_hz) + 1


def _columns(signal: Signal, events: list[Events], params: EvokedAverage) -> dict[str, Column]:
    unit, cells = common_unit(signal), f"float64[{_length(signal, params)}]"
    percent = f"{100 * params.confidence:g} % bootstrap band"
    return {
        "onset": Column("float64", "s", "the condition's first event"),
        "offset": Column("float64", "s", "end of its last event's window"),
        **{name: condition_column(events[0], name) for name in params.by},
        "channel": Column("string", "", "channel the average is of"),
        "trials": Column("int64", "", "windows averaged"),
        "rejected": Column("int64", "", "events without a whole window, or not usable"),
        "start_s": Column("float64", "s", "first sample, from the event"),
        "step_s": Column("float64", "s", "from one sample to the next"),
        "mean": Column(cells, unit, "mean over the windows"),
        "sd": Column(cells, unit, "standard deviation (N - 1) over the windows"),
        "lower": Column(cells, unit, f"lower end of the mean's {percent}"),
        "upper": Column(cells, unit, f"upper end of the mean's {percent}"),
    }


def condition_column(events: Events, name: str) -> Column:
    if name not in events.columns:
        raise OperationError(
            f"{events.name} has no column {name!r} to average by; it has {list(events.columns)}"
        )
    return events.columns[name]


def _held_s(params: EvokedAverage) -> float:
    return 2 * (params.window_s[1] - params.window_s[0])


@epoc_operation(
    EvokedAverage,
    version=1,
    columns=_columns,
    takes=("stream", "epoc"),
    reach_s=_held_s,
    holds=Held(80, scipy=False),
    counts="trials",
)
def evoked_average(
    source: SignalSource, events: list[Events], params: EvokedAverage
) -> Iterator[dict[str, np.ndarray]]:
    """Average the windows around all events of a condition: sum(x) / N, with a bootstrap band.

    One row per condition and channel, in the order of the conditions' values; one without any
    whole window keeps its row, with NaN. Rows of the events that are marked as not usable are
    left out, and where events state a channel each counts for that channel only. A window begins
    at the sample nearest to its start. The band is the percentile interval of ``resamples`` means
    of as many windows, drawn with replacement.

    Source: B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    import numpy as np

    signal, table = source.signal, events[0]
    onset = values_of(table, "onset")
    use = _used(table, signal)
    length = _length(signal, params)
    held: dict[int, np.ndarray] = {}
    _refuse_too_many(int(use.any(axis=1).sum()), length, signal)
    for segment, blocks in source.segments():
        first = first_sample(onset + params.window_s[0], segment, signal.fs_hz)
        whole = (first >= 0) & (first + length <= segment.count) & use.any(axis=1)
        order = np.flatnonzero(whole)[np.argsort(first[whole], kind="stable")]
        for index, x in windows(blocks, first[order], length):
            held[int(order[index])] = _without_background(x, signal.fs_hz, params)
    conditions = conditions_of(table, params.by)
    rows = []
    for number, members in enumerate(np.flatnonzero(row) for row in conditions):
        for channel in range(len(signal.channels)):
            found = [held[e][channel] for e in members.tolist() if e in held and use[e, channel]]
            trials = np.array(found).reshape(len(found), length)
            rows.append({"members": members, **_measures(trials, number, params)})
    yield _table(rows, conditions, table, signal, params)


def _refuse_too_many(events: int, length: int, signal: Signal) -> None:
    if events * length > MOST_HELD_SAMPLES:
        raise OperationError(
            f"{events} windows of {length} samples at {signal.fs_hz:g} Hz are more than the "
            f"{MOST_HELD_SAMPLES} samples of a channel that are held at once; choose a shorter "
            f"window_s, resample the signal to a lower rate, or leave some events out"
        )


def _used(table: Events, signal: Signal) -> np.ndarray:
    """Which events count for which channels, shape (events, channels)."""
    import numpy as np

    names = table.table.column_names
    use = np.ones((table.table.num_rows, len(signal.channels)), dtype=bool)
    if "channel" in names:
        use &= values_of(table, "channel")[:, np.newaxis] == np.array(signal.channels, object)
    if "usable" in names:
        use &= values_of(table, "usable").astype(bool)[:, np.newaxis]
    return use


def conditions_of(table: Events, by: Sequence[str]) -> np.ndarray:
    """Which events are of each condition, shape (conditions, events), by rising values."""
    import numpy as np

    count = table.table.num_rows
    codes = [np.zeros(count, dtype=np.int64)]
    for name in by:
        values = values_of(table, name)
        if values.dtype == object:
            values = values.astype(str)
        codes.append(np.unique(values, return_inverse=True)[1].reshape(-1))
    keys = np.stack(codes, axis=1)
    distinct = np.unique(keys, axis=0) if count else keys
    return (keys[np.newaxis] == distinct[:, np.newaxis]).all(axis=2)


def _without_background(x: np.ndarray, fs_hz: float, params: EvokedAverage) -> np.ndarray:
    if params.background_s is None:
        return x
    first, last = (round((s - params.window_s[0]) * fs_hz) for s in params.background_s)
    return x - x[:, first : last + 1].mean(axis=1, keepdims=True)


def _measures(trials: np.ndarray, number: int, params: EvokedAverage) -> dict[str, Any]:
    import numpy as np

    nothing = np.full(trials.shape[1], np.nan)
    row = {"trials": len(trials), "mean": nothing, "sd": nothing}
    row |= {"lower": nothing, "upper": nothing}
    if len(trials):
        row["mean"] = trials.mean(axis=0)
    if len(trials) > 1:
        row["sd"] = trials.std(axis=0, ddof=1)
        row["lower"], row["upper"] = _band(trials, number, params)
    return row


def _band(trials: np.ndarray, number: int, params: EvokedAverage) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    chance = np.random.default_rng([params.seed, number])
    drawn = chance.integers(len(trials), size=(params.resamples, len(trials)))
    means = np.array([trials[index].mean(axis=0) for index in drawn])
    tail = (1 - params.confidence) / 2
    lower, upper = np.quantile(means, [tail, 1 - tail], axis=0)
    return lower, upper


def _table(
    rows: Sequence[dict[str, np.ndarray]],
    conditions: np.ndarray,
    table: Events,
    signal: Signal,
    params: EvokedAverage,
) -> dict[str, np.ndarray]:
    import numpy as np

    onset = values_of(table, "onset")
    names = table.table.column_names
    channel_of = values_of(table, "channel") if "channel" in names else None
    channels = [c for _ in conditions for c in signal.channels]
    first = [int(row["members"][0]) for row in rows]
    of = [
        len(row["members"])
        if channel_of is None
        else int((channel_of[row["members"]] == channel).sum())
        for row, channel in zip(rows, channels, strict=True)
    ]
    trials = np.array([row["trials"] for row in rows], dtype=np.int64)
    ends = [onset[row["members"]].max() + params.window_s[1] for row in rows]
    starts = np.array([onset[row["members"]].min() for row in rows], dtype=np.float64)
    cells = {
        name: np.array([row[name] for row in rows]).reshape(len(rows), _length(signal, params))
        for name in ("mean", "sd", "lower", "upper")
    }
    return {
        "onset": starts,
        "offset": np.maximum(np.array(ends, dtype=np.float64), starts),
        **{name: values_of(table, name)[first] for name in params.by},
        "channel": np.array(channels, dtype=object),
        "trials": trials,
        "rejected": np.array(of, dtype=np.int64) - trials,
        "start_s": np.full(len(rows), params.window_s[0]),
        "step_s": np.full(len(rows), 1 / signal.fs_hz),
        **cells,
    }
