"""Going through several streams together, in the order in which they were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.distinct import distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dspant.readers.raw import Pieces

WINDOW_BYTES = 16 * 2**20
"""Samples read at once, over all streams: many chunks per call, and little memory."""


def common_windows(
    streams: Sequence[Pieces], window_bytes: int
) -> list[tuple[tuple[int, int], ...]]:
    """Cut time into windows of at most ``window_bytes``, and one piece of each stream more.

    Returns
    -------
    list of tuples
        For each window, the first piece of each stream in it, and the one after its last.
    """
    if not streams:
        return []
    starts_s = [stream.start_s for stream in streams]
    sizes = [np.full(len(s), p.piece_bytes) for s, p in zip(starts_s, streams, strict=True)]
    all_starts_s = np.concatenate(starts_s)
    order = np.argsort(all_starts_s, kind="stable")
    window = np.cumsum(np.concatenate(sizes)[order]) // window_bytes
    cuts_s = distinct(all_starts_s[order][1:][np.diff(window) > 0])
    edges = [np.r_[0, np.searchsorted(start_s, cuts_s), len(start_s)] for start_s in starts_s]
    return [
        tuple((int(edge[n]), int(edge[n + 1])) for edge in edges) for n in range(len(cuts_s) + 1)
    ]
