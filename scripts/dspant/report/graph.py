"""Where the boxes and arrows of a recording's graph go: layers from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

BOX_WIDTH = 150
BOX_HEIGHT = 44
GAP_X = 56
GAP_Y = 18
PASSAGE_HEIGHT = 10
MARGIN = 4
LONGEST_LABEL, LONGEST_NOTE = 18, 24
"""Characters that a box has room for, in the name and below it."""

SWEEPS = 4
"""Passes that bring boxes nearer to what they are connected with."""


@dataclass(frozen=True)
class GraphNode:
    """One dataset: ``inputs`` name the datasets it was made from; ``kind`` is drawn below it."""

    name: str
    kind: str
    made: bool
    inputs: Sequence[str]
    here: bool = True


@dataclass(frozen=True)
class Box:
    """A dataset on the drawing; ``anchor`` is the section it links to, if it has one here.

    ``label`` and ``note`` are what there is room for of ``name`` and ``kind``.
    """

    name: str
    label: str
    kind: str
    note: str
    made: bool
    anchor: str | None
    x: float
    y: float


@dataclass(frozen=True)
class GraphPicture:
    """Boxes, arrows as SVG paths, and the size of the whole, in px."""

    boxes: list[Box]
    arrows: list[str]
    width: float
    height: float
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


@dataclass
class _Slot:
    """A place in a layer: a dataset's box, or room for an arrow to pass between boxes."""

    layer: int
    name: str | None
    order: float
    top: float = 0.0

    @property
    def height(self) -> int:
        return PASSAGE_HEIGHT if self.name is None else BOX_HEIGHT

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def lay_out(nodes: Sequence[GraphNode]) -> GraphPicture:
    """Place every dataset to the right of what it is made from.

    Parameters
    ----------
    nodes
        In an order in which a dataset comes after its inputs; inputs that are not among them are
        left out.
    """
    by_name = {node.name: node for node in nodes}
    layer_of = _layers(nodes, by_name)
    slots = {n.name: _Slot(layer_of[n.name], n.name, i) for i, n in enumerate(nodes)}
    routes = [
        _route(slots[parent], slots[node.name])
        for node in nodes
        for parent in node.inputs
        if parent in by_name
    ]
    layers: list[list[_Slot]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    every = [*slots.values(), *(slot for route in routes for slot in route[1:-1])]
    for slot in every:
        layers[slot.layer].append(slot)
    _untangle(layers, routes)
    height = _stack(layers)
    return GraphPicture(
        boxes=[_box(node, slots[node.name]) for node in nodes],
        arrows=[_arrow(route) for route in routes],
        width=2 * MARGIN + len(layers) * BOX_WIDTH + max(len(layers) - 1, 0) * GAP_X,
        height=height,
    )


def _layers(nodes: Sequence[GraphNode], by_name: Mapping[str, GraphNode]) -> dict[str, int]:
    layer: dict[str, int] = {}
    for node in nodes:
        known = [layer[parent] for parent in node.inputs if parent in by_name and parent in layer]
        layer[node.name] = max(known, default=-1) + 1
    return layer


def _route(parent: _Slot, child: _Slot) -> list[_Slot]:
    """The slots an arrow goes through: a passage in every layer between its ends."""
    between = range(parent.layer + 1, child.layer)
    span = child.layer - parent.layer
    passages = [
        _Slot(layer, None, parent.order + (child.order - parent.order) * step / span)
        for step, layer in enumerate(between, start=1)
    ]
    return [parent, *passages, child]


def _untangle(layers: list[list[_Slot]], routes: list[list[_Slot]]) -> None:
    """Order each layer by the mean place of its neighbours (Sugiyama's barycentre rule)."""
    neighbours: dict[int, list[_Slot]] = {id(slot): [] for layer in layers for slot in layer}
    for route in routes:
        for left, right in pairwise(route):
            neighbours[id(left)].append(right)
            neighbours[id(right)].append(left)
    for layer in layers:
        _number(layer)
    for _ in range(SWEEPS):
        for layer in layers[1:]:
            for slot in layer:
                before = [s.order for s in neighbours[id(slot)] if s.layer < slot.layer]
                slot.order = sum(before) / len(before) if before else slot.order
            _number(layer)


def _number(layer: list[_Slot]) -> None:
    layer.sort(key=lambda slot: slot.order)
    for place, slot in enumerate(layer):
        slot.order = float(place)


def _stack(layers: list[list[_Slot]]) -> float:
    """Give every slot its height on the page, each layer centred; returns the whole height."""
    heights = [sum(s.height for s in layer) + GAP_Y * (len(layer) - 1) for layer in layers]
    whole = max(heights, default=0)
    for layer, height in zip(layers, heights, strict=True):
        top = MARGIN + (whole - height) / 2
        for slot in layer:
            slot.top = top
            top += slot.height + GAP_Y
    return whole + 2 * MARGIN


def _left(layer: int) -> float:
    return MARGIN + layer * (BOX_WIDTH + GAP_X)


def _box(node: GraphNode, slot: _Slot) -> Box:
    return Box(
        name=node.name,
        label=_shortened(node.name, LONGEST_LABEL),
        kind=node.kind,
        note=_shortened(node.kind, LONGEST_NOTE),
        made=node.made,
        anchor=node.name if node.here else None,
        x=_left(slot.layer),
        y=slot.top,
    )


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _arrow(route: list[_Slot]) -> str:
    x, y = _left(route[0].layer) + BOX_WIDTH, route[0].middle
    path = [f"M{x:g} {y:g}"]
    for slot in route[1:]:
        end = _left(slot.layer) - (5 if slot.name else 0)
        half = (x + end) / 2
        path.append(f"C{half:g} {y:g} {half:g} {slot.middle:g} {end:g} {slot.middle:g}")
        if slot.name is None:
            path.append(f"H{end + BOX_WIDTH:g}")
        x, y = end + BOX_WIDTH, slot.middle
    return " ".join(path)
