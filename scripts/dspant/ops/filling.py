"""Parts of a run replaced by something made of the samples beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dspant.errors import OperationError
from dspant.ops.around import Spans
from dspant.ops.blocks import with_context

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Segment

Fill = Literal["linear", "cubic", "hold", "zero"]

LONGEST_S = 10.0
"""Longest part that is replaced at once; memory grows with it."""


def refuse_long(spans: Spans, segment: Segment, fs_hz: float) -> None:
    """Refuse windows that merge to more than could be filled with sense."""
    import numpy as np

    if spans.longest <= LONGEST_S * fs_hz:
        return
    worst = int(np.argmax(spans.stop - spans.start))
    begin_s, end_s = (segment.start_s + edge[worst] / fs_hz for edge in (spans.start, spans.stop))
    raise OperationError(
        f"windows merge to one from {begin_s:.6f} to {end_s:.6f} s, {end_s - begin_s:g} s long, "
        f"and at most {LONGEST_S:g} s can be replaced at once; shorten window_s or choose fewer "
        f"events"
    )


def fill_spans(blocks: Blocks, spans: Spans, rows: np.ndarray, fill: Fill, fit: int) -> Blocks:
    """Replace spans of a run in some rows.

    Parameters
    ----------
    rows
        Positions of the channels that are changed.
    fit
        Most samples on either side that tell the slope of a cubic.
    """
    import numpy as np

    reach = spans.longest + max(fit, 1)
    free_from = np.r_[0, spans.stop[:-1]] if len(spans.stop) else spans.stop
    first = 0
    for x, left, right in with_context(blocks, before=reach, after=reach):
        stop = first + x.shape[1] - left - right
        end = stop + right
        made = x[:, left : x.shape[1] - right].copy()
        begin, origin = first, first - left
        meeting = range(
            int(np.searchsorted(spans.stop, begin, side="right")),
            int(np.searchsorted(spans.start, stop, side="left")),
        )
        for i in meeting:
            a, b = int(spans.start[i]), int(spans.stop[i])
            free_to = int(spans.start[i + 1]) if i + 1 < len(spans.start) else end
            before = x[rows, max(int(free_from[i]), a - fit, 0) - origin : a - origin]
            after = x[rows, b - origin : min(free_to, b + fit, end) - origin]
            values = _bridge(before, after, b - a, fill)
            inside = slice(max(a, begin), min(b, stop))
            made[rows, inside.start - begin : inside.stop - begin] = values[
                :, inside.start - a : inside.stop - a
            ]
        yield made
        first = stop


def _bridge(before: np.ndarray, after: np.ndarray, count: int, fill: Fill) -> np.ndarray:
    """Values of ``count`` samples between two stretches, of which either may be empty."""
    import numpy as np

    known = [side for side in (before[:, -1:], after[:, :1]) if side.shape[1]]
    if fill == "zero" or not known:
        return np.zeros((len(before), count))
    if fill == "hold" or len(known) == 1:
        return np.repeat(known[0], count, axis=1)
    u = np.arange(1, count + 1) / (count + 1)
    begin, end = known
    if fill == "linear":
        return begin + (end - begin) * u
    slope_begin, slope_end = ((count + 1) * _slope(side) for side in (before, after))
    return (
        (1 + 2 * u) * (1 - u) ** 2 * begin
        + u * (1 - u) ** 2 * slope_begin
        + u**2 * (3 - 2 * u) * end
        + u**2 * (u - 1) * slope_end
    )


def _slope(x: np.ndarray) -> np.ndarray:
    """Slope per sample of the straight line of least squares through each row."""
    import numpy as np

    if x.shape[1] < 2:
        return np.zeros((len(x), 1))
    since = np.arange(x.shape[1]) - (x.shape[1] - 1) / 2
    along = (np.ascontiguousarray(x) * since).sum(axis=1, keepdims=True)
    return along / (since**2).sum()
