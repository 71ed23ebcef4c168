"""Pictures of a stream: the whole recording, a short stretch, and its spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dspant.dataset.stream import Stream
from dspant.engine.lazy import LazyStream
from dspant.report import figure
from dspant.report.envelope import Outline, outline_of
from dspant.report.figure import Picture
from dspant.report.numbers import Scale, scale_for, with_unit
from dspant.report.overlay import Overlay
from dspant.report.spectrum import on_log_grid, power_density

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OUTLINE_POINTS = 2400
"""Bins of all panels of one picture together."""

MOST_BINS = 720

MOST_SPANS = 250
"""Events of one panel; with more, the picture of the whole recording leaves them to the stretch."""

SPECTRUM_WINDOW_S = 1.0
SPECTRUM_POINTS = 260
SPECTRUM_DECADES = 9


def outline_bins(channels: int) -> int:
    """Bins per channel for which a page stays small, whatever the number of channels."""
    drawn = min(max(channels, 1), figure.MOST_PANELS)
    return min(MOST_BINS, OUTLINE_POINTS // drawn)


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
            scale = _scale(outline.low[row], outline.high[row], stream.units[row])
            for run in np.unique(outline.segment):
                own = outline.segment == run
                low, high = outline.low[row, own], outline.high[row, own]
                _band(axis, outline.time_s[own], low * scale.factor, high * scale.factor)
            spans = [span for o in overlays for span in o.within(*span_s, channel)]
            if len(spans) <= MOST_SPANS:
                _shade(axis, spans)
            _label(axis, channel, scale.unit)
        _time_axis(axes, span_s)
        return figure.finish(
            drawn,
            f"{stream.name}, the whole recording",
            "Each point of the band spans the smallest to the largest value of its moment."
            + figure.left_out(stream.channels),
        )


def draw_stretch(
    stream: Stream, stretch_s: tuple[float, float], overlays: Sequence[Overlay]
) -> Picture | None:
    """A short stretch with the events in it; None where the stream has no samples there."""
    channels = figure.drawn_channels(stream.channels)
    time_s, values = LazyStream(stream).pick(channels).between(*stretch_s)
    if len(time_s) < 2:
        return None
    middle, low, high = outline_of(values, 2 * outline_bins(len(channels)))
    at_s = np.interp(middle, np.arange(len(time_s)), time_s)
    with figure.drawing(f"{stream.name}-stretch"):
        drawn, axes = figure.panels(len(channels), panel_height_px(len(channels)))
        for row, (axis, channel) in enumerate(zip(axes, channels, strict=True)):
            scale = _scale(low[row], high[row], stream.units[row])
            for part in _unbroken(time_s, at_s, stream.fs_hz):
                own_low, own_high = low[row, part], high[row, part]
                _band(axis, at_s[part], own_low * scale.factor, own_high * scale.factor)
            _shade(axis, [span for o in overlays for span in o.within(*stretch_s, channel)])
            _label(axis, channel, scale.unit)
        _time_axis(axes, stretch_s)
        caption = f"{stretch_s[0]:.2f} to {stretch_s[1]:.2f} s."
        if overlays:
            caption += f" Shaded or marked: {', '.join(o.name for o in overlays)}."
        return figure.finish(drawn, f"{stream.name}, a short stretch", caption)


def draw_spectra(before: Stream, after: Stream) -> Picture | None:
    """Power density of a stream and of the one it was made from; None where they are too short."""
    channels = figure.drawn_channels(after.channels)
    spectra = [(stream, *power_density(stream, SPECTRUM_WINDOW_S)) for stream in (before, after)]
    if any(len(frequency_hz) < 3 for _, frequency_hz, _ in spectra):
        return None
    with figure.drawing(f"{after.name}-spectrum"):
        drawn, axes = figure.side_by_side(len(channels), 170)
        for axis, channel in zip(axes, channels, strict=True):
            top = 0.0
            for stream, frequency_hz, power in spectra:
                if channel not in stream.channels:
                    continue
                row = stream.channels.index(channel)
                grid_hz, density = on_log_grid(frequency_hz, power[[row]], SPECTRUM_POINTS)
                after_it = stream is after
                axis.plot(
                    grid_hz,
                    density[0],
                    color=figure.ACCENT if after_it else figure.QUIET,
                    linewidth=1.3 if after_it else 0.9,
                    label=stream.name,
                )
                top = max(top, float(np.nanmax(density[0], initial=0.0)))
            _log_log(axis, top)
            unit = after.units[after.channels.index(channel)]
            axis.set_title(with_unit(channel, f"{unit}²/Hz"))
            axis.set_xlabel("frequency (Hz)")
        axes[0].legend(loc="lower left")
        return figure.finish(
            drawn,
            f"Spectrum of {before.name} and {after.name}",
            "Mean power density of up to 16 one-second windows spread over the recording (Welch)."
            + figure.left_out(after.channels),
        )


def _scale(low: np.ndarray, high: np.ndarray, unit: str) -> Scale:
    return scale_for(float(np.nanmax(np.abs([low, high]), initial=0.0)), unit)


def _band(axis: Axes, time_s: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    if np.array_equal(low, high, equal_nan=True):
        axis.plot(time_s, low, color=figure.SERIES[0], linewidth=1.0)
        return
    axis.fill_between(
        time_s, low, high, facecolor=figure.SERIES[0], edgecolor=figure.SERIES[0], linewidth=0.7
    )


def _shade(axis: Axes, spans: Sequence[tuple[float, float]]) -> None:
    for onset_s, offset_s in spans:
        if offset_s > onset_s:
            axis.axvspan(onset_s, offset_s, color=figure.ACCENT, alpha=0.2, linewidth=0, zorder=0)
        else:
            axis.axvline(onset_s, color=figure.SERIES[1], linewidth=0.9, alpha=0.8, zorder=0)


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


def _log_log(axis: Axes, top: float) -> None:
    axis.set_xscale("log")
    axis.set_yscale("log")
    if top > 0:
        low = max(axis.get_ylim()[0], top * 10.0**-SPECTRUM_DECADES)
        axis.set_ylim(low, 3 * top)
    figure.log_ticks(axis.xaxis)
    figure.log_ticks(axis.yaxis)
