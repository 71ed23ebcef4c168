"""Which second or two of a recording its page shows in detail."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dspant.report.envelope import Outline
from dspant.report.overlay import Overlay

LENGTH_S = 2.0
BEFORE_FIRST_EVENT_S = 0.25


def choose_stretch(
    overlays: Sequence[Overlay], outlines: Sequence[Outline], span_s: tuple[float, float]
) -> tuple[float, float]:
    """The first lasting events, else the most active stretch of the first stream.

    All streams of a page show the same stretch, so that they can be compared.

    Parameters
    ----------
    outlines
        One per stream, in the order of the page.
    span_s
        Start and end of the recording, in seconds from block start.
    """
    lasting = [overlay.onset_s[overlay.offset_s > overlay.onset_s] for overlay in overlays]
    onsets = np.concatenate(lasting) if lasting else np.empty(0)
    if len(onsets):
        return _inside(float(onsets.min()) - BEFORE_FIRST_EVENT_S, span_s)
    if outlines:
        return _inside(most_active_s(outlines[0]) - LENGTH_S / 2, span_s)
    return _inside(span_s[0], span_s)


def most_active_s(outline: Outline) -> float:
    """Middle of the stretch with the largest spread, each channel weighed by its own mean."""
    spread = np.nan_to_num(outline.spread)
    size = spread.mean(axis=1, keepdims=True)
    activity = np.divide(spread, size, out=np.zeros_like(spread), where=size > 0).sum(axis=0)
    total = np.concatenate([[0.0], np.cumsum(activity)])
    first = np.searchsorted(outline.time_s, outline.time_s - LENGTH_S / 2)
    last = np.searchsorted(outline.time_s, outline.time_s + LENGTH_S / 2)
    return float(outline.time_s[np.argmax(total[last] - total[first])])


def _inside(start_s: float, span_s: tuple[float, float]) -> tuple[float, float]:
    start_s = max(min(start_s, span_s[1] - LENGTH_S), span_s[0])
    return start_s, min(start_s + LENGTH_S, span_s[1])
