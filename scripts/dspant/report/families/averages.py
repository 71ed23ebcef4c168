"""Averages of what follows an event: one line with its band for each condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.report import figure
from dspant.report.families.evoked import MOST_VALUES, TRACE_POINTS, by_strength
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import readable_unit, scale_for, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dspant.report.numbers import Scale


USUAL_SHARE = 0.97
"""Share of an average's samples that a panel shows where the rest is an artefact."""

ARTEFACT = 2.5
"""What is so many times larger than the rest is one."""


@family("evoked_average")
def draw_averages(table: Table) -> list[Picture]:
    """A panel per channel; conditions in colours from weak to strong."""
    if not (table.column("trials") > 0).any():
        return []
    channels = figure.drawn_channels(table.channels)
    params = table.step["params"]
    with figure.drawing(f"{table.name}-averages"):
        drawn, axes = figure.side_by_side(len(channels), 210)
        for axis, channel in zip(axes, channels, strict=True):
            rows = np.flatnonzero(table.of_channel(channel) & (table.column("trials") > 0))
            _draw_channel(axis, table, channel, _picked(_weak_to_strong(table, rows)))
        axes[0].legend(loc="lower right", fontsize=figure.TEXT_PX - 2.5, labelspacing=0.2)
        percent = f"{100 * params['confidence']:g} %"
        caption = f"Line: mean; band: {percent} bootstrap interval of the mean."
        caption += " The vertical axis may leave out an artefact of a moment."
        if len(table.epoc.table) > MOST_VALUES * len(table.channels):
            caption += f" Of more conditions, {MOST_VALUES} are drawn."
        return [
            figure.finish(
                drawn,
                f"{table.name}: average for each condition",
                caption + figure.left_out(table.channels),
            )
        ]


def _weak_to_strong(table: Table, rows: np.ndarray) -> np.ndarray:
    """Rows by the size of their condition, where that is one number; else as they are."""
    by = table.step["params"]["by"]
    if len(by) != 1 or table.column(by[0]).dtype.kind not in "fi":
        return rows
    return rows[np.argsort(np.abs(table.column(by[0])[rows]), kind="stable")]


def _picked(rows: np.ndarray) -> list[int]:
    if len(rows) <= MOST_VALUES:
        return rows.tolist()
    return rows[np.linspace(0, len(rows) - 1, MOST_VALUES).round().astype(int)].tolist()


def _draw_channel(axis: Axes, table: Table, channel: str, rows: list[int]) -> None:
    mean, lower, upper = (table.column(name) for name in ("mean", "lower", "upper"))
    limit = usual_size(mean[rows])
    scale = scale_for(limit, table.unit("mean"))
    start_ms = 1e3 * table.column("start_s")
    step_ms = 1e3 * table.column("step_s")
    thin = slice(None, None, -(-mean.shape[1] // TRACE_POINTS))
    place = np.arange(mean.shape[1])[thin]
    for row, colour in zip(rows, by_strength(len(rows)), strict=True):
        time_ms = start_ms[row] + place * step_ms[row]
        low, high = _band(lower[row, thin], upper[row, thin], scale)
        axis.fill_between(time_ms, low, high, color=colour, alpha=0.22, linewidth=0)
        axis.plot(
            time_ms,
            mean[row, thin] * scale.factor,
            color=colour,
            label=condition_in_words(table, row, "trials"),
        )
    axis.axvline(0, color=figure.QUIET, linewidth=0.8)
    if limit < np.nanmax(np.abs(mean[rows])):
        axis.set_ylim(-1.25 * limit * scale.factor, 1.25 * limit * scale.factor)
    figure.plain_ticks(axis, x=6, y=5)
    figure.title_channel(axis, with_unit(channel, scale.unit))
    axis.set_xlabel("time since the event (ms)")


def usual_size(mean: np.ndarray) -> float:
    """Largest size of averages, without that of an artefact which lasts for a moment only."""
    sizes = np.abs(mean[np.isfinite(mean)])
    largest, usual = float(sizes.max(initial=0.0)), float(np.quantile(sizes, USUAL_SHARE))
    return usual if largest > ARTEFACT * usual > 0 else largest


def _band(lower: np.ndarray, upper: np.ndarray, scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """A single window has no band."""
    return np.nan_to_num(lower) * scale.factor, np.nan_to_num(upper) * scale.factor


def condition_in_words(table: Table, row: int, counts: str) -> str:
    """The condition of a row, with what the column ``counts`` says of how many it is the mean."""
    parts = []
    for name in table.step["params"]["by"]:
        value = table.column(name)[row]
        text = f"{value:g}" if isinstance(value, float) else str(value)
        unit = readable_unit(table.unit(name))
        parts.append(f"{'' if name == 'data' else f'{name} '}{text} {unit}".strip())
    count = f"n = {table.column(counts)[row]}"
    return f"{', '.join(parts)} ({count})" if parts else count
