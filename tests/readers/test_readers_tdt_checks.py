"""What the reader checks before it reads, and how a block that fails says so."""

import json

import numpy as np
import pytest
from raw_blocks import CHUNK, FS_HZ, index_changed, only_file, stream, write

from dspant.errors import IndexDamagedError, MissingFileError, RawDataError, TruncatedError
from dspant.readers.tdt.block import open_block
from dspant.simulate.tdt_stores import EpocStore, ScalarStore, SnipStore

TIMES_S = np.array([0.001, 0.002, 0.004])


def findings(folder):
    summary = open_block(folder).summary()
    json.dumps(summary, allow_nan=False)
    return "\n".join(summary["findings"])


def put(field, row, value):
    """Change a field of records of the index."""

    def edit(records):
        records[field][row] = value
        return records

    return edit


def events(folder, edit=lambda records: records):
    """A block of one stream, one epoc with ends and one scalar."""
    primary = EpocStore("AmpA", TIMES_S, np.arange(3.0), TIMES_S + 0.0005)
    scalar = ScalarStore("Parm", TIMES_S, np.zeros((2, 3)))
    return index_changed(write(folder, stream(), epocs=[primary], scalars=[scalar]), edit)


def of_kind(records, kind):
    return np.flatnonzero(records["type"] == kind)


@pytest.mark.parametrize(
    ("row", "field", "value", "words"),
    [
        (0, "size", 99, "says that it has 99"),
        (-1, "offset", 5000, "the stop mark says that the samples end at byte 5000"),
        (-1, "timestamp", 1.0, "has no stop mark"),
        (-1, "code", b"\x01", "has start marks in records [1, 14], expected one, in 1"),
    ],
)
def test_length_and_marks(tmp_path, row, field, value, words):
    folder = index_changed(write(tmp_path / "b", stream()), put(field, row, value))
    assert words in findings(folder)


def test_a_start_mark_of_no_time(tmp_path):
    folder = index_changed(write(tmp_path / "b", stream()), put("timestamp", 1, -5.0))
    with pytest.raises(IndexDamagedError, match=r"start mark says -5\.0 s"):
        open_block(folder)


def test_times_that_no_calendar_has(tmp_path):
    folder = index_changed(write(tmp_path / "b", stream()), put("timestamp", 1, 1e12))
    with pytest.raises(RawDataError, match="no start mark"):
        open_block(folder)


def test_records_out_of_the_order_of_time(tmp_path):
    def exchange(records):
        records[[2, 10]] = records[[10, 2]]
        return records

    text = findings(index_changed(write(tmp_path / "b", stream()), exchange))
    assert "filed after a later one, the first of store 'RawG' at 0.000000 s" in text


def test_chunks_of_two_stores_in_the_same_bytes(tmp_path):
    def share(records):
        rows = np.flatnonzero(records["code"] == b"Resp")
        records["offset"][rows] = 80
        return records[[*range(len(records) - 1 - len(rows) + 1), -1]]

    folder = write(tmp_path / "b", stream(), stream("Resp", rows=1, steps=1))
    text = findings(index_changed(folder, share))
    assert "1 chunk in bytes of another chunk, the first at byte 80" in text
    assert "store 'RawG' and 'Resp'" in text


def test_bytes_that_belong_to_no_chunk(tmp_path):
    folder = write(tmp_path / "b", stream(), stream("Resp", rows=1, steps=1))
    text = findings(index_changed(folder, lambda r: r[r["code"] != b"Resp"]))
    assert "256 bytes in 1 place belong to no chunk" in text


def test_data_after_the_last_whole_chunk(tmp_path):
    folder = write(tmp_path / "b", stream())
    with only_file(folder, ".tev").open("ab") as file:
        file.write(bytes(100))
    assert "goes on for 100 bytes after the last whole chunk" in findings(folder)


