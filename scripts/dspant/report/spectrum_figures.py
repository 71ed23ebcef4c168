"""Pictures over frequency: a stream before and after its steps, and how these pass frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dspant.dataset.stream import Stream
from dspant.report import figure
from dspant.report.figure import Picture
from dspant.report.numbers import counted, readable_unit, significant, with_unit
from dspant.report.response import HALF_POWER_DB, Response
from dspant.report.spectrum import MOST_WINDOWS, on_log_grid, power_density

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WINDOW_S = 1.0
POINTS = 180

MOST_ALONE = 4
"""With more channels than this, their median stands for all."""

SPREAD = (10, 90)
"""Percentiles of channels that the band around their median spans."""

DECADES = 9

LOWEST_GAIN_DB = -80.0

RESPONSE_POINTS = 160
MOST_CHAINS = 4


def draw_spectra(before: Stream, after: Stream) -> Picture | None:
    """Power density of a stream and of the one it was made from; None where they are too short.

    A stream in another unit than ``after`` is left out: there is no axis for both.
    """
    alike = set(before.units) == set(after.units)
    spectra = [
        (stream, *power_density(stream, WINDOW_S))
        for stream in ([before, after] if alike else [after])
    ]
    if any(len(frequency_hz) < 3 for _, frequency_hz, _ in spectra):
        return None
    names = " and ".join(stream.name for stream, _, _ in spectra)
    together = len(after.channels) > MOST_ALONE
    with figure.drawing(f"{after.name}-spectrum"):
        if together:
            drawn, axes = figure.panels(1, 170)
            _draw_median(axes[0], spectra, after)
        else:
            drawn, axes = figure.side_by_side(len(after.channels), 170)
            for axis, channel in zip(axes, after.channels, strict=True):
                _draw_channel(axis, spectra, after, channel)
        figure.legend_above(axes[0])
        spread = f" Line: median of all channels; band: {SPREAD[0]} % to {SPREAD[1]} % of them."
        return figure.finish(
            drawn,
            f"Spectrum of {names}",
            f"Mean power density of up to {MOST_WINDOWS} windows of {WINDOW_S:g} s spread over the "
            f"recording (Welch).{spread if together else ''}",
        )


def _draw_channel(
    axis: Axes, spectra: Sequence[tuple[Stream, np.ndarray, np.ndarray]], after: Stream, name: str
) -> None:
    top = 0.0
    for stream, frequency_hz, power in spectra:
        style = _line(stream, after)
        if name in stream.channels:
            own = power[[stream.channels.index(name)]]
        else:  # made of several channels, such as a difference of two
            own = np.nanmedian(power, axis=0, keepdims=True)
            style["label"] = f"{stream.name} (median of its channels)"
        at_hz, density = on_log_grid(frequency_hz, own, POINTS)
        axis.plot(at_hz, density[0], **style)
        top = max(top, float(np.nanmax(density, initial=0.0)))
    unit = after.units[after.channels.index(name)]
    _log_log(axis, top, with_unit(name, _per_hz(unit)))


def _draw_median(
    axis: Axes, spectra: Sequence[tuple[Stream, np.ndarray, np.ndarray]], after: Stream
) -> None:
    top = 0.0
    for stream, frequency_hz, power in spectra:
        at_hz, density = on_log_grid(frequency_hz, power, POINTS)
        low, middle, high = np.nanpercentile(density, [SPREAD[0], 50, SPREAD[1]], axis=0)
        style = _line(stream, after)
        axis.fill_between(at_hz, low, high, color=style["color"], alpha=0.18, linewidth=0)
        axis.plot(at_hz, middle, **style)
        top = max(top, float(np.nanmax(middle, initial=0.0)))
    units = {_per_hz(unit) for unit in after.units}
    unit = units.pop() if len(units) == 1 else "unit²/Hz"
    _log_log(axis, top, with_unit(counted(len(after.channels), "channel"), unit))


def _per_hz(unit: str) -> str:
    """The unit of a power density: of V, V²/Hz; of V², (V²)²/Hz."""
    text = readable_unit(unit)
    return f"{text}²/Hz" if text.isalpha() else f"({text})²/Hz"


def _line(stream: Stream, after: Stream) -> dict[str, object]:
    made = stream is after
    return {
        "color": figure.ACCENT if made else figure.QUIET,
        "linewidth": 1.3 if made else 0.9,
        "label": stream.name,
    }


def _log_log(axis: Axes, top: float, title: str) -> None:
    axis.set_xscale("log")
    axis.set_yscale("log")
    if top > 0:
        axis.set_ylim(max(axis.get_ylim()[0], top * 10.0**-DECADES), 3 * top)
    figure.log_ticks(axis.xaxis)
    figure.log_ticks(axis.yaxis)
    figure.title_channel(axis, title)
    axis.set_xlabel("frequency (Hz)")


def draw_responses(name: str, found: Sequence[Response]) -> Picture | None:
    """Gain over frequency of the filters of a node; None where it has none."""
    chains = found[:MOST_CHAINS]
    if not chains:
        return None
    with figure.drawing(f"{name}-response"):
        drawn, axes = figure.side_by_side(len(chains), 150)
        for axis, response in zip(axes, chains, strict=True):
            _draw_response(axis, response)
        return figure.finish(
            drawn,
            f"{name}: realised filter response",
            "Gain of the filters as they are computed, in both directions where they are of zero "
            f"phase. Dots: {HALF_POWER_DB:.0f} dB, half the power. {_half_power(chains)}",
        )


def _draw_response(axis: Axes, response: Response) -> None:
    shown = np.maximum(response.gain_db, LOWEST_GAIN_DB - 20)
    axis.plot(response.frequency_hz, shown, color=figure.ACCENT, linewidth=1.3)
    at_hz = response.half_power_hz
    axis.plot(at_hz, np.full(len(at_hz), HALF_POWER_DB), "o", markersize=4.5,
              markeredgewidth=0, color=figure.SERIES[1])  # fmt: skip
    axis.set_xscale("log")
    axis.set_xlim(response.frequency_hz[0], response.frequency_hz[-1])
    axis.set_ylim(LOWEST_GAIN_DB, max(6.0, float(response.gain_db.max()) + 3))
    axis.set_yticks(np.arange(LOWEST_GAIN_DB, 1, 20))
    figure.log_ticks(axis.xaxis)
    figure.title_channel(axis, f"{' + '.join(response.operations)}: gain (dB)")
    axis.set_xlabel("frequency (Hz)")


def _half_power(chains: Sequence[Response]) -> str:
    texts = []
    for response in chains:
        named = " + ".join(response.operations)
        points = [f"{significant(at_hz, 4)}" for at_hz in response.half_power_hz[:8]]
        more = " …" if len(response.half_power_hz) > len(points) else ""
        texts.append(f"{named}: {', '.join(points)}{more} Hz" if points else f"{named}: nowhere")
    return "; ".join(texts) + "."
