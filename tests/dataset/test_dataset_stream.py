"""Streams: what is written is what is read, by us and by any reader of Parquet."""

from __future__ import annotations

import pickle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_datasets import header_of, some_rows, write_epoc, write_stream

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.layout import row_group_rows
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream import Stream
from dspant.dataset.stream_writer import StreamWriter
from dspant.errors import DatasetError, MetadataError

DTYPES = [
    "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16",
    "uint32", "uint64",
]  # fmt: skip


def any_values(dtype: str, shape: tuple[int, int], seed: int) -> np.ndarray:
    """Values of all bit patterns, except NaN payloads a cast could change."""
    kind = np.dtype(dtype)
    raw = np.random.default_rng(seed).bytes(shape[0] * shape[1] * kind.itemsize)
    x = np.frombuffer(raw, dtype=kind).reshape(shape)
    return np.where(np.isfinite(x), x, kind.type(1)) if kind.kind == "f" else x


@settings(deadline=None, max_examples=120)
@given(
    st.sampled_from(DTYPES),
    st.sampled_from(["none", "zstd"]),
    st.integers(1, 4),
    st.integers(0, 300),
    st.lists(st.integers(1, 300), max_size=6),
    st.integers(0, 2**32 - 1),
)
def test_every_value_comes_back_for_every_dtype_layout_and_cutting(  # noqa: PLR0917
    dtype: str, compression: str, channels: int, samples: int, cuts: list[int], seed: int
) -> None:
    x = any_values(dtype, (channels, samples), seed)
    with TemporaryDirectory() as place:
        stream = Stream(write_stream(Path(place) / "Raw.ant", x, cuts, compression).path)
        read = stream.read()
        assert read.dtype == x.dtype
        assert np.array_equal(read, x)
        assert stream.samples == samples
        assert len(stream.channels) == channels
        table = pq.read_table(stream.folder.data)
        assert table.num_rows == samples
        assert not any(field.nullable for field in table.schema)
        for name, values in zip(stream.channels, x, strict=True):
            assert np.array_equal(table[name].to_numpy(), values)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stream, np.ndarray]:
    """A stream of several row groups, the last one short."""
    x = np.random.default_rng(1).normal(size=(3, 2 * 262_144 + 4321)).astype("float32")
    folder = write_stream(tmp_path_factory.mktemp("long") / "Raw.ant", x, [100_000, 300_001])
    return Stream(folder.path), x


def test_bytes_at_the_footers_range_are_the_values(long: tuple[Stream, np.ndarray]) -> None:
    stream, x = long
    content = stream.folder.data.read_bytes()
    footer = pq.read_metadata(stream.folder.data)
    first = 0
    for group in range(footer.num_row_groups):
        rows = footer.row_group(group).num_rows
        for channel in range(3):
            chunk = footer.row_group(group).column(channel)
            assert chunk.compression == "UNCOMPRESSED"
            assert not chunk.has_dictionary_page
            end = chunk.data_page_offset + chunk.total_compressed_size
            assert content[end - 4 * rows : end] == x[channel, first : first + rows].tobytes()
        first += rows
    assert first == x.shape[1]


def test_a_chunk_is_a_view_of_the_file(long: tuple[Stream, np.ndarray]) -> None:
    stream, _ = long
    for _, columns in stream.chunks():
        for column in columns:
            assert not column.flags.owndata
            assert not column.flags.writeable


@pytest.mark.parametrize(
    ("channels", "itemsize", "rows"),
    [
        (1, 4, 262_144),
        (2, 4, 262_144),
        (32, 4, 262_144),
        (33, 4, 254_200),
        (64, 4, 131_072),
        (128, 4, 65_536),
        (1000, 4, 65_536),
        (16, 8, 262_144),
        (17, 8, 246_723),
        (64, 2, 262_144),
        (96, 2, 174_762),
    ],
)
def test_row_groups_depend_on_channels_and_item_size_only(
    channels: int, itemsize: int, rows: int
) -> None:
    assert row_group_rows(channels, itemsize) == rows


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_a_written_file_has_the_row_groups_of_the_rule(tmp_path: Path, compression: str) -> None:
    x = np.zeros((130, 70_000), dtype="float32")
    folder = write_stream(tmp_path / "Raw.ant", x, [1, 65_535, 65_537], compression)
    footer = pq.read_metadata(folder.data)
    rows = [footer.row_group(group).num_rows for group in range(footer.num_row_groups)]
    assert rows == [65_536, 70_000 - 65_536]


positions = st.one_of(
    st.none(),
    st.integers(-10, 530_000),
    st.sampled_from([0, 262_143, 262_144, 262_145, 524_288, 528_609, 528_610, -528_609, 10**12]),
)


