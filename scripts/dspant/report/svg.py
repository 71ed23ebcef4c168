"""A drawing of matplotlib's as part of a page: the same to the eye, in a tenth of the bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from dspant.report.svg_path import AREA_TOLERANCE, TOLERANCE, UNITS_PER_PX, extent, shorter

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"

_ROUND = re.compile(r"[CQ]")
_LEFT_OUT = {"stroke-linejoin", "stroke-linecap", "stroke-miterlimit", "font-family"}
_DEFAULTS = {"fill": "none", "text-anchor": "start"}
_LENGTHS = {"stroke-width", "font-size", "stroke-dashoffset"}

LARGEST_DOT_PX = 12

Style = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Mark:
    """One thing that is drawn: a path, a text or an image.

    Parameters
    ----------
    group
        What it shares with its neighbours, as attributes.
    body
        Letters of a path, or a finished element.
    """

    kind: str
    group: Style
    body: str


@dataclass
class _Drawing:
    """A drawing while it is read: shapes to be referred to, and rectangles that cut."""

    shapes: dict[str, ElementTree.Element] = field(default_factory=dict)
    cuts: dict[str, tuple[float, ...]] = field(default_factory=dict)
    used_cuts: dict[str, str] = field(default_factory=dict)


def compact(svg: str, identity: str, colours: Mapping[str, str], text_px: float) -> tuple[str, str]:
    """The drawing's ``viewBox`` and its content, ``UNITS_PER_PX`` units to a px.

    Neighbours of one style become one path, texts of one style stand in one group on top, and
    what is referred to once stands where it is used.

    Parameters
    ----------
    identity
        Begins the names in the drawing; no other drawing of a page may have it.
    colours
        Colours that stand for others.
    text_px
        Size of text where nothing else is stated.
    """
    root = ElementTree.fromstring(svg[svg.index("<svg") :])  # noqa: S314 - matplotlib's own
    drawing = _Drawing()
    for element in root.iter():
        if element.tag == f"{SVG}clipPath":
            drawing.cuts[element.get("id", "")] = _rectangle(element[0])
        elif element.get("id") and element.tag == f"{SVG}path":
            drawing.shapes[element.get("id", "")] = element
    marks = list(_marks(root, drawing, {}, identity))
    body = "\n".join(_written(marks, drawing, text_px))
    for colour, name in colours.items():
        body = body.replace(colour, name)
    view = " ".join(_units(number) for number in root.get("viewBox", "").split())
    return view, body


def _units(px: str | float, digits: int = 0) -> str:
    return f"{float(px) * UNITS_PER_PX:.{digits}f}"


def _rectangle(element: ElementTree.Element) -> tuple[float, ...]:
    return tuple(float(element.get(name, 0)) for name in ("x", "y", "width", "height"))


def _marks(
    element: ElementTree.Element, drawing: _Drawing, inherited: dict[str, str], identity: str
) -> Iterator[Mark]:
    for child in element:
        tag = child.tag.removeprefix(SVG)
        if tag in ("defs", "style", "metadata", "clipPath"):
            continue
        cut = {"clip-path": child.get("clip-path", "")} if child.get("clip-path") else {}
        style = inherited | _style(child) | cut
        if tag == "g":
            yield from _marks(child, drawing, style, identity)
        elif tag == "text":
            yield _text(child, style)
        elif tag == "image":
            yield _image(child)
        elif tag == "use":
            shape = drawing.shapes[child.get(LINK, "#")[1:]]
            moved = (float(child.get("x", 0)), float(child.get("y", 0)))
            yield from _path(shape, moved, style | _style(shape), drawing, identity)
        elif tag == "path":
            yield from _path(child, (0.0, 0.0), style, drawing, identity)


def _style(element: ElementTree.Element) -> dict[str, str]:
    text = re.sub(r"\bfont: ([\d.]+)px [^;]*", r"font-size: \1", element.get("style", ""))
    pairs = (part.split(":", 1) for part in text.split(";") if ":" in part)
    found = {name.strip(): value.strip() for name, value in pairs}
    return {name: value for name, value in found.items() if name not in _LEFT_OUT}


def _path(
    shape: ElementTree.Element,
    moved: tuple[float, float],
    style: dict[str, str],
    drawing: _Drawing,
    identity: str,
) -> Iterator[Mark]:
    d = shape.get("d", "")
    if not d.strip() or (style.get("fill") == "none" and "stroke" not in style):
        return
    box = extent(d)
    box = (box[0] + moved[0], box[1] + moved[1], box[2] + moved[0], box[3] + moved[1])
    cut = style.get("clip-path", "").removeprefix("url(#").removesuffix(")")
    style = {name: value for name, value in style.items() if name != "clip-path"}
    if cut and not _inside(box, drawing.cuts[cut]):
        name = drawing.used_cuts.setdefault(cut, f"{identity}-{len(drawing.used_cuts)}")
        style["clip-path"] = f"url(#{name})"
    curved = bool(_ROUND.search(d))
    small = max(box[2] - box[0], box[3] - box[1]) < LARGEST_DOT_PX
    if curved and small and "stroke" not in style:
        yield _dot(box, style)
        return
    tolerance = AREA_TOLERANCE if style.get("fill", "none") != "none" else TOLERANCE
    body = shorter(d, moved, exact=curved and small, tolerance=tolerance)
    yield Mark("path", _attributes(style), body)


def _inside(box: tuple[float, ...], cut: tuple[float, ...]) -> bool:
    left, top, width, height = cut
    return (
        box[0] >= left - 0.5
        and box[1] >= top - 0.5
        and box[2] <= left + width + 0.5
        and box[3] <= top + height + 0.5
    )


def _dot(box: tuple[float, ...], style: dict[str, str]) -> Mark:
    """A round mark as a line without length whose ends are round."""
    style = dict(style)
    width = box[2] - box[0]
    stroke = {"stroke": style.pop("fill", ""), "stroke-width": f"{width:.2f}"}
    stroke["stroke-linecap"] = "round"
    if "fill-opacity" in style:
        stroke["stroke-opacity"] = style.pop("fill-opacity")
    middle = f"M{(box[0] + box[2]) / 2} {(box[1] + box[3]) / 2}"
    return Mark("dot", _attributes(style | stroke), shorter(middle))


def _attributes(style: dict[str, str]) -> Style:
    kept = {k: v for k, v in style.items() if v and _DEFAULTS.get(k) != v}
    for name in _LENGTHS & kept.keys():
        kept[name] = f"{float(kept[name].removesuffix('px')) * UNITS_PER_PX:.3g}"
    if "stroke-dasharray" in kept:
        dashes = re.findall(r"[\d.]+", kept["stroke-dasharray"])
        kept["stroke-dasharray"] = " ".join(_units(dash) for dash in dashes)
    return tuple(sorted(kept.items()))


def _text(element: ElementTree.Element, style: dict[str, str]) -> Mark:
    turn = element.get("transform", "")
    moved = re.search(r"translate\((-?[\d.]+) (-?[\d.]+)\)", turn)
    place = moved.groups() if moved else (element.get("x", 0), element.get("y", 0))
    x, y = (_units(side) for side in place)
    rotated = re.search(r"rotate\((-?[\d.]+)", turn)
    angle = float(rotated[1]) if rotated else 0.0
    turned = f' transform="rotate({angle:g} {x} {y})"' if angle else ""
    words = escape("".join(element.itertext()))
    return Mark("text", _attributes(style), f'<text x="{x}" y="{y}"{turned}>{words}</text>')


def _image(element: ElementTree.Element) -> Mark:
    kept = {name: element.get(name) for name in ("width", "height", "x", "y", "transform")}
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in kept.items() if value)
    drawn = f'<image image-rendering="pixelated" href="{element.get(LINK)}"{attributes}/>'
    return Mark("image", (), f'<g transform="scale({UNITS_PER_PX})">{drawn}</g>')


def _written(marks: list[Mark], drawing: _Drawing, text_px: float) -> Iterator[str]:
    for cut, name in drawing.used_cuts.items():
        x, y, width, height = (_units(side) for side in drawing.cuts[cut])
        box = f'<rect x="{x}" y="{y}" width="{width}" height="{height}"/>'
        yield f'<clipPath id="{name}">{box}</clipPath>'
    drawn = [mark for mark in marks if mark.kind != "text"]
    for (kind, style), group in groupby(drawn, key=lambda mark: (mark.kind, mark.group)):
        bodies = [mark.body for mark in group]
        if kind == "image":
            yield from bodies
        elif kind == "path" or not any(name.endswith("opacity") for name, _ in style):
            yield f'<path{_listed(style)} d="{"".join(bodies)}"/>'
        else:  # one over another, dots of some opacity tell how many they are
            dots = "".join(f'<path d="{body}"/>' for body in bodies)
            yield f"<g{_listed(style)}>{dots}</g>"
    size = ("font-size", f"{text_px * UNITS_PER_PX:.3g}")
    texts: dict[Style, list[str]] = {}
    for mark in marks:
        if mark.kind == "text":
            style = tuple(pair for pair in mark.group if pair != size)
            texts.setdefault(style, []).append(mark.body)
    for style, words in texts.items():
        yield f"<g{_listed(style)}>{''.join(words)}</g>"


def _listed(style: Style) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in style)
