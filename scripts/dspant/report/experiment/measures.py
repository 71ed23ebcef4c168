"""The main measures of a recording's tables, by channel and condition, for its summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dspant.dataset.epoc import Epoc
from dspant.dataset.metadata import EpocColumn

MAIN = {
    "evoked": ("peak_to_peak", "latency_s", "area", "silent_period_s"),
    "recruitment_curve": ("threshold", "s50", "plateau", "slope"),
    "coherence": ("peak", "peak_hz"),
    "peaks": ("peak",),
    "fatigue": (
        *("mnf_start", "mnf_slope", "mnf_robust_slope"),
        *("mdf_start", "mdf_slope", "mdf_robust_slope", "finsm5_slope", "finsm5_ratio"),
    ),
}
"""Measures of operations whose first columns are not what people compare."""

COUNTED = ("trials", "points", "segments", "windows", "triggers", "cycles")
"""Columns that count what a row was made of; such a row lasts from the first of these to the last,
which tells when they were recorded and measures nothing."""

NO_MEASURE = (*COUNTED, "onset", "offset", "start_s", "step_s", "bin_s")
NO_MEASURE += ("start_percent", "step_percent", "rejected", "dropped", "match_count")
"""Columns that say when a row was, or how it was made."""

NO_MEASURE_ENDS = ("_lower", "_upper", "_onset", "_offset")
"""How names end of limits, and of times that come from another table."""

MOST_MEASURES = 8
MOST_CONDITIONS = 24
"""More different values than this are no conditions, such as a current that is drawn at random."""

MOST_GROUPS = 256

DIGITS = 6
"""Significant digits; a summary is read by people and by tables, and many are read at once."""

DURATION = "duration_s"


def measures_of(epoc: Epoc) -> dict[str, Any]:
    """Count, mean, standard deviation and median of a table's main measures.

    Rows that are not usable are left out, and of each measure what is not finite.

    Returns
    -------
    dict
        ``condition``: the columns that make a condition, with their units; ``conditions_found``:
        how many there were where they were too many to tell apart; ``units`` by measure;
        ``groups``: for each condition and channel ``condition``, ``channel``, ``rows``, ``usable``
        and ``of``, by measure ``[n, mean, standard deviation (n - 1), median]``, None where there
        is no number. Empty for a table without measures.
    """
    columns = epoc.metadata.base.columns
    values = _measured(epoc, columns)
    if not values or not epoc.events:
        return {}
    by = [name for name in _condition_columns(epoc) if name in columns]
    usable = _values(epoc, "usable") if "usable" in columns else np.ones(epoc.events, dtype=bool)
    keys, found = _keys(epoc, by)
    stated = {"condition": {} if found else {name: columns[name].unit for name in by}}
    if found:
        stated["conditions_found"] = found
    groups = list(_groups(keys, usable, values, bool(by) and not found))
    stated["units"] = {name: columns[name].unit if name in columns else "s" for name in values}
    return stated | {"groups": groups[:MOST_GROUPS], "groups_left_out": len(groups[MOST_GROUPS:])}


def _values(epoc: Epoc, name: str) -> np.ndarray:
    return epoc.table[name].to_numpy()


def _condition_columns(epoc: Epoc) -> list[str]:
    """What the last step grouped by, else the event's value."""
    by = epoc.metadata.dspant.steps[-1].get("params", {}).get("by")
    return list(by) if isinstance(by, list) and by else ["data"]


def _measured(epoc: Epoc, columns: Mapping[str, EpocColumn]) -> dict[str, np.ndarray]:
    """Values of the main measures, by name, in the order of importance."""
    by = _condition_columns(epoc)
    numbers = [
        name
        for name, column in columns.items()
        if column.dtype in ("float64", "int64")
        and name not in (*NO_MEASURE, *by)
        and not name.endswith(NO_MEASURE_ENDS)
    ]
    main = [
        name for name in MAIN.get(epoc.metadata.dspant.steps[-1]["op"], numbers) if name in numbers
    ]
    found = {name: _values(epoc, name).astype(np.float64) for name in main[:MOST_MEASURES]}
    told = {DURATION, "usable", *COUNTED} & columns.keys()
    if not told and _of_own_length(epoc):
        found[DURATION] = _values(epoc, "offset") - _values(epoc, "onset")
    return dict(list(found.items())[:MOST_MEASURES])


def _of_own_length(epoc: Epoc) -> bool:
    """Whether rows last differently long, as bursts do, and windows do not."""
    lasts = _values(epoc, "offset") - _values(epoc, "onset")
    return bool(epoc.events and np.ptp(lasts) > 1e-3 * np.max(lasts))


def _keys(epoc: Epoc, by: list[str]) -> tuple[list[tuple[Any, ...]], int]:
    """Condition and channel of each row; and how many conditions, where they are too many."""
    names = epoc.table.column_names
    channels = _values(epoc, "channel").tolist() if "channel" in names else [""] * epoc.events
    cells = [[_plain(value) for value in _values(epoc, name).tolist()] for name in by]
    conditions = list(zip(*cells, strict=True))
    different = len(set(conditions))
    if not by or different > MOST_CONDITIONS:
        return [(channel,) for channel in channels], different if by else 0
    rows = zip(conditions, channels, strict=True)
    return [(*condition, channel) for condition, channel in rows], 0


def _groups(
    keys: list[tuple[Any, ...]],
    usable: np.ndarray,
    values: Mapping[str, np.ndarray],
    conditioned: bool,
) -> Iterator[dict[str, Any]]:
    order = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    group = np.array([order[key] for key in keys])
    for key in sorted(order, key=lambda key: (_sortable(key[:-1]), order[key])):
        rows = group == order[key]
        kept = rows & usable
        yield {
            "condition": list(key[:-1]) if conditioned else [],
            "channel": str(key[-1]),
            "rows": int(np.count_nonzero(rows)),
            "usable": int(np.count_nonzero(kept)),
            "of": {name: statistics(column[kept]) for name, column in values.items()},
        }


def _sortable(values: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    return [(isinstance(v, str), v) for v in values]


def _plain(value: Any) -> Any:
    """A value as JSON has it; NaN, which JSON has not, as text."""
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def statistics(values: np.ndarray) -> list[float | int | None]:
    """Count, mean, standard deviation (n - 1) and median of what is finite, shape (rows,)."""
    known = values[np.isfinite(values)]
    n = len(known)
    if n == 0:
        return [0, None, None, None]
    sd = float(np.std(known, ddof=1)) if n > 1 else None
    return [n, *(_rounded(x) for x in (float(np.mean(known)), sd, float(np.median(known))))]


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
