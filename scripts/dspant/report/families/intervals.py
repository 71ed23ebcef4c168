"""Any table of intervals: when they are, and their first measure over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.report import figure
from dspant.report.families.registry import UNKNOWN, Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import scale_for, with_unit
from dspant.report.overlay import Overlay

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RASTER_ROW_PX = 24
MEASURE_PX = 110


def spans(table: Table) -> Overlay:
    """Its intervals as spans, on their own channels."""
    return Overlay(
        table.name,
        table.column("onset"),
        table.column("offset"),
        table.column("channel") if table.has("channel") else None,
    )


@family(UNKNOWN, overlay=spans)
def draw_intervals(table: Table) -> list[Picture]:
    """A raster, and the first column of numbers."""
    return [draw_courses(table, table.numbers[:1], f"{table.name}: intervals")]


def draw_courses(table: Table, measures: list[str], title: str) -> Picture:
    """A raster of intervals above a panel of dots for each measure."""
    rows = table.channels or [""]
    shown = rows[: figure.MOST_PANELS]
    raster_px = max(RASTER_ROW_PX * len(shown), 40)
    with figure.drawing(f"{table.name}-courses"):
        drawn, axes = figure.panels(1 + len(measures), MEASURE_PX, gap_px=30)
        draw_raster(axes[0], table, shown, raster_px)
        for axis, measure in zip(axes[1:], measures, strict=True):
            draw_dots(axis, table, shown, measure)
        axes[-1].set_xlim(*table.span_s)
        axes[-1].set_xlabel("time (s)")
        if len(axes) > 1 and len(shown) > 1:
            _legend(axes[1], shown)
        return figure.finish(
            drawn, title, "One bar or dot per row." + figure.left_out(table.channels)
        )


def draw_raster(axis: Axes, table: Table, rows: list[str], height_px: int) -> None:
    """One line per channel, the first on top; intervals are bars, moments are ticks."""
    onset, offset = table.column("onset"), table.column("offset")
    shortest = (table.span_s[1] - table.span_s[0]) / figure.WIDTH_PX
    for index, row in enumerate(rows):
        own = table.of_channel(row) if row else np.ones(len(onset), dtype=bool)
        own &= np.isfinite(onset) & np.isfinite(offset)
        lengths = np.maximum(offset[own] - onset[own], shortest)
        axis.broken_barh(
            list(zip(onset[own], lengths, strict=True)),
            (len(rows) - 1 - index - 0.32, 0.64),
            facecolor=figure.colour_of(index),
            linewidth=0,
            rasterized=figure.crowded(int(own.sum())),
        )
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.set_yticks([])
    axis.grid(visible=False)
    for index, row in enumerate(rows):
        figure.name_row(axis, row, len(rows) - 1 - index + 0.36)
    figure.title_channel(axis, "when")


def draw_dots(axis: Axes, table: Table, rows: list[str], measure: str) -> None:
    """A measure at the onset of each row, one colour per channel."""
    onset, values = table.column("onset"), table.column(measure).astype(np.float64)
    finite = np.isfinite(values) & np.isfinite(onset)
    scale = scale_for(float(np.abs(values[finite]).max(initial=0.0)), table.unit(measure))
    for index, row in enumerate(rows):
        own = finite & (table.of_channel(row) if row else True)
        axis.plot(
            onset[own],
            values[own] * scale.factor,
            "o",
            markersize=3.2,
            color=figure.colour_of(index),
            markeredgewidth=0,
            alpha=0.85,
            rasterized=figure.crowded(int(own.sum())),
        )
    figure.plain_ticks(axis)
    axis.margins(y=0.12)
    figure.title_channel(axis, with_unit(measure, scale.unit))


def _legend(axis: Axes, rows: list[str]) -> None:
    for index, row in enumerate(rows):
        axis.plot([], [], "o", markersize=4, color=figure.colour_of(index), label=row)
    figure.legend_above(axis)
