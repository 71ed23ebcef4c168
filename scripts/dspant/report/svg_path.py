"""Paths of an SVG drawing in few bytes: what the eye cannot tell apart is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

UNITS_PER_PX = 4
"""Coordinates are whole numbers of so small a part of a px, which takes fewer letters than a point
and a decimal."""

TOLERANCE = 0.8
"""How far a line may move where points are left out, in units."""

AREA_TOLERANCE = 1.4
"""How far the edge of an area may move, in units."""

_TOKEN = re.compile(r"[MLCQzZ]|-?\d*\.?\d+(?:e[+-]?\d+)?")
_PAIRS = {"M": 1, "L": 1, "Q": 2, "C": 3}

Piece = tuple[list[tuple[str, np.ndarray]], bool]
"""An unbroken stroke: commands with their points, and whether it is closed."""


def shorter(
    path: str,
    moved: tuple[float, float] = (0.0, 0.0),
    *,
    exact: bool = False,
    tolerance: float = TOLERANCE,
) -> str:
    """The same path in whole relative units, without points that lie on a line.

    Parameters
    ----------
    path
        In px, with the commands M, L, Q, C and z alone, as matplotlib writes it.
    moved
        Added to all coordinates, in px.
    exact
        Keep a decimal and all points, as for the shape of a mark.
    tolerance
        How far a line may move, in units.
    """
    return "".join(
        _written(commands, closed, int(exact), 0.0 if exact else tolerance)
        for commands, closed in _pieces(path, np.array(moved), UNITS_PER_PX)
    )


def extent(path: str) -> tuple[float, float, float, float]:
    """Smallest x and y, largest x and y of a path's points, in px."""
    points = np.concatenate(
        [p for commands, _ in _pieces(path, np.zeros(2), 1) for _, p in commands]
    )
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


def _pieces(path: str, moved: np.ndarray, scale: float) -> Iterator[Piece]:
    tokens = _TOKEN.findall(path)
    at, commands, closed = 0, [], False
    while at < len(tokens):
        command = tokens[at].upper()
        at += 1
        if command == "Z":
            closed = True
            continue
        count = 2 * _PAIRS[command]
        points = np.array(tokens[at : at + count], dtype=np.float64).reshape(-1, 2)
        points = scale * (points + moved)
        at += count
        if command == "M" and commands:
            yield commands, closed
            commands, closed = [], False
        commands.append((command, points))
    if commands:
        yield commands, closed


def _written(
    commands: list[tuple[str, np.ndarray]], closed: bool, decimals: int, tolerance: float
) -> str:
    straight = all(command in "ML" for command, _ in commands)
    if straight:
        points = np.concatenate([points for _, points in commands])
        points = points[_kept(points, tolerance)]
        commands = [("L", point[None]) for point in points]
    rounded = [(command, np.round(points, decimals)) for command, points in commands]
    here = rounded[0][1][0]
    texts = [f"M{_numbers(here, decimals)}"]
    last = "M"
    for command, points in rounded[1:]:
        away = (points - here).reshape(-1)
        if command == "L" and not away.any():
            continue
        letter, values = _command(command, away)
        # After a move, SVG takes further pairs for lines; the same letter need not stand twice.
        texts.append(_joined("" if letter == last else letter, values, decimals))
        last, here = letter, points[-1]
    if len(texts) == 1 and not closed:
        texts.append("h0")  # a dot, where line ends are round
    return "".join(texts) + ("z" if closed else "")


def _command(command: str, away: np.ndarray) -> tuple[str, np.ndarray]:
    if command == "L" and away[1] == 0:
        return "h", away[:1]
    if command == "L" and away[0] == 0:
        return "v", away[1:]
    return command.lower(), away


def _joined(letter: str, values: np.ndarray, decimals: int) -> str:
    text = _numbers(values, decimals)
    return letter + text if letter or text.startswith("-") else f" {text}"


def _numbers(values: np.ndarray, decimals: int) -> str:
    text = ""
    for value in values.tolist():
        number = f"{value:.{decimals}f}"
        number = number.rstrip("0").rstrip(".") if decimals else number
        number = "0" if number in ("-0", "") else number
        number = re.sub(r"^(-?)0\.", r"\1.", number)
        text += number if not text or number.startswith("-") else f" {number}"
    return text


def _kept(points: np.ndarray, tolerance: float) -> np.ndarray:
    """Which points of a line stay, so that none that is left out lies further off than that.

    Source: U. Ramer, Comput. Graph. Image Process. 1 (1972) 244; D. H. Douglas and T. K. Peucker,
    Cartographica 10 (1973) 112.
    """
    kept = np.zeros(len(points), dtype=bool)
    kept[[0, -1]] = True
    if tolerance <= 0:
        return ~np.zeros(len(points), dtype=bool)
    stretches = [(0, len(points) - 1)]
    while stretches:
        first, last = stretches.pop()
        if last - first < 2:
            continue
        away = _distance(points[first + 1 : last], points[first], points[last])
        worst = int(np.argmax(away))
        if away[worst] > tolerance:
            middle = first + 1 + worst
            kept[middle] = True
            stretches += [(first, middle), (middle, last)]
    return kept


def _distance(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Distance of points from the line between two others; from the first where they agree."""
    along, away = end - start, points - start
    length = float(np.hypot(*along))
    if length == 0:
        return np.hypot(away[:, 0], away[:, 1])
    share = np.clip(away @ along / length**2, 0, 1)
    off = away - share[:, None] * along
    return np.hypot(off[:, 0], off[:, 1])
