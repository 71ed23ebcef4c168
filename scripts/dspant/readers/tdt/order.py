"""Records out of the order of time, in which an index is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.blockwise import blocks
from dspant.readers.tdt.index import START_CODE, STOP_CODE, store_name
from dspant.wording import count

if TYPE_CHECKING:
    from dspant.readers.tdt.index import Index


def order_doubts(index: Index) -> list[str]:
    """In words: records that stand after later ones."""
    number, before_s, first = 0, -np.inf, ""
    for block in blocks(len(index.codes)):
        known = index.codes[block] != 0
        times_s = index.records["timestamp"][block][known] - index.start_unix_s
        latest_s = np.maximum.accumulate(np.r_[before_s, times_s])
        before_s = latest_s[-1]
        late = np.flatnonzero(times_s < latest_s[1:])
        if len(late) and not number:
            row = int(late[0])
            code = int(index.codes[block][known][row])
            first = f"{_words(code)} at {times_s[row]:.6f} s after one at {latest_s[row]:.6f} s"
        number += len(late)
    if not number:
        return []
    return [
        f"{index.path.name}: {count(number, 'record')} filed after a later one, the first of "
        f"{first}; where the recorder did not file them so, times were altered"
    ]


def _words(code: int) -> str:
    marks = {START_CODE: "a start mark", STOP_CODE: "a stop mark"}
    return marks.get(code, f"store {store_name(code)!r}")
