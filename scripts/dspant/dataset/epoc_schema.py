"""What every Epoc table must satisfy, checked with pandera on write and on read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dspant.dataset.metadata import EpocColumn
from dspant.errors import DatasetError

if TYPE_CHECKING:
    import pyarrow as pa

TIMES = ("onset", "offset")


def arrow_schema(columns: Mapping[str, EpocColumn]) -> pa.Schema:
    """Arrow schema of an Epoc: no column may hold nulls."""
    import pyarrow as pa

    types = {
        "float64": pa.float64(),
        "int64": pa.int64(),
        "bool": pa.bool_(),
        "string": pa.string(),
    }
    return pa.schema(
        [
            pa.field(name, types[column.dtype], nullable=False, metadata={"unit": column.unit})
            for name, column in columns.items()
        ]
    )


def check_epoc(table: pa.Table, columns: Mapping[str, EpocColumn], where: object) -> None:
    """Check names, order, dtypes, missing values, and that no interval ends before it begins.

    Raises
    ------
    DatasetError
        Lists every column and rule that fails, with the first rows that break it.
    """
    import pandera.pyarrow as pandera
    import pyarrow.compute as pc

    schema = pandera.DataFrameSchema(
        {
            field.name: pandera.Column(field.type, nullable=field.name not in TIMES)
            for field in arrow_schema(columns)
        },
        strict=True,
        ordered=True,
    )
    try:
        schema.validate(table, lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise DatasetError(f"{where}: {'; '.join(_reasons(error))}") from error
    missing = [name for name in table.column_names if table[name].null_count]
    if missing:
        raise DatasetError(f'{where}: columns {missing} have empty cells; use NaN, "" or drop them')
    early = pc.indices_nonzero(pc.less(table["offset"], table["onset"]))
    if len(early):
        row = early[0].as_py()
        raise DatasetError(
            f"{where}: {len(early)} intervals end before they begin, the first in row {row} "
            f"(onset {table['onset'][row]} s, offset {table['offset'][row]} s)"
        )


def _reasons(error: Any) -> list[str]:
    """One phrase per broken rule, out of pandera's report."""
    return [
        case["error"]
        for level in error.message.values()
        for cases in level.values()
        for case in cases
    ]
