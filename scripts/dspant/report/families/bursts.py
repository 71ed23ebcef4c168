"""Bursts: when each muscle is active, for how long, and how strongly."""

from __future__ import annotations

from dspant.report.families.intervals import draw_courses, spans
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture


@family(
    *(
        "double_threshold",
        "single_threshold",
        "hodges_bui",
        "bonato",
        "aglr",
        "cusum",
        "change_points",
    ),
    overlay=spans,
)
def draw_bursts(table: Table) -> list[Picture]:
    """A raster above durations and peaks, on the recording's time axis."""
    measures = [name for name in ("duration_s", "peak") if table.has(name)]
    return [draw_courses(table, measures, f"{table.name}: bursts, their durations and peaks")]
