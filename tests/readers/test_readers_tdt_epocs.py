"""Events: onsets with their ends, scalars, and what is said of half-open ones."""

import numpy as np
import pytest
import tdt
from raw_blocks import START_UNIX_S, clock, only_file, stream, write

from dspant.errors import RawDataError
from dspant.readers.tdt.block import open_block
from dspant.readers.tdt.epocs import pair
from dspant.simulate.tdt_stores import EpocStore, ScalarStore

SDK_TICK_S = 1 / 195312.5
ONSETS = np.array([0.1, 0.25, 0.4])
VALUES = np.array([3.0, 4.0, 3.0])


def sdk(folder, store):
    found = tdt.read_block(str(folder), noepocauto=True, verbose=0).epocs[store]
    return found.onset, found.offset, found.data


def equals_sdk(raw, folder):
    onset_s, offset_s, data = sdk(folder, raw.name)
    np.testing.assert_allclose(raw.columns["onset"], onset_s, rtol=0, atol=SDK_TICK_S)
    np.testing.assert_allclose(raw.columns["offset"], offset_s, rtol=0, atol=SDK_TICK_S)
    np.testing.assert_array_equal(raw.columns["data"], data)


def test_onsets_alone_end_with_the_next_onset(tmp_path):
    folder = write(tmp_path / "b", stream(), epocs=[EpocStore("AmpA", ONSETS, VALUES)])
    raw = open_block(folder).epoc("AmpA")
    assert list(raw.columns) == ["onset", "offset", "data"]
    assert np.array_equal(raw.columns["onset"], clock(ONSETS))
    assert np.array_equal(raw.columns["offset"], [*clock(ONSETS)[1:], np.inf])
    assert np.array_equal(raw.columns["data"], VALUES)
    assert "Onset of the next event" in raw.meanings["offset"]
    equals_sdk(raw, folder)


def test_ends_of_their_own(tmp_path):
    store = EpocStore("AmpA", ONSETS, VALUES, ONSETS + 0.02, offset_name="Zmp\\")
    folder = write(tmp_path / "b", stream(), epocs=[store])
    block = open_block(folder)
    raw = block.epoc("AmpA")
    assert np.array_equal(raw.columns["offset"], clock(ONSETS + 0.02))
    assert raw.warnings[:-1] == []
    assert block.kinds["Zmp\\"] == "epoc offset"
    equals_sdk(raw, folder)


def test_other_metadata(tmp_path):
    folder = write(tmp_path / "b", stream(), epocs=[EpocStore("AmpA", ONSETS, VALUES)])
    assert open_block(folder).epoc("AmpA").other == {
        "code": int.from_bytes(b"AmpA", "little"),
        "size": 10,
        "type": 0x0101,
        "type_str": "epocs",
        "ucf": "False",
        "dform": 4,
        "start_time": clock(0.1),
        "channel": [],
    }


def half_open(first_is_open, last_is_open):
    """Leave out the first onset, or the last end."""

    def edit(index):
        keep = np.ones(len(index), bool)
        keep[np.flatnonzero(index["type"] == 0x0101)[0]] = not first_is_open
        keep[np.flatnonzero(index["type"] == 0x0102)[-1]] = not last_is_open
        return index[keep]

    return edit


def test_an_end_before_the_first_onset_makes_no_event(tmp_path):
    store = EpocStore("AmpA", ONSETS, VALUES, ONSETS + 0.02)
    folder = write(tmp_path / "b", stream(), epocs=[store], edit=half_open(True, True))
    raw = open_block(folder).epoc("AmpA")
    assert np.array_equal(raw.columns["onset"], clock(ONSETS[1:]))
    assert np.array_equal(raw.columns["offset"], [clock(ONSETS[1] + 0.02), np.inf])
    assert np.array_equal(raw.columns["data"], VALUES[1:])
    assert "1 end before the first onset" in raw.warnings[0]
    assert "1 event without an end" in raw.warnings[1]
    # The SDK invents an event from 0 s on for the end; the others are the same.
    onset_s, offset_s, _ = sdk(folder, "AmpA")
    assert onset_s[0] == 0
    np.testing.assert_allclose(raw.columns["offset"], offset_s[1:], rtol=0, atol=SDK_TICK_S)


