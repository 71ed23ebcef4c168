"""Figures that take their colours from the page, so that they are legible on light and on dark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup, escape
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from dspant.report.numbers import significant
from dspant.report.svg import compact
from dspant.report.svg_path import UNITS_PER_PX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

WIDTH_PX = 760
MARGIN_LEFT_PX = 62
MARGIN_RIGHT_PX = 14
MARGIN_TOP_PX = 22
MARGIN_BOTTOM_PX = 40
TEXT_PX = 11.5

MOST_PANELS = 12
"""Channels that are drawn; pages name the rest."""

MOST_VECTOR_MARKS = 600
"""With more dots or ticks than this, they are drawn as pixels."""

INK, QUIET, LINE = "#010203", "#010204", "#010205"
ACCENT = "#010206"
_THEME = {INK: "var(--ink)", QUIET: "var(--quiet)", LINE: "var(--line)", ACCENT: "var(--accent)"}
"""Colours that stand for a property of the page's style; pixels cannot use them."""

SERIES = ("#3d7fc1", "#d07a2d", "#3f9a72", "#a46bc0", "#c9575c", "#7f8a2e", "#2f9aa8", "#8a7560")
"""Mid-tones that are legible on white and on near-black."""

_PX_PER_INCH = 72

PIXELS_DPI = _PX_PER_INCH
"""Resolution of what is drawn as pixels."""

_STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": TEXT_PX,
    "axes.linewidth": 0.8,
    "axes.edgecolor": LINE,
    "axes.labelcolor": QUIET,
    "axes.titlesize": TEXT_PX,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlepad": 5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.xmargin": 0,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "grid.alpha": 0.55,
    "xtick.color": LINE,
    "xtick.labelcolor": QUIET,
    "ytick.color": LINE,
    "ytick.labelcolor": QUIET,
    "ytick.left": False,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "legend.fontsize": TEXT_PX - 0.5,
    "lines.linewidth": 1.1,
    "path.simplify": False,
}


@dataclass(frozen=True)
class Picture:
    """A finished figure.

    Parameters
    ----------
    identity
        Its name, of which a page has each once: the dataset and what is drawn of it, with "-"
        between them.
    svg
        The drawing as an element of a page.
    title
        What it shows, in a few words.
    caption
        How to read it.
    """

    identity: str
    svg: Markup
    title: str
    caption: str

    @property
    def dataset(self) -> str:
        """Name of the dataset that is drawn."""
        return self.identity.rpartition("-")[0]

    @property
    def kind(self) -> str:
        """What is drawn, whatever the dataset: ``whole``, ``spectrum``."""
        return self.identity.rpartition("-")[2]


@contextmanager
def drawing(identity: str) -> Iterator[None]:
    """Draw in the report's style; equal figures of one identity have equal bytes."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": identity}):
        yield


def panels(
    count: int, height_px: int, *, share_x: bool = True, gap_px: int = 22
) -> tuple[Figure, list[Axes]]:
    """A figure of panels below one another, each ``height_px`` high."""
    total_px = MARGIN_TOP_PX + MARGIN_BOTTOM_PX + count * height_px + (count - 1) * gap_px
    figure, axes = _grid(count, 1, total_px, share_x=share_x, hspace=gap_px / height_px)
    for axis in axes[:-1, 0]:
        axis.tick_params(axis="x", bottom=False)
    return figure, [row[0] for row in axes]


def side_by_side(
    count: int, height_px: int, *, columns: int = 2, share_y: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure of panels in rows of at most ``columns``; those left over are blank."""
    columns = min(columns, count)
    rows = -(-count // columns)
    gap_px = MARGIN_TOP_PX + MARGIN_BOTTOM_PX
    total_px = rows * (height_px + gap_px)
    figure, axes = _grid(
        rows, columns, total_px, share_y=share_y, hspace=gap_px / height_px, wspace=0.2
    )
    flat = [axis for row in axes for axis in row]
    for axis in flat[count:]:
        axis.set_axis_off()
    return figure, flat[:count]


def _grid(
    rows: int,
    columns: int,
    total_px: int,
    *,
    share_x: bool = False,
    share_y: bool = False,
    hspace: float,
    wspace: float = 0.0,
) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(WIDTH_PX / _PX_PER_INCH, total_px / _PX_PER_INCH))
    axes = figure.subplots(rows, columns, sharex=share_x, sharey=share_y, squeeze=False)
    figure.subplots_adjust(
        left=MARGIN_LEFT_PX / WIDTH_PX,
        right=1 - MARGIN_RIGHT_PX / WIDTH_PX,
        top=1 - MARGIN_TOP_PX / total_px,
        bottom=MARGIN_BOTTOM_PX / total_px,
        hspace=hspace,
        wspace=wspace,
    )
    return figure, axes


