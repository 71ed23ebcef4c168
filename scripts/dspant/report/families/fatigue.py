"""Fatigue: slopes of spectral indices over the recording, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.report import figure
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import readable_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_PX = 46
METHODS = {"": "least squares", "_robust": "Theil-Sen"}


@family("fatigue")
def draw_slopes(table: Table) -> list[Picture]:
    """A panel per index: one row per channel, dots with the intervals of both slopes."""
    indices = [name.removesuffix("_start") for name in table.numbers if name.endswith("_start")]
    channels = figure.drawn_channels(table.channels)
    with figure.drawing(f"{table.name}-slopes"):
        drawn, axes = figure.side_by_side(
            len(indices), max(ROW_PX * len(channels), 70), columns=len(indices)
        )
        for axis, index in zip(axes, indices, strict=True):
            _draw_index(axis, table, index, channels)
        percent = f"{100 * table.step['params']['confidence_share']:g} %"
        caption = (
            f"Slope over time of each channel, {' above '.join(METHODS.values())}; bars: {percent} "
            "intervals. An index that falls (finsm5: rises) tells of fatigue where its bar does "
            "not meet 0."
        )
        return [
            figure.finish(
                drawn,
                f"{table.name}: slopes of spectral indices",
                caption + figure.left_out(table.channels),
            )
        ]


def _draw_index(axis: Axes, table: Table, index: str, channels: list[str]) -> None:
    for number, (method, words) in enumerate(METHODS.items()):
        slope, low, high = (
            table.column(f"{index}{method}_{part}")[: len(channels)]
            for part in ("slope", "low", "high")
        )
        at = np.arange(len(channels))[::-1] - 0.08 - 0.2 * number
        colour = figure.colour_of(number)
        axis.hlines(at, low, high, color=colour, linewidth=2.0, alpha=0.6)
        axis.plot(slope, at, "o", color=colour, markersize=4, markeredgewidth=0, label=words)
    axis.axvline(0, color=figure.QUIET, linewidth=0.8)
    figure.plain_ticks(axis, x=4)
    axis.grid(visible=False)
    axis.set_yticks([])
    axis.set_ylim(-0.6, len(channels) - 0.3)
    axis.margins(x=0.08)
    for row, channel in enumerate(reversed(channels)):
        figure.name_row(axis, channel, row + 0.1)
    figure.title_channel(axis, f"{index} ({readable_unit(table.unit(f'{index}_slope'))})")
