"""How often spikes, or any events, follow others: the peri-stimulus time histogram."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.signal import Column, Events, Signal, SignalSource
from dspant.ops.trials import values_of

if TYPE_CHECKING:
    import numpy as np

SAME_EDGE = 1e-6
"""Part of a sample by which a lag may miss an edge that it lies on, for rounding."""


class Psth(Parameters):
    example = {"window_s": [-0.5, 1.0], "bin_s": 0.01}
    example_columns: ClassVar[dict[str, tuple[str, str]]] = {"channel": ("string", "")}

    window_s: Annotated[list[float], Len(2, 2)]
    """Start and end of the histogram, in seconds from the trigger; a whole number of bins."""
    bin_s: float = Field(gt=0)
    """Width of a bin, in seconds."""

    @property
    def bins(self) -> int:
        return round((self.window_s[1] - self.window_s[0]) / self.bin_s)

    @model_validator(mode="after")
    def _whole_bins(self) -> Self:
        span = self.window_s[1] - self.window_s[0]
        if span <= 0:
            raise ValueError(f"window_s must rise, not {self.window_s}")
        if self.bins < 1 or abs(span - self.bins * self.bin_s) > 1e-6 * self.bin_s:
            raise ValueError(
                f"window_s is {span:g} s long, which is no whole number of bins of {self.bin_s:g} s"
            )
        return self


def _columns(events: Events, further: list[Any], params: Psth) -> dict[str, Column]:
    trigger = further[0].name
    return {
        "onset": Column("float64", "s", f"first onset of {trigger} that counts"),
        "offset": Column("float64", "s", "end of the last one's window"),
        "channel": Column("string", "", f"channel of {events.name}"),
        "triggers": Column("int64", "", f"events of {trigger} whose window was recorded whole"),
        "rejected": Column("int64", "", "those that leave the recording or meet a gap"),
        "start_s": Column("float64", "s", "left edge of the first bin, from the trigger"),
        "bin_s": Column("float64", "s", "width of a bin"),
        "count": Column(f"int64[{params.bins}]", "", f"events of {events.name} in each bin"),
        "rate_hz": Column(f"float64[{params.bins}]", "Hz", "count / (triggers x bin_s)"),
    }


@epoc_operation(
    Psth,
    version=1,
    columns=_columns,
    takes=("epoc", "epoc", "stream"),
    holds=Held(0, scipy=False),
    counts="triggers",
)
def psth(events: Events, further: list[Any], params: Psth) -> Iterator[dict[str, np.ndarray]]:
    """Count each channel's events in bins around the events of another epoc.

    Bin k holds lags from start_s + k bin_s up to, and without, start_s + (k + 1) bin_s; lags are
    float64 seconds, and one within a millionth of a sample of an edge lies on it. The stream
    tells what was recorded: a trigger whose window leaves it, or meets a gap, does not count.
    One row per channel of the events, also where none follows.

    Source: G. L. Gerstein and N. Y.-S. Kiang, Biophys. J. 1 (1960) 15.
    """
    import numpy as np

    trigger, source = further
    onset = values_of(trigger, "onset")
    whole = _recorded(onset, source, params)
    fs_hz = source.signal.fs_hz
    time_s = values_of(events, "onset")
    named = "channel" in events.table.column_names
    channel = values_of(events, "channel") if named else np.full(len(time_s), "", dtype=object)
    channels = list(source.signal.channels) if named else [""]
    channels += [c for c in dict.fromkeys(channel.tolist()) if c not in channels]
    count = np.array(
        [_counts(time_s[channel == c], onset[whole], fs_hz, params) for c in channels],
        dtype=np.int64,
    ).reshape(len(channels), params.bins)
    used = int(whole.sum())
    rate = np.full(count.shape, np.nan) if used == 0 else count / (used * params.bin_s)
    first, last = (onset[whole].min(), onset[whole].max()) if used else (0.0, 0.0)
    rows = len(channels)
    yield {
        "onset": np.full(rows, first),
        "offset": np.full(rows, max(last + params.window_s[1], first)),
        "channel": np.array(channels, dtype=object),
        "triggers": np.full(rows, used),
        "rejected": np.full(rows, len(onset) - used),
        "start_s": np.full(rows, params.window_s[0]),
        "bin_s": np.full(rows, params.bin_s),
        "count": count,
        "rate_hz": rate,
    }


def _recorded(onset: np.ndarray, source: SignalSource, params: Psth) -> np.ndarray:
    """Which triggers have their whole window inside one unbroken run."""
    import numpy as np

    signal: Signal = source.signal
    if not signal.segments:
        raise OperationError("the stream that tells what was recorded holds no samples")
    whole = np.zeros(len(onset), dtype=bool)
    slack = SAME_EDGE / signal.fs_hz
    for segment in signal.segments:
        start, end = segment.start_s, segment.start_s + segment.count / signal.fs_hz
        whole |= (onset + params.window_s[0] >= start - slack) & (
            onset + params.window_s[1] <= end + slack
        )
    return whole


def _counts(time_s: np.ndarray, onset: np.ndarray, fs_hz: float, params: Psth) -> np.ndarray:
    import numpy as np

    times = np.sort(time_s[np.isfinite(time_s)])
    edges = params.window_s[0] + np.arange(params.bins + 1) * params.bin_s
    edges[-1] = params.window_s[1]
    slack = SAME_EDGE / fs_hz
    count = np.zeros(params.bins, dtype=np.int64)
    for at in onset:
        count += np.diff(np.searchsorted(times, at + edges - slack, side="left"))
    return count
