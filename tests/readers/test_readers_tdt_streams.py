"""Streams of simulated blocks: whole, with gaps, late, cut, or contradicting themselves."""

import re

import numpy as np
import pytest
from raw_blocks import (
    CHUNK,
    CHUNK_S,
    FS_HZ,
    clock,
    cut,
    index_changed,
    moved,
    only_file,
    scattered,
    stream,
    without_steps,
    write,
)

from dspant.errors import GapError, RawDataError, StoreError, TruncatedError
from dspant.readers.tdt.block import open_block
from dspant.simulate.tdt_stores import EpocStore

DTYPES = ["int8", "int16", "int32", "int64", "float32", "float64"]


def refused(folder, error, name="RawG", **settings):
    with pytest.raises(error) as caught:
        open_block(folder).stream(name, **settings)
    return str(caught.value)


def changed(field, step, value):
    """Change a field of both chunks of one step, in a block of one stream of two channels."""

    def edit(records):
        records[field][2 + 2 * step : 4 + 2 * step] = value
        return records

    return edit


@pytest.mark.parametrize("sev", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_comes_back_bit_for_bit(tmp_path, dtype, sev):
    store = stream(dtype=dtype, rows=3, sev=sev)
    raw = open_block(write(tmp_path / "b", store)).stream("RawG")
    found = raw.read()
    assert found.dtype == raw.dtype == np.dtype(dtype)
    assert np.array_equal(found, store.data)
    assert raw.segments == [(0, 6 * CHUNK, 0.0)]
    assert raw.fs_hz == FS_HZ
    assert raw.warnings == []


def test_channels_come_in_the_order_of_their_numbers(tmp_path):
    store = stream(rows=3, channels=(7, 3, 12))
    raw = open_block(write(tmp_path / "b", store)).stream("RawG")
    assert raw.channels == [3, 7, 12]
    assert raw.other["channel"] == ["3", "7", "12"]
    assert np.array_equal(raw.read(), store.data[[1, 0, 2]])


def test_chunks_in_any_order_of_the_index_and_of_the_file(tmp_path):
    store, other = stream(rows=4, steps=9), stream("Resp", dtype="int16", fs_hz=1017.2526)
    folder = write(tmp_path / "b", store, other, edit=scattered(np.random.default_rng(3)))
    block = open_block(folder)
    assert np.array_equal(block.stream("RawG").read(), store.data)
    assert np.array_equal(block.stream("Resp").read(), other.data)


def test_other_metadata(tmp_path):
    raw = open_block(write(tmp_path / "b", stream())).stream("RawG")
    assert raw.other == {
        "code": int.from_bytes(b"RawG", "little"),
        "size": 10 + CHUNK,
        "type": 0x8101,
        "type_str": "streams",
        "ucf": "False",
        "dform": 0,
        "start_time": 0.0,
        "channel": ["1", "2"],
    }


def test_a_late_stream_keeps_its_start(tmp_path):
    raw = open_block(write(tmp_path / "b", stream(start_s=0.5))).stream("RawG")
    assert raw.segments == [(0, 6 * CHUNK, clock(0.5))]
    assert raw.other["start_time"] == clock(0.5)


def test_a_gap_stops_with_its_place_and_length(tmp_path):
    text = refused(write(tmp_path / "b", stream(), edit=without_steps(2, 4)), GapError)
    assert "store 'RawG': 2 gaps" in text
    places = [tuple(map(float, place)) for place in re.findall(r"([\d.]+) s from ([\d.]+) s", text)]
    expected = [(CHUNK_S, 2 * CHUNK_S), (CHUNK_S, 4 * CHUNK_S)]
    np.testing.assert_allclose(places, expected, rtol=0, atol=2e-6)
    assert "set stores.RawG.gaps: segment" in text


def test_a_long_list_of_gaps_is_shortened(tmp_path):
    folder = write(tmp_path / "b", stream(steps=80), edit=without_steps(*range(1, 80, 2)))
    text = refused(folder, GapError)
    assert "39 gaps" in text
    assert "and 19 more" in text


def test_gaps_become_segments(tmp_path):
    store = stream()
    raw = open_block(write(tmp_path / "b", store, edit=without_steps(2, 3))).stream(
        "RawG", gaps="segment"
    )
    assert raw.segments == [(0, 2 * CHUNK, 0.0), (2 * CHUNK, 2 * CHUNK, clock(4 * CHUNK_S))]
    kept = np.r_[0 : 2 * CHUNK, 4 * CHUNK : 6 * CHUNK]
    assert np.array_equal(raw.read(), store.data[:, kept])
    assert len(raw.warnings) == 1
    assert "kept as 2 segments: 1 gap" in raw.warnings[0]


def test_half_a_sample_is_jitter_and_more_is_a_gap(tmp_path):
    near = write(tmp_path / "near", stream(), edit=moved(3, 0.4 / FS_HZ))
    far = write(tmp_path / "far", stream(), edit=moved(3, 0.6 / FS_HZ))
    assert len(open_block(near).stream("RawG").segments) == 1
    assert "1 gap" in refused(far, GapError)


@pytest.mark.parametrize("gaps", ["error", "segment"])
def test_an_overlap_is_always_refused(tmp_path, gaps):
    folder = write(tmp_path / "b", stream(), edit=moved(3, -CHUNK_S / 4))
    text = refused(folder, GapError, gaps=gaps)
    assert "1 overlap of chunks:" in text
    assert f"{CHUNK_S / 4:.6f} s from {2.75 * CHUNK_S:.6f} s" in text


@pytest.mark.parametrize("gaps", ["error", "segment"])
def test_two_chunks_of_one_time_are_always_refused(tmp_path, gaps):
    def edit(index):
        late = (index["step"] == 3) & (index["row"] == 1) & (index["source"] == 0)
        index["timestamp"][late] -= CHUNK_S
        return index

    text = refused(write(tmp_path / "b", stream(), edit=edit), GapError, gaps=gaps)
    assert "1 duplicated chunk" in text
    assert f"{2 * CHUNK_S:.6f} s in channel 2" in text


def test_a_record_filed_twice_is_refused(tmp_path):
    text = refused(
        write(tmp_path / "b", stream(), edit=lambda i: np.r_[i[:5], i[4:]]), RawDataError
    )
    assert "1 chunk in bytes of another" in text


def test_channels_with_different_chunks(tmp_path):
    store = stream(rows=3)
    folder = write(tmp_path / "b", store, edit=without_steps(4, 5, row=1))
    text = refused(folder, TruncatedError)
    assert "channels 1, 3: 6; channel 2: 4 of 6" in text
    assert "set stores.RawG.truncated: keep to take 256 of 384 samples" in text
    raw = open_block(folder).stream("RawG", truncated="keep")
    assert np.array_equal(raw.read(), store.data[:, : 4 * CHUNK])
    assert "kept 256 of 384 samples" in raw.warnings[0]


def test_a_chunk_that_one_channel_lacks_is_a_gap_of_all(tmp_path):
    store = stream(rows=3)
    folder = write(tmp_path / "b", store, edit=without_steps(2, row=1))
    assert "channel 2: 5 of 6" in refused(folder, TruncatedError)
    assert "1 gap" in refused(folder, GapError, truncated="keep")
    raw = open_block(folder).stream("RawG", truncated="keep", gaps="segment")
    assert [segment[:2] for segment in raw.segments] == [(0, 128), (128, 192)]
    assert np.array_equal(raw.read(), np.delete(store.data, np.s_[128:192], axis=1))


def test_a_file_that_was_cut(tmp_path):
    store = stream()
    folder = write(tmp_path / "b", store)
    tev = only_file(folder, ".tev")
    # Channel 2 is filed before channel 1, so it still has its fourth chunk, and channel 1 half.
    cut(tev, 80 + 7 * 4 * CHUNK + 100)
    text = refused(folder, TruncatedError)
    assert f"5 of 12 chunks lie beyond the end of {tev.name} ({tev.stat().st_size} bytes)" in text
    assert "channel 1: 3; channel 2: 2 of 6 chunks" in text
    assert f"{3 * CHUNK_S:.6f} of {6 * CHUNK_S:.6f} s" in text
    assert "set stores.RawG.truncated: keep to take 192 of 384 samples" in text
    raw = open_block(folder).stream("RawG", truncated="keep")
    assert raw.segments == [(0, 3 * CHUNK, 0.0)]
    assert np.array_equal(raw.read(), store.data[:, : 3 * CHUNK])


def test_nothing_left_of_a_cut_file_is_refused_even_where_a_cut_is_kept(tmp_path):
    folder = write(tmp_path / "b", stream())
    cut(only_file(folder, ".tev"), 80)
    assert "no time of which all channels have" in refused(folder, TruncatedError, truncated="keep")


def test_an_offset_far_beyond_the_file_leaves_a_gap(tmp_path):
    store = stream()
    edit = changed("offset", 2, [2**63 - 9999, 2**63 - 1])
    folder = index_changed(write(tmp_path / "b", store), edit)
    assert "2 of 12 chunks lie beyond" in refused(folder, TruncatedError)
    assert "1 gap" in refused(folder, GapError, truncated="keep")
    raw = open_block(folder).stream("RawG", truncated="keep", gaps="segment")
    assert np.array_equal(raw.read(), np.delete(store.data, np.s_[128:192], axis=1))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("fs", 12207.03125, "differ in fs: 24414.0625 at first, 12207.03125 at 0.005243 s"),
        ("format", 1, "differ in format: 0 at first, 1 at"),
        ("size", 42, "differ in size: 74 at first, 42 at"),
        ("type", 0x0101, "differ in kind"),
        ("offset", -5, "points to byte -5"),
        ("timestamp", 0.0, "before the block does"),
    ],
)
def test_records_that_contradict_each_other(tmp_path, field, value, words):
    folder = index_changed(write(tmp_path / "b", stream()), changed(field, 2, value))
    text = refused(folder, RawDataError, gaps="segment", truncated="keep")
    assert text.startswith("store 'RawG'")
    assert words in text


