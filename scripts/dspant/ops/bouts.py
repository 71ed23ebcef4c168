"""Measures of bursts that are known already, and the phases of breaths and cycles they make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from dspant.ops.intervals import Rows
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.runs import common_unit
from dspant.ops.signal import Column, Events, Signal, SignalSource
from dspant.ops.trials import values_of

if TYPE_CHECKING:
    import numpy as np

CUT = "cut by an end of the recording or a gap"
NO_NEXT = "no next onset in this unbroken run"
SAME_ONSET = "next burst begins at the same time"

SAME_SAMPLE = 1e-6
"""Part of a sample by which bursts that begin at the same time may be apart, for rounding."""


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


@epoc_operation(
    BurstMeasures,
    version=1,
    columns=_burst_columns,
    takes=("stream", "epoc"),
    holds=Held(7, scipy=False),
)
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
    rows = Rows.of(events[0], signal)
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


@epoc_operation(
    BreathPhases,
    version=2,
    columns=_phase_columns,
    takes=("epoc", "stream"),
    holds=Held(7, scipy=False),
)
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
    rows = Rows.of(bursts, source.signal)
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
    together = (following - rows.onset) * fs_hz < SAME_SAMPLE
    reason[(reason == "") & together] = SAME_ONSET
    if "clipped" in bursts.table.column_names:
        cut = values_of(bursts, "clipped").astype(bool)[rows.event]
        reason[cut] = CUT
        end_s[cut] = np.nan
    total = np.where(together, np.nan, following - rows.onset)
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
