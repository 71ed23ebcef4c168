"""Thirteen blocks that TDT's own reader takes without a word, and what it and ours make of them."""

import contextlib
import io
import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import tdt
from raw_blocks import (
    CHUNK,
    CHUNK_S,
    FS_HZ,
    START_UNIX_S,
    clock,
    index_changed,
    only_file,
    stream,
    without_steps,
    write,
)

from dspant.errors import (
    GapError,
    IndexDamagedError,
    MissingFileError,
    MixedStoreError,
    RawDataError,
    StoreError,
)
from dspant.readers import READERS
from dspant.readers.ingest import ingest
from dspant.readers.tdt.block import open_block
from dspant.simulate.tdt_index import is_in_tev
from dspant.simulate.tdt_stores import EpocStore

# TDT's reader leaves a file open.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

EVENTS_S = np.array([0.002, 0.004, 0.006])


def silently(folder, **settings):
    """What TDT's reader gives; a warning would fail the test, since these cases have none."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        # Overflows of its own arithmetic say nothing of the block.
        warnings.simplefilter("ignore", RuntimeWarning)
        return tdt.read_block(str(folder), **settings)


def events(values, **settings):
    return EpocStore("AmpA", EVENTS_S, np.array(values, float), **settings)


def test_1_a_gap(tmp_path):
    store = stream()
    folder = write(tmp_path / "b", store, edit=without_steps(2))
    without = np.delete(store.data, np.s_[2 * CHUNK : 3 * CHUNK], axis=1)

    theirs = silently(folder).streams.RawG
    assert np.array_equal(theirs.data, without)
    assert theirs.start_time == 0

    block = open_block(folder)
    with pytest.raises(GapError, match="1 gap"):
        block.stream("RawG")
    ours = block.stream("RawG", gaps="segment")
    assert np.array_equal(ours.read(), without)
    assert ours.segments == [(0, 128, 0.0), (128, 192, clock(3 * CHUNK_S))]


def test_2_a_late_stream(tmp_path):
    folder = write(tmp_path / "b", stream(start_s=0.5))
    assert silently(folder).streams.RawG.start_time == 0
    assert open_block(folder).stream("RawG").segments[0][2] == clock(0.5)


def test_3_chunks_out_of_order(tmp_path):
    def first_channel_first(index):
        rows = np.flatnonzero(is_in_tev(index))[:2]
        index["offset"][rows] = index["offset"][rows[::-1]]
        return index

    store = stream()
    folder = write(tmp_path / "b", store, edit=first_channel_first)
    assert not np.array_equal(silently(folder).streams.RawG.data, store.data)
    assert np.array_equal(open_block(folder).stream("RawG").read(), store.data)


def test_4_files_of_single_channels(tmp_path):
    store = stream(sev=True)
    folder = write(tmp_path / "b", store)
    theirs = silently(folder).streams.RawG.data
    assert theirs.shape == (2, 6 * CHUNK + 1)
    assert not theirs[:, -1].any()
    assert np.array_equal(open_block(folder).stream("RawG").read(), store.data)


def test_5_a_missing_channel(tmp_path):
    folder = write(tmp_path / "b", stream(sev=True))
    (folder / "tank_b_RawG_Ch2.sev").unlink()
    assert silently(folder).streams.RawG.data.ndim == 1
    with pytest.raises(MissingFileError, match=r"tank_b_RawG_Ch2\.sev is missing"):
        open_block(folder).stream("RawG")


def test_6_names_that_clash_once_cleaned(tmp_path):
    slash, line = stream("E/Gr"), stream("E_Gr")
    folder = write(tmp_path / "b", slash, line)
    theirs = silently(folder).streams
    assert list(theirs.keys()) == ["E_Gr"]
    assert theirs.E_Gr.data.shape[1] == 12 * CHUNK

    block = open_block(folder)
    assert np.array_equal(block.stream("E/Gr").read(), slash.data)
    assert np.array_equal(block.stream("E_Gr").read(), line.data)
    spec = {
        "reader": {"name": "tdt", "version": READERS["tdt"]},
        "stores": {name: {"kind": "stream", "unit": "V"} for name in ("E/Gr", "E_Gr")},
        "storage": {"compression": "none"},
    }
    with pytest.raises(StoreError, match=r"would share the folder E_Gr\.ant"):
        ingest(folder, spec, tmp_path / "rec")


def changed_rate(records):
    records["fs"][6:8] = FS_HZ / 2
    return records


def chunk_twice(records):
    return np.concatenate([records[:4], records[2:4], records[4:]])


def time_zero(records):
    records["timestamp"][6:8] = 0
    return records


@pytest.mark.parametrize(
    ("edit", "error", "words"),
    [
        (changed_rate, MixedStoreError, "differ in fs: 24414.0625 at first, 12207.03125"),
        (chunk_twice, IndexDamagedError, "2 chunks in bytes of another chunk"),
        (time_zero, IndexDamagedError, "s before the block does"),
    ],
)
def test_7_records_that_contradict_each_other(tmp_path, edit, error, words):
    folder = index_changed(write(tmp_path / "b", stream()), edit)
    assert silently(folder).streams.RawG.fs == FS_HZ
    with pytest.raises(error, match=words):
        open_block(folder).stream("RawG", gaps="segment", truncated="keep")


def test_8_an_event_before_the_start(tmp_path):
    def early(index):
        index["timestamp"][np.flatnonzero(index["type"] == 0x0101)[0]] = START_UNIX_S - 0.5
        return index

    folder = write(tmp_path / "b", stream(), epocs=[events([1, 1, 1])], edit=early)
    assert silently(folder).epocs.AmpA.onset.max() > 9e13

    ours = open_block(folder).epoc("AmpA")
    assert ours.columns["onset"][0] == -0.5
    assert "1 event before the block starts" in ours.warnings[0]


STARTS = """
import contextlib, io, json, sys, tdt
from dspant.readers.tdt.block import open_block
with contextlib.redirect_stdout(io.StringIO()):
    theirs = tdt.read_block(sys.argv[1]).info.utc_start_time
