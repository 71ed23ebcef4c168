"""The digest, written again from its description, and what it must not depend on."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from small_datasets import COLUMNS, some_rows, write_epoc, write_stream

from dspant.dataset.epoc import Epoc
from dspant.dataset.stream import Stream


def as_described(columns: Sequence[tuple[str, str, Sequence[object]]]) -> str:
    whole = b""
    for name, dtype, values in columns:
        if dtype == "string":
            raw = b"".join(
                struct.pack("<I", len(text.encode("utf-8"))) + text.encode("utf-8")
                for text in values
            )
        elif dtype == "bool":
            raw = bytes(bool(value) for value in values)
        else:
            codes = {"float64": "d", "float32": "f", "int64": "q", "int16": "h"}
            raw = struct.pack(f"<{len(values)}{codes[dtype]}", *values)
        column = xxhash.xxh3_128(raw).digest()
        whole += name.encode("utf-8") + b"\0" + dtype.encode("utf-8") + b"\0"
        whole += struct.pack("<Q", len(values)) + column
    return "xxh3:" + xxhash.xxh3_128(whole).hexdigest()


cuts_and_layout = given(
    st.lists(st.integers(1, 200), max_size=6),
    st.sampled_from(["none", "zstd"]),
    st.sampled_from(["float32", "float64", "int16"]),
    st.integers(0, 200),
    st.integers(0, 2**32 - 1),
)


@settings(deadline=None, max_examples=40)
@cuts_and_layout
def test_a_streams_digest_is_the_described_one_for_every_cutting_and_layout(
    cuts: list[int], compression: str, dtype: str, samples: int, seed: int
) -> None:
    x = (np.random.default_rng(seed).normal(size=(2, samples)) * 1000).astype(dtype)
    with TemporaryDirectory() as place:
        folder = write_stream(Path(place) / "Raw.ant", x, cuts, compression)
        stream = Stream(folder.path)
        expected = as_described(
            [(name, dtype, values) for name, values in zip(stream.channels, x, strict=True)]
        )
        assert stream.metadata.dspant.digest == expected
        stream.verify()


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(1, 60), max_size=6),
    st.sampled_from(["none", "zstd"]),
    st.integers(0, 60),
    st.integers(0, 2**32 - 1),
)
def test_an_epocs_digest_is_the_described_one_for_every_cutting_and_layout(
    cuts: list[int], compression: str, count: int, seed: int
) -> None:
    rows = some_rows(count, seed)
    with TemporaryDirectory() as place:
        folder = write_epoc(Path(place) / "Stim.ant", rows, cuts, compression)
        expected = as_described(
            [(name, column.dtype, rows[name].tolist()) for name, column in COLUMNS.items()]
        )
        assert Epoc(folder.path).metadata.dspant.digest == expected


def test_row_groups_do_not_change_what_a_reader_verifies(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(2, 1000)).astype("float32")
    folder = write_stream(tmp_path / "Raw.ant", x)
    table = pq.read_table(folder.data)
    for size in (1, 7, 999):
        pq.write_table(table, folder.data, row_group_size=size, compression="snappy")
        Stream(folder.path).verify()


@pytest.mark.parametrize("change", ["value", "order", "name", "sign of zero"])
def test_any_change_of_content_changes_the_digest(tmp_path: Path, change: str) -> None:
    x = np.array([[1.0, 2.0, 0.0], [3.0, 4.0, 0.0]], dtype="float32")
    y, names = x.copy(), ["a", "b"]
    if change == "value":
        y[0, 0] = np.nextafter(np.float32(1), np.float32(2))
    elif change == "order":
        y = y[::-1]
    elif change == "name":
        names = ["a", "c"]
    else:
        y[1, 2] = -0.0
    one = write_stream(tmp_path / "A.ant", x, channels=["a", "b"])
    two = write_stream(tmp_path / "B.ant", y, channels=names)
    assert Stream(one.path).metadata.dspant.digest != Stream(two.path).metadata.dspant.digest
