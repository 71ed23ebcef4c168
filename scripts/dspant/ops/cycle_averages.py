"""Averages of cycles that were brought to one length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.averages import condition_column, conditions_of
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.signal import Column, Events
from dspant.ops.trials import values_of

if TYPE_CHECKING:
    import numpy as np


class CycleAverage(Parameters):
    example = {"by": []}
    example_columns: ClassVar[dict[str, tuple[str, str]]] = {
        "channel": ("string", ""),
        "profile": ("float64[101]", "V"),
        "usable": ("bool", ""),
    }

    by: list[str] = Field(default_factory=list)
    """Columns of the cycles whose values make a condition; none: all cycles are one."""
    profile: str = "profile"
    """Column that holds the profiles."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.by)) != len(self.by) or "channel" in self.by:
            raise ValueError(f"by names a column twice, or channel, which is always one: {self.by}")
        return self


def _columns(cycles: Events, _further: list[Events], params: CycleAverage) -> dict[str, Column]:
    described = cycles.columns.get(params.profile)
    if described is None or not described.dtype.startswith("float64["):
        lists = [name for name, column in cycles.columns.items() if "[" in column.dtype]
        raise OperationError(
            f"{cycles.name} has no profiles in a column {params.profile!r}; its columns of lists "
            f"are {lists}; give the table of cycle_profiles"
        )
    return {
        "onset": Column("float64", "s", "begin of the condition's first cycle"),
        "offset": Column("float64", "s", "end of its last cycle"),
        **{name: condition_column(cycles, name) for name in params.by},
        "channel": Column("string", "", "channel the average is of"),
        "cycles": Column("int64", "", "cycles averaged"),
        "dropped": Column("int64", "", "cycles that are not usable; their rows say why"),
        "start_percent": Column("float64", "%", "first point, of the cycle"),
        "step_percent": Column("float64", "%", "from one point to the next"),
        "mean": Column(described.dtype, described.unit, "mean over the cycles"),
        "sd": Column(described.dtype, described.unit, "standard deviation (N - 1) over the cycles"),
        "variation": Column(
            "float64", "", "variance ratio: 0 cycles are alike, 1 they share nothing"
        ),
    }


@epoc_operation(
    CycleAverage, version=1, columns=_columns, takes=("epoc",), holds=Held(0), counts="cycles"
)
def cycle_average(
    cycles: Events, _further: list[Events], params: CycleAverage
) -> Iterator[dict[str, np.ndarray]]:
    """Average profiles point by point: sum(x) / N over the usable cycles of a condition.

    One row per condition and channel, in the order of the conditions' values and of the channels
    as they come; one without a usable cycle keeps its row, with NaN. Cycles averaged and dropped
    add up to the rows given. ``variation`` is the variance about the mean profile over that about
    the mean of all points; it is not changed by the unit.

    Source: mean and deviation: D. A. Winter and H. J. Yack, Electroencephalogr. Clin.
    Neurophysiol. 67 (1987) 402; variance ratio: H. Hershler and M. Milner, IEEE Trans. Biomed.
    Eng. 25 (1978) 413.
    """
    import numpy as np

    rows = cycles.table.num_rows
    names = cycles.table.column_names
    one = np.full(rows, "", dtype=object)
    channel = values_of(cycles, "channel") if "channel" in names else one
    usable = np.ones(rows, dtype=bool)
    if "usable" in names:
        usable = values_of(cycles, "usable").astype(bool)
    profile = values_of(cycles, params.profile)
    usable &= np.isfinite(profile).all(axis=1)
    onset, offset = values_of(cycles, "onset"), values_of(cycles, "offset")
    groups = [
        (np.flatnonzero(condition)[0], condition & (channel == name), name)
        for condition in conditions_of(cycles, params.by)
        for name in dict.fromkeys(channel.tolist())
    ]
    first = [
        int(np.flatnonzero(own)[0]) if own.any() else int(example) for example, own, _ in groups
    ]
    found = [_averaged(profile[own & usable]) for _, own, _ in groups]
    points = profile.shape[1]
    starts = np.array(
        [
            onset[own].min() if own.any() else onset[at]
            for (_, own, _), at in zip(groups, first, strict=True)
        ],
        dtype=np.float64,
    )
    ends = np.array(
        [
            offset[own].max() if own.any() else onset[at]
            for (_, own, _), at in zip(groups, first, strict=True)
        ],
        dtype=np.float64,
    )
    used = np.array([(own & usable).sum() for _, own, _ in groups], dtype=np.int64)
    yield {
        "onset": starts,
        "offset": ends,
        **{name: values_of(cycles, name)[first] for name in params.by},
        "channel": np.array([name for *_, name in groups], dtype=object),
        "cycles": used,
        "dropped": np.array([own.sum() for _, own, _ in groups], dtype=np.int64) - used,
        "start_percent": np.zeros(len(groups)),
        "step_percent": np.full(len(groups), 100 / (points - 1)),
        "mean": np.array([mean for mean, _, _ in found]).reshape(len(groups), points),
        "sd": np.array([sd for _, sd, _ in found]).reshape(len(groups), points),
        "variation": np.array([ratio for *_, ratio in found], dtype=np.float64),
    }


def _averaged(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean, standard deviation and variance ratio of profiles, shape (cycles, points)."""
    import numpy as np

    count, points = x.shape
    nothing = np.full(points, np.nan)
    if count == 0:
        return nothing, nothing, np.nan
    mean = x.mean(axis=0)
    if count == 1:
        return mean, nothing, np.nan
    within = ((x - mean) ** 2).sum() / (points * (count - 1))
    whole = ((x - x.mean()) ** 2).sum() / (points * count - 1)
    return mean, x.std(axis=0, ddof=1), float(within / whole) if whole > 0 else np.nan
