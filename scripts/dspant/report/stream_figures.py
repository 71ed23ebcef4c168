"""Pictures of a stream: the whole recording, a short stretch, and its spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dspant.dataset.stream import Stream
from dspant.report import figure
from dspant.report.envelope import Outline, outline_of
from dspant.report.figure import Picture
from dspant.report.numbers import Scale, scale_for, with_unit
from dspant.report.overlay import Overlay
from dspant.report.passes import read_between
from dspant.report.stretch import LENGTH_S

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OUTLINE_POINTS = 1200
"""Bins of all panels of one picture together."""

MOST_BINS = 300

STRETCH_FINER = 1.5
"""Bins of the stretch for each bin of the whole: single spikes should stay single."""

MANY_STREAMS = 5
"""With more streams than this, each is drawn with fewer bins."""

TICK_SHARE = 0.07
"""Height of the marks of events over a whole recording, as a part of the panel."""


def outline_bins(channels: int, streams: int) -> int:
    """Bins per channel for which a page stays small, however many channels and streams it has."""
    drawn = min(max(channels, 1), figure.MOST_PANELS)
    points = OUTLINE_POINTS * MANY_STREAMS // max(streams, MANY_STREAMS)
    return max(min(MOST_BINS, points // drawn), 60)


def panel_height_px(channels: int) -> int:
    return 92 if channels <= 4 else 62


def draw_whole(
    stream: Stream, outline: Outline, span_s: tuple[float, float], overlays: Sequence[Overlay]
) -> Picture:
    """The outline of every channel, on the time axis that all pictures of a page share."""
    channels = figure.drawn_channels(stream.channels)
    with figure.drawing(f"{stream.name}-whole"):
        drawn, axes = figure.panels(len(channels), panel_height_px(len(channels)))
        for row, (axis, channel) in enumerate(zip(axes, channels, strict=True)):
            scale = _scale(outline.low, outline.high, stream.units, row)
            for run in np.unique(outline.segment):
                own = outline.segment == run
                low, high = outline.low[row, own], outline.high[row, own]
                _band(axis, outline.time_s[own], low * scale.factor, high * scale.factor)
            resolution_s = 2 * (span_s[1] - span_s[0]) / outline.low.shape[1]
            _shade(axis, _within(overlays, span_s, channel), resolution_s, TICK_SHARE)
            _label(axis, channel, scale.unit)
        _time_axis(axes, span_s)
        return figure.finish(
            drawn,
            f"{stream.name}, the whole recording",
            f"The band spans the smallest to the largest value in each of {outline.low.shape[1]} "
            "parts of the recording." + _named(overlays) + figure.left_out(stream.channels),
        )


def draw_stretch(
    stream: Stream, stretch_s: tuple[float, float], bins: int, overlays: Sequence[Overlay]
) -> Picture | None:
    """A short stretch with the events in it; None where the stream has no samples there.

    Parameters
    ----------
    bins
        Bins per channel of the picture of the whole recording.
    """
    channels = figure.drawn_channels(stream.channels)
    time_s, values = read_between(stream, *stretch_s)
    if len(time_s) < 2:
        return None
    middle, low, high = outline_of(values[: len(channels)], round(STRETCH_FINER * bins))
    at_s = np.interp(middle, np.arange(len(time_s)), time_s)
    with figure.drawing(f"{stream.name}-stretch"):
        drawn, axes = figure.panels(len(channels), panel_height_px(len(channels)))
        for row, (axis, channel) in enumerate(zip(axes, channels, strict=True)):
            scale = _scale(low, high, stream.units, row)
            for part in _unbroken(time_s, at_s, stream.fs_hz):
                own_low, own_high = low[row, part], high[row, part]
                _band(axis, at_s[part], own_low * scale.factor, own_high * scale.factor)
            _shade(axis, _within(overlays, stretch_s, channel), LENGTH_S / bins)
            _label(axis, channel, scale.unit)
        _time_axis(axes, stretch_s)
        caption = f"{stretch_s[0]:.2f} to {stretch_s[1]:.2f} s." + _named(overlays)
        return figure.finish(drawn, f"{stream.name}, a short stretch", caption)


def _scale(low: np.ndarray, high: np.ndarray, units: Sequence[str], row: int) -> Scale:
    """One prefix for all channels of a unit, so that their axes can be compared."""
    alike = [index for index in range(len(low)) if units[index] == units[row]]
    sizes = np.abs([low[alike], high[alike]])
    return scale_for(float(np.nanmax(sizes, initial=0.0)), units[row])


def _band(axis: Axes, time_s: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    if np.array_equal(low, high, equal_nan=True):
        axis.plot(time_s, low, color=figure.SERIES[0], linewidth=1.0)
        return
    axis.fill_between(
        time_s, low, high, facecolor=figure.SERIES[0], edgecolor=figure.SERIES[0], linewidth=0.7
    )


def _named(overlays: Sequence[Overlay]) -> str:
    return f" Shaded or marked: {', '.join(o.name for o in overlays)}." if overlays else ""


def _within(
    overlays: Sequence[Overlay], span_s: tuple[float, float], channel: str
) -> list[tuple[float, float]]:
    return [span for overlay in overlays for span in overlay.within(*span_s, channel)]


def _shade(
    axis: Axes, spans: list[tuple[float, float]], resolution_s: float, tick: float = 1.0
) -> None:
    """Shade what lasts; mark moments by lines over this part of the panel's height."""
    lasting = merged([span for span in spans if span[1] > span[0]], resolution_s)
    moments = merged([span for span in spans if span[1] <= span[0]], resolution_s)
    boxes = [[(a, 0), (b, 0), (b, 1), (a, 1), (a, 0)] for a, b in lasting]
    lines = [[(a, 0), (a, tick)] for a, _ in moments]
    _draw_at_once(axis, boxes, facecolor=figure.ACCENT, alpha=0.2, linewidth=0)
    width = 1.0 if tick < 1 else 3.0  # over the whole height, an artefact would hide a thin line
    _draw_at_once(axis, lines, edgecolor=figure.SERIES[1], alpha=0.6, linewidth=width)


