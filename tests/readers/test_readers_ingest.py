"""From a raw block to datasets: what is written, and what is refused before anything is."""

import json
import logging
import subprocess
import sys
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from raw_blocks import CHUNK, cut, only_file, stream, without_steps, write

from dspant.dataset.epoc import Epoc
from dspant.dataset.scattered import Scattered
from dspant.dataset.stream import Stream
from dspant.errors import DspantError, GapError, RawDataError, StoreError
from dspant.readers import READERS
from dspant.readers.ingest import ingest
from dspant.readers.windows import common_windows
from dspant.simulate.tdt_stores import EpocStore, Note, ScalarStore, SnipStore

TIMES_S = np.array([0.001, 0.002])
EVENTS = EpocStore("AmpA", TIMES_S, np.array([100.0, 200.0]))


def volts(**settings):
    return {"kind": "stream", "unit": "V", **settings}


def spec(compression="none", **stores):
    return {
        "reader": {"name": "tdt", "version": READERS["tdt"]},
        "stores": stores,
        "storage": {"compression": compression},
    }


def refused(block, recording, wanted, error=StoreError):
    with pytest.raises(error) as caught:
        ingest(block, wanted, recording)
    assert not recording.exists()
    return str(caught.value)


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_every_declared_store_becomes_a_dataset(tmp_path, compression):
    fast, slow = stream(start_s=0.25), stream("PC0/", dtype="int16", fs_hz=1017.2526, rows=3)
    block = write(tmp_path / "b", fast, slow, stream("Left"), epocs=[EVENTS])
    wanted = spec(
        compression,
        RawG=volts(channels=["left", "right"], gaps="error", truncated="error", scale=None),
        **{"PC0/": {"kind": "stream", "unit": "mL/s", "scale": 0.5}},
        AmpA={"kind": "epoc", "unit": "uA"},
    )
    recording = tmp_path / "results" / "demo" / "rec01"
    summary = ingest(block, wanted, recording)

    assert sorted(path.name for path in recording.iterdir()) == [
        "AmpA.ant",
        "PC0_.ant",
        "RawG.ant",
        "block.json",
    ]
    assert json.loads((recording / "block.json").read_text()) == summary

    raw = Stream(recording / "RawG.ant")
    raw.verify()
    assert raw.metadata.source == "TDT"
    assert raw.channels == ["left", "right"]
    assert raw.units == ["V", "V"]
    assert raw.dtype == np.float32
    assert raw.segments == [(0, 6 * CHUNK, 0.25)]
    assert np.array_equal(raw.read(), fast.data)

    scaled = Stream(recording / "PC0_.ant")
    scaled.verify()
    assert scaled.name == "PC0_"
    assert scaled.dtype == np.int16
    assert scaled.channels == ["0", "1", "2"]
    assert scaled.scales == [0.5, 0.5, 0.5]
    assert np.array_equal(scaled.read(), slow.data * 0.5)

    events = Epoc(recording / "AmpA.ant")
    assert events.table["data"].to_pylist() == [100.0, 200.0]
    assert events.metadata.base.columns["data"].unit == "uA"


def test_a_store_may_be_named_by_its_folder(tmp_path):
    block = write(tmp_path / "b", stream("PC0/"))
    ingest(block, spec(PC0_=volts()), tmp_path / "rec")
    assert Stream(tmp_path / "rec" / "PC0_.ant").samples == 6 * CHUNK


def test_scalars_are_taken_as_events(tmp_path):
    block = write(tmp_path / "b", scalars=[ScalarStore("Parm", TIMES_S, np.eye(2))])
    ingest(block, spec(Parm={"kind": "epoc", "unit": "V"}), tmp_path / "rec")
    events = Epoc(tmp_path / "rec" / "Parm.ant")
    assert events.table["channel"].to_pylist() == ["1", "2", "1", "2"]


def test_floats_may_be_scaled(tmp_path):
    store = stream()
    ingest(write(tmp_path / "b", store), spec(RawG=volts(scale=1e6)), tmp_path / "rec")
    read = Stream(tmp_path / "rec" / "RawG.ant")
    assert read.scales == [1e6, 1e6]
    np.testing.assert_allclose(read.read(), store.data * 1e6, rtol=1e-6)


def test_metadata_are_the_same_for_equal_blocks(tmp_path):
    texts = []
    for place in ("one", "two"):
        block = write(tmp_path / place / "b", stream())
        ingest(block, spec(RawG=volts()), tmp_path / place / "rec")
        texts.append((tmp_path / place / "rec" / "RawG.ant" / "metadata_RawG.json").read_bytes())
    assert texts[0] == texts[1]
    assert str(tmp_path).encode() not in texts[0]


