"""Measures of bursts that are known already, and the phases of breaths and cycles they make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from dspant.ops.evoked import first_sample
from dspant.ops.registry import Parameters, epoc_operation
from dspant.ops.runs import common_unit
from dspant.ops.signal import Column, Events, Signal, SignalSource
from dspant.ops.trials import values_of

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

OUTSIDE = "not inside one unbroken run"
NO_CHANNEL = "the signal has no channel of this name"
CUT = "cut by an end of the recording or a gap"
NO_NEXT = "no next onset in this unbroken run"


class BurstMeasures(Parameters):
    example: ClassVar[dict[str, Any]] = {}


def _burst_columns(signal: Signal, events: list[Events], _params: Any) -> dict[str, Column]:
    unit = common_unit(signal)
    return {
        "onset": Column("float64", "s", f"onset of the interval of {events[0].name}"),
        "offset": Column("float64", "s", f"offset of the interval of {events[0].name}"),
        "channel": Column("string", "", "channel that is measured"),
        "duration_s": Column("float64", "s", "offset minus onset"),
        "mean_rectified": Column("float64", unit, "mean of |x|"),
        "rms": Column("float64", unit, "root mean square"),
        "peak": Column("float64", unit, "largest |x|"),
        "time_to_peak_s": Column("float64", "s", "from onset to the largest |x|"),
        "area": Column("float64", f"{unit} s", "integral of |x|"),
        "interval_s": Column("float64", "s", "to the next onset on this channel; NaN: none"),
        "usable": Column("bool", "", "false where the reason column says why"),
        "reason": Column("string", "", "why the row is not usable"),
    }


@epoc_operation(BurstMeasures, version=1, columns=_burst_columns, takes=("stream", "epoc"))
def burst_measures(
    source: SignalSource, events: list[Events], _params: BurstMeasures
) -> Iterator[dict[str, np.ndarray]]:
    """Measure a signal inside of intervals found elsewhere: mean and area are sums of |x|.

    An interval that states a channel is measured on the channel of that name, any other on all
    of them; each keeps its row or rows, in its order. So bursts found in an envelope are measured
    in the filtered signal. An interval that no unbroken run holds wholly has NaN and the reason.

    Source: M. B. I. Reaz, M. S. Hussain and F. Mohd-Yasin, Biol. Proced. Online 8 (2006) 11.
    """
    import numpy as np

    signal = source.signal
    rows = _Rows.of(events[0], signal)
    measured = {
        name: np.full(len(rows.onset), np.nan)
        for name in ("mean_rectified", "rms", "peak", "time_to_peak_s", "area")
    }
    for row, x, first_s in rows.samples(source):
        size = np.abs(x)
        peak_at = int(np.argmax(size))
        measured["mean_rectified"][row] = size.mean()
        measured["rms"][row] = np.sqrt((x**2).mean())
        measured["peak"][row] = size[peak_at]
        measured["time_to_peak_s"][row] = first_s + peak_at / signal.fs_hz - rows.onset[row]
        measured["area"][row] = size.sum() / signal.fs_hz
    following = rows.following()
    yield {
        "onset": rows.onset,
        "offset": rows.offset,
        "channel": rows.channel,
        "duration_s": rows.offset - rows.onset,
        **measured,
        "interval_s": following - rows.onset,
        "usable": rows.reason == "",
        "reason": rows.reason,
    }


@dataclass
class _Rows:
    """Intervals, one row for each channel they are measured on, and the run that holds each."""

    onset: np.ndarray
    offset: np.ndarray
    channel: np.ndarray
    place: np.ndarray
    segment: np.ndarray
    reason: np.ndarray
    signal: Signal

    @classmethod
    def of(cls, events: Events, signal: Signal) -> _Rows:
        import numpy as np

        onset, offset = values_of(events, "onset"), values_of(events, "offset")
        names = list(signal.channels)
        if "channel" in events.table.column_names:
            channel = values_of(events, "channel")
        else:
            onset, offset = np.repeat(onset, len(names)), np.repeat(offset, len(names))
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
        return cls(onset, offset, channel, place, within, reason, signal)

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
        import numpy as np

        found = np.full(len(self.onset), np.nan)
        run = self._run()
        for channel in dict.fromkeys(self.channel.tolist()):
            rows = np.flatnonzero((self.channel == channel) & np.isfinite(self.onset))
            rows = rows[np.argsort(self.onset[rows], kind="stable")]
            same = (run[rows[:-1]] == run[rows[1:]]) & (run[rows[:-1]] >= 0)
            found[rows[:-1][same]] = self.onset[rows[1:][same]]
        return found

    def _run(self) -> np.ndarray:
        """Number of the unbroken run that each onset lies in, -1 where in none."""
        import numpy as np

        run = np.full(len(self.onset), -1, dtype=np.int64)
        for number, segment in enumerate(self.signal.segments):
            first = first_sample(self.onset, segment, self.signal.fs_hz)
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


class BreathPhases(Parameters):
    example = {"inspiration_end": 0.5}
    example_columns: ClassVar[dict[str, tuple[str, str]]] = {
        "channel": ("string", ""),
        "clipped": ("bool", ""),
    }

    inspiration_end: float | None = Field(default=None, gt=0, lt=1)
    """Inspiration ends where the signal, after its peak, first falls below this part of the peak;
    what is left of the burst is post-inspiratory. At the burst's offset where not given."""