def test_a_format_that_is_not_known(tmp_path):
    def edit(index):
        index["format"][index["source"] == 0] = 6
        return index

    assert "sample format 6 is not known" in refused(
        write(tmp_path / "b", stream(), edit=edit), RawDataError
    )


def test_no_sample_file(tmp_path):
    folder = write(tmp_path / "b", stream())
    only_file(folder, ".tev").unlink()
    assert "its samples lie in tank_b.tev, which is missing" in refused(folder, RawDataError)


def test_a_channel_file_is_missing(tmp_path):
    folder = write(tmp_path / "b", stream(sev=True))
    (folder / "tank_b_RawG_Ch2.sev").unlink()
    text = refused(folder, RawDataError)
    assert "one .sev file per channel, but tank_b_RawG_Ch2.sev is missing" in text


def test_a_channel_file_that_was_cut(tmp_path):
    store = stream(sev=True)
    folder = write(tmp_path / "b", store)
    cut(folder / "tank_b_RawG_Ch2.sev", 40 + 4 * CHUNK * 4 + 3)
    text = refused(folder, TruncatedError)
    assert "2 of 12 chunks lie beyond the end of its .sev files: channel 2: 2 of 6" in text
    raw = open_block(folder).stream("RawG", truncated="keep")
    assert np.array_equal(raw.read(), store.data[:, : 4 * CHUNK])


