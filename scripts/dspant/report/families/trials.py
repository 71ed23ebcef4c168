"""Events that belong together: how far apart they are, and ratios of what they hold."""

from __future__ import annotations

import numpy as np

from dspant.report import figure
from dspant.report.families.intervals import draw_courses
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import counted, significant

MOST_BARS = 40


@family("match_events")
def draw_matches(table: Table) -> list[Picture]:
    """A histogram of the lags of the events that found a partner, and the lags over time."""
    lag_ms = 1e3 * table.column("match_lag_s").astype(np.float64)
    found = lag_ms[np.isfinite(lag_ms)]
    if not len(found):
        return []
    with figure.drawing(f"{table.name}-lags"):
        drawn, (axis,) = figure.panels(1, 130)
        reach_ms = 1e3 * table.step["params"]["tolerance_s"]
        edges = np.linspace(*_span(found, reach_ms), _bars(found) + 1)
        axis.stairs(*np.histogram(found, edges), fill=True, linewidth=0, color=figure.SERIES[0])
        if edges[0] < 0 < edges[-1]:
            axis.axvline(0, color=figure.QUIET, linewidth=0.8)
        axis.set_xlim(edges[0], edges[-1])
        figure.plain_ticks(axis)
        figure.title_channel(axis, "events")
        axis.set_xlabel("match_lag_s (ms)")
        low, middle, high = (significant(v) for v in np.percentile(found, [25, 50, 75]))
        caption = (
            f"{counted(len(found), 'event')} of {table.epoc.events:,} found a partner within "
            f"{significant(reach_ms)} ms; median lag {middle} ms, quartiles {low} and {high} ms."
        )
        lags = figure.finish(drawn, f"{table.name}: lags of partners", caption)
    return [lags, draw_courses(table, ["match_lag_s"], f"{table.name}: events and their lags")]


def _bars(values: np.ndarray) -> int:
    return int(np.clip(2 * np.sqrt(len(values)), 8, MOST_BARS))


def _span(values: np.ndarray, reach: float) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = max((high - low) / 20, reach / 200)
    return low - margin, high + margin


@family("paired_ratio")
def draw_ratios(table: Table) -> list[Picture]:
    """The ratio of each trial or channel, on the recording's time axis."""
    return [draw_courses(table, ["ratio"], f"{table.name}: ratios")]
