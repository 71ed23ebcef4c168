"""Joining tables of events by time, never by the position of their rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dspant.errors import OperationError
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.signal import Column, Events

if TYPE_CHECKING:
    import numpy as np

ALONE = "no event of {name} within {tolerance:g} s"
NO_ONSET = "event has no finite onset"

SAME_TIME_S = 1e-9
"""By how much two times that are written alike may differ through rounding."""


class MatchEvents(Parameters):
    example = {"tolerance_s": 0.001, "prefix": "channel_"}

    tolerance_s: float = Field(gt=0)
    """Onsets that are this far apart or less belong together, in seconds."""
    prefix: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_]+$")
    """Begins the names of the columns of the second epoc; its name and ``_`` where not given."""


def _prefix(right: Events, params: MatchEvents) -> str:
    return f"{right.name}_" if params.prefix is None else params.prefix


def _columns(left: Events, further: list[Events], params: MatchEvents) -> dict[str, Column]:
    right, prefix = further[0], _prefix(further[0], params)
    added = {f"{prefix}{name}": _with_nan(column) for name, column in right.columns.items()}
    added |= {
        "match_lag_s": Column("float64", "s", f"onset of the event of {right.name} minus onset"),
        "match_count": Column("int64", "", f"events of {right.name} within tolerance_s"),
        "matched": Column("bool", "", "false where match_reason says why"),
        "match_reason": Column("string", "", f"why no event of {right.name} belongs to this one"),
    }
    twice = sorted(set(added) & set(left.columns))
    if twice:
        raise OperationError(
            f"{left.name} has columns {twice} already; give another prefix than {prefix!r}"
        )
    return {**left.columns, **added}


def _with_nan(column: Column) -> Column:
    """The same column, able to say that there is nothing."""
    dtype = "float64" if column.dtype == "int64" else column.dtype
    return Column(dtype, column.unit, column.meaning)


@epoc_operation(
    MatchEvents, version=1, columns=_columns, takes=("epoc", "epoc"), holds=Held(0, scipy=False)
)
def match_events(
    left: Events, further: list[Events], params: MatchEvents
) -> Iterator[dict[str, np.ndarray]]:
    """Join to every event of one epoc the event of another that is nearest in time.

    Every event of the first epoc keeps its row, in its order; where nothing lies within
    ``tolerance_s`` the other's columns hold NaN, "" or false, and ``match_reason`` says so. Of
    two that are equally near the earlier one is taken; ``match_count`` tells how many there were.
    One event of the second epoc may belong to several of the first, as where these are one for
    each channel.

    Source: the definition: the event with the least |onset of the second - onset of the first|.
    """
    right = further[0]
    onset = values_of(left, "onset")
    place, count = nearest(onset, values_of(right, "onset"), params.tolerance_s)
    columns = {name: values_of(left, name) for name in left.columns}
    for name, column in right.columns.items():
        columns[f"{_prefix(right, params)}{name}"] = taken(values_of(right, name), place, column)
    columns |= _about_match(onset, right, place, count, params)
    yield columns


def _about_match(
    onset: np.ndarray, right: Events, place: np.ndarray, count: np.ndarray, params: MatchEvents
) -> dict[str, np.ndarray]:
    import numpy as np

    matched = place >= 0
    reason = np.full(len(onset), "", dtype=object)
    reason[~matched] = ALONE.format(name=right.name, tolerance=params.tolerance_s)
    reason[~np.isfinite(onset)] = NO_ONSET
    found = taken(values_of(right, "onset"), place, Column("float64", "s", ""))
    return {
        "match_lag_s": found - onset,
        "match_count": count,
        "matched": matched,
        "match_reason": reason,
    }


def values_of(events: Events, name: str) -> np.ndarray:
    """Values of one column, shape (rows,), or (rows, values of a cell) for lists.

    Raises
    ------
    OperationError
        The epoc has no such column.
    """
    from dspant.dataset.epoc import column_values

    if name not in events.table.column_names:
        raise OperationError(
            f"{events.name} has no column {name!r}; it has {events.table.column_names}"
        )
    return column_values(events.table[name])


def nearest(
    left: np.ndarray, right: np.ndarray, tolerance_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Position of the nearest time, -1 where none is near enough, and how many are.

    Parameters
    ----------
    left, right
        Times in seconds in any order; none that is not finite belongs to another.
    """
    import numpy as np

    finite = np.flatnonzero(np.isfinite(right))
    order = finite[np.argsort(right[finite], kind="stable")]
    times = right[order]
    near = tolerance_s + SAME_TIME_S
    place = np.full(len(left), -1, dtype=np.int64)
    count = np.zeros(len(left), dtype=np.int64)
    sound = np.flatnonzero(np.isfinite(left))
    if not len(times) or not len(sound):
        return place, count
    at = left[sound]
    count[sound] = np.searchsorted(times, at + near, "right") - np.searchsorted(times, at - near)
    # the first of equal times on either side
    after = np.searchsorted(times, at)
    before = np.searchsorted(times, times[np.maximum(after - 1, 0)])
    after = np.minimum(after, len(times) - 1)
    choice = np.where(np.abs(times[before] - at) <= np.abs(times[after] - at), before, after)
    close = np.abs(times[choice] - at) <= near
    place[sound[close]] = order[choice[close]]
    return place, count


def taken(values: np.ndarray, place: np.ndarray, column: Column) -> np.ndarray:
    import numpy as np

    missing: Any = {"string": "", "bool": False}.get(column.dtype, np.nan)
    dtype = {"string": object, "bool": bool}.get(column.dtype, np.float64)
    if "[" in column.dtype:
        dtype = values.dtype
        missing = np.nan if dtype.kind == "f" else 0
    taken = np.full((len(place), *values.shape[1:]), missing, dtype=dtype)
    taken[place >= 0] = values[place[place >= 0]]
    return taken