@settings(deadline=None, max_examples=80)
@given(positions, positions, st.sampled_from([slice(None), slice(1, 2), slice(0, 3, 2), slice(3)]))
def test_any_part_reads_as_the_same_slice_of_the_array(
    long: tuple[Stream, np.ndarray], start: int | None, stop: int | None, channels: slice
) -> None:
    stream, x = long
    part = stream.read(start or 0, stop, channels)
    assert np.array_equal(part, x[channels, start or 0 : stop])
    pieces = list(stream.chunks(channels, start or 0, stop))
    joined = [np.concatenate([c[row] for _, c in pieces] or [x[0, :0]]) for row in range(len(part))]
    assert np.array_equal(joined, part)
    assert all(len(columns[0]) for _, columns in pieces)


def test_the_dask_array_is_the_array(long: tuple[Stream, np.ndarray]) -> None:
    stream, x = long
    lazy = stream.dask
    assert lazy.shape == x.T.shape
    assert lazy.chunks == ((262_144, 262_144, 4321), (1, 1, 1))
    for part in (
        np.s_[:, :],
        np.s_[5, 1],
        np.s_[100:200:7, [2, 0]],
        np.s_[262_140:262_150, ::-1],
        np.s_[-3:],
        np.s_[::-100_000, 1:],
        np.s_[[3, 500_000], 0],
    ):
        assert np.array_equal(lazy[part].compute(scheduler="synchronous"), x.T[part])


def test_dask_arrays_of_equal_counts_but_other_scales_are_not_mixed_up(tmp_path: Path) -> None:
    x = np.ones((1, 10), dtype="int16")
    one = Stream(write_stream(tmp_path / "a" / "Raw.ant", x, scales=[1.0]).path)
    two = Stream(write_stream(tmp_path / "b" / "Raw.ant", x, scales=[2.0]).path)
    assert (one.dask + two.dask).compute(scheduler="synchronous").tolist() == [[3.0]] * 10


def test_an_opened_stream_can_be_sent_to_another_process(long: tuple[Stream, np.ndarray]) -> None:
    stream, x = long
    sent = pickle.dumps(stream)
    assert len(sent) < 1000
    assert np.array_equal(pickle.loads(sent).read(5, 9), x[:, 5:9])  # noqa: S301


def test_scaled_counts_read_as_float64_in_the_unit(tmp_path: Path) -> None:
    x = np.array([[-32768, 0, 32767], [1, 2, 3]], dtype="int16")
    stream = Stream(write_stream(tmp_path / "Raw.ant", x, scales=[1e-6, 0.5]).path)
    assert stream.read().tolist() == (x * np.array([[1e-6], [0.5]])).tolist()
    assert stream.read(1, 2, slice(1, 2)).tolist() == [[1.0]]
    assert stream.dask.compute(scheduler="synchronous").tolist() == stream.read().T.tolist()
    assert next(stream.chunks())[1][0].dtype == np.int16


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "snappy", "use_dictionary": True},
        {"compression": "gzip", "use_dictionary": False, "row_group_size": 1000},
        {"compression": "zstd", "row_group_size": 777, "data_page_size": 256},
        {"compression": "none", "use_dictionary": False, "data_page_size": 256},
        {"compression": "none", "use_dictionary": True, "version": "1.0"},
        {"compression": "none", "use_byte_stream_split": True, "use_dictionary": False},
        {"data_page_version": "2.0", "compression": "none", "use_dictionary": False},
    ],
    ids=str,
)
@pytest.mark.parametrize("keep_our_mark", [True, False])
def test_parquet_of_other_programs_is_read_by_decoding(
    tmp_path: Path, options: dict[str, Any], keep_our_mark: bool
) -> None:
    x = np.random.default_rng(2).integers(0, 9, size=(2, 5000)).astype("float32")
    folder = write_stream(tmp_path / "Raw.ant", x)
    own = pq.read_table(folder.data)
    foreign = pa.table({name: own[name] for name in own.column_names})
    # a tool that rewrites a file often copies the schema's notes, though they hold no longer
    pq.write_table(own if keep_our_mark else foreign, folder.data, **options)
    stream = Stream(folder.path)
    stream.verify()
    assert np.array_equal(stream.read(17, 4321), x[:, 17:4321])