def test_data_after_the_last_whole_chunk_of_a_channel(tmp_path):
    folder = write(tmp_path / "b", stream(sev=True))
    with (folder / "tank_b_RawG_Ch2.sev").open("ab") as file:
        file.write(bytes(100))
    assert "RawG_Ch2.sev goes on for 100 bytes after the last whole chunk" in findings(folder)


def test_chunks_that_jitter(tmp_path):
    def late(records):
        records["timestamp"][6:8] += 0.2 / FS_HZ
        return records

    folder = index_changed(write(tmp_path / "b", stream()), late)
    assert "chunks begin up to 0.199 samples from where the rate" in findings(folder)
    assert "0.199 samples" in "".join(open_block(folder).stream("RawG").warnings)


def test_channels_of_one_time_that_are_apart(tmp_path):
    folder = write(tmp_path / "b", stream())
    index_changed(folder, lambda r: put("timestamp", 7, r["timestamp"][7] + 0.3 / FS_HZ)(r))
    assert "channels of one time begin up to 0.303 samples apart" in findings(folder)


def test_an_index_of_more_places_than_chunks(tmp_path):
    def strange(records):
        records["channel"][2:-1] = np.arange(len(records) - 3)
        records["timestamp"][2:-1] += np.arange(len(records) - 3)
        return records

    folder = index_changed(write(tmp_path / "b", stream(steps=40)), strange)
    with pytest.raises(IndexDamagedError, match="80 channels and 80 times for 80 chunks"):
        open_block(folder).stream("RawG", gaps="segment", truncated="keep")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"SampleFreq;TYPE=L;VALUE=24414.06", b"SampleFreq;TYPE=L;VALUE=24414.07", "SampleFreq is"),
        (b"NumChan;TYPE=L;VALUE=2", b"NumChan;TYPE=L;VALUE=3", "NumChan is 2 by the index, 3"),
        (b"NumPoints;TYPE=L;VALUE=64", b"NumPoints;TYPE=L;VALUE=32", "NumPoints is 64"),
        (b"DataFormat;TYPE=L;VALUE=0", b"DataFormat;TYPE=L;VALUE=1", "DataFormat is 0"),
        (b"VALUE=33025", b"VALUE=33281", "the index says stream, the .Tbk type 33281"),
        (b"StoreName;TYPE=T;VALUE=RawG", b"StoreName;TYPE=T;VALUE=RawH", "does not list it"),
        (b"StrobeBuddy;TYPE=T;VALUE=AmpA", b"StrobeBuddy;TYPE=T;VALUE=AmpB", "of AmpB"),
        (b"[USERNOTEDELIMITER]", b"[USERNOTEDELIMITEX]", "is damaged: it lists no stores"),
        (b"VALUE=AmpA/;", b"VALUE=AmpA|Nope;", "shares the ends of 'Nope', which is not"),
        (b"VALUE=AmpA/;", b"VALUE=Amp?/;", "calls it 'Amp?/', which is no name"),
    ],
)
def test_settings_that_the_index_contradicts(tmp_path, old, new, words):
    folder = events(tmp_path / "b")
    assert findings(folder) == ""
    tbk = only_file(folder, ".Tbk")
    assert old in tbk.read_bytes()
    tbk.write_bytes(tbk.read_bytes().replace(old, new))
    assert words in findings(folder)


def test_a_start_that_the_settings_contradict(tmp_path):
    folder = events(tmp_path / "b", lambda r: put("timestamp", 1, r["timestamp"][1] - 2e-6)(r))
    assert "the block's start is 1599999999.999999" in findings(folder)


def test_no_settings_file(tmp_path):
    folder = events(tmp_path / "b")
    only_file(folder, ".Tbk").unlink()
    assert "there is no .Tbk file" in findings(folder)


