"""The index of a block, and the folder it lies in."""

import numpy as np
import pytest
from raw_blocks import cut, only_file, stream, write

from dspant.errors import RawDataError
from dspant.readers.tdt.block import open_block
from dspant.readers.tdt.index import RECORD


def refused(folder):
    with pytest.raises(RawDataError) as caught:
        open_block(folder)
    return str(caught.value)


def test_a_record_is_forty_bytes():
    assert RECORD.itemsize == 40


def test_no_folder(tmp_path):
    assert f"{tmp_path / 'absent'} is not a folder" in refused(tmp_path / "absent")


def test_no_index(tmp_path):
    text = refused(tmp_path)
    assert str(tmp_path) in text
    assert "expected one .tsq file" in text
    assert "found none" in text


def test_two_indices_are_named(tmp_path):
    folder = write(tmp_path / "b", stream())
    (folder / "other.tsq").write_bytes(b"")
    text = refused(folder)
    assert "other.tsq" in text
    assert "tank_b.tsq" in text


def test_hidden_files_of_macos_are_no_index(tmp_path):
    folder = write(tmp_path / "b", stream())
    (folder / "._tank_b.tsq").write_bytes(b"mac")
    assert list(open_block(folder).kinds) == ["RawG"]


@pytest.mark.parametrize(("size", "words"), [(0, "0 records"), (85, "2 records of 40 bytes and 5")])
def test_an_index_cut_within_a_record(tmp_path, size, words):
    folder = write(tmp_path / "b", stream())
    path = only_file(folder, ".tsq")
    cut(path, size)
    text = refused(folder)
    assert str(path) in text
    assert f"{size} bytes" in text
    assert words in text


def test_no_start_mark(tmp_path):
    folder = write(tmp_path / "b", stream(), edit=lambda index: index[1:])
    assert "no start mark" in refused(folder)


def test_no_stop_mark_is_a_finding(tmp_path):
    summary = open_block(write(tmp_path / "b", stream())).summary()
    assert summary["stop_utc"] is not None
    folder = write(tmp_path / "c", stream())
    path = only_file(folder, ".tsq")
    cut(path, path.stat().st_size - 40)
    summary = open_block(folder).summary()
    assert summary["stop_utc"] is None
    assert summary["duration_s"] is None
    assert any("no stop mark" in finding for finding in summary["findings"])


def test_records_of_no_known_kind_are_passed_over(tmp_path):
    folder = write(tmp_path / "b", stream())
    junk = np.zeros(3, RECORD)
    junk["type"] = [0, 0xFFFF0000, 0x7777]
    junk["code"] = 0x41414141
    with only_file(folder, ".tsq").open("ab") as file:
        file.write(junk.tobytes())
    block = open_block(folder)
    assert list(block.kinds) == ["RawG"]
    assert any("3 records of no known kind" in finding for finding in block.summary()["findings"])