print(json.dumps([theirs, open_block(sys.argv[1]).summary()]))
"""


def test_9_the_machine_s_time_zone(tmp_path):
    folder = write(tmp_path / "b", stream())
    said = {}
    for zone in ("UTC", "America/New_York", "Asia/Tokyo"):
        done = subprocess.run(
            [sys.executable, "-c", STARTS, str(folder)],
            env=os.environ | {"TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        )
        said[zone] = json.loads(done.stdout.splitlines()[-1])
    assert [theirs for theirs, _ in said.values()] == ["12:26:39", "08:26:39", "21:26:39"]
    (ours,) = {json.dumps(summary) for _, summary in said.values()}
    assert json.loads(ours)["start_utc"] == "2020-09-13T12:26:39.999999+00:00"


def test_10_times_on_a_grid(tmp_path):
    half = EpocStore("AmpA", np.array([0.5]), np.ones(1))
    folder = write(tmp_path / "b", stream(), epocs=[half])
    theirs = silently(folder).epocs.AmpA.onset[0]
    assert theirs != clock(0.5)
    assert theirs * 195312.5 == round(theirs * 195312.5)
    assert open_block(folder).epoc("AmpA").columns["onset"][0] == clock(0.5)


def test_11_values_three_and_four(tmp_path):
    folder = write(tmp_path / "b", stream(), epocs=[events([3, 4, 3])])
    theirs = silently(folder).epocs.AmpA
    assert theirs.data.tolist() != [3, 4, 3]

    ours = open_block(folder).epoc("AmpA").columns
    assert ours["data"].tolist() == [3, 4, 3]
    assert np.array_equal(ours["onset"], clock(EVENTS_S))


def test_11_an_end_without_an_onset(tmp_path):
    def without_first_onset(index):
        return np.delete(index, np.flatnonzero(index["type"] == 0x0101)[0])

    store = events([1, 2, 5], offset_s=EVENTS_S + 0.001)
    folder = write(tmp_path / "b", stream(), epocs=[store], edit=without_first_onset)
    theirs = silently(folder).epocs.AmpA
    assert theirs.onset[0] == 0
    assert theirs.data.tolist() == [2, 2, 5]

    ours = open_block(folder).epoc("AmpA")
    assert np.array_equal(ours.columns["onset"], clock(EVENTS_S[1:]))
    assert ours.columns["data"].tolist() == [2, 5]
    assert "1 end before the first onset" in ours.warnings[0]


def test_12_a_name_that_is_not_there(tmp_path):
    folder = write(tmp_path / "b", stream())
    assert not silently(folder, store="RawH").streams.keys()
    with pytest.raises(StoreError, match="no store 'RawH'"):
        open_block(folder).stream("RawH")


def test_13_no_index(tmp_path):
    folder = write(tmp_path / "b", stream())
    only_file(folder, ".tsq").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert tdt.read_block(str(folder), verbose=0) is None
    with pytest.raises(RawDataError, match=r"expected one \.tsq file"):
        open_block(folder)