def test_a_channel_file_of_another_channel(tmp_path):
    folder = write(tmp_path / "b", stream(sev=True))
    first, second = folder / "tank_b_RawG_Ch1.sev", folder / "tank_b_RawG_Ch2.sev"
    second.write_bytes(first.read_bytes())
    assert "says it holds channel 1" in refused(folder, RawDataError)


def test_a_channel_file_without_header(tmp_path):
    folder = write(tmp_path / "b", stream(sev=True))
    path = folder / "tank_b_RawG_Ch1.sev"
    path.write_bytes(bytes(60))
    assert f"{path.name}: expected a .sev header" in refused(folder, RawDataError)
    cut(path, 12)
    assert "less than the 40 of a .sev header" in refused(folder, RawDataError)


def unindexed(folder, store):
    """A block with the .sev files of a store that its index does not have."""
    code = store.name.encode()
    return index_changed(write(folder, store, stream("Resp")), lambda r: r[r["code"] != code])


def test_channel_files_that_the_index_does_not_name(tmp_path):
    store = stream(rows=3, steps=200, sev=True)
    raw = open_block(unindexed(tmp_path / "b", store)).stream("RawG")
    assert raw.segments == [(0, 200 * CHUNK, 0.0)]
    assert raw.fs_hz == FS_HZ
    assert np.array_equal(raw.read(), store.data)
    assert np.array_equal(raw.part(1, 2), store.data[:, 4096:8192])
    assert "taken to begin with the block" in raw.warnings[0]


