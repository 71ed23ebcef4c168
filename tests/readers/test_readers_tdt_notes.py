"""What the experimenter typed: notes that events carry, and Synapse's own."""

import numpy as np
from raw_blocks import clock, only_file, stream, write

from dspant.readers.tdt.block import open_block
from dspant.simulate.tdt_stores import EpocStore, Note

TIMES_S = np.array([0.001, 0.002])

SYNAPSE = """Experiment: Left
Subject: rat
User: User
Start: 11:59:58pm 07/21/2020

Note-1: 11:59:59pm [none] "a word"
Note-2: 12:00:03am [Water] ""
Note-3: 12:00:10am [none] "two
lines"

Stop: 12:10:00am 07/22/2020
"""


def notes_of(folder):
    raw = open_block(folder).epoc("Notes")
    return {name: list(values) for name, values in raw.columns.items()}, raw.warnings


def test_notes_are_linked_to_events_by_number(tmp_path):
    store = EpocStore("AmpA", TIMES_S, np.ones(2))
    notes = [Note("später", "AmpA", 1), Note("first", "AmpA", 0)]
    folder = write(tmp_path / "b", stream(), epocs=[store], notes=notes)
    columns, warnings = notes_of(folder)
    assert columns == {
        "onset": list(clock(TIMES_S)),
        "offset": list(clock(TIMES_S)),
        "data": [2, 1],
        "text": ["first", "später"],
        "store": ["AmpA", "AmpA"],
        "origin": [".tnt", ".tnt"],
    }
    assert warnings == []
    assert open_block(folder).epoc("AmpA").columns["note"].tolist() == [2, 1]
    assert open_block(folder).summary()["stores"]["Notes"]["events"] == 2


def test_notes_of_synapse_have_whole_seconds(tmp_path):
    folder = write(tmp_path / "b", stream())
    (folder / "Notes.txt").write_text(SYNAPSE, encoding="utf-8")
    columns, _ = notes_of(folder)
    assert columns["onset"] == [1, 5, 12]
    assert columns["data"] == [1, 2, 3]
    assert columns["text"] == ["a word", "Water", "two\nlines"]
    assert columns["origin"] == ["Notes.txt"] * 3


def test_a_note_that_no_event_carries_is_told_but_has_no_row(tmp_path):
    folder = write(tmp_path / "b", stream())
    with only_file(folder, ".tnt").open("a", encoding="utf-8") as file:
        file.write("\r\nlost\r\n")
    columns, warnings = notes_of(folder)
    assert columns["text"] == []
    assert "nothing says the time of it (2: 'lost')" in warnings[0]


def test_both_kinds_together(tmp_path):
    store = EpocStore("AmpA", TIMES_S, np.ones(2))
    folder = write(tmp_path / "b", stream(), epocs=[store], notes=[Note("event", "AmpA", 0)])
    (folder / "Notes.txt").write_text(SYNAPSE, encoding="utf-8")
    assert notes_of(folder)[0]["text"] == ["event", "a word", "Water", "two\nlines"]


def test_a_block_without_notes_has_no_such_store(tmp_path):
    assert "Notes" not in open_block(write(tmp_path / "b", stream())).kinds
