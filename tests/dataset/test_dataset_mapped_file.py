"""The mapped layout is the Parquet that Arrow's own encoder writes, without its copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspant.dataset.mapped_file import MappedFile, can_be_mapped
from dspant.dataset.parquet_file import ParquetFile

DTYPES = ["float32", "float64", "int8", "int16", "int32", "int64"]
NAMES = st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=20, unique=True)


def schema_of(names: list[str], dtype: str) -> pa.Schema:
    kind = pa.from_numpy_dtype(np.dtype(dtype))
    fields = [pa.field(name, kind, nullable=False, metadata={"unit": "µV"}) for name in names]
    return pa.schema(fields, metadata={"name": "RawG", "dspant.layout": "plain-one-page"})


def mapped_file(path: Path, schema: pa.Schema, rows: int, most: int = 100) -> MappedFile:
    dtype = str(schema.types[0].to_pandas_dtype()().dtype)
    return MappedFile(path, dtype, schema.names, lambda: schema, rows=rows, most_rows=most)


def both(
    folder: Path, x: np.ndarray, names: list[str], cuts: list[int], most: int
) -> list[pq.ParquetFile]:
    """The same row groups written by us, in other portions, and by Arrow."""
    schema = schema_of(names, x.dtype.name)
    ours = mapped_file(folder / "ours.parquet", schema, x.shape[1], most)
    for part in np.split(x, cuts, axis=1):
        ours.write(part)
    arrows = ParquetFile(folder / "arrows.parquet", schema, "none", most)
    for first in range(0, x.shape[1], most):
        arrows.write(x[:, first : first + most])
    for file in (ours, arrows):
        file.close()
    return [pq.ParquetFile(folder / f"{name}.parquet") for name in ("ours", "arrows")]


def about_chunks(file: pq.ParquetFile) -> list[Any]:
    stated = "physical_type", "num_values", "path_in_schema", "compression", "has_dictionary_page"
    groups = file.metadata.to_dict()["row_groups"]
    return [[{k: c[k] for k in stated} for c in group["columns"]] for group in groups]


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    names=NAMES,
    rows=st.integers(1, 300),
    cuts=st.lists(st.integers(1, 299)),
    most=st.integers(1, 400),
    seed=st.integers(0),
)
def test_arrow_reads_it_as_what_it_would_have_written(
    *,
    dtype: str,
    names: list[str],
    rows: int,
    cuts: list[int],
    most: int,
    seed: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-128, 128, (len(names), rows)).astype(dtype)
    folder = tmp_path_factory.mktemp("files")
    ours, arrows = both(folder, x, names, sorted({c for c in cuts if c < rows}), most)
    assert ours.schema.equals(arrows.schema)
    assert ours.schema_arrow.equals(arrows.schema_arrow, check_metadata=True)
    assert ours.read().equals(arrows.read(), check_metadata=True)
    assert about_chunks(ours) == about_chunks(arrows)
    for group in range(ours.num_row_groups):
        for column in range(len(names)):
            chunk = ours.metadata.row_group(group).column(column)
            assert set(chunk.encodings) == {"PLAIN", "RLE"}


def test_a_file_without_rows_is_read_as_empty(tmp_path: Path) -> None:
    schema = schema_of(["a", "b"], "int16")
    file = mapped_file(tmp_path / "empty.parquet", schema, rows=0)
    file.close()
    assert pq.read_table(tmp_path / "empty.parquet").equals(schema.empty_table())


def test_a_file_that_was_abandoned_is_not_parquet(tmp_path: Path) -> None:
    file = mapped_file(tmp_path / "cut.parquet", schema_of(["a"], "float32"), rows=10)
    file.write(np.ones((1, 10), np.float32))
    file.abandon()
    with pytest.raises(pa.ArrowInvalid):
        pq.read_metadata(tmp_path / "cut.parquet")


def test_dtypes_without_a_plain_form_are_left_to_arrow() -> None:
    assert [name for name in DTYPES if not can_be_mapped(name)] == []
    assert not can_be_mapped("float16")
    assert not can_be_mapped("uint16")


def test_a_closed_file_may_be_closed_again(tmp_path: Path) -> None:
    file = mapped_file(tmp_path / "one.parquet", schema_of(["a"], "float32"), rows=10)
    file.write(np.ones((1, 10), np.float32))
    file.close()
    size = (tmp_path / "one.parquet").stat().st_size
    file.close()
    file.abandon()
    assert (tmp_path / "one.parquet").stat().st_size == size


def test_a_closed_file_takes_no_more(tmp_path: Path) -> None:
    file = mapped_file(tmp_path / "one.parquet", schema_of(["a"], "float32"), rows=10)
    file.abandon()
    with pytest.raises(ValueError, match=r"one\.parquet is closed"):
        file.write(np.ones((1, 10), np.float32))