def finish(figure: Figure, title: str, caption: str) -> Picture:
    """Turn a figure into a picture; call it inside :func:`drawing`."""
    buffer = StringIO()
    unstated = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=unstated, dpi=PIXELS_DPI)
    identity = mpl.rcParams["svg.hashsalt"]
    return Picture(identity, _for_page(buffer.getvalue(), title, identity), title, caption)


def _for_page(svg: str, title: str, identity: str) -> Markup:
    """An SVG document as part of a page."""
    view, body = compact(svg, identity, _THEME, TEXT_PX)
    opening = (
        f'<svg class="plot" role="img" aria-label="{escape(title)}" viewBox="{view}" '
        f'fill="none" font-size="{TEXT_PX * UNITS_PER_PX:g}" stroke-width="{UNITS_PER_PX}" '
        'stroke-linejoin="round">'
    )
    return Markup(f"{opening}\n{body}\n</svg>")  # noqa: S704 - compact escapes all text


def name_row(axis: Axes, name: str, height: float) -> None:
    """Write a row's name at the left edge, its lower edge at ``height`` in data coordinates."""
    axis.annotate(
        name,
        (0, height),
        xycoords=("axes fraction", "data"),
        xytext=(3, 0),
        textcoords="offset points",
        va="bottom",
        fontsize=TEXT_PX - 1.5,
        color=QUIET,
    )


def title_channel(axis: Axes, text: str) -> None:
    axis.set_title(text, color=INK)


def plain_ticks(axis: Axes, *, x: int = 8, y: int = 4) -> None:
    """At most so many round ticks, with short labels."""
    axis.xaxis.set_major_locator(MaxNLocator(x, steps=[1, 2, 2.5, 5, 10]))
    axis.yaxis.set_major_locator(MaxNLocator(y, steps=[1, 2, 2.5, 5, 10]))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.10g}"))


def legend_above(axis: Axes) -> None:
    """Name the lines in the row of the panel's title."""
    axis.legend(
        loc="lower right",
        bbox_to_anchor=(1, 0.98),
        ncols=4,
        borderaxespad=0,
        handlelength=1.1,
        handletextpad=0.4,
        columnspacing=1.2,
    )


def log_ticks(axis: Any) -> None:
    """Powers of ten in plain text."""
    axis.set_major_formatter(FuncFormatter(_power))
    axis.set_minor_locator(NullLocator())


def _power(value: float, _position: int) -> str:
    text = significant(value, 1)
    return re.sub(r"e([+-])0?", r"e\1", text).replace("e+", "e")


def colour_of(index: int) -> str:
    return SERIES[index % len(SERIES)]


def crowded(marks: int) -> bool:
    """Whether so many marks are better drawn as pixels."""
    return marks > MOST_VECTOR_MARKS


def drawn_channels(channels: Sequence[str]) -> list[str]:
    """The channels that get a panel."""
    return list(channels[:MOST_PANELS])


def left_out(channels: Sequence[str]) -> str:
    """A sentence on the channels without a panel; empty where all have one."""
    rest = len(channels) - MOST_PANELS
    if rest <= 0:
        return ""
    return f" The first {MOST_PANELS} of {len(channels)} channels are drawn."
