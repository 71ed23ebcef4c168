"""A picture of datasets side by side, for a paper or a talk: ``python -m dspant.report.window``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from dspant.dataset.epoc import Epoc
from dspant.dataset.recording import open_dataset
from dspant.dataset.stream import Stream
from dspant.errors import DatasetError, DspantError
from dspant.report import figure
from dspant.report.envelope import outline_of
from dspant.report.figures import as_document
from dspant.report.numbers import scale_for, with_unit
from dspant.report.overlay import Overlay
from dspant.report.page import write_page
from dspant.report.passes import read_between
from dspant.report.spectrum import power_density

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 600

THIN = 0.05
"""A band of less than this part of the panel's height is a line."""

TICK = 0.86
"""Where ticks begin, as a part of the panel's height."""

PANEL_PX = 96
SPECTRUM_PX = 260
SPECTRUM_WINDOW_S = 1.0
SPECTRUM_DECADES = 8


@dataclass(frozen=True)
class Line:
    """One channel of one dataset."""

    stream: Stream
    channel: str

    @property
    def row(self) -> int:
        return self.stream.channels.index(self.channel)

    @property
    def unit(self) -> str:
        return self.stream.units[self.row]


def find_line(recording: Path, text: str) -> Line:
    """Give the line that ``dataset`` or ``dataset/channel`` names; without a channel, the first.

    Raises
    ------
    DatasetError
        There is no such dataset or channel, or the dataset is a table.
    """
    name, _, channel = text.partition("/")
    stream = open_dataset(recording / f"{name}.ant")
    if not isinstance(stream, Stream):
        raise DatasetError(f"{text}: {name} is a table; name it with --events to mark its rows")
    channel = channel or stream.channels[0]
    if channel not in stream.channels:
        raise DatasetError(
            f"{text}: {name} has no channel {channel!r}; it has {', '.join(stream.channels)}"
        )
    return Line(stream, channel)


def draw_window(
    panels: Sequence[Sequence[Line]], span_s: tuple[float, float], events: Sequence[Overlay]
) -> Markup:
    """Draw some seconds: panels below one another, the lines of a panel over one another.

    Raises
    ------
    DatasetError
        A dataset has no two samples there, or the lines of a panel differ in unit.
    """
    with figure.drawing("window"):
        drawn, axes = figure.panels(len(panels), PANEL_PX)
        for axis, lines in zip(axes, panels, strict=True):
            values = [_values(line, span_s) for line in lines]
            largest = max(float(np.nanmax(abs(y), initial=0.0)) for _, y in values)
            scale = scale_for(largest, _one_unit(lines))
            names = line_names(lines)
            for number, (name, (time_s, y)) in enumerate(zip(names, values, strict=True)):
                _draw(axis, name, time_s, y * scale.factor, figure.colour_of(number))
            _mark(axis, events, span_s, lines[0].channel)
            figure.plain_ticks(axis)
            _name(axis, lines, scale.unit)
        axes[-1].set_xlim(*span_s)
        axes[-1].set_xlabel("time (s)")
        return figure.finish(drawn, f"{span_s[0]:g} to {span_s[1]:g} s", "").svg


def _draw(axis: Axes, name: str, time_s: np.ndarray, y: np.ndarray, colour: str) -> None:
    """A band from the smallest to the largest value; a line where that band would be thin."""
    middle, low, high = outline_of(y[None], BINS)
    at_s = np.interp(middle, np.arange(len(time_s)), time_s)
    style = {"color": colour, "linewidth": 0.9, "label": name}
    if np.nanmax(high - low) < THIN * np.nanmax(np.ptp(y)):
        axis.plot(at_s, (low[0] + high[0]) / 2, **style)
    else:
        axis.fill_between(at_s, low[0], high[0], **style)


def draw_spectra(lines: Sequence[Line], up_to_hz: float) -> Markup:
    """Draw the power density of lines over one another, up to a frequency."""
    with figure.drawing("spectra"):
        drawn, (axis,) = figure.panels(1, SPECTRUM_PX)
        for number, (line, name) in enumerate(zip(lines, line_names(lines), strict=True)):
            frequency_hz, power = power_density(line.stream, SPECTRUM_WINDOW_S)
            shown = (frequency_hz > 0) & (frequency_hz <= up_to_hz)
            axis.semilogy(
                frequency_hz[shown],
                power[line.row, shown],
                color=figure.colour_of(number),
                linewidth=0.9,
                label=name,
            )
        low, top = axis.get_ylim()
        axis.set_ylim(max(low, top * 10.0**-SPECTRUM_DECADES), top)
        axis.set_xlabel("frequency (Hz)")
        figure.log_ticks(axis.yaxis)
        _name(axis, lines, f"{_one_unit(lines)}²/Hz")
        return figure.finish(drawn, f"Power density up to {up_to_hz:g} Hz", "").svg