@pytest.mark.parametrize(
    ("kind", "field", "value", "words"),
    [
        (0x0101, "size", 12, "store 'AmpA': 1 record unlike the first"),
        (
            0x0101,
            "fs",
            np.uint32(7).view("f4"),
            "the number of a note (7), but the .tnt holds",
        ),
        (0x0102, "sort", 7, "store 'AmpA': 1 end that names another store was taken"),
        (0x0201, "channel", 9, "its channels have different numbers of values (1: 2, 2: 3, 9: 1)"),
    ],
)
def test_events_unlike_the_others(tmp_path, kind, field, value, words):
    def edit(records):
        rows = of_kind(records, kind)
        row = rows[np.flatnonzero(records["channel"][rows] == 1)[-1]] if kind == 0x0201 else rows[1]
        records[field][row] = value
        return records

    assert words in findings(events(tmp_path / "b", edit))


def test_two_events_at_one_time(tmp_path):
    def twice(records):
        row = of_kind(records, 0x0101)[1]
        return np.insert(records, row, records[row])

    assert "store 'AmpA': 1 event at the time of another" in findings(events(tmp_path / "b", twice))


def snips(folder, dtype="float32", edit=lambda records: records):
    waves = np.arange(3 * 8).reshape(3, 8).astype(dtype)
    store = SnipStore("eNe1", TIMES_S, waves, FS_HZ, np.array([2, 1, 2]), np.array([0, 3, 1]))
    return index_changed(write(folder, snips=[store]), edit), waves


@pytest.mark.parametrize("dtype", ["float32", "int16", "float64"])
def test_waveforms_of_snips(tmp_path, dtype):
    folder, waves = snips(tmp_path / "b", dtype)
    raw = open_block(folder).epoc("eNe1")
    (batch,) = raw.batches()
    assert list(batch) == ["onset", "offset", "channel", "sort_code", "waveform"]
    assert np.array_equal(batch["waveform"], waves)
    assert batch["waveform"].dtype == np.dtype(dtype)
    assert batch["channel"].tolist() == ["2", "1", "2"]
    assert batch["sort_code"].tolist() == [0, 3, 1]
    assert np.array_equal(batch["offset"], batch["onset"] + 8 / FS_HZ)
    assert raw.warnings == []


@pytest.mark.parametrize(
    ("field", "value", "error", "words"),
    [
        ("fs", 0, RawDataError, "differ in fs"),
        ("offset", 2**40, TruncatedError, "1 of 3 waveforms lie beyond the end of tank_b.tev"),
        ("offset", 81, IndexDamagedError, "1 chunk in bytes of another chunk"),
    ],
)
def test_snips_that_contradict_each_other(tmp_path, field, value, error, words):
    folder, _ = snips(tmp_path / "b", edit=put(field, 3, value))
    with pytest.raises(error, match=words):
        open_block(folder).epoc("eNe1")


def test_snips_without_their_file(tmp_path):
    folder, _ = snips(tmp_path / "b")
    only_file(folder, ".tev").unlink()
    with pytest.raises(MissingFileError, match=r"waveforms lie in tank_b\.tev, which is missing"):
        open_block(folder).epoc("eNe1")


def test_the_order_in_which_recorders_file_channels_is_no_finding(tmp_path):
    def lowest_first(index):
        rows = np.flatnonzero(index["source"] == 0).reshape(-1, 4)
        later = rows[1::2]
        index["offset"][later] = index["offset"][later[:, [1, 2, 3, 0]]]
        return index

    store = stream(rows=4)
    folder = write(tmp_path / "b", store, edit=lowest_first)
    assert findings(folder) == ""
    assert np.array_equal(open_block(folder).stream("RawG").read(), store.data)


def test_channels_that_have_changed_places(tmp_path):
    def exchange(records):
        records["offset"][[6, 7]] = records["offset"][[7, 6]]
        return records

    folder = index_changed(write(tmp_path / "b", stream(rows=4)), exchange)
    assert "out of the order of time and channel in the sample file" in findings(folder)
    assert open_block(folder).stream("RawG").segments[0][1] == CHUNK * 6
