"""Events of a block: strobes with an onset, an offset and a value, and scalars."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.errors import RawDataError
from dspant.readers.blockwise import blocks
from dspant.readers.distinct import distinct
from dspant.readers.raw import RawEpoc
from dspant.readers.tdt.event_doubts import coinciding, foreign_ends, outside, uneven, unlike
from dspant.readers.tdt.index import KIND_BITS, MARK, ONSET
from dspant.readers.tdt.notes import note_numbers
from dspant.wording import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dspant.readers.tdt.index import Index
    from dspant.readers.tdt.tbk import Settings

ONSET_MEANING = "Beginning, from block start, by the recording's clock and not rounded to any grid."
END_MEANING = "End, from block start, by the recording's clock; inf where the block holds none."
NEXT_MEANING = (
    "Onset of the next event, since the block holds no ends; inf for the last. Not rounded."
)
SCALAR_END_MEANING = "The onset: a scalar belongs to one instant."
VALUE_MEANING = "Value filed with the event."
NOTE_MEANING = "Number of the note that the event carries, as in the table of notes; 0 for none."
CHANNEL_MEANING = "Number of the channel in the raw store."


@dataclass(frozen=True, eq=False)
class Ends:
    """Ends of events, what they mean, and what had to be decided about them."""

    offset_s: NDArray[np.float64]
    meaning: str
    warnings: tuple[str, ...] = ()


def read_epoc(index: Index, store: str, *, primary: str | None = None) -> RawEpoc:
    """Read the events of a strobe store.

    Parameters
    ----------
    primary
        Epoc store whose ends this one shares, where the block says so.

    Raises
    ------
    RawDataError
        The store has records of several kinds.
    """
    records = _records_in_time(index, store)
    onset_s = records["timestamp"] - index.start_unix_s
    ends = _ends(index, store, onset_s, primary)
    warnings = [
        *ends.warnings,
        *unlike(records, ("channel", "sort")),
        *coinciding(records),
        *outside(index, onset_s),
    ]
    return RawEpoc(
        name=store,
        columns={
            "onset": onset_s,
            "offset": ends.offset_s,
            "data": _values(records),
            **_notes(records),
        },
        meanings={
            "onset": ONSET_MEANING,
            "offset": ends.meaning,
            "data": VALUE_MEANING,
            "note": NOTE_MEANING,
        },
        other=_other(records, "epocs", onset_s),
        warnings=[f"store {store!r}: {warning}" for warning in warnings],
    )


def silent_epocs(index: Index, settings: Settings) -> list[str]:
    """Strobe stores that the settings list and that have no record."""
    return [
        name
        for name, store in settings.stores.items()
        if name not in index.names and store.number("TankEvType") in (ONSET, MARK)
    ]


def no_events(store: str) -> RawEpoc:
    """A strobe store of which nothing was recorded: no rows, and a warning that says so."""
    warning = (
        f"store {store!r}: the .Tbk lists it, and the index (.tsq) has no event of it; taken as "
        f"one without events"
    )
    return RawEpoc(
        name=store,
        columns={name: np.empty(0) for name in ("onset", "offset", "data")},
        meanings={"onset": ONSET_MEANING, "offset": END_MEANING, "data": VALUE_MEANING},
        other={"type_str": "epocs"},
        warnings=[warning],
    )


def read_scalar(index: Index, store: str) -> RawEpoc:
    """Read the values of a scalar store: one row per instant and channel, by time, then channel.

    Raises
    ------
    RawDataError
        The store has records of several kinds.
    """
    records = _records_in_time(index, store)
    onset_s = records["timestamp"] - index.start_unix_s
    warnings = [
        *uneven(records),
        *unlike(records, ("sort",)),
        *coinciding(records),
        *outside(index, onset_s),
    ]
    return RawEpoc(
        name=store,
        columns={
            "onset": onset_s,
            "offset": onset_s.copy(),
            "data": _values(records),
            "channel": channel_texts(records["channel"]),
            **_notes(records),
        },
        meanings={
            "onset": ONSET_MEANING,
            "offset": SCALAR_END_MEANING,
            "data": VALUE_MEANING,
            "channel": CHANNEL_MEANING,
            "note": NOTE_MEANING,
        },
        other=_other(records, "scalars", onset_s),
        warnings=[f"store {store!r}: {warning}" for warning in warnings],
    )


def pair(onset_s: NDArray[np.float64], end_s: NDArray[np.float64]) -> Ends:
    """Give each event its end, as TDT's SDK does where the block is whole; both are rising.

    Ends before the first onset belong to events that began before the recording: they are left out.
    An onset without an end gets inf.
    """
    leading = int(np.searchsorted(end_s, onset_s[0], side="left"))
    warnings = []
    if leading:
        warnings.append(
            f"{count(leading, 'end')} before the first onset ({onset_s[0]:.6f} s) left out: their "
            f"events began before the recording"
        )
    rest_s = end_s[leading:]
    running = len(onset_s) - len(rest_s)
    in_order = running in {0, 1} and bool(np.all(onset_s[: len(rest_s)] <= rest_s))
    if in_order and (running == 0 or len(rest_s) == 0 or onset_s[-1] > rest_s[-1]):
        offset_s = np.r_[rest_s, [np.inf] * running]
    else:
        offset_s = _first_end_before_next(onset_s, rest_s)
    unmatched = int(np.count_nonzero(np.isinf(offset_s)))
    unused = len(rest_s) - (len(onset_s) - unmatched)
    if unmatched:
        warnings.append(
            f"{count(unmatched, 'event')} without an end, the first at "
            f"{onset_s[np.argmax(np.isinf(offset_s))]:.6f} s; offset is inf there"
        )
    if unused:
        warnings.append(f"{count(unused, 'end')} without an onset left out")
    return Ends(offset_s, END_MEANING, tuple(warnings))


def _first_end_before_next(
    onset_s: NDArray[np.float64], end_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    next_s = np.r_[onset_s[1:], np.inf]
    padded_s = np.r_[end_s, np.inf]
    candidate_s = padded_s[np.searchsorted(end_s, onset_s, side="right")]
    return np.where(candidate_s <= next_s, candidate_s, np.inf)


def _ends(index: Index, store: str, onset_s: NDArray[np.float64], primary: str | None) -> Ends:
    end_store = index.end_stores.get(store)
    if end_store is not None:
        records = index.of_store(end_store)
        ends = pair(onset_s, np.sort(records["timestamp"] - index.start_unix_s))
        return replace(ends, warnings=(*ends.warnings, *foreign_ends(records)))
    own = Ends(np.r_[onset_s[1:], np.inf], NEXT_MEANING)
    if primary is None or primary not in index.names:
        return own
    shared = read_epoc(index, primary)
    begins_s, shared_s = shared.columns["onset"], shared.columns["offset"]
    together = len(shared_s) == len(onset_s) and bool(
        np.all((begins_s <= onset_s) & (onset_s <= shared_s))
    )
    if together:
        meaning = f"Offset of the event of {primary}, to which this one belongs. "
        return Ends(shared_s, meaning + shared.meanings["offset"])
    warning = (
        f"it belongs to the epoc store {primary!r}, but that one has {len(shared_s)} events that "
        f"do not go with its {len(onset_s)}; offset is the next onset instead"
    )
    return Ends(own.offset_s, own.meaning, (warning,))


def channel_texts(numbers: NDArray[np.uint16]) -> NDArray[np.object_]:
    """Channel numbers as text; equal ones are one object, since a column may hold millions."""
    channels = distinct(numbers)
    texts = np.array([str(channel) for channel in channels.tolist()], dtype=object)
    return texts[np.searchsorted(channels, numbers)]


def _records_in_time(index: Index, store: str) -> NDArray[np.void]:
    records = index.of_store(store)
    kinds = distinct(records["type"] & KIND_BITS)
    if len(kinds) > 1:
        raise RawDataError(
            f"store {store!r}: its records are of several kinds ({', '.join(map(hex, kinds))}); "
            f"the index (.tsq) is damaged: copy the block again"
        )
    return in_time(records)


def in_time(records: NDArray[np.void]) -> NDArray[np.void]:
    """Records by time, then by channel; not copied where they stand so already."""
    times_s, channels = records["timestamp"], records["channel"]
    for block in blocks(len(records) - 1):
        after = slice(block.start + 1, block.stop + 1)
        back = times_s[after] < times_s[block]
        back |= (times_s[after] == times_s[block]) & (channels[after] < channels[block])
        if back.any():
            return records[np.lexsort((channels, times_s))]
    return records


def _notes(records: NDArray[np.void]) -> dict[str, NDArray[np.int64]]:
    """Column of note numbers, where any event carries one."""
    numbers = note_numbers(records)
    return {"note": numbers} if numbers.any() else {}


def _values(records: NDArray[np.void]) -> NDArray[np.float64]:
    """Values of events: the bits of float64 in the place of an offset."""
    return records["offset"].copy().view("<f8")


def _other(
    records: NDArray[np.void], type_str: str, onset_s: NDArray[np.float64]
) -> dict[str, Any]:
    first = records[0]
    channels = distinct(records["channel"]).tolist() if type_str == "scalars" else []
    return {
        "code": int(first["code"]),
        "size": int(first["size"]),
        "type": int(first["type"]) & KIND_BITS,
        "type_str": type_str,
        "ucf": "False",
        "dform": int(first["format"]),
        "start_time": float(onset_s[0]),
        "channel": [str(channel) for channel in channels],
    }