def test_warnings_reach_the_log_and_the_provenance(tmp_path, caplog):
    block = write(tmp_path / "b", stream(), stream("Resp"), edit=without_steps(2))
    with caplog.at_level(logging.INFO, logger="dspant.ingest"):
        ingest(block, spec(RawG=volts(gaps="segment"), Resp=volts()), tmp_path / "rec")
    (warning,) = (r.getMessage() for r in caplog.records if r.levelno == logging.WARNING)
    assert "kept as 2 segments" in warning
    kept = {
        name: json.loads((tmp_path / f"rec/{name}.ant/provenance_{name}.json").read_text())
        for name in ("RawG", "Resp")
    }
    assert kept["RawG"]["warnings"] == [warning]
    assert kept["Resp"]["warnings"] == []
    assert kept["RawG"]["spec"]["stores"]["RawG"] == volts(gaps="segment")
    assert len(Stream(tmp_path / "rec" / "RawG.ant").segments) == 2


def test_a_missing_store_is_answered_with_the_nearest_name_and_a_list(tmp_path):
    block = write(tmp_path / "b", stream(), epocs=[EVENTS])
    text = refused(block, tmp_path / "rec", spec(RawH=volts()))
    assert str(block) in text
    assert "store 'RawH' is not in the block; did you mean 'RawG'?" in text
    assert "AmpA (epoc), RawG (stream)" in text


def test_the_wrong_kind(tmp_path):
    block = write(tmp_path / "b", stream(), epocs=[EVENTS])
    text = refused(block, tmp_path / "rec", spec(AmpA=volts()))
    assert "store 'AmpA' is of kind epoc, not a stream; set stores.AmpA.kind: epoc" in text
    text = refused(block, tmp_path / "rec", spec(RawG={"kind": "epoc", "unit": "V"}))
    assert "store 'RawG' is of kind stream, not an epoc; set stores.RawG.kind: stream" in text


def test_a_store_of_events_that_never_came_is_empty_and_says_so(tmp_path, caplog):
    never = EpocStore("Poke", np.empty(0), np.empty(0))
    block = write(tmp_path / "b", stream(), epocs=[EVENTS, never])
    wanted = spec(RawG=volts(), Poke={"kind": "epoc", "unit": "index"})
    with caplog.at_level(logging.WARNING, logger="dspant.ingest"):
        ingest(block, wanted, tmp_path / "rec")
    table = Epoc(tmp_path / "rec" / "Poke.ant").table
    assert table.num_rows == 0
    assert table.column_names == ["onset", "offset", "data"]
    stated = json.loads((tmp_path / "rec/Poke.ant/provenance_Poke.json").read_text())
    assert stated["warnings"] == caplog.messages
    assert "store 'Poke': the .Tbk lists it" in caplog.messages[0]

    text = refused(block, tmp_path / "other", spec(Poke=volts()))
    assert "store 'Poke' is of kind epoc, not a stream; set stores.Poke.kind: epoc" in text
    only_file(block, ".Tbk").unlink()
    text = refused(block, tmp_path / "other", spec(Poke={"kind": "epoc", "unit": "index"}))
    assert "store 'Poke' is not in the block" in text


def test_snips_are_taken_as_events_with_their_waveforms(tmp_path):
    waves = np.arange(64, dtype="int16").reshape(2, 32)
    snip = SnipStore("eNe1", TIMES_S, waves, 24414.0625, np.array([2, 1]), np.array([0, 7]))
    block = write(tmp_path / "b", stream(), snips=[snip])
    ingest(block, spec(eNe1={"kind": "epoc", "unit": "count"}), tmp_path / "rec")
    events = Epoc(tmp_path / "rec" / "eNe1.ant")
    assert events.table["waveform"].to_pylist() == waves.tolist()
    assert events.table["channel"].to_pylist() == ["2", "1"]
    assert events.table["sort_code"].to_pylist() == [0, 7]
    column = events.metadata.base.columns["waveform"]
    assert (column.dtype, column.unit) == ("int16[32]", "count")


def test_notes_are_taken_as_events_with_their_text(tmp_path):
    block = write(tmp_path / "b", stream(), epocs=[EVENTS], notes=[Note("moved", "AmpA", 1)])
    stores = {"AmpA": {"kind": "epoc", "unit": "uA"}, "Notes": {"kind": "epoc", "unit": "number"}}
    ingest(block, spec(**stores), tmp_path / "rec")
    notes = Epoc(tmp_path / "rec" / "Notes.ant").table
    assert notes["text"].to_pylist() == ["moved"]
    assert notes["store"].to_pylist() == ["AmpA"]
    events = Epoc(tmp_path / "rec" / "AmpA.ant").table
    assert events["note"].to_pylist() == [0, 1]
    assert notes["onset"][0] == events["onset"][1]


def test_integers_need_a_scale(tmp_path):
    block = write(tmp_path / "b", stream(dtype="int16"))
    text = refused(block, tmp_path / "rec", spec(RawG=volts()))
    assert "'RawG' holds int16 counts" in text
    assert "add stores.RawG.scale" in text


def test_channel_names_have_to_be_as_many_as_channels(tmp_path):
    block = write(tmp_path / "b", stream(rows=3))
    text = refused(block, tmp_path / "rec", spec(RawG=volts(channels=["left", "right"])))
    assert "'RawG' has 3 channels (numbers 1, 2, 3)" in text
    assert "stores.RawG.channels gives 2 names (left, right)" in text


