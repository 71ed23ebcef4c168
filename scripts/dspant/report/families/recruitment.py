"""Recruitment curves: the fit over single responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.dataset.epoc import Epoc, column_values
from dspant.ops.recruitment import boltzmann
from dspant.report import figure
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import Scale, readable_unit, scale_for, significant, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVE_POINTS = 120


@family("recruitment_curve")
def draw_recruitment(table: Table) -> list[Picture]:
    """A panel per channel: single responses, the curve, and the intervals of two parameters."""
    params = table.step["params"]
    channels = figure.drawn_channels(table.channels)
    source = table.inputs[0] if table.inputs else None
    with figure.drawing(f"{table.name}-recruitment"):
        drawn, axes = figure.side_by_side(len(channels), 190)
        for axis, channel in zip(axes, channels, strict=True):
            row = int(np.flatnonzero(table.of_channel(channel))[0])
            x, y = points(source, params, channel) if source else (np.empty(0), np.empty(0))
            _draw_channel(axis, table, row, (x, y))
        percent = f"{100 * params['confidence']:g} %"
        caption = (
            "Dots: single usable responses; line: Boltzmann fit; bars: "
            f"{percent} intervals of s50 and of the plateau; dashed: threshold. {_facts(table)}"
        )
        return [
            figure.finish(
                drawn,
                f"{table.name}: recruitment curve",
                caption + figure.left_out(table.channels),
            )
        ]


def points(source: Epoc, params: dict, channel: str) -> tuple[np.ndarray, np.ndarray]:
    """Stimuli and responses that were fitted, as the operation picks them."""
    names = source.table.column_names
    x, y = (
        column_values(source.table[params[name]]).astype(np.float64)
        for name in ("stimulus", "response")
    )
    x = np.abs(x) if params["magnitude"] else x
    kept = np.isfinite(x) & np.isfinite(y)
    if "usable" in names:
        kept &= column_values(source.table["usable"]).astype(bool)
    if "channel" in names:
        kept &= column_values(source.table["channel"]) == channel
    return x[kept], y[kept]


def _draw_channel(axis: Axes, table: Table, row: int, found: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = found
    fit = {name: float(table.column(name)[row]) for name in table.numbers}
    largest = float(np.max(y, initial=max(np.nan_to_num(fit["plateau"]), 0.0)))
    scale = scale_for(largest, table.unit("plateau"))
    axis.plot(x, y * scale.factor, "o", markersize=3.4, markeredgewidth=0, alpha=0.55,
              color=figure.colour_of(row), rasterized=figure.crowded(len(x)))  # fmt: skip
    if table.column("usable")[row]:
        _draw_fit(axis, fit, x, scale)
    figure.plain_ticks(axis, x=6, y=5)
    axis.margins(x=0.06)
    name = table.column("channel")[row] or table.name
    params = table.step["params"]
    figure.title_channel(axis, with_unit(f"{name}, {params['response']}", scale.unit))
    stimulus = f"|{params['stimulus']}|" if params["magnitude"] else params["stimulus"]
    axis.set_xlabel(with_unit(stimulus, readable_unit(table.unit("s50"))))


def _draw_fit(axis: Axes, fit: dict[str, float], x: np.ndarray, scale: Scale) -> None:
    low, high = (float(x.min()), float(x.max())) if len(x) else (0.0, 2 * fit["s50"])
    at = np.linspace(low, high, CURVE_POINTS)
    curve = boltzmann(at, fit["plateau"], fit["s50"], fit["slope"], fit["floor"])
    axis.plot(at, curve * scale.factor, color=figure.INK, linewidth=1.4)
    middle = (fit["floor"] + fit["plateau"] / 2) * scale.factor
    bar = {"color": figure.INK, "linewidth": 3.0, "alpha": 0.45, "solid_capstyle": "butt"}
    axis.plot([fit["s50_lower"], fit["s50_upper"]], [middle, middle], **bar)
    plateau = [(fit["floor"] + fit[n]) * scale.factor for n in ("plateau_lower", "plateau_upper")]
    axis.plot([high, high], plateau, **bar)
    if low <= fit["threshold"] <= high:
        axis.axvline(fit["threshold"], color=figure.QUIET, linewidth=0.9, linestyle=(0, (4, 3)))


def _facts(table: Table) -> str:
    """Threshold, s50 and how well each curve fits, or why there is none."""
    unit = readable_unit(table.unit("s50"))
    texts = []
    for row, name in enumerate(table.column("channel").tolist()[: figure.MOST_PANELS]):
        if not table.column("usable")[row]:
            texts.append(f"{name}: {table.column('reason')[row]}")
            continue
        s50, threshold, fits = (
            significant(float(table.column(n)[row])) for n in ("s50", "threshold", "r_squared")
        )
        texts.append(
            f"{name or table.name}: threshold {threshold} {unit}, s50 {s50} {unit}, R² {fits}"
        )
    return "; ".join(texts) + "."
