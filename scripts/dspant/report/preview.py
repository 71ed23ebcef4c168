"""The first rows of a table, with numbers as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dspant.dataset.epoc import Epoc
from dspant.dataset.metadata import EpocColumn
from dspant.report.numbers import (
    column_texts,
    decimals_apart,
    fixed,
    readable_unit,
    scale_for,
    with_unit,
)

ROWS = 10

TIME_DECIMALS = 4
"""Least decimals of seconds."""

MOMENTS = ("onset", "offset")
"""How names end of columns whose values are places on the recording's clock: what counts of them
is how far apart they are, not how many digits they have."""


@dataclass(frozen=True)
class Heading:
    """A column's name with its unit, what it means, and whether it holds numbers."""

    text: str
    meaning: str
    number: bool


@dataclass(frozen=True)
class Preview:
    """A table's head: texts of its first rows, and how many rows there are in all."""

    headings: list[Heading]
    rows: list[list[str]]
    total: int


def preview(epoc: Epoc) -> Preview:
    """The first rows; a column of numbers has one prefix and one number of decimals."""
    head = epoc.table.slice(0, ROWS)
    headings, columns = [], []
    for name, column in epoc.metadata.base.columns.items():
        unit, texts = _column(name, head[name].to_numpy(), column)
        number = column.dtype.startswith(("float64", "int64"))
        headings.append(Heading(with_unit(name, unit), column.meaning, number))
        columns.append(texts)
    return Preview(headings, [list(row) for row in zip(*columns, strict=True)], epoc.events)


def _column(name: str, values: np.ndarray, column: EpocColumn) -> tuple[str, list[str]]:
    """Unit as the heading shows it, and the cells."""
    if "[" in column.dtype:
        return readable_unit(column.unit), [f"{len(cell):,} values" for cell in values]
    if column.dtype != "float64":
        return readable_unit(column.unit), [_text(value) for value in values.tolist()]
    finite = values[np.isfinite(values)]
    scale = scale_for(float(np.abs(finite).max(initial=0.0)), column.unit)
    scaled = (values * scale.factor).tolist()
    least = max(TIME_DECIMALS, decimals_apart(scaled)) if column.unit == "s" else 0
    if column.unit == "s" and name.endswith(MOMENTS):
        return scale.unit, [fixed(value, least) for value in scaled]
    return scale.unit, column_texts(scaled, least)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
