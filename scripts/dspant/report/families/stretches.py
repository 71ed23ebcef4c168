"""Bad stretches of a recording: clipped or lost."""

from __future__ import annotations

from dspant.report.families.intervals import draw_courses, spans
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture


@family("clipping", "dropouts", overlay=spans)
def draw_stretches(table: Table) -> list[Picture]:
    """A raster of the stretches above the values the signal stays at."""
    return [draw_courses(table, ["level"], f"{table.name}: stretches and their levels")]
