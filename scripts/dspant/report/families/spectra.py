"""Spectra of moving windows: a spectrogram, or a line where there is one window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.ticker import FixedLocator, FuncFormatter

from dspant.report import figure
from dspant.report.families.registry import Table, family
from dspant.report.figure import Picture
from dspant.report.numbers import readable_unit, significant, with_unit
from dspant.report.spectrum import on_log_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 200
"""Most columns of a spectrogram; of more windows, neighbours are averaged."""

ROWS = 64
"""Frequencies of a spectrogram, of equal width on the log axis."""

RANGE_DB = 48.0
"""What lies so far below the largest value looks like nothing."""

LEVELS = 13
"""Colours: few of them keep a picture small."""

MOST_CHANNELS = 6


@family("welch", "multitaper")
def draw_spectra(table: Table) -> list[Picture]:
    """A panel per channel."""
    channels = table.channels[:MOST_CHANNELS]
    psd = table.column("psd")
    facts = table.step["realised"]
    at_hz = facts["first_frequency_hz"] + facts["frequency_step_hz"] * np.arange(psd.shape[1])
    several = np.unique(table.column("onset")).size > 1
    with figure.drawing(f"{table.name}-spectra"):
        if several:
            drawn, axes = figure.panels(len(channels), 120, gap_px=30)
        else:
            drawn, axes = figure.side_by_side(len(channels), 170)
        for axis, channel in zip(axes, channels, strict=True):
            own = table.of_channel(channel)
            (_draw_spectrogram if several else _draw_line)(axis, table, own, at_hz, channel)
        if several:
            axes[-1].set_xlim(*table.span_s)
            axes[-1].set_xlabel("time (s)")
        unit = readable_unit(table.unit("psd"))
        caption = (
            f"Power density over time, in dB below the channel's largest; from light to dark, "
            f"{RANGE_DB:g} dB in {LEVELS - 1} steps."
            if several
            else f"Power density of the one window, in {unit}."
        )
        more = len(table.channels) - len(channels)
        caption += f" The first {len(channels)} channels are drawn." if more else ""
        what = "spectrogram" if several else "spectrum"
        return [figure.finish(drawn, f"{table.name}: {what}", caption)]


def _draw_line(axis: Axes, table: Table, own: np.ndarray, at_hz: np.ndarray, channel: str) -> None:
    frequency_hz, density = on_log_grid(at_hz, table.column("psd")[own], ROWS * 3)
    axis.plot(frequency_hz, density[0], color=figure.ACCENT, linewidth=1.3)
    axis.set_xscale("log")
    axis.set_yscale("log")
    figure.log_ticks(axis.xaxis)
    figure.log_ticks(axis.yaxis)
    figure.title_channel(axis, with_unit(channel, readable_unit(table.unit("psd"))))
    axis.set_xlabel("frequency (Hz)")


def _draw_spectrogram(
    axis: Axes, table: Table, own: np.ndarray, at_hz: np.ndarray, channel: str
) -> None:
    onset, offset = table.column("onset")[own], table.column("offset")[own]
    at_hz, density = on_even_log_rows(at_hz, table.column("psd")[own], ROWS)
    start_s, end_s, image = on_even_columns(onset, offset, density)
    with np.errstate(divide="ignore"):
        level_db = 10 * np.log10(image)
    level_db -= np.nanmax(level_db[np.isfinite(level_db)], initial=-np.inf)
    edges = np.log10(at_hz[[0, -1]])
    axis.imshow(
        np.round(level_db * (LEVELS - 1) / RANGE_DB).T,
        extent=(start_s, end_s, edges[0], edges[1]),
        origin="lower",
        aspect="auto",
        interpolation="none",
        vmin=1 - LEVELS,
        vmax=0,
        cmap=_light_to_dark(),
    )
    axis.grid(visible=False)
    powers = np.arange(np.ceil(edges[0]), np.floor(edges[1]) + 1)
    axis.yaxis.set_major_locator(FixedLocator(powers))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: significant(10**value, 1)))
    figure.title_channel(axis, f"{channel}: frequency (Hz)")


def on_even_log_rows(
    at_hz: np.ndarray, density: np.ndarray, rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Edges of rows of equal width on a log axis, (rows + 1,), and the mean density in each,
    (windows, rows); the nearest frequency where a row holds none. 0 Hz is left out."""
    edges = np.geomspace(at_hz[1], at_hz[-1], rows + 1)
    middle = np.sqrt(edges[1:] * edges[:-1])
    total = np.concatenate([np.zeros((len(density), 1)), np.cumsum(density, axis=1)], axis=1)
    first, last = np.searchsorted(at_hz, edges[:-1]), np.searchsorted(at_hz, edges[1:])
    nearest = np.abs(at_hz[None] - middle[:, None]).argmin(axis=1)
    empty = last <= first
    first, last = np.where(empty, nearest, first), np.where(empty, nearest + 1, last)
    return edges, (total[:, last] - total[:, first]) / (last - first)


def on_even_columns(
    onset: np.ndarray, offset: np.ndarray, density: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """Windows as columns of equal width: start, end, and the mean of the windows whose middles
    lie in each, (columns, rows); NaN where none does."""
    middle = (onset + offset) / 2
    steps = np.diff(np.unique(middle))
    step_s = float(np.median(steps))
    start_s, end_s = float(middle.min() - step_s / 2), float(middle.max() + step_s / 2)
    columns = min(round((end_s - start_s) / step_s), COLUMNS)
    place = np.minimum(((middle - start_s) / (end_s - start_s) * columns).astype(int), columns - 1)
    count = np.bincount(place, minlength=columns)
    image = np.zeros((columns, density.shape[1]))
    np.add.at(image, place, density)
    with np.errstate(invalid="ignore"):
        return start_s, end_s, image / count[:, None]


def _light_to_dark() -> ListedColormap:
    """Blues of even steps in lightness, legible beside white and near-black."""
    low, high = np.array([0.87, 0.92, 0.96]), np.array([0.03, 0.17, 0.36])
    shares = np.linspace(0, 1, LEVELS)[:, None]
    return ListedColormap(low + shares * (high - low))  # what is not known stays transparent