def _phase_columns(_bursts: Events, further: list[Any], _params: BreathPhases) -> dict[str, Column]:
    unit = common_unit(further[0].signal)
    return {
        "onset": Column("float64", "s", "onset of the burst: inspiration begins"),
        "offset": Column("float64", "s", "offset of the burst"),
        "channel": Column("string", "", "channel the burst is on"),
        "ti_s": Column("float64", "s", "inspiration: from onset to its end"),
        "te_s": Column("float64", "s", "expiration: from there to the next onset"),
        "te1_s": Column("float64", "s", "post-inspiratory part of it: to the burst's offset"),
        "te2_s": Column("float64", "s", "the rest: from offset to the next onset"),
        "ttot_s": Column("float64", "s", "from onset to the next onset"),
        "duty": Column("float64", "", "ti_s / ttot_s"),
        "rate_per_min": Column("float64", "1/min", "60 s / ttot_s"),
        "peak": Column("float64", unit, "largest value"),
        "time_to_peak_s": Column("float64", "s", "from onset to the largest value"),
        "area": Column("float64", f"{unit} s", "integral of the signal over the inspiration"),
        "usable": Column("bool", "", "false where the reason column says why"),
        "reason": Column("string", "", "what cannot be told of this breath"),
    }


@epoc_operation(BreathPhases, version=1, columns=_phase_columns, takes=("epoc", "stream"))
def breath_phases(
    bursts: Events, further: list[SignalSource], params: BreathPhases
) -> Iterator[dict[str, np.ndarray]]:
    """Time the phases of every breath, or of any cycle of bursts: Ttot = TI + TE.

    One row per burst, in its order. The stream, an envelope, tells peak, area and the end of
    inspiration, and where gaps are: no phase is measured across one. A burst that is cut, or that
    none follows in its run, keeps what can be told and has the reason.

    Source: J. Milic-Emili and M. M. Grunstein, Chest 70 (1976) 131; D. W. Richter, J. Exp. Biol.
    100 (1982) 93 (post-inspiration).
    """
    import numpy as np

    source = further[0]
    rows = _Rows.of(bursts, source.signal)
    count, fs_hz = len(rows.onset), source.signal.fs_hz
    end_s, peak, peak_s, area = (np.full(count, np.nan) for _ in range(4))
    for row, x, first_s in rows.samples(source):
        peak_at = int(np.argmax(x))
        stop = _inspiration_stop(x, peak_at, params.inspiration_end)
        peak[row], peak_s[row] = x[peak_at], first_s + peak_at / fs_hz
        end_s[row] = rows.offset[row] if stop == len(x) else first_s + stop / fs_hz
        area[row] = x[:stop].sum() / fs_hz
    following = rows.following()
    reason = rows.reason.copy()
    reason[(reason == "") & ~np.isfinite(following)] = NO_NEXT
    if "clipped" in bursts.table.column_names:
        cut = values_of(bursts, "clipped").astype(bool)
        reason[cut] = CUT
        end_s[cut] = np.nan
    total = following - rows.onset
    inspiration = end_s - rows.onset
    whole = np.isfinite(end_s)
    yield {
        "onset": rows.onset,
        "offset": rows.offset,
        "channel": rows.channel,
        "ti_s": inspiration,
        "te_s": following - end_s,
        "te1_s": rows.offset - end_s,
        "te2_s": np.where(whole, following - rows.offset, np.nan),
        "ttot_s": np.where(whole, total, np.nan),
        "duty": inspiration / total,
        "rate_per_min": np.where(whole, 60 / total, np.nan),
        "peak": peak,
        "time_to_peak_s": peak_s - rows.onset,
        "area": area,
        "usable": reason == "",
        "reason": reason,
    }


def _inspiration_stop(x: np.ndarray, peak_at: int, part: float | None) -> int:
    import numpy as np

    if part is None:
        return len(x)
    below = np.flatnonzero(x[peak_at:] < part * x[peak_at])
    return peak_at + int(below[0]) if len(below) else len(x)
