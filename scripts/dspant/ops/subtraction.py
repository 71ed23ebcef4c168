"""Subtracting from a run what each event leaves in it, by templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dspant.ops.blocks import with_context
from dspant.ops.templates import LEAST_EVENTS, Placed, Window

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

Shape = Callable[[int, Callable[[int], "np.ndarray"]], "np.ndarray"]
"""(event, flattened windows by event) -> the template of that event, channels x length."""


def subtract(
    blocks: Blocks,
    placed: Placed,
    window: Window,
    like: np.ndarray,
    shape: Shape,
    *,
    rows: np.ndarray,
    scaled: bool,
    reach: int,
) -> Blocks:
    """Subtract from a run what each event leaves in it.

    A window that meets another gets its template as it is: neither moved by more than the event's
    own time says, nor scaled.

    Parameters
    ----------
    like
        The template of the whole recording, which windows are moved to fit.
    shape
        Asked once for each event, in their order.
    rows
        Positions of the channels that are changed; templates are of these alone.
    scaled
        Scale each template by least squares.
    reach
        Samples after an event's window that hold all windows ``shape`` asks for.
    """
    import numpy as np

    first = done = 0
    open_: list[tuple[int, np.ndarray]] = []
    for x, left, right in with_context(blocks, before=0, after=reach + window.length):
        stop = first + x.shape[1] - left - right
        made = x[:, left : x.shape[1] - right].copy()
        flat = _Flat(x, rows, first - left, placed, window, like)
        ready = int(np.searchsorted(placed.start, stop, side="left"))
        for event in range(done, ready):
            part = _part(event, flat, shape, scaled=scaled)
            open_.append((int(placed.start[event]), part))
        done = ready
        for start, part in open_:
            a, b = max(start, first), min(start + window.length, stop)
            if a < b:
                made[rows, a - first : b - first] -= part[:, a - start : b - start]
        open_ = [(s, p) for s, p in open_ if s + window.length > stop]
        yield made
        first = stop


@dataclass(frozen=True, eq=False)
class _Flat:
    """Flattened windows of the events in a block and its context, each brought to its place."""

    x: np.ndarray
    rows: np.ndarray
    origin: int
    placed: Placed
    window: Window
    like: np.ndarray

    def raw(self, event: int) -> np.ndarray:
        start = int(self.placed.start[event]) - self.origin
        return self.window.flattened(self.x[self.rows, start : start + self.window.length])

    def __call__(self, event: int) -> np.ndarray:
        import numpy as np

        x = self.raw(event)
        late = np.full(len(x), self.placed.late[event])
        shift = self.window.shift(x, self.like) if self.window.jitter else late
        return self.window.moved(x, -shift)


def _part(event: int, flat: _Flat, shape: Shape, *, scaled: bool) -> np.ndarray:
    """What is subtracted for one event, channels x length."""
    import numpy as np

    placed, window = flat.placed, flat.window
    template = shape(event, flat)
    shift = np.full(len(template), placed.late[event])
    if not placed.alone[event]:
        return window.moved(template, shift)
    x = flat.raw(event)
    if window.jitter:
        shift = window.shift(x, template)
    template = window.moved(template, shift)
    if scaled:
        own = (template**2).sum(axis=1, keepdims=True)
        common = (x * template).sum(axis=1, keepdims=True)
        template = template * np.divide(common, own, out=np.zeros_like(own), where=own > 0)
    return template


def fixed(template: np.ndarray) -> Shape:
    """The same template for every event."""

    def same(_event: int, _windows: Callable[[int], np.ndarray]) -> np.ndarray:
        return template

    return same


def neighbours(
    template: np.ndarray, placed: Placed, count: int, within: float, *, median: bool
) -> Shape:
    """The average of the ``count`` nearest windows within some samples, never the event's own.

    Where there are fewer than LEAST_EVENTS of them, ``template``.
    """
    import numpy as np

    alone = np.flatnonzero(placed.alone)
    kept: dict[int, np.ndarray] = {}

    def average(event: int, flat: Callable[[int], np.ndarray]) -> np.ndarray:
        at = placed.start[event]
        for old in [old for old in kept if placed.start[old] < at - within]:
            del kept[old]
        if placed.alone[event] and event not in kept:
            kept[event] = flat(event)
        lo, hi = np.searchsorted(placed.start[alone], [at - within, at + within + 1])
        near = alone[lo:hi]
        near = near[near != event]
        nearest = np.argsort(abs(placed.start[near] - at), kind="stable")[:count]
        chosen = np.sort(near[nearest]).tolist()
        if len(chosen) < LEAST_EVENTS:
            return template
        # Earlier windows were kept when they were new, so no signal before them is needed.
        for other in chosen:
            if other not in kept:
                kept[other] = flat(other)
        held = np.stack([kept[other] for other in chosen])
        return np.median(held, axis=0) if median else held.sum(axis=0) / len(chosen)

    return average


def following(template: np.ndarray, placed: Placed, step: float) -> Shape:
    """A template that each event moves towards its own window, after it was used."""
    state = template

    def predicted(event: int, flat: Callable[[int], np.ndarray]) -> np.ndarray:
        nonlocal state
        used = state
        if placed.alone[event]:
            state = used + step * (flat(event) - used)
        return used

    return predicted
