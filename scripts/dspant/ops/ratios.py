"""Ratios of responses: H to M, and the second of a pair of pulses to the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from dspant.errors import OperationError
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.signal import Column, Events
from dspant.ops.trials import ALONE, nearest, taken, values_of

if TYPE_CHECKING:
    import numpy as np

NOT_USABLE = "{name}: {reason}"


class PairedRatio(Parameters):
    example = {"value": "peak_to_peak", "tolerance_s": 0.001}
    example_columns: ClassVar[dict[str, tuple[str, str]]] = {
        "channel": ("string", ""),
        "peak_to_peak": ("float64", "V"),
        "usable": ("bool", ""),
    }

    value: str = "peak_to_peak"
    """Column of both epocs whose ratio is taken."""
    lag_s: float = 0.0
    """Onset in the second epoc minus onset in the first, in seconds: 0 for H and M of the same
    stimulus, the interval of a pair of pulses for these."""
    tolerance_s: float = Field(default=0.001, gt=0)
    """Onsets that are off ``lag_s`` by this much or less belong together, in seconds."""
    of: Literal["trial", "mean", "max"] = "trial"
    """The ratio of every trial, or of the means or the largest values of each channel."""


def _ratio_columns(left: Events, further: list[Events], params: PairedRatio) -> dict[str, Column]:
    units = [number_column(events, params.value).unit for events in (left, further[0])]
    if units[0] != units[1]:
        raise OperationError(
            f"{params.value} is in {units[0] or 'no unit'} in {left.name} and in "
            f"{units[1] or 'no unit'} in {further[0].name}; a ratio needs one unit"
        )
    whose = {"trial": "", "mean": "mean ", "max": "largest "}[params.of]
    return {
        "onset": Column("float64", "s", "onset in the first epoc; of a channel's first event"),
        "offset": Column("float64", "s", "offset in the first epoc; of a channel's last event"),
        "channel": Column("string", "", "channel"),
        "numerator": Column("float64", units[0], f"{whose}{params.value} of {left.name}"),
        "denominator": Column("float64", units[0], f"{whose}{params.value} of {further[0].name}"),
        "ratio": Column("float64", "", "numerator over denominator"),
        "trials": Column("int64", "", "0 or 1; of a channel, usable rows of the epoc with fewer"),
        "usable": Column("bool", "", "false where the reason column says why"),
        "reason": Column("string", "", "why there is no ratio"),
    }


def number_column(events: Events, name: str) -> Column:
    column = events.columns.get(name)
    if column is None or column.dtype not in ("float64", "int64"):
        found = [n for n, c in events.columns.items() if c.dtype in ("float64", "int64")]
        raise OperationError(f"{events.name} has no column {name!r} of numbers; it has {found}")
    return column


@epoc_operation(
    PairedRatio,
    version=1,
    columns=_ratio_columns,
    takes=("epoc", "epoc"),
    holds=Held(0, scipy=False),
)
def paired_ratio(
    left: Events, further: list[Events], params: PairedRatio
) -> Iterator[dict[str, np.ndarray]]:
    """Divide each value of one epoc by that of another which belongs to the same trial.

    Rows belong together by time and channel. Each row of the first epoc keeps its row, or each
    of its channels where ``of`` is ``mean`` or ``max``; means and largest values are taken over
    usable rows of each epoc by itself, as Hmax/Mmax is.

    Source: M. Schieppati, Prog. Neurobiol. 28 (1987) 345 (H/M); T. Kujirai et al., J. Physiol.
    471 (1993) 501 (paired pulses).
    """
    both = [_Values(events, params.value) for events in (left, further[0])]
    yield _by_trial(*both, params) if params.of == "trial" else _by_channel(*both, params)


class _Values:
    """One column of a table with what else a ratio needs; a row without a channel has ""."""

    def __init__(self, events: Events, value: str) -> None:
        import numpy as np

        rows = events.table.num_rows
        names = events.table.column_names
        self.name = events.name
        self.onset, self.offset = values_of(events, "onset"), values_of(events, "offset")
        self.value = values_of(events, value).astype(np.float64)
        text = np.full(rows, "", dtype=object)
        self.channel = values_of(events, "channel") if "channel" in names else text
        self.usable = np.isfinite(self.value)
        self.reason = np.where(self.usable, "", "no value").astype(object)
        if "usable" in names:
            refused = ~values_of(events, "usable").astype(bool)
            why = values_of(events, "reason") if "reason" in names else text
            self.reason[refused] = why[refused]
            self.usable &= ~refused


def _by_trial(left: _Values, right: _Values, params: PairedRatio) -> dict[str, np.ndarray]:
    import numpy as np

    place = np.full(len(left.onset), -1, dtype=np.int64)
    for channel in dict.fromkeys(left.channel.tolist()):
        of_left, of_right = (np.flatnonzero(v.channel == channel) for v in (left, right))
        found, _ = nearest(
            left.onset[of_left] + params.lag_s, right.onset[of_right], params.tolerance_s
        )
        place[of_left[found >= 0]] = of_right[found[found >= 0]]
    matched = place >= 0
    below = taken(right.value, place, Column("float64", "", ""))
    reason = left.reason.copy()
    reason[~matched & left.usable] = ALONE.format(name=right.name, tolerance=params.tolerance_s)
    for row in np.flatnonzero(matched & left.usable):
        if not right.usable[place[row]]:
            why = right.reason[place[row]]
            reason[row] = NOT_USABLE.format(name=right.name, reason=why)
    reason[(reason == "") & (below == 0)] = "denominator is zero"
    return _ratio_rows(
        (left.onset, left.offset, left.channel), left.value, below, matched.astype(int), reason
    )


def _by_channel(left: _Values, right: _Values, params: PairedRatio) -> dict[str, np.ndarray]:
    import numpy as np

    channels = list(dict.fromkeys(left.channel.tolist()))
    reduced = {"mean": np.mean, "max": np.max}[params.of]
    spans, above, below, trials, reason = [], [], [], [], []
    for channel in channels:
        rows = left.channel == channel
        spans.append((left.onset[rows].min(), left.offset[rows].max()))
        kept = [v.value[(v.channel == channel) & v.usable] for v in (left, right)]
        values = [float(reduced(v)) if len(v) else np.nan for v in kept]
        above.append(values[0])
        below.append(values[1])
        trials.append(min(len(v) for v in kept))
        lacking = [v.name for v, k in zip((left, right), kept, strict=True) if not len(k)]
        zero = "denominator is zero" if values[1] == 0 else ""
        reason.append(f"no usable row of {' and '.join(lacking)}" if lacking else zero)
    onset, offset = np.array(spans, dtype=np.float64).reshape(-1, 2).T
    return _ratio_rows(
        (onset, offset, np.array(channels, dtype=object)),
        np.array(above),
        np.array(below),
        np.array(trials, dtype=np.int64),
        np.array(reason, dtype=object),
    )


def _ratio_rows(
    where: Sequence[np.ndarray],
    above: np.ndarray,
    below: np.ndarray,
    trials: np.ndarray,
    reason: np.ndarray,
) -> dict[str, np.ndarray]:
    import numpy as np

    usable = reason == ""
    ratio = np.full(len(above), np.nan)
    np.divide(above, below, out=ratio, where=usable)
    return {
        "onset": where[0],
        "offset": where[1],
        "channel": where[2],
        "numerator": above,
        "denominator": below,
        "ratio": ratio,
        "trials": trials,
        "usable": usable,
        "reason": reason,
    }
