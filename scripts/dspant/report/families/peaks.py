"""Moments found in a signal: spikes and heart beats."""

from __future__ import annotations

from dspant.report.families.intervals import draw_courses, spans
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture


@family("peaks", overlay=spans)
def draw_peaks(table: Table) -> list[Picture]:
    """A raster of spikes above the size of each."""
    return [draw_courses(table, ["peak"], f"{table.name}: spikes and their sizes")]


@family("r_peaks", overlay=spans)
def draw_beats(table: Table) -> list[Picture]:
    """A raster of beats above the time between them and their sizes."""
    measures = ["interval_s", "amplitude"]
    return [draw_courses(table, measures, f"{table.name}: beats, their intervals and sizes")]
