"""Peri-stimulus time histograms."""

from __future__ import annotations

import numpy as np

from dspant.report import figure
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import counted


@family("psth")
def draw_histograms(table: Table) -> list[Picture]:
    """A panel of bars per channel: events per second around the trigger."""
    channels = figure.drawn_channels(table.channels)
    rates = table.column("rate_hz")
    with figure.drawing(f"{table.name}-psth"):
        drawn, axes = figure.side_by_side(len(channels), 170)
        for index, (axis, channel) in enumerate(zip(axes, channels, strict=True)):
            row = int(np.flatnonzero(table.of_channel(channel))[0])
            edges = table.column("start_s")[row] + table.column("bin_s")[row] * np.arange(
                rates.shape[1] + 1
            )
            axis.stairs(np.nan_to_num(rates[row]), 1e3 * edges, fill=True, linewidth=0,
                        color=figure.colour_of(index))  # fmt: skip
            axis.axvline(0, color=figure.QUIET, linewidth=0.8)
            figure.plain_ticks(axis, x=6, y=5)
            axis.set_ylim(bottom=0)
            figure.title_channel(axis, f"{channel or table.name}: rate (Hz)")
            axis.set_xlabel("time since the trigger (ms)")
        triggers, rejected = (int(table.column(n)[0]) for n in ("triggers", "rejected"))
        caption = (
            f"Bars of {1e3 * float(table.column('bin_s')[0]):g} ms; mean over "
            f"{counted(triggers, 'trigger')}, {rejected} rejected."
        )
        return [
            figure.finish(
                drawn,
                f"{table.name}: peri-stimulus time histogram",
                caption + figure.left_out(table.channels),
            )
        ]
