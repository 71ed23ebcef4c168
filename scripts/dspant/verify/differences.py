"""Where two datasets that should be equal are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.dataset.epoc import Epoc, column_values
from dspant.dataset.metadata import Metadata, as_document
from dspant.dataset.recording import open_dataset
from dspant.dataset.stream import Stream

if TYPE_CHECKING:
    from dspant.dataset.folder import DatasetFolder


@dataclass(frozen=True)
class Difference:
    """One channel of a stream, or one column of a table, that is not what is made of it now.

    Parameters
    ----------
    place
        Name of the channel or column.
    first_s
        Time of the first value that differs, in seconds from block start.
    values
        How many differ.
    largest
        Largest absolute difference, in ``unit``; None where values are no numbers.
    """

    place: str
    first_s: float
    values: int
    largest: float | None
    unit: str


def changed_keys(there: Metadata, made: Metadata) -> list[str]:
    """Keys of the metadata that state something else, as paths such as ``base.fs``."""
    return list(_changed(as_document(there), as_document(made), ""))


def _changed(there: Any, made: Any, path: str) -> Iterator[str]:
    if isinstance(there, dict) and isinstance(made, dict):
        for key in dict.fromkeys([*there, *made]):
            yield from _changed(there.get(key), made.get(key), f"{path}.{key}" if path else key)
    elif there != made:
        yield path


def differences(there: DatasetFolder, made: DatasetFolder) -> list[Difference]:
    """Compare all values, bit by bit, in the order of channels or columns.

    Returns
    -------
    list of Difference
        Nothing where the two are of another kind or shape, which their metadata tell.
    """
    old, new = open_dataset(there.path), open_dataset(made.path)
    if isinstance(old, Stream) and isinstance(new, Stream):
        same = (old.samples, old.channels) == (new.samples, new.channels)
        stored = old.metadata.base.channel_types == new.metadata.base.channel_types
        return _of_streams(old, new) if same and stored else []
    if isinstance(old, Epoc) and isinstance(new, Epoc):
        return _of_tables(old, new) if old.table.schema.equals(new.table.schema) else []
    return []


def _of_streams(old: Stream, new: Stream) -> list[Difference]:
    tallies = [
        _Tally(channel, unit, scale)
        for channel, unit, scale in zip(new.channels, new.units, new.scales, strict=True)
    ]
    for first, columns in new.chunks():
        for index, column in enumerate(columns):
            # Foreign layouts of the same dataset may have other row groups.
            pieces = old.chunks(slice(index, index + 1), first, first + len(column))
            stored = np.concatenate([piece for _, (piece,) in pieces])
            tallies[index].add(first, stored, np.asarray(column))
    return [tally.difference(_sample_time_s(new, tally.first)) for tally in tallies if tally.count]


def _of_tables(old: Epoc, new: Epoc) -> list[Difference]:
    found = []
    if old.events != new.events:
        return found
    onset_s = new.table["onset"].to_numpy()
    for name, column in new.metadata.base.columns.items():
        tally = _Tally(name, column.unit, 1.0)
        tally.add(0, column_values(old.table[name]), column_values(new.table[name]))
        if tally.count:
            found.append(tally.difference(float(onset_s[tally.first])))
    return found


def _sample_time_s(stream: Stream, sample: int) -> float:
    first, _, start_s = next(s for s in reversed(stream.segments) if s[0] <= sample)
    return start_s + (sample - first) / stream.fs_hz


class _Tally:
    """Counts what differs in one channel or column, fed in order."""

    def __init__(self, place: str, unit: str, scale: float) -> None:
        self._place = place
        self._unit = unit
        self._scale = scale
        self._largest: float | None = None
        self.first = -1
        self.count = 0

    def add(self, offset: int, old: np.ndarray, new: np.ndarray) -> None:
        differing = _differing(old, new)
        rows = np.flatnonzero(differing.reshape(len(differing), -1).any(axis=1))
        if not len(rows):
            return
        if not self.count:
            self.first = offset + int(rows[0])
        self.count += int(np.count_nonzero(differing))
        if new.dtype.kind in "iuf":
            off = np.abs(new[rows].astype(np.float64) - old[rows].astype(np.float64))
            finite = off[np.isfinite(off)] * self._scale
            self._largest = max(self._largest or 0.0, float(finite.max(initial=0.0)))

    def difference(self, first_s: float) -> Difference:
        return Difference(self._place, first_s, self.count, self._largest, self._unit)


def _differing(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    if new.dtype.kind != "f":
        return np.asarray(old != new)
    bits = f"u{new.dtype.itemsize}"
    return np.ascontiguousarray(old).view(bits) != np.ascontiguousarray(new).view(bits)
