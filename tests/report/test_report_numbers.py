"""Numbers of a table's first rows: what stands on a page is what the table holds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_recording import SmallRecording, step

from dspant.dataset.epoc import Epoc
from dspant.dataset.stream import Stream
from dspant.report.numbers import NOTHING, column_texts, decimals_apart, duration
from dspant.report.preview import preview
from dspant.report.sections import gaps


def cells(small: SmallRecording, units: dict[str, str], **columns: object) -> dict[str, list[str]]:
    rows = max(len(values) for values in columns.values())
    onset = np.arange(rows, dtype=float)
    small.epoc("it", {"onset": onset, "offset": onset + 0.5, **columns}, units, steps=(step("x"),))
    shown = preview(Epoc(small.folder / "it.ant"))
    texts = [list(column) for column in zip(*shown.rows, strict=True)]
    return dict(zip([heading.text for heading in shown.headings], texts, strict=True))


@pytest.mark.parametrize(
    ("step_s", "text"),
    [
        (8.192e-05, "0.00008192"),
        (4.096e-05, "0.00004096"),
        (0.00098304, "0.00098304"),
        (0.001, "0.0010"),
        (0.05, "0.0500"),
    ],
)
def test_the_step_of_a_clock_is_shown_in_full(
    small: SmallRecording, step_s: float, text: str
) -> None:
    found = cells(small, {"step_s": "s", "start_s": "s"}, step_s=[step_s] * 3, start_s=[-0.01] * 3)
    assert found["step_s"] == [text] * 3
    assert found["start_s"] == ["-0.0100"] * 3


def test_events_a_sample_apart_do_not_look_the_same(small: SmallRecording) -> None:
    first = 512.3
    found = cells(small, {"peak_s": "s"}, peak_s=[first, first + 4.096e-05, first + 8.192e-05])
    assert found["peak_s"] == ["512.30000", "512.30004", "512.30008"]
    assert found["onset (s)"] == ["0.0000", "1.0000", "2.0000"]
    assert decimals_apart([0.3, 0.1 + 0.2]) == 0


def test_moments_are_places_on_a_clock_and_latencies_are_sizes(small: SmallRecording) -> None:
    small.epoc("it", {"onset": [9.54e-7, 0.05], "offset": [0.25, 0.3], "lag_s": [9.54e-7, 0.0512]},
               {"lag_s": "s"})  # fmt: skip
    shown = preview(Epoc(small.folder / "it.ant"))
    assert shown.rows == [["0.0000", "0.2500", "9.54e-07"], ["0.0500", "0.3000", "0.05120"]]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1.0, 2.0, 30.0], ["1", "2", "30"]),
        ([0.251, 12.5, math.nan], ["0.251", "12.500", NOTHING]),
        ([1234.5678, 0.0123456], ["1234.5678", "0.0123"]),
        ([1234.5678, 0.0000123456], ["1235", "1.23e-05"]),
        ([-3.2e-17, 1.0, 0.5], ["-3.20e-17", "1.000", "0.500"]),
        ([0.0, 8.192e-05], ["0.00000000", "0.00008192"]),
        ([24414.0625, math.nan], ["24414.0625", NOTHING]),
        ([1 / 3], ["0.3333"]),
        ([1e-20], ["1.00e-20"]),
        ([0.0, math.nan], ["0", NOTHING]),
        ([], []),
    ],
)
def test_a_column_has_one_number_of_decimals_that_suits_its_values(
    values: list[float], texts: list[str]
) -> None:
    assert column_texts(values) == texts


NUMBERS = st.floats(-1e9, 1e9).filter(lambda value: value == 0 or abs(value) > 1e-30)


@given(st.lists(NUMBERS, min_size=1, max_size=10))
def test_no_cell_is_off_by_more_than_its_third_digit(values: list[float]) -> None:
    for value, text in zip(values, column_texts(values), strict=True):
        assert float(text) == pytest.approx(value, rel=5.001e-3, abs=0)


def test_short_durations_and_gaps_do_not_look_like_nothing(small: SmallRecording) -> None:
    assert [duration(seconds) for seconds in (0, 8.192e-05, 0.5, 3.14159)] == [
        "0.00 s", "8.19e-05 s", "0.500 s", "3.14 s"
    ]  # fmt: skip
    parts = [(0, 500, 0.0), (500, 500, 0.50008192)]
    small.stream("Raw", np.zeros((1, 1000)), ["a"], segments=parts)
    (said,) = gaps(Stream(small.folder / "Raw.ant"))
    assert said == "1 gap, 8.19e-05 s in all: 0.50000 to 0.50008 s."