@pytest.mark.parametrize(
    ("onset_s", "end_s", "offset_s", "words"),
    [
        ([1, 2, 3], [1.5, 2.5, 3.5], [1.5, 2.5, 3.5], []),
        ([1, 2, 3], [1, 2, 3], [1, 2, 3], []),
        ([1, 2, 3], [2, 3, 4], [2, 3, 4], []),
        ([1, 2, 3], [1.5, 2.5], [1.5, 2.5, np.inf], ["1 event without an end"]),
        ([1, 2, 3], [2.5, 3.5], [np.inf, 2.5, 3.5], ["1 event without an end"]),
        ([1, 2, 3], [2, 3.5], [2, np.inf, 3.5], ["1 event without an end"]),
        ([1, 2], [1.1, 1.2, 2.1], [1.1, 2.1], ["1 end without an onset"]),
        ([1], [0.5], [np.inf], ["1 end before", "1 event without an end"]),
    ],
)
def test_pairing(onset_s, end_s, offset_s, words):
    found = pair(np.array(onset_s, float), np.array(end_s, float))
    assert found.offset_s.tolist() == offset_s
    assert len(found.warnings) == len(words)
    for word, warning in zip(words, found.warnings, strict=True):
        assert word in warning


def secondary(folder, count):
    """A block in which the Tbk says that Chan shares the ends of AmpA."""
    primary = EpocStore("AmpA", ONSETS, VALUES, ONSETS + 0.02)
    shared = EpocStore("Chan", ONSETS[:count], VALUES[:count])
    write(folder, stream(), epocs=[primary, shared])
    tbk = only_file(folder, ".Tbk")
    tbk.write_bytes(tbk.read_bytes().replace(b"VALUE=Chan/;", b"VALUE=Chan|AmpA;"))
    return folder


def test_a_secondary_store_shares_the_ends_of_its_primary(tmp_path):
    folder = secondary(tmp_path / "b", 3)
    raw = open_block(folder).epoc("Chan")
    assert np.array_equal(raw.columns["offset"], clock(ONSETS + 0.02))
    assert "AmpA" in raw.meanings["offset"]
    equals_sdk(raw, folder)


def test_a_secondary_store_that_does_not_go_with_its_primary(tmp_path):
    raw = open_block(secondary(tmp_path / "b", 2)).epoc("Chan")
    assert np.array_equal(raw.columns["offset"], [clock(ONSETS[1]), np.inf])
    assert "3 events that do not go with its 2" in raw.warnings[0]


def test_scalars_are_events_without_duration(tmp_path):
    time_s = np.array([0.001, 0.002])
    data = np.arange(6.0).reshape(3, 2)
    folder = write(tmp_path / "b", stream(), scalars=[ScalarStore("Parm", time_s, data)])
    raw = open_block(folder).epoc("Parm")
    assert list(raw.columns) == ["onset", "offset", "data", "channel"]
    assert np.array_equal(raw.columns["onset"], np.repeat(clock(time_s), 3))
    assert np.array_equal(raw.columns["offset"], raw.columns["onset"])
    assert raw.columns["data"].tolist() == [0, 2, 4, 1, 3, 5]
    assert raw.columns["channel"].tolist() == ["1", "2", "3"] * 2
    assert raw.other["type_str"] == "scalars"
    assert raw.other["channel"] == ["1", "2", "3"]


def test_events_outside_the_block_are_kept_and_told(tmp_path):
    def edit(index):
        index["timestamp"][np.flatnonzero(index["type"] == 0x0101)[0]] = START_UNIX_S - 0.5
        index["timestamp"][-1] = START_UNIX_S + 0.3
        return index

    store = EpocStore("AmpA", ONSETS, VALUES)
    raw = open_block(write(tmp_path / "b", epocs=[store], edit=edit)).epoc("AmpA")
    assert raw.columns["onset"][0] == -0.5
    assert "1 event before the block starts, the first 0.500000 s before" in raw.warnings[0]
    assert "1 event after the stop mark at 0.300000 s" in raw.warnings[1]


def test_a_store_of_several_kinds(tmp_path):
    def edit(index):
        index["type"][np.flatnonzero(index["type"] == 0x0101)[1]] = 0x0201
        return index

    folder = write(tmp_path / "b", epocs=[EpocStore("AmpA", ONSETS, VALUES)], edit=edit)
    with pytest.raises(RawDataError, match="several kinds"):
        open_block(folder).epoc("AmpA")
