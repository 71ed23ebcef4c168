"""Going through long arrays in parts, and making what several threads ask for once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspant.readers import blockwise
from dspant.readers.distinct import distinct
from dspant.readers.once import Once
from dspant.readers.tdt.epocs import channel_texts, in_time
from dspant.readers.tdt.index import RECORD


@given(rows=st.integers(0, 50), width=st.integers(1, 9), values=st.integers(1, 20))
def test_parts_cover_all_rows_once_and_in_order(rows: int, width: int, values: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blockwise, "BLOCK_VALUES", values)
        parts = list(blockwise.blocks(rows, width))
    assert [row for part in parts for row in range(rows)[part]] == list(range(rows))
    assert all(0 < part.stop - part.start <= max(1, values // width) for part in parts)


@given(values=st.lists(st.integers(0, 9)), dtype=st.sampled_from(["uint16", "uint32"]))
def test_distinct_values_of_many_parts(values: list[int], dtype: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blockwise, "BLOCK_VALUES", 3)
        found = distinct(np.array(values, dtype))
    assert found.dtype == dtype
    assert found.tolist() == np.unique(np.array(values, dtype)).tolist()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3))))
def test_records_in_the_order_of_time_then_channel(places: list[tuple[int, int]]) -> None:
    records = np.zeros(len(places), RECORD)
    records["timestamp"], records["channel"] = np.array(places).reshape(-1, 2).T
    records["offset"] = np.arange(len(places))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blockwise, "BLOCK_VALUES", 2)
        found = in_time(records)
    expected = sorted(range(len(places)), key=lambda row: places[row])
    assert found["offset"].tolist() == expected


def test_channels_as_text_are_few_objects() -> None:
    texts = channel_texts(np.array([7, 1, 7, 65535, 1], "uint16"))
    assert texts.tolist() == ["7", "1", "7", "65535", "1"]
    assert texts[0] is texts[2]


def test_what_two_threads_ask_for_is_made_once() -> None:
    made, together = [], Barrier(2)
    once = Once(lambda store: made.append(store) or object())

    def ask(_: int) -> object:
        together.wait(timeout=60)
        return once("RawG")

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(ask, range(2))
    assert first is second
    assert made == ["RawG"]


def test_what_failed_is_tried_again() -> None:
    answers = iter([OSError("busy"), None])

    def make(store: str) -> str:
        error = next(answers)
        if error:
            raise error
        return store

    once = Once(make)
    with pytest.raises(OSError, match="busy"):
        once("RawG")
    assert once("RawG") == "RawG"
