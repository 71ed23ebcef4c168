"""Responses to stimuli: the mean trace for each stimulus value, and the recruitment curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

from dspant.engine.chain import bind
from dspant.engine.lazy import LazyStream
from dspant.engine.source import StreamSource
from dspant.ops.blocks import windows
from dspant.report import figure
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import counted, readable_unit, scale_for, with_unit
from dspant.report.overlay import Overlay

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_VALUES = 10
"""Stimulus values with a trace of their own; of more, some are picked evenly."""

TRACE_POINTS = 200

WEAK_TO_STRONG = ("#4a86c8", "#9a72c4", "#cc5a6e", "#dd8a2e")
"""Colours between which those of stimulus values lie."""


@dataclass(frozen=True, eq=False)
class MeanResponse:
    """Traces after the events of one value.

    Parameters
    ----------
    value
        The stimulus.
    count
        How many traces.
    time_s
        Since the event, (samples,).
    mean, sd
        Shape (channels, samples); ``sd`` with N - 1, zero for a single trace.
    """

    value: float
    count: int
    time_s: np.ndarray
    mean: np.ndarray
    sd: np.ndarray


def stimuli(table: Table) -> Overlay:
    """Its events, as moments on every channel."""
    onset = table.column("onset")
    onset = np.unique(onset[np.isfinite(onset)])
    return Overlay(f"events of {table.name}", onset, onset, None)


@family("evoked", overlay=stimuli)
def draw_evoked(table: Table) -> list[Picture]:
    """Mean traces and recruitment curves, of usable rows alone."""
    pictures = []
    if table.signal is not None:
        responses = mean_responses(table, table.signal)
        if responses:
            pictures.append(_draw_traces(table, table.signal, responses))
    if table.column("usable").any():
        pictures.append(_draw_recruitment(table))
    return pictures


def mean_responses(table: Table, signal: LazyStream) -> list[MeanResponse]:
    """Mean and standard deviation of the windows around usable events, by stimulus value.

    Windows are cut as the operation cuts them. Events that are unusable on any channel are left
    out on all.
    """
    onset, value = _usable_events(table, len(signal.channels))
    start_s, end_s = table.step["params"]["window_s"]
    length = round((end_s - start_s) * signal.fs_hz) + 1
    picked = _picked_values(value)
    onset, value = onset[np.isin(value, picked)], value[np.isin(value, picked)]
    sums = {v: _Sums(len(signal.channels), length) for v in picked.tolist()}
    source = StreamSource(signal.stream, bind(signal.steps))
    for segment, blocks in source.segments():
        first = np.round((onset + start_s - segment.start_s) * signal.fs_hz).astype(np.int64)
        whole = np.flatnonzero((first >= 0) & (first + length <= segment.count))
        order = whole[np.argsort(first[whole], kind="stable")]
        for index, x in windows(blocks, first[order], length):
            sums[float(value[order[index]])].add(x)
    time_s = start_s + np.arange(length) / signal.fs_hz
    return [
        MeanResponse(v, own.count, time_s, own.mean, own.sd) for v, own in sums.items() if own.count
    ]


def _usable_events(table: Table, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Onset and value of the events whose rows are usable on every channel."""
    usable = table.column("usable").reshape(-1, channels).all(axis=1)
    onset = table.column("onset").reshape(-1, channels)[usable, 0]
    value = table.column("data").reshape(-1, channels)[usable, 0].astype(np.float64)
    return onset, np.nan_to_num(value)


def _picked_values(value: np.ndarray) -> np.ndarray:
    known = np.unique(value)
    known = known[np.argsort(np.abs(known), kind="stable")]
    if len(known) <= MOST_VALUES:
        return known
    return known[np.unique(np.linspace(0, len(known) - 1, MOST_VALUES).round().astype(int))]


class _Sums:
    """Running mean and squares of traces (B. P. Welford, Technometrics 4 (1962) 419)."""

    def __init__(self, channels: int, length: int) -> None:
        self.count = 0
        self.mean = np.zeros((channels, length))
        self._squares = np.zeros((channels, length))

    def add(self, x: np.ndarray) -> None:
        self.count += 1
        away = x - self.mean
        self.mean += away / self.count
        self._squares += away * (x - self.mean)

    @property
    def sd(self) -> np.ndarray:
        return np.sqrt(self._squares / max(self.count - 1, 1))