def merged(spans: Sequence[tuple[float, float]], gap_s: float) -> list[tuple[float, float]]:
    """Spans with those joined between which the eye sees no gap; their number is bounded."""
    joined: list[tuple[float, float]] = []
    for onset_s, offset_s in sorted(spans):
        if joined and onset_s - joined[-1][1] < gap_s:
            joined[-1] = (joined[-1][0], max(joined[-1][1], offset_s))
        else:
            joined.append((onset_s, offset_s))
    return joined


def _draw_at_once(axis: Axes, outlines: list[list[tuple[float, float]]], **style: Any) -> None:
    """One path for all: x in seconds, y from 0 to 1 over the panel's height."""
    if not outlines:
        return
    path = Path.make_compound_path(*(Path(outline) for outline in outlines))
    fill = "facecolor" in style
    where = axis.get_xaxis_transform()
    axis.add_patch(PathPatch(path, fill=fill, transform=where, zorder=0, **style))


def _label(axis: Axes, channel: str, unit: str) -> None:
    figure.plain_ticks(axis)
    figure.title_channel(axis, with_unit(channel, unit))


def _time_axis(axes: Sequence[Axes], span_s: tuple[float, float]) -> None:
    axes[-1].set_xlim(*span_s)
    axes[-1].set_xlabel("time (s)")


def _unbroken(time_s: np.ndarray, at_s: np.ndarray, fs_hz: float) -> list[np.ndarray]:
    """Positions of the points of each unbroken run."""
    gaps = np.flatnonzero(np.diff(time_s) > 1.5 / fs_hz)
    run = np.searchsorted(time_s[gaps], at_s, side="left") if len(gaps) else np.zeros(len(at_s))
    return [np.flatnonzero(run == number) for number in np.unique(run)]
