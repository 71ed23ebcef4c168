"""Parts of documents: what fits is kept as it is, what does not is told by its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import pytest

from dspant.dataset.stated import (
    Stated,
    UnfitError,
    list_of,
    make,
    number,
    object_of,
    one_of,
    part,
    row_of,
    text,
    whole_number,
)


@dataclass(frozen=True, kw_only=True)
class Run(Stated):
    name: Annotated[str, text]
    count: Annotated[int, whole_number]
    gain: Annotated[float, number] = 1.0

    def check(self) -> None:
        if self.name == "none" and self.count:
            raise ValueError(f"none cannot count {self.count}")


@dataclass(frozen=True, kw_only=True)
class Whole(Stated):
    format: Annotated[int, one_of(1)]
    runs: Annotated[list[Run], list_of(part(Run), least=1)]
    by_name: Annotated[dict[str, Run], object_of(part(Run))] = field(default_factory=dict)
    rows: Annotated[list[tuple[int, float]], list_of(row_of(whole_number, number))] = field(
        default_factory=list
    )


def test_what_fits_is_kept() -> None:
    found = make(
        Whole,
        {
            "format": 1,
            "runs": [{"name": "a", "count": np.int64(3), "unknown": "left alone"}],
            "by_name": {"x": Run(name="b", count=0, gain=2)},
            "rows": [[0, 1], (2, np.float32(0.5))],
        },
    )
    assert found == Whole(
        format=1,
        runs=[Run(name="a", count=3)],
        by_name={"x": Run(name="b", count=0, gain=2.0)},
        rows=[(0, 1.0), (2, 0.5)],
    )
    assert [type(value) for value in (found.runs[0].count, found.rows[1][1])] == [int, float]


def test_all_that_is_wrong_is_told_by_its_place() -> None:
    with pytest.raises(UnfitError) as caught:
        make(
            Whole,
            {
                "format": 2,
                "runs": [{"count": 1}, {"name": "", "count": -1}, {"name": "none", "count": 2}],
                "by_name": {"x": 3},
                "rows": [[1], [True, float("nan")]],
            },
        )
    assert caught.value.problems == {
        "format": "expected 1, found 2",
        "runs.0.name": "is missing",
        "runs.1.name": "expected a text that is not empty, found ''",
        "runs.1.count": "expected a whole number from 0 on, found -1",
        "runs.2": "none cannot count 2",
        "by_name.x": "expected an object, found 3",
        "rows.0": "expected a list of 2, found [1]",
        "rows.1.0": "expected a whole number from 0 on, found True",
        "rows.1.1": "expected a finite number, found nan",
    }


@pytest.mark.parametrize("value", [None, "1", 1.0, True, -1, [1]])
def test_a_part_that_is_made_by_hand_is_checked_too(value: Any) -> None:
    with pytest.raises(UnfitError, match="count: expected a whole number from 0 on"):
        Run(name="a", count=value)
