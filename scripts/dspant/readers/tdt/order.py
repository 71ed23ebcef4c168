"""Records out of the order of time, in which an index is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.tdt.index import START_CODE, STOP_CODE, store_name
from dspant.wording import count

if TYPE_CHECKING:
    from dspant.readers.tdt.index import Index


def order_doubts(index: Index) -> list[str]:
    """In words: records that stand after later ones."""
    rows = np.flatnonzero(index.codes)
    times_s = index.records["timestamp"][rows] - index.start_unix_s
    if not len(rows):
        return []
    latest_s = np.maximum.accumulate(times_s)
    late = np.flatnonzero(times_s < latest_s)
    if not len(late):
        return []
    first = int(late[0])
    return [
        f"{index.path.name}: {count(len(late), 'record')} filed after a later one, the first of "
        f"{_words(int(index.codes[rows[first]]))} at {times_s[first]:.6f} s after one "
        f"at {latest_s[first]:.6f} s; where the recorder did not file them so, times were altered"
    ]


def _words(code: int) -> str:
    marks = {START_CODE: "a start mark", STOP_CODE: "a stop mark"}
    return marks.get(code, f"store {store_name(code)!r}")