def test_two_stores_of_one_folder(tmp_path):
    block = write(tmp_path / "b", stream("E/Gr"), stream("E_Gr"))
    text = refused(block, tmp_path / "rec", spec(**{"E/Gr": volts(), "E_Gr": volts()}))
    assert "stores 'E/Gr', 'E_Gr' would share the folder E_Gr.ant" in text
    ingest(block, spec(E_Gr=volts()), tmp_path / "rec")
    assert Stream(tmp_path / "rec" / "E_Gr.ant").samples == 6 * CHUNK


def test_all_problems_are_listed_at_once(tmp_path):
    block = write(tmp_path / "b", stream(), stream("Resp", dtype="int8"), edit=without_steps(1))
    wanted = spec(RawG=volts(), Resp=volts(), Nope=volts())
    text = refused(block, tmp_path / "rec", wanted, GapError)
    assert text.startswith(f"3 problems with {block}:\n")
    assert "1 gap" in text
    assert "add stores.Resp.scale" in text
    assert "'Nope' is not in the block" in text


def test_nothing_is_left_of_an_ingest_that_fails_on_the_way(tmp_path, monkeypatch):
    block = write(tmp_path / "b", stream(), epocs=[EVENTS])

    def broken(*_):
        raise OSError("disk")

    monkeypatch.setattr("dspant.readers.tdt.gather.gather_into", broken)
    with pytest.raises(OSError, match="disk"):
        ingest(block, spec(RawG=volts(), AmpA={"kind": "epoc", "unit": "uA"}), tmp_path / "rec")
    assert [path for path in (tmp_path / "rec").rglob("*") if path.is_file()] == []


def test_a_file_that_is_cut_while_its_samples_are_stored_is_told(tmp_path, monkeypatch):
    block = write(tmp_path / "b", stream(chunk_samples=2048))
    write_them = Scattered.write

    def cut_first(*of):
        cut(only_file(block, ".tev"), only_file(block, ".tev").stat().st_size // 2)
        return write_them(*of)

    monkeypatch.setattr(Scattered, "write", cut_first)
    with pytest.raises(RawDataError, match="'RawG': its file became shorter while it was read"):
        ingest(block, spec(RawG=volts()), tmp_path / "rec")
    assert not (tmp_path / "rec" / "RawG.ant" / "data_RawG.parquet").exists()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "int16"])
def test_samples_come_out_the_same_where_pieces_of_memory_cannot_be_written(
    tmp_path, monkeypatch, dtype
):
    block = write(tmp_path / "b", stream(dtype=dtype, chunk_samples=4096))
    wanted = spec(RawG=volts() | {"scale": 1.0})
    ingest(block, wanted, tmp_path / "pieces")
    monkeypatch.setattr("dspant.dataset.scattered.linux_call", lambda *_: None)
    ingest(block, wanted, tmp_path / "gathered")
    for name in ("data_RawG.parquet", "metadata_RawG.json"):
        pieces = tmp_path / "pieces" / "RawG.ant" / name
        assert pieces.read_bytes() == (tmp_path / "gathered" / "RawG.ant" / name).read_bytes()


def test_a_cut_file_is_told_before_anything_is_written(tmp_path):
    block = write(tmp_path / "b", stream())
    cut(only_file(block, ".tev"), 700)
    assert "truncated: keep" in refused(block, tmp_path / "rec", spec(RawG=volts()), RawDataError)


def test_a_reader_that_is_not_there(tmp_path):
    block = write(tmp_path / "b", stream())
    wanted = spec(RawG=volts()) | {"reader": {"name": "tdt", "version": 0}}
    assert "version 0 is asked for" in refused(block, tmp_path / "rec", wanted, DspantError)


class Listed:
    """A stream of which only the times count."""

    def __init__(self, start_s, piece_bytes):
        self.start_s = np.asarray(start_s, float)
        self.piece_bytes = piece_bytes

    def read(self, first, stop):
        raise NotImplementedError


def test_windows_go_through_all_streams_together():
    fast, slow = Listed(np.arange(10), 100), Listed([0, 5], 100)
    windows = common_windows([fast, slow], 400)
    assert windows[0][0][0] == windows[0][1][0] == 0
    for number, (before, after) in enumerate(pairwise(windows)):
        assert [stop for _, stop in before] == [first for first, _ in after], number
    assert [stop for _, stop in windows[-1]] == [10, 2]
    assert max(100 * sum(stop - first for first, stop in window) for window in windows) <= 600


def test_windows_of_no_stream():
    assert common_windows([], 400) == []


def test_memory_does_not_grow_with_length(tmp_path):
    peaks = []
    for steps in (400, 1600):
        block = write(tmp_path / f"b{steps}", stream(rows=8, steps=steps, chunk_samples=2048))
        ingest(block, spec(RawG=volts()), tmp_path / "warm")
        tracemalloc.start()
        ingest(block, spec(RawG=volts()), tmp_path / "rec")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 4 * 2**20


def test_naming_readers_loads_no_numpy():
    code = "import sys, dspant.readers; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
