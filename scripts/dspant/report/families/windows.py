"""Features in moving windows: the course of each, one line per channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.report import figure
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import scale_for, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 260
PANEL_PX = 74

MOST_FEATURES = 24


@family("windows", "phasors")
def draw_windows(table: Table) -> list[Picture]:
    """A panel per feature, on the recording's time axis."""
    return [draw_lines(table, table.numbers, f"{table.name}: features")]


def draw_lines(table: Table, measures: list[str], title: str) -> Picture:
    """A panel per measure with a line per channel, through the middles of the windows."""
    features = measures[:MOST_FEATURES]
    channels = figure.drawn_channels(table.channels)
    rows = max(int(table.of_channel(channel).sum()) for channel in channels)
    together = -(-rows // most_points(len(features) * len(channels)))
    with figure.drawing(f"{table.name}-windows"):
        drawn, axes = figure.panels(len(features), PANEL_PX, gap_px=26)
        for axis, feature in zip(axes, features, strict=True):
            _draw_feature(axis, table, channels, feature, together)
        axes[-1].set_xlim(*table.span_s)
        axes[-1].set_xlabel("time (s)")
        if len(channels) > 1:
            figure.legend_above(axes[0])
        caption = "One point per window, at its middle."
        if together > 1:
            caption = f"Each point is the mean of {together} windows that follow one another."
        if len(measures) > len(features):
            caption += f" The first {len(features)} of {len(measures)} features are drawn."
        return figure.finish(drawn, title, caption + figure.left_out(table.channels))


def most_points(lines: int) -> int:
    """Points per line for which a page stays small, whatever the number of lines."""
    return max(min(MOST_POINTS, 24 * MOST_POINTS // lines), 60)


def _draw_feature(
    axis: Axes, table: Table, channels: list[str], feature: str, together: int
) -> None:
    values = table.column(feature).astype(np.float64)
    middle_s = (table.column("onset") + table.column("offset")) / 2
    scale = scale_for(float(np.nanmax(np.abs(values), initial=0.0)), table.unit(feature))
    for index, channel in enumerate(channels):
        own = table.of_channel(channel)
        time_s, course = joined(middle_s[own], values[own], together)
        axis.plot(
            time_s,
            course * scale.factor,
            color=figure.colour_of(index),
            linewidth=1.0,
            alpha=0.9,
            label=channel,
        )
    figure.plain_ticks(axis)
    figure.title_channel(axis, with_unit(feature, scale.unit))


def joined(time_s: np.ndarray, values: np.ndarray, together: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of as many neighbours; the line is broken (NaN) where windows are far apart."""
    starts = np.arange(0, len(values), together)
    counts = np.diff(np.append(starts, len(values)))
    time_s = np.add.reduceat(time_s, starts) / counts
    values = np.add.reduceat(values, starts) / counts
    steps = np.diff(time_s)
    breaks = np.flatnonzero(steps > 2.5 * np.median(steps)) + 1 if len(steps) else []
    return np.insert(time_s, breaks, np.nan), np.insert(values, breaks, np.nan)