def test_parquet_with_row_groups_of_no_rows_is_read(tmp_path: Path) -> None:
    x = np.arange(10, dtype="float32")[None]
    folder = write_stream(tmp_path / "Raw.ant", x)
    own = pq.read_table(folder.data)
    with pq.ParquetWriter(folder.data, own.schema) as file:
        for start, stop in ((0, 0), (0, 4), (4, 4), (4, 10), (10, 10)):
            file.write_table(own.slice(start, stop - start))
    stream = Stream(folder.path)
    assert np.array_equal(stream.read(), x)
    assert [first for first, _ in stream.chunks()] == [0, 4]


def test_parquet_with_empty_cells_is_refused(tmp_path: Path) -> None:
    x = np.arange(4, dtype="float32")[None]
    folder = write_stream(tmp_path / "Raw.ant", x, channels=["a"])
    pq.write_table(pa.table({"a": pa.array([0, 1, None, 3], pa.float32())}), folder.data)
    with pytest.raises(DatasetError, match=rf"{folder.data}.*1 of them empty"):
        Stream(folder.path).read(0, 2)


@pytest.mark.parametrize(
    "table",
    [
        {"a": pa.array([1.0, 2.0], pa.float32())},
        {"b": pa.array([1.0, 2.0, 3.0], pa.float32())},
        {"a": pa.array([1.0, 2.0, 3.0], pa.float64())},
        {"a": pa.array([[1.0], [2.0], [3.0]])},
        {"a": pa.array([1.0, 2.0, 3.0], pa.float32()), "b": pa.array([1, 2, 3])},
    ],
)
def test_a_file_that_does_not_fit_its_metadata_is_refused(
    tmp_path: Path, table: dict[str, pa.Array]
) -> None:
    folder = write_stream(tmp_path / "Raw.ant", np.ones((1, 3), dtype="float32"), channels=["a"])
    pq.write_table(pa.table(table), folder.data)
    with pytest.raises(DatasetError, match=f"{folder.data} holds .* but its metadata say"):
        Stream(folder.path)


def test_the_file_itself_states_rate_units_and_scales(tmp_path: Path) -> None:
    x = np.ones((2, 3), dtype="int16")
    stated = {"units": ["V", "mV"], "scales": [0.5, 2.0], "fs_hz": np.float64(24414.0625)}
    schema = pq.read_schema(write_stream(tmp_path / "Raw.ant", x, **stated).data)
    assert schema.metadata[b"fs"] == b"24414.0625"
    assert [field.metadata[b"unit"] for field in schema] == [b"V", b"mV"]
    assert [field.metadata[b"scale"] for field in schema] == [b"0.5", b"2.0"]


def test_a_block_of_another_number_of_channels_is_refused(tmp_path: Path) -> None:
    folder = DatasetFolder(tmp_path / "Raw.ant")
    x = np.ones((3, 10), dtype="float32")
    with (
        StreamWriter(folder, header_of("Raw", x), "none") as writer,
        pytest.raises(DatasetError, match=r"a block of 1 channels was written, .* names 3"),
    ):
        writer.write(x[:1])


@pytest.mark.parametrize("written", [9, 11])
def test_more_or_fewer_samples_than_announced_are_refused(tmp_path: Path, written: int) -> None:
    folder = DatasetFolder(tmp_path / "Raw.ant")
    header = header_of("Raw", np.ones((1, 10), dtype="float32"))
    with StreamWriter(folder, header, "none") as writer:
        writer.write(np.ones((1, written)))
        with pytest.raises(DatasetError, match=f"{written} samples were written, .* announce 10"):
            writer.finish(Provenance())
    assert list(folder.path.iterdir()) == []


def test_a_stream_is_not_an_epoc(tmp_path: Path) -> None:
    folder = write_epoc(tmp_path / "Stim.ant", some_rows(3))
    with pytest.raises(DatasetError, match=r"Stim\.ant is an epoc, not a stream"):
        Stream(folder.path)


def test_a_dataset_may_be_named_by_its_folder_or_any_file_in_it(tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "Raw.ant", np.ones((1, 3), dtype="float32"))
    for path in (folder.path, str(folder.path), folder.data, folder.metadata, folder.provenance):
        assert Stream(path).name == "Raw"
    with pytest.raises(DatasetError, match=r"expected a folder such as RawG\.ant"):
        Stream(tmp_path)


def test_a_dataset_without_metadata_was_never_finished(tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "Raw.ant", np.ones((1, 3), dtype="float32"))
    folder.metadata.unlink()
    with pytest.raises(MetadataError, match=f"{folder.metadata} is missing, .* never finished"):
        Stream(folder.path)
    write_stream(tmp_path / "Raw.ant", np.ones((1, 3), dtype="float32"))
    folder.data.unlink()
    with pytest.raises(DatasetError, match=f"{folder.data} is missing; delete"):
        Stream(folder.path)
