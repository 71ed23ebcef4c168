"""Measures of bursts and the phases of breaths or other cycles, from one to the next."""

from __future__ import annotations

from dspant.report.families.intervals import draw_courses, spans
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture


@family("burst_measures", overlay=spans)
def draw_measures(table: Table) -> list[Picture]:
    """A raster above how long and how strong each burst is."""
    measures = ["duration_s", "rms", "peak", "interval_s"]
    return [draw_courses(table, measures, f"{table.name}: bursts and their measures")]


@family("breath_phases", overlay=spans)
def draw_phases(table: Table) -> list[Picture]:
    """A raster above the phases, the rate and the size of each cycle."""
    measures = ["ti_s", "te_s", "rate_per_min", "duty", "peak"]
    return [draw_courses(table, measures, f"{table.name}: cycles, their phases and sizes")]
