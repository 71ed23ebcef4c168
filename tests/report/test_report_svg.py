"""Drawings in few bytes look as matplotlib drew them."""

from __future__ import annotations

import re
from io import StringIO
from xml.etree import ElementTree

import numpy as np
import pytest

from dspant.report import figure
from dspant.report.svg import compact
from dspant.report.svg_path import AREA_TOLERANCE, TOLERANCE, UNITS_PER_PX, shorter

SVG = "{http://www.w3.org/2000/svg}"


def points_of(path: str) -> np.ndarray:
    """Absolute points of a path of m, l, h, v and z, in px; NaN between pieces."""
    points: list[tuple[float, float]] = []
    here, begun = (0.0, 0.0), (0.0, 0.0)
    for letter, text in re.findall(r"([MlhvzZ])([^MlhvzZ]*)", path):
        numbers = [float(n) for n in re.findall(r"-?\d*\.?\d+", text)]
        if letter == "M":
            points.append((np.nan, np.nan))
            here = begun = (numbers[0], numbers[1])
            points.append(here)
            numbers = numbers[2:]
        if letter in "zZ":
            points.append(begun)
        elif letter in "Ml":
            for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
                here = (here[0] + dx, here[1] + dy)
                points.append(here)
        else:
            for d in numbers:
                here = (here[0] + d * (letter == "h"), here[1] + d * (letter == "v"))
                points.append(here)
    return np.array(points[1:]) / UNITS_PER_PX


def away_from(points: np.ndarray, line: np.ndarray) -> float:
    """Largest distance of points from a line through others, by brute force."""
    start, along = line[:-1], np.diff(line, axis=0)
    length = (along**2).sum(axis=1)
    start, along, length = start[length > 0], along[length > 0], length[length > 0]
    offset = points[:, None] - start[None]
    share = np.clip((offset * along).sum(axis=-1) / length, 0, 1)
    return float(np.linalg.norm(offset - share[..., None] * along, axis=-1).min(axis=1).max())


@pytest.mark.parametrize("tolerance", [TOLERANCE, AREA_TOLERANCE])
def test_a_line_moves_by_no_more_than_it_may(tolerance: float) -> None:
    rng = np.random.default_rng(1)
    line = np.stack([np.linspace(60, 700, 3000), 100 + np.cumsum(rng.normal(size=3000))], axis=1)
    path = "M " + " L ".join(f"{x:.4f} {y:.4f}" for x, y in line)

    short = shorter(path, tolerance=tolerance)
    found = points_of(short)

    rounded = np.sqrt(0.5) / UNITS_PER_PX
    assert away_from(line, found) <= tolerance / UNITS_PER_PX + rounded
    assert away_from(found, line) <= rounded
    assert len(short) < len(path) / 4


def test_a_move_shifts_and_pieces_stay_apart() -> None:
    found = points_of(shorter("M 1 2 L 3 2 L 3 9 z M 10 10 L 12 10", (100.0, -1.0)))

    np.testing.assert_allclose(
        found,
        [(101, 1), (103, 1), (103, 8), (101, 1), (np.nan, np.nan), (110, 9), (112, 9)],
    )


def drawn_by_matplotlib() -> str:
    with figure.drawing("trial"):
        drawn, (axis,) = figure.panels(1, 100)
        axis.plot([0, 1, 2], [0, 1, 0.5], color=figure.ACCENT, label="<one>")
        axis.plot([0.5, 1.5], [0.2, 0.4], "o", markersize=4, markeredgewidth=0, color="#123456")
        axis.fill_between([0, 2], [0, 0], [0.2, 0.3], color="#654321", alpha=0.3, linewidth=0)
        axis.set_ylim(0, 0.8)
        axis.text(1, 0.5, "turned", rotation=90)
        axis.legend()
        buffer = StringIO()
        drawn.savefig(buffer, format="svg", dpi=figure.PIXELS_DPI)
    return buffer.getvalue()


def test_marks_texts_and_cuts_stay() -> None:
    original = drawn_by_matplotlib()
    view, body = compact(original, "trial", {figure.ACCENT: "var(--accent)"}, figure.TEXT_PX)
    root = ElementTree.fromstring(f'<svg xmlns="{SVG[1:-1]}">{body}</svg>')  # noqa: S314 - ours
    before = ElementTree.fromstring(original[original.index("<svg") :])  # noqa: S314 - ours

    words = [text.text for text in root.iter(f"{SVG}text")]
    assert sorted(words) == sorted("".join(t.itertext()) for t in before.iter(f"{SVG}text"))
    assert "<one>" in words
    turned = next(text for text in root.iter(f"{SVG}text") if text.text == "turned")
    assert turned.get("transform", "").startswith("rotate(-90 ")
    paths = list(root.iter(f"{SVG}path"))
    dots = [path for path in paths if path.get("stroke-linecap") == "round"]
    assert [dot.get("stroke") for dot in dots] == ["#123456"]
    assert dots[0].get("d", "").count("h0") == 2
    assert float(dots[0].get("stroke-width", 0)) == pytest.approx(4 * UNITS_PER_PX, rel=0.02)
    line = next(path for path in paths if path.get("stroke") == "var(--accent)")
    assert line.get("clip-path") == "url(#trial-0)", "it leaves the panel, so it is cut"
    assert [cut.get("id") for cut in root.iter(f"{SVG}clipPath")] == ["trial-0"]
    size = [float(side) / UNITS_PER_PX for side in view.split()[2:]]
    assert size == pytest.approx([float(n) for n in before.get("viewBox", "").split()[2:]])


def test_a_drawing_takes_a_fraction_of_the_bytes() -> None:
    rng = np.random.default_rng(0)
    with figure.drawing("many"):
        drawn, axes = figure.panels(2, 90)
        for axis in axes:
            axis.fill_between(range(300), rng.normal(size=300), 4 + rng.normal(size=300))
        buffer = StringIO()
        drawn.savefig(buffer, format="svg", dpi=figure.PIXELS_DPI)
        made = figure.finish(drawn, "many", "")

    assert len(made.svg) < len(buffer.getvalue()) / 5
    assert len(made.svg) < 12_000