def find_events(recording: Path, name: str) -> Overlay:
    """Give the intervals of a table, to be marked.

    Raises
    ------
    DatasetError
        There is no such dataset, or it is a stream.
    """
    epoc = open_dataset(recording / f"{name}.ant")
    if not isinstance(epoc, Epoc):
        raise DatasetError(f"--events {name}: it is a stream; name it as a panel")
    channel = epoc.table["channel"].to_numpy() if "channel" in epoc.table.column_names else None
    onset_s, offset_s = (epoc.table[edge].to_numpy() for edge in ("onset", "offset"))
    return Overlay(name, onset_s, offset_s, channel)


def _mark(axis: Axes, events: Sequence[Overlay], span_s: tuple[float, float], channel: str) -> None:
    """Shade what lasts; a tick on top, which hides no peak, for what the eye sees as a moment."""
    shortest_s = (span_s[1] - span_s[0]) / BINS
    for number, overlay in enumerate(events, start=1):
        for onset_s, offset_s in overlay.within(*span_s, channel):
            if offset_s - onset_s > shortest_s:
                axis.axvspan(onset_s, offset_s, color=figure.ACCENT, alpha=0.2, linewidth=0)
            else:
                axis.axvline(onset_s, TICK, color=figure.colour_of(number), linewidth=1.4)


def standalone(svg: Markup) -> str:
    """Make a page's drawing a document of its own, with a size and the page's colours."""
    return as_document("window.svg.j2", svg)


def _values(line: Line, span_s: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    time_s, values = read_between(line.stream, *span_s)
    if len(time_s) < 2:
        raise DatasetError(
            f"{line.stream.name} has no two samples from {span_s[0]:g} to {span_s[1]:g} s; "
            "choose other --seconds"
        )
    return time_s, values[line.row]


def _one_unit(lines: Sequence[Line]) -> str:
    units = sorted({line.unit for line in lines})
    if len(units) > 1:
        names = ", ".join(f"{line.stream.name} ({line.unit})" for line in lines)
        raise DatasetError(f"one panel shows one unit, not {names}; give them panels of their own")
    return units[0]


def _name(axis: Axes, lines: Sequence[Line], unit: str) -> None:
    if len(lines) == 1:
        figure.title_channel(axis, with_unit(f"{lines[0].stream.name}: {lines[0].channel}", unit))
        return
    figure.title_channel(axis, with_unit(shared_name(lines), unit))
    figure.legend_above(axis)


def line_names(lines: Sequence[Line]) -> list[str]:
    """What tells each line of a panel from the others: its dataset, its channel, or both."""
    if len({line.channel for line in lines}) == 1:
        return [line.stream.name for line in lines]
    if len({line.stream.name for line in lines}) == 1:
        return [line.channel for line in lines]
    return [f"{line.stream.name}: {line.channel}" for line in lines]


def shared_name(lines: Sequence[Line]) -> str:
    """What all lines of a panel have in common: their channel, their dataset, or neither."""
    channels = dict.fromkeys(line.channel for line in lines)
    streams = dict.fromkeys(line.stream.name for line in lines)
    return ", ".join(min(channels, streams, key=len))


def picture(options: argparse.Namespace) -> str:
    """Draw what a command line asks for, as an SVG document."""
    panels = [
        [find_line(options.recording, text) for text in panel.split(",")]
        for panel in options.panels
    ]
    if options.spectrum is not None:
        lines = [line for panel in panels for line in panel]
        return standalone(draw_spectra(lines, options.spectrum))
    events = [find_events(options.recording, name) for name in options.events]
    start_s, end_s = options.seconds
    return standalone(draw_window(panels, (start_s, end_s), events))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the picture; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m dspant.report.window", description="Draw datasets of a recording as SVG."
    )
    parser.add_argument("recording", type=Path, help="results/<experiment>/<recording>")
    parser.add_argument("output", type=Path, help="SVG file to write")
    parser.add_argument(
        "panels", nargs="+", help="dataset or dataset/channel; several with commas share a panel"
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seconds", nargs=2, type=float, metavar=("START", "END"))
    what.add_argument("--spectrum", type=float, metavar="UP_TO_HZ", help="power density instead")
    parser.add_argument("--events", nargs="+", default=[], help="tables whose rows are marked")
    options = parser.parse_args(arguments)
    try:
        write_page(options.output, picture(options))
    except DspantError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
