"""Streams in .sev files that stand for themselves: split into hours, with or without a log."""

import struct

import numpy as np
import pytest
from raw_blocks import CHUNK, CHUNK_S, FS_HZ, clock, cut, index_changed, stream, write

from dspant.errors import GapError, IndexDamagedError, MissingFileError, TruncatedError
from dspant.readers.tdt.block import open_block

HEADER_BYTES = 40
FIRST_HOUR = 4 * CHUNK


def split(folder, store):
    """Cut each channel's file in two, as a recorder does after an hour."""
    for path in sorted(folder.glob("*.sev")):
        content = path.read_bytes()
        border = HEADER_BYTES + FIRST_HOUR * store.data.itemsize
        for name, samples in (
            (path.name, content[HEADER_BYTES:border]),
            (path.name.replace(".sev", "-1h.sev"), content[border:]),
        ):
            size = struct.pack("<Q", HEADER_BYTES + len(samples))
            (folder / name).write_bytes(size + content[8:HEADER_BYTES] + samples)
    return folder


def block_of_hours(folder, *, indexed=False, steps=6, **settings):
    store = stream(rows=3, steps=steps, sev=True, **settings)
    split(write(folder, store, stream("Resp")), store)
    if not indexed:
        index_changed(folder, lambda records: records[records["code"] != b"RawG"])
    return store


def log(folder, text):
    (folder / "RawG_log.txt").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize("steps", [6, 200])
def test_hours_are_joined(tmp_path, indexed, steps):
    store = block_of_hours(tmp_path / "b", indexed=indexed, steps=steps, start_s=0.5)
    raw = open_block(tmp_path / "b").stream("RawG")
    begin_s = clock(0.5) if indexed else 0.0
    assert raw.segments == [(0, steps * CHUNK, begin_s)]
    assert np.array_equal(raw.read(), store.data)
    assert ("taken to begin with the block" in "".join(raw.warnings)) is not indexed


def test_an_hour_of_one_channel_is_missing(tmp_path):
    block_of_hours(tmp_path / "b")
    (tmp_path / "b" / "tank_b_RawG_Ch2-1h.sev").unlink()
    with pytest.raises(MissingFileError, match=r"tank_b_RawG_Ch2-1h\.sev is missing"):
        open_block(tmp_path / "b").stream("RawG")


def test_the_first_hour_is_missing(tmp_path):
    block_of_hours(tmp_path / "b")
    (tmp_path / "b" / "tank_b_RawG_Ch1.sev").unlink()
    with pytest.raises(MissingFileError, match=r"tank_b_RawG_Ch1\.sev is missing"):
        open_block(tmp_path / "b").stream("RawG")


def test_nothing_follows_on_an_hour_that_was_cut(tmp_path):
    store = block_of_hours(tmp_path / "b")
    cut(tmp_path / "b" / "tank_b_RawG_Ch3.sev", HEADER_BYTES + 100 * 4)
    block = open_block(tmp_path / "b")
    with pytest.raises(TruncatedError, match="hold 100 of 384 samples in channel 3"):
        block.stream("RawG")
    raw = block.stream("RawG", truncated="keep")
    assert np.array_equal(raw.read(), store.data[:, :100])


def test_a_log_tells_when_saving_began(tmp_path):
    store = block_of_hours(tmp_path / "b")
    log(tmp_path / "b", "recording started at sample: 1001\n")
    raw = open_block(tmp_path / "b").stream("RawG")
    assert raw.segments == [(0, 6 * CHUNK, 1000 / FS_HZ)]
    assert raw.warnings == []
    assert np.array_equal(raw.read(), store.data)


def test_a_log_tells_of_gaps(tmp_path):
    store = block_of_hours(tmp_path / "b")
    text = (
        "recording started at sample: 1\n"
        "gap detected. last saved sample: 64, new saved sample: 129\n"
    )
    log(tmp_path / "b", text)
    block = open_block(tmp_path / "b")
    with pytest.raises(GapError, match=r"1 gap by RawG_log\.txt: 0\.002621 s from 0\.002621 s"):
        block.stream("RawG")
    raw = block.stream("RawG", gaps="segment")
    assert raw.segments == [(0, 64, 0.0), (64, 6 * CHUNK - 64, 2 * CHUNK_S)]
    assert np.array_equal(raw.read(), store.data)
    assert "1 gap by RawG_log.txt" in "".join(block.summary()["findings"])


def test_a_log_that_does_not_go_with_the_files(tmp_path):
    block_of_hours(tmp_path / "b")
    log(tmp_path / "b", "gap detected. last saved sample: 9999, new saved sample: 10000")
    with pytest.raises(IndexDamagedError, match=r"RawG_log\.txt does not go with its \.sev files"):
        open_block(tmp_path / "b").stream("RawG", gaps="segment")


@pytest.mark.parametrize(
    ("position", "value", "words"),
    [
        (12, b"Wav9", "says that it is of store 'Wav9'"),
        (18, b"\x09", "says that there are 9 channels, found 3"),
        (20, b"\x02", "says that a sample has 2 bytes"),
        (0, b"\x28\0", "384 more than it says"),
    ],
)
def test_headers_that_contradict_their_files(tmp_path, position, value, words):
    store = stream(rows=3, sev=True)
    folder = write(tmp_path / "b", store)
    with (folder / "tank_b_RawG_Ch1.sev").open("r+b") as file:
        file.seek(position)
        file.write(value)
    raw = open_block(folder).stream("RawG")
    assert np.array_equal(raw.read(), store.data)
    assert words in "".join(raw.warnings)
    assert words in "".join(open_block(folder).summary()["findings"])
