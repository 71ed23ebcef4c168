"""Notes that the experimenter typed: in the block's .tnt, and in Synapse's Notes.txt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.raw import RawEpoc
from dspant.readers.tdt.index import ONSET, SCALAR
from dspant.wording import count, listed

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dspant.readers.tdt.files import BlockFiles
    from dspant.readers.tdt.index import Index

NAME = "Notes"
"""Name of the table of notes; no store of TDT has five characters."""

MEANINGS = {
    "onset": (
        "When the note was taken, from block start: the time of the event that carries its number, "
        "or whole seconds by Notes.txt."
    ),
    "offset": "The onset: a note belongs to one instant.",
    "data": "Number of the note in its file, from 1 on; events carry it in their column note.",
    "text": "What was typed.",
    "store": "Store of the event that carries the note; empty where there is none.",
    "origin": "File that holds the note.",
}

_HEAD = re.compile(r"NOTEFILE_VERSION\[")
_START = re.compile(r"^Start:\s*(\d{1,2}:\d\d:\d\d\s*(?:[ap]m)?)", re.IGNORECASE | re.MULTILINE)
_NOTE = re.compile(
    r"^Note-(\d+):\s*(\d{1,2}:\d\d:\d\d\s*(?:[ap]m)?)\s*(?:\[([^\]]*)\])?\s*(?:\"([^\"]*)\"?)?",
    re.IGNORECASE | re.MULTILINE,
)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Note:
    """One note; ``onset_s`` is None where nothing says when it was taken."""

    onset_s: float | None
    number: int
    text: str
    store: str
    origin: str


def has_notes(files: BlockFiles) -> bool:
    """Whether a block holds any note."""
    return any(map(str.strip, _typed(files.tnt))) or bool(
        files.notes and _NOTE.search(_text(files.notes))
    )


def note_numbers(records: NDArray[np.void]) -> NDArray[np.int64]:
    """Number of the note that each event carries, shape (events,); 0 for none."""
    # Events have no rate; the number stands in its place.
    return np.ascontiguousarray(records["fs"]).view("<u4").astype(np.int64)


def read_notes(files: BlockFiles, index: Index) -> RawEpoc:
    """All notes of a block, by time; a note that several events carry has a row for each."""
    linked, warnings = _linked(files, index)
    found = [*linked, *_synapse_notes(files.notes)]
    notes = sorted((n for n in found if n.onset_s is not None), key=_place)
    untimed = [f"{note.number}: {note.text!r}" for note in found if note.onset_s is None]
    if untimed:
        warnings.append(
            f"{count(len(untimed), 'note')} left out, since nothing says the time of it "
            f"({listed(untimed)})"
        )
    onset_s = np.array([note.onset_s for note in notes], dtype=np.float64)
    return RawEpoc(
        name=NAME,
        columns={
            "onset": onset_s,
            "offset": onset_s.copy(),
            "data": np.array([note.number for note in notes], dtype=np.float64),
            "text": np.array([note.text for note in notes], dtype=object),
            "store": np.array([note.store for note in notes], dtype=object),
            "origin": np.array([note.origin for note in notes], dtype=object),
        },
        meanings=MEANINGS,
        other={"type_str": "notes"},
        warnings=[f"notes: {warning}" for warning in warnings],
    )


def unknown_notes(files: BlockFiles, index: Index) -> list[str]:
    """In words: events that carry the number of a note that the block does not hold."""
    held = len(_typed(files.tnt))
    found = []
    for name in _carriers(index):
        numbers = [note_numbers(part) for part in index.parts(name)]
        strange = np.concatenate([part[part > held] for part in numbers])
        if len(strange):
            found.append(
                f"store {name!r}: {count(len(strange), 'event')} with the number of a note "
                f"({listed(strange.tolist())}), but the .tnt holds {count(held, 'note')}"
            )
    return found


def _carriers(index: Index) -> list[str]:
    kinds = (ONSET, SCALAR)
    return [name for name in index.names if index.first_kind(name) in kinds]


def _linked(files: BlockFiles, index: Index) -> tuple[list[Note], list[str]]:
    texts = _typed(files.tnt)
    found: dict[int, list[tuple[float | None, str]]] = {}
    for name in _carriers(index) if texts else ():
        records = index.of_store(name)
        numbers = note_numbers(records)
        for row in np.flatnonzero((numbers > 0) & (numbers <= len(texts))):
            onset_s = float(records["timestamp"][row]) - index.start_unix_s
            found.setdefault(int(numbers[row]), []).append((onset_s, name))
    origin = files.tnt.suffix.lower() if files.tnt else ""
    notes = [
        Note(onset_s, number, text, store, origin)
        for number, text in enumerate(texts, start=1)
        if text.strip()
        for onset_s, store in found.get(number, [(None, "")])
    ]
    return notes, unknown_notes(files, index)


def _typed(path: Path | None) -> list[str]:
    """Notes of a .tnt: a line each, after the one that says the version."""
    if path is None:
        return []
    lines = _text(path).splitlines()
    return lines[1:] if lines and _HEAD.match(lines[0]) else lines


def _synapse_notes(path: Path | None) -> list[Note]:
    if path is None:
        return []
    text = _text(path)
    start = _START.search(text)
    began = _time_of_day(start[1]) if start else None
    notes = []
    for number, taken, button, typed in _NOTE.findall(text):
        at = _time_of_day(taken)
        # Only times of day are filed; one before the start is of the next day.
        onset_s = None if began is None or at is None else ((at - began) % _DAY).total_seconds()
        words = typed if typed or button.lower() == "none" else button
        notes.append(Note(onset_s, int(number), words, "", path.name))
    return notes


def _time_of_day(words: str) -> datetime | None:
    tidy = words.replace(" ", "").upper()
    form = "%I:%M:%S%p" if tidy.endswith("M") else "%H:%M:%S"
    try:
        return datetime.strptime(tidy, form)
    except ValueError:
        return None


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _place(note: Note) -> tuple[float, int]:
    return note.onset_s or 0.0, note.number
