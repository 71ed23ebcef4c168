"""Cycles brought to one length: their mean and spread over 0 to 100 %, by condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dspant.report import figure
from dspant.report.families.averages import condition_in_words
from dspant.report.families.evoked import MOST_VALUES, TRACE_POINTS, by_strength
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import scale_for, with_unit


@dataclass(frozen=True, eq=False)
class Course:
    """Mean and standard deviation over a cycle, each (points,), of one channel and condition."""

    channel: str
    label: str
    percent: np.ndarray
    mean: np.ndarray
    sd: np.ndarray


@family("cycle_profiles")
def draw_profiles(table: Table) -> list[Picture]:
    """A panel per channel: mean of the usable cycles."""
    usable = table.column("usable").astype(bool)
    profile = table.column("profile")
    percent = np.linspace(0, 100, profile.shape[1])
    courses = []
    for channel in table.channels:
        own = profile[usable & table.of_channel(channel)]
        if len(own):
            sd = own.std(axis=0, ddof=min(len(own) - 1, 1))
            courses.append(Course(channel, f"n = {len(own)}", percent, own.mean(axis=0), sd))
    return _drawn(table, courses, table.unit("profile"))


@family("cycle_average")
def draw_cycle_averages(table: Table) -> list[Picture]:
    """A panel per channel; conditions in colours from the first to the last."""
    mean, sd, count = table.column("mean"), table.column("sd"), table.column("cycles")
    start, step = table.column("start_percent"), table.column("step_percent")
    courses = [
        Course(
            table.labels[row],
            condition_in_words(table, row, "cycles"),
            start[row] + step[row] * np.arange(mean.shape[1]),
            mean[row],
            np.nan_to_num(sd[row]),
        )
        for row in range(len(mean))
        if count[row] > 0
    ]
    return _drawn(table, courses, table.unit("mean"))


def _drawn(table: Table, courses: Sequence[Course], unit: str) -> list[Picture]:
    if not courses:
        return []
    every = list(dict.fromkeys(course.channel for course in courses))
    channels = figure.drawn_channels(every)
    with figure.drawing(f"{table.name}-cycles"):
        drawn, axes = figure.side_by_side(len(channels), 190)
        for axis, channel in zip(axes, channels, strict=True):
            own = [course for course in courses if course.channel == channel][:MOST_VALUES]
            largest = max(float(np.nanmax(np.abs(c.mean) + c.sd, initial=0)) for c in own)
            scale = scale_for(largest, unit)
            for course, colour in zip(own, by_strength(len(own)), strict=True):
                thin = slice(None, None, -(-len(course.mean) // TRACE_POINTS))
                at, mean = course.percent[thin], course.mean[thin] * scale.factor
                sd = course.sd[thin] * scale.factor
                axis.fill_between(at, mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
                axis.plot(at, mean, color=colour, linewidth=1.2, label=course.label)
            figure.plain_ticks(axis, x=5, y=5)
            figure.title_channel(axis, with_unit(channel, scale.unit))
            axis.set_xlabel("part of the cycle (%)")
            figure.legend_above(axis)
        return [
            figure.finish(
                drawn,
                f"{table.name}: mean over the cycle",
                "Line: mean of the usable cycles; band: one standard deviation on either side."
                + figure.left_out(every),
            )
        ]
