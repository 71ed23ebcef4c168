"""What is odd about the events of a store, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.tdt.index import KIND_BITS
from dspant.wording import count, listed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dspant.readers.tdt.index import Index


def foreign_ends(records: NDArray[np.void]) -> list[str]:
    """In words: ends in a store of ends that name another store than the first one does."""
    first = records[0]
    strange = (records["channel"] != first["channel"]) | (records["sort"] != first["sort"])
    kinds = records["type"] & KIND_BITS
    number = int(np.count_nonzero(strange | (kinds != kinds[0])))
    return [f"{count(number, 'end')} that names another store was taken"] if number else []


def unlike(records: NDArray[np.void], fields: tuple[str, ...]) -> list[str]:
    """In words: records that are not made like the first, though all events of a store are."""
    first = records[0]
    different = np.zeros(len(records), dtype=bool)
    for field in ("size", "format", *fields):
        different |= records[field] != first[field]
    number = int(np.count_nonzero(different))
    return (
        [f"{count(number, 'record')} unlike the first; the index may be damaged"] if number else []
    )


def uneven(records: NDArray[np.void]) -> list[str]:
    """In words: channels of a scalar that have different numbers of values."""
    channels, counts = np.unique(records["channel"], return_counts=True)
    if counts.min() == counts.max():
        return []
    pairs = zip(channels.tolist(), counts.tolist(), strict=True)
    numbers = listed([f"{channel}: {number}" for channel, number in pairs])
    return [f"its channels have different numbers of values ({numbers})"]


def coinciding(records: NDArray[np.void]) -> list[str]:
    """In words: events of one channel at one time; ``records`` come by time, then channel."""
    same = (np.diff(records["timestamp"]) == 0) & (
        records["channel"][1:] == records["channel"][:-1]
    )
    number = int(np.count_nonzero(same))
    return [f"{count(number, 'event')} at the time of another"] if number else []


def outside(index: Index, onset_s: NDArray[np.float64]) -> list[str]:
    """In words: events before the start mark or after the stop mark."""
    found = []
    early = int(np.count_nonzero(onset_s < 0))
    if early:
        found.append(
            f"{count(early, 'event')} before the block starts, the first {-onset_s[0]:.6f} s before"
        )
    if index.stop_unix_s is not None:
        stop_s = index.stop_unix_s - index.start_unix_s
        late = int(np.count_nonzero(onset_s > stop_s))
        if late:
            found.append(
                f"{count(late, 'event')} after the stop mark at {stop_s:.6f} s, the last at "
                f"{onset_s[-1]:.6f} s"
            )
    return found
