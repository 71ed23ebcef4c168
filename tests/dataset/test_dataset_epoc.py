"""Epocs: tables that keep their contract, whoever wrote the file."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_datasets import COLUMNS, TIMES, finished, some_rows, write_epoc, write_stream

from dspant.dataset.epoc import Epoc, table_digest
from dspant.dataset.folder import DatasetFolder
from dspant.errors import DatasetError


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 80),
    st.lists(st.integers(1, 80), max_size=5),
    st.sampled_from(["none", "zstd"]),
    st.integers(0, 2**32 - 1),
)
def test_every_value_comes_back_for_every_layout_and_cutting(
    count: int, cuts: list[int], compression: str, seed: int
) -> None:
    rows = some_rows(count, seed)
    with TemporaryDirectory() as place:
        folder = write_epoc(Path(place) / "Stim.ant", rows, cuts, compression)
        epoc = Epoc(folder.path)
        assert epoc.events == count
        assert epoc.table.column_names == list(COLUMNS)
        for name, values in rows.items():
            assert epoc.table[name].to_pylist() == values.tolist()
        schema = pq.read_schema(folder.data)
        assert not any(field.nullable for field in schema)
        assert [f.metadata[b"unit"].decode() for f in schema] == [c.unit for c in COLUMNS.values()]


def test_values_may_be_nan_but_times_may_not(tmp_path: Path) -> None:
    columns = TIMES | {"latency_s": COLUMNS["onset"]}
    rows = {"onset": np.array([1.0]), "offset": np.array([np.inf]), "latency_s": np.array([np.nan])}
    epoc = Epoc(write_epoc(tmp_path / "A.ant", rows, columns=columns).path)
    assert np.isnan(epoc.table["latency_s"][0].as_py())
    assert np.isinf(epoc.table["offset"][0].as_py())


def valid() -> dict[str, Any]:
    return {
        "onset": np.array([1.0, 2.0]),
        "offset": np.array([1.5, 2.5]),
        "channel": np.array(["a", "b"], dtype=object),
    }


TABLE = TIMES | {"channel": COLUMNS["channel"]}

FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"onset": np.array([1.0, np.nan])}, "onset.*null"),
    ({"offset": np.array([np.nan, 2.5])}, "offset.*null"),
    ({"offset": np.array([0.5, 2.5])}, r"1 intervals end before they begin, the first in row 0"),
    ({"onset": np.array([1, 2])}, "onset"),
    ({"onset": np.array([1.0, 2.0], dtype="float32")}, "onset"),
    ({"onset": np.array([1.0, None], dtype=object)}, "onset"),
    ({"channel": np.array(["a", None], dtype=object)}, "'channel'.*empty cells"),
    ({"channel": np.array([1.0, 2.0])}, "channel"),
    ({"channel": np.array([1, "b"], dtype=object)}, ""),
    ({"channel": np.array(["a"], dtype=object)}, ""),
    ({"channel": np.array([], dtype=object)}, ""),
    ({"onset": np.array([]), "offset": np.array([])}, ""),
    ({"extra": np.array([1.0, 2.0])}, "extra"),
]


@pytest.mark.parametrize(("change", "said"), FAULTS)
def test_rows_that_break_the_contract_are_not_written(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(DatasetError, match=f"^{re.escape(str(tmp_path / 'A.ant'))}: .*{said}"):
        write_epoc(tmp_path / "A.ant", valid() | change, columns=TABLE)
    assert finished(DatasetFolder(tmp_path / "A.ant")) == []
    assert list((tmp_path / "A.ant").iterdir()) == []


def test_columns_missing_or_in_another_order_are_not_written(tmp_path: Path) -> None:
    rows = valid()
    for names in (["offset", "onset", "channel"], ["onset", "channel", "offset"]):
        with pytest.raises(DatasetError):
            write_epoc(tmp_path / "A.ant", {name: rows[name] for name in names}, columns=TABLE)
    with pytest.raises(DatasetError, match="channel"):
        write_epoc(
            tmp_path / "A.ant", {name: rows[name] for name in ("onset", "offset")}, columns=TABLE
        )


def arrow(**change: Any) -> pa.Table:
    return pa.table(valid() | change)


@pytest.mark.parametrize(
    "table",
    [
        arrow(onset=pa.array([1.0, None])),
        arrow(onset=np.array([1.0, np.nan])),
        arrow(offset=np.array([0.0, 2.5])),
        arrow(onset=np.array([1, 2])),
        arrow(channel=pa.array(["a", None])),
        arrow(channel=pa.array([b"a", b"b"])),
        arrow(extra=np.array([1, 2])),
        arrow().select(["offset", "onset", "channel"]),
        arrow().select(["onset", "offset"]),
        arrow(onset=np.array([1.0, 2.0000001])),
        arrow(channel=np.array(["a", "c"])),
        arrow().slice(0, 1),
        arrow().slice(0, 0),
    ],
)
def test_a_file_that_another_program_changed_is_refused(tmp_path: Path, table: pa.Table) -> None:
    folder = write_epoc(tmp_path / "A.ant", valid(), columns=TABLE)
    pq.write_table(table, folder.data)
    with pytest.raises(DatasetError, match=f"^{re.escape(str(folder.data))}"):
        Epoc(folder.path)


@pytest.mark.parametrize(
    "options",
    [{"compression": "gzip"}, {"use_dictionary": True}, {"row_group_size": 1}, {"version": "1.0"}],
    ids=str,
)
def test_a_file_that_another_program_wrote_with_the_same_values_is_read(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    folder = write_epoc(tmp_path / "A.ant", valid(), columns=TABLE)
    pq.write_table(arrow(), folder.data, **options)
    assert Epoc(folder.path).table["channel"].to_pylist() == ["a", "b"]


def test_folders_named_like_partitions_add_no_columns(tmp_path: Path) -> None:
    folder = write_epoc(tmp_path / "subject=3" / "A.ant", valid(), columns=TABLE)
    assert Epoc(folder.path).table.column_names == ["onset", "offset", "channel"]


def test_many_small_batches_make_few_row_groups(tmp_path: Path) -> None:
    count = 70_000
    rows = {"onset": np.arange(count, dtype=float), "offset": np.arange(count, dtype=float)}
    folder = write_epoc(tmp_path / "A.ant", rows, range(1000, count, 1000), columns=TIMES)
    assert pq.read_metadata(folder.data).num_row_groups <= 3
    assert Epoc(folder.path).events == count


def test_an_epoc_is_not_a_stream(tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "Raw.ant", np.ones((1, 2), dtype="float32"))
    with pytest.raises(DatasetError, match=r"Raw\.ant is a stream, not an epoc"):
        Epoc(folder.path)


def test_the_digest_of_a_table_does_not_depend_on_its_chunks() -> None:
    table = arrow()
    dtypes = {"onset": "float64", "offset": "float64", "channel": "string"}
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert table_digest(chunked, dtypes) == table_digest(table, dtypes)