def _draw_traces(table: Table, signal: LazyStream, responses: list[MeanResponse]) -> Picture:
    channels = figure.drawn_channels(signal.channels)
    time_ms = 1e3 * responses[0].time_s
    thin = slice(None, None, -(-len(time_ms) // TRACE_POINTS))
    colours = by_strength(len(responses))
    response_s = table.step["params"]["response_s"]
    unit = readable_unit(table.unit("data"))
    with figure.drawing(f"{table.name}-traces"):
        drawn, axes = figure.side_by_side(len(channels), 210)
        for row, (axis, channel) in enumerate(zip(axes, channels, strict=True)):
            largest = _largest_away_from_artefact(responses, row, response_s)
            scale = scale_for(largest, signal.units[row])
            for response, colour in zip(responses, colours, strict=True):
                mean = response.mean[row, thin] * scale.factor
                sd = response.sd[row, thin] * scale.factor
                axis.fill_between(
                    time_ms[thin], mean - sd, mean + sd, color=colour, alpha=0.18, linewidth=0
                )
                label = f"{response.value:g} {unit} (n = {response.count})"
                axis.plot(time_ms[thin], mean, color=colour, linewidth=1.1, label=label)
            axis.axvspan(1e3 * response_s[0], 1e3 * response_s[1], color=figure.LINE, alpha=0.16)
            axis.axvline(0, color=figure.QUIET, linewidth=0.8)
            figure.plain_ticks(axis, x=6, y=5)
            axis.set_ylim(-1.25 * largest * scale.factor, 1.25 * largest * scale.factor)
            figure.title_channel(axis, with_unit(channel, scale.unit))
            axis.set_xlabel("time since the event (ms)")
        axes[0].legend(loc="lower right", fontsize=figure.TEXT_PX - 2.5, labelspacing=0.2)
        return figure.finish(
            drawn,
            f"{table.name}: mean response for each stimulus value",
            "Line: mean; band: one standard deviation on either side; grey: where the response "
            "is measured. The vertical axis fits the response, so an artefact may leave it."
            + figure.left_out(signal.channels),
        )


def _largest_away_from_artefact(
    responses: list[MeanResponse], row: int, response_s: list[float]
) -> float:
    inside = (responses[0].time_s >= response_s[0]) & (responses[0].time_s <= response_s[1])
    sizes = [np.abs(r.mean[row, inside]) + r.sd[row, inside] for r in responses]
    return max(float(np.max(sizes)), np.finfo(float).tiny)


def by_strength(count: int) -> list[str]:
    """Colours from weak to strong that are legible on light and on dark."""
    shades = mpl.colors.LinearSegmentedColormap.from_list("strength", WEAK_TO_STRONG)
    return [mpl.colors.to_hex(shades(place)) for place in np.linspace(0, 1, count)]


def _draw_recruitment(table: Table) -> Picture:
    channels = figure.drawn_channels(table.channels)
    usable = table.column("usable")
    strength = np.abs(np.nan_to_num(table.column("data").astype(np.float64)))
    size = table.column("peak_to_peak")
    scale = scale_for(float(np.nanmax(size[usable])), table.unit("peak_to_peak"))
    unit = readable_unit(table.unit("data"))
    with figure.drawing(f"{table.name}-recruitment"):
        drawn, axes = figure.side_by_side(len(channels), 180, share_y=True)
        for index, (axis, channel) in enumerate(zip(axes, channels, strict=True)):
            own = usable & table.of_channel(channel)
            _draw_trials(axis, strength[own], size[own] * scale.factor, figure.colour_of(index))
            figure.title_channel(axis, with_unit(f"{channel}, peak_to_peak", scale.unit))
            axis.set_xlabel(with_unit("|data|", unit))
        caption = f"One dot per trial ({counted(int(usable.sum()), 'usable row')}); line: mean."
        return figure.finish(
            drawn, f"{table.name}: recruitment curve", caption + figure.left_out(table.channels)
        )


def _draw_trials(axis: Axes, strength: np.ndarray, size: np.ndarray, colour: str) -> None:
    axis.plot(
        strength,
        size,
        "o",
        markersize=3.4,
        markeredgewidth=0,
        alpha=0.55,
        color=colour,
        rasterized=figure.crowded(len(size)),
    )
    known, which = np.unique(strength, return_inverse=True)
    means = np.bincount(which, weights=size) / np.bincount(which)
    axis.plot(known, means, color=figure.INK, linewidth=1.3)
    figure.plain_ticks(axis, x=6, y=5)
    axis.margins(x=0.06)
    axis.set_ylim(bottom=0)