def test_channel_files_that_the_index_does_not_name_and_that_are_not_whole(tmp_path):
    store = stream(rows=3, steps=200, sev=True)
    folder = unindexed(tmp_path / "b", store)
    path = folder / "tank_b_RawG_Ch3.sev"
    cut(path, 40 + 4 * 5000)
    assert "hold 5000 of 12800 samples in channel 3" in refused(folder, TruncatedError)
    raw = open_block(folder).stream("RawG", truncated="keep")
    assert np.array_equal(raw.read(), store.data[:, :5000])
    path.unlink()
    assert "tank_b_RawG_Ch3.sev is missing" in refused(folder, RawDataError, truncated="keep")


def test_channel_files_beside_samples_in_the_common_file(tmp_path):
    store = stream()
    folder = write(tmp_path / "b", store)
    (folder / "tank_b_RawG_Ch1.sev").write_bytes(bytes(60))
    raw = open_block(folder).stream("RawG")
    assert np.array_equal(raw.read(), store.data)
    assert "left alone 1 .sev file of this name" in raw.warnings[0]


def test_a_store_that_is_no_stream(tmp_path):
    block = open_block(write(tmp_path / "b", stream()))
    with pytest.raises(StoreError, match="no store 'RawX'"):
        block.stream("RawX")
    with pytest.raises(StoreError, match="'RawG' holds streams, not epocs"):
        block.epoc("RawG")


def test_an_index_that_was_cut_says_nothing_of_what_came_later(tmp_path):
    store = stream(steps=6)
    marks = EpocStore("AmpA", np.array([0.001, 0.002]), np.array([1.0, 2.0]))
    folder = write(tmp_path / "block", store, epocs=[marks])
    index = only_file(folder, ".tsq")
    of_all = index.stat().st_size
    cut(index, of_all - 6 * 40)  # the stop mark, two chunks of both channels, and one of one

    text = refused(folder, TruncatedError)
    assert f"has {of_all - 240} of the {of_all} bytes that it announces" in text
    assert "copy the block again, or set stores.RawG.truncated: keep" in text

    block = open_block(folder)
    raw = block.stream("RawG", truncated="keep")
    kept = raw.read()
    assert 0 < kept.shape[1] < store.data.shape[1]
    assert np.array_equal(kept, store.data[:, : kept.shape[1]])
    assert any("the index (.tsq) is cut" in warning for warning in raw.warnings)
    assert any("the index (.tsq) is cut" in warning for warning in block.epoc("AmpA").warnings)
