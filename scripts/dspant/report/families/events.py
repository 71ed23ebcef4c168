"""Raw events: moments with a value, such as stimuli with their current."""

from __future__ import annotations

import numpy as np

from dspant.report import figure
from dspant.report.families.registry import RAW, Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import readable_unit, with_unit


@family(RAW)
def draw_events(table: Table) -> list[Picture]:
    """A stem per event, as high as its value."""
    onset = table.column("onset")
    values = table.column("data") if table.has("data") else np.ones(len(onset))
    values = np.asarray(values, dtype=np.float64)
    known = np.isfinite(values) & np.isfinite(onset)
    with figure.drawing(f"{table.name}-events"):
        drawn, axes = figure.panels(1, 110)
        axis = axes[0]
        pixels = figure.crowded(len(onset))
        axis.vlines(
            onset[known],
            0,
            values[known],
            color=figure.SERIES[0],
            linewidth=1.0,
            alpha=0.75,
            rasterized=pixels,
        )
        axis.plot(
            onset[known],
            values[known],
            "o",
            color=figure.SERIES[0],
            markersize=3,
            markeredgewidth=0,
            rasterized=pixels,
        )
        axis.axhline(0, color=figure.LINE, linewidth=0.8)
        figure.plain_ticks(axis, y=4)
        axis.margins(y=0.1)
        unit = readable_unit(table.unit("data")) if table.has("data") else ""
        figure.title_channel(axis, with_unit("data" if table.has("data") else "events", unit))
        axis.set_xlim(*table.span_s)
        axis.set_xlabel("time (s)")
        return [figure.finish(drawn, f"{table.name}: events", "One stem per event.")]
