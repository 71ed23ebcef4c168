"""A second implementation, written from the page on the file format, agrees with dspAnt."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import second_implementation as other
from fenced_blocks import REPOSITORY

from dspant import open_dataset, open_recording
from dspant.dataset.digest import ColumnDigest, combined
from dspant.dataset.epoc import Epoc
from dspant.dataset.epoc_writer import EpocHeader, EpocWriter
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import EpocColumn
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream import Stream
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter
from dspant.errors import DigestError

FS_HZ = 24414.0625

ROWS = 262144

DTYPES = ("float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")

PAGE = (REPOSITORY / "docs" / "reference" / "file-format.md").read_text(encoding="utf-8")

RNG = np.random.default_rng(5)


def samples(dtype: str, count: int) -> np.ndarray:
    """Two channels of any values that a dtype has: also NaN, infinity and -0."""
    kind = np.dtype(dtype)
    raw = RNG.integers(0, 256, 2 * count * kind.itemsize, dtype=np.uint8)
    values = raw.view(kind).reshape(2, count)
    if kind.kind == "f":
        values[0, :4] = [np.nan, -np.inf, -0.0, 0.0]
    return values


def made_by_dspant(folder: Path, values: np.ndarray, compression: str = "none") -> Path:
    """A stream of two segments, as dspAnt writes it."""
    whole = values.dtype.kind in "iu"
    count = values.shape[1]
    header = StreamHeader(
        source="test",
        name=folder.name.removesuffix(".ant"),
        fs_hz=FS_HZ,
        channels=["left µ", "right"],
        units=["V", "V"],
        segments=[(0, count - 100, 0.25), (count - 100, 100, 9000.0)],
        dtype=values.dtype.name,
        scales=[0.5, 0.25] if whole else None,
    )
    with StreamWriter(DatasetFolder(folder), header, compression) as writer:
        writer.write(values)
        writer.finish(Provenance())
    return folder


def test_the_second_implementation_knows_nothing_of_dspant():
    source = Path(other.__file__).read_text(encoding="utf-8")
    modules = {
        name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None), *(alias.name for alias in node.names)]
    }

    assert not [name for name in modules if name and name.startswith("dspant")]


@pytest.mark.parametrize("dtype", DTYPES)
def test_it_reads_the_bytes_of_a_stream(tmp_path, dtype):
    values = samples(dtype, ROWS + 1000)
    folder = made_by_dspant(tmp_path / "RawG.ant", values)

    found = np.stack(other.mapped_samples(folder))

    assert found.dtype == values.dtype
    assert found.tobytes() == values.tobytes()
    assert other.digest(other.stream_columns(folder)) == open_dataset(folder).metadata.dspant.digest


def test_it_reads_values_in_their_unit_and_their_times(tmp_path):
    folder = made_by_dspant(tmp_path / "Resp.ant", samples("int16", 5000))
    time_s, values = open_recording(tmp_path)["Resp"].read()

    np.testing.assert_array_equal(other.in_units(folder), values)
    np.testing.assert_array_equal(other.times(folder), time_s)


@pytest.mark.parametrize("channels", [1, 2, 100, 2000])
def test_row_groups_are_as_long_as_the_page_says(tmp_path, channels):
    from dspant.dataset.layout import row_group_rows

    for itemsize in (1, 2, 4, 8):
        assert other.row_group_rows(channels, itemsize) == row_group_rows(channels, itemsize)


def test_digests_do_not_see_compression(tmp_path):
    values = samples("float32", 3000)
    plain = made_by_dspant(tmp_path / "a" / "RawG.ant", values)
    packed = made_by_dspant(tmp_path / "b" / "RawG.ant", values, "zstd")

    assert other.digest(other.decoded_columns(packed)) == other.digest(other.stream_columns(plain))
    assert other.metadata(packed) == other.metadata(plain)


def some_table(rows: int) -> dict[str, tuple[str, str, np.ndarray]]:
    """Dtype, unit and values of a column of each kind."""
    onset = np.sort(RNG.random(rows))
    texts = np.array(
        [["left", "", "µ ½", "a longer name"][i % 4] for i in range(rows)], dtype=object
    )
    return {
        "onset": ("float64", "s", onset),
        "offset": ("float64", "s", np.where(onset > 0.5, np.inf, onset + 0.1)),
        "channel": ("string", "", texts),
        "trials": ("int64", "", RNG.integers(-9, 9, rows)),
        "usable": ("bool", "", RNG.random(rows) > 0.5),
        "mean": ("float64[7]", "V", RNG.normal(size=(rows, 7))),
        "waveform": ("int16[3]", "counts", RNG.integers(-9, 9, (rows, 3)).astype(np.int16)),
    }


@pytest.mark.parametrize("rows", [0, 1, 70000])
def test_it_computes_the_digest_of_a_table(tmp_path, rows):
    table = some_table(rows)
    columns = {name: EpocColumn(dtype=d, unit=u, meaning="") for name, (d, u, _) in table.items()}
    folder = DatasetFolder(tmp_path / "mep.ant")
    with EpocWriter(folder, EpocHeader("test", "mep", columns), "none") as writer:
        writer.write({name: values for name, (_, _, values) in table.items()})
        writer.finish(Provenance())

    found = other.digest(other.decoded_columns(folder.path))

    assert found == open_dataset(folder.path).metadata.dspant.digest


@pytest.mark.parametrize("dtype", ["float32", "int16"])
def test_dspant_takes_a_stream_that_it_wrote(tmp_path, dtype):
    values = samples(dtype, ROWS + 1000)
    scales = [0.5, 0.25] if dtype == "int16" else None
    other.write_stream(
        tmp_path / "Foo1.ant",
        {"left": values[0], "right": values[1]},
        fs=FS_HZ,
        units=["uV", "uV"],
        segments=[[0, 500, 0.0], [500, ROWS + 500, 3.5]],
        scales=scales,
    )

    stream = open_dataset(tmp_path / "Foo1.ant")

    assert isinstance(stream, Stream)
    stream.verify()
    (first, (view, _)), *_ = stream.chunks()
    assert first == 0
    assert dtype == "int16" or not view.flags.owndata, "values are a view of the file"
    stored = np.concatenate([np.stack(columns) for _, columns in stream.chunks()], axis=1)
    assert stored.tobytes() == values.tobytes()
    smooth = open_recording(tmp_path)["Foo1"].apply([{"lowpass": {"cutoff_hz": 100}}])
    assert smooth.segments == [(0, 500, 0.0), (500, ROWS + 500, 3.5)]


def test_dspant_takes_a_table_that_it_wrote(tmp_path):
    table = some_table(90)
    other.write_epoc(tmp_path / "mep.ant", table)

    epoc = open_dataset(tmp_path / "mep.ant")

    assert isinstance(epoc, Epoc)
    assert epoc.table["channel"].to_pylist() == table["channel"][2].tolist()


def test_dspant_refuses_a_digest_of_other_values(tmp_path):
    values = samples("float32", 1000)
    folder = tmp_path / "Foo1.ant"
    segments = [[0, 1000, 0.0]]
    written = {"left": values[0], "right": values[1]}
    other.write_stream(folder, written, fs=FS_HZ, units=["V", "V"], segments=segments)
    path = other.files(folder)[2]
    swapped = other.digest({"left": ("float32", values[1]), "right": ("float32", values[0])})
    stated = other.metadata(folder)["dspant"]["digest"]
    path.write_text(path.read_text(encoding="utf-8").replace(stated, swapped), encoding="utf-8")

    with pytest.raises(DigestError):
        open_dataset(folder).verify()


EXAMPLES = [
    {
        "left": ("float32", np.array([0, 1, -2.5], np.float32)),
        "right": ("float32", np.array([0.1, 0, 0], np.float32)),
    },
    {
        "onset": ("float64", np.array([0.5, 1.5])),
        "offset": ("float64", np.array([0.75, np.inf])),
        "channel": ("string", np.array(["left", "µ"], dtype=object)),
        "usable": ("bool", np.array([True, False])),
        "mean": ("float32[2]", np.array([[1, 2], [3, 4]], np.float32)),
    },
]


@pytest.mark.parametrize("columns", EXAMPLES, ids=["stream", "epoc"])
def test_the_pages_examples_of_digests(columns):
    ours = [ColumnDigest(name, dtype) for name, (dtype, _) in columns.items()]
    for column in ours:
        column.update(columns[column.name][1])

    assert f"`{combined(ours)}`" in PAGE
    assert other.digest(columns) == combined(ours)


def test_the_page_names_every_key():
    from dspant.dataset.metadata import Contract, EpocBase, EpocColumn, StreamBase, StreamMetadata

    for model in (StreamMetadata, StreamBase, EpocBase, EpocColumn, Contract):
        for key in (field.name for field in fields(model)):
            assert f"`{key}`" in PAGE, f"{model.__name__}.{key}"
