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


def both(folder: Path, x: np.ndarray, names: list[str], cuts: list[int]) -> list[pq.ParquetFile]:
    """The same row groups written by us and by Arrow."""
    schema = schema_of(names, x.dtype.name)
    ours = MappedFile(folder / "ours.parquet", x.dtype.name, schema)
    arrows = ParquetFile(folder / "arrows.parquet", schema, "none", x.shape[1])
    for file in (ours, arrows):
        for part in np.split(x, cuts, axis=1):
            file.write(part)
        file.close()
    return [pq.ParquetFile(folder / f"{name}.parquet") for name in ("ours", "arrows")]


def about_chunks(file: pq.ParquetFile) -> list[Any]:
    stated = "physical_type", "num_values", "path_in_schema", "compression", "has_dictionary_page"
    groups = file.metadata.to_dict()["row_groups"]
    return [[{k: c[k] for k in stated} for c in group["columns"]] for group in groups]


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    names=NAMES, rows=st.integers(1, 300), cuts=st.lists(st.integers(1, 299)), seed=st.integers(0)
)
def test_arrow_reads_it_as_what_it_would_have_written(
    *,
    dtype: str,
    names: list[str],
    rows: int,
    cuts: list[int],
    seed: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-128, 128, (len(names), rows)).astype(dtype)
    folder = tmp_path_factory.mktemp("files")
    ours, arrows = both(folder, x, names, sorted({c for c in cuts if c < rows}))
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
    file = MappedFile(tmp_path / "empty.parquet", "int16", schema)
    file.close()
    assert pq.read_table(tmp_path / "empty.parquet").equals(schema.empty_table())


def test_a_file_that_was_abandoned_is_not_parquet(tmp_path: Path) -> None:
    file = MappedFile(tmp_path / "cut.parquet", "float32", schema_of(["a"], "float32"))
    file.write(np.ones((1, 10), np.float32))
    file.abandon()
    with pytest.raises(pa.ArrowInvalid):
        pq.read_metadata(tmp_path / "cut.parquet")


def test_dtypes_without_a_plain_form_are_left_to_arrow() -> None:
    assert [name for name in DTYPES if not can_be_mapped(name)] == []
    assert not can_be_mapped("float16")
    assert not can_be_mapped("uint16")


def test_a_closed_file_may_be_closed_again(tmp_path: Path) -> None:
    file = MappedFile(tmp_path / "one.parquet", "float32", schema_of(["a"], "float32"))
    file.write(np.ones((1, 10), np.float32))
    file.close()
    size = (tmp_path / "one.parquet").stat().st_size
    file.close()
    file.abandon()
    assert (tmp_path / "one.parquet").stat().st_size == size
