"""What two channels have in common: coherence, co-contraction, correlation."""

from __future__ import annotations

import numpy as np

from dspant.report import figure
from dspant.report.families.registry import Table, family
from dspant.report.families.windows import draw_lines
from dspant.report.figure import Picture

MOST_POINTS = 300


@family("coherence")
def draw_coherence(table: Table) -> list[Picture]:
    """A panel per pair: coherence over frequency, and what it stays below by chance."""
    pairs = figure.drawn_channels(table.channels)
    coherence = table.column("coherence")
    facts, params = table.step["realised"], table.step["params"]
    at_hz = facts["first_frequency_hz"] + facts["frequency_step_hz"] * np.arange(coherence.shape[1])
    with figure.drawing(f"{table.name}-coherence"):
        drawn, axes = figure.side_by_side(len(pairs), 170)
        for axis, pair in zip(axes, pairs, strict=True):
            row = int(np.flatnonzero(table.of_channel(pair))[0])
            thin = slice(1, None, max(len(at_hz) // MOST_POINTS, 1))
            axis.plot(at_hz[thin], coherence[row, thin], color=figure.ACCENT, linewidth=1.1)
            axis.axhline(
                table.column("limit")[row], color=figure.QUIET, linewidth=0.9, linestyle=(0, (4, 3))
            )
            axis.set_ylim(0, 1)
            axis.set_xscale("log")
            figure.log_ticks(axis.xaxis)
            figure.title_channel(axis, pair)
            axis.set_xlabel("frequency (Hz)")
        caption = (
            f"Magnitude squared coherence of {int(table.column('segments')[0])} segments; dashed: "
            f"what it stays below with {100 * params['confidence_share']:g} % probability where "
            "nothing is in common."
        )
        return [
            figure.finish(
                drawn, f"{table.name}: coherence", caption + figure.left_out(table.channels)
            )
        ]


@family("cocontraction", "cross_correlation")
def draw_coupling(table: Table) -> list[Picture]:
    """A panel per measure with a line per pair, on the recording's time axis."""
    return [draw_lines(table, table.numbers, f"{table.name}: coupling over time")]
