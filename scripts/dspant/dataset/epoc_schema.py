"""What every Epoc table must satisfy, checked with pandera on write and on read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dspant.dataset.metadata import EpocColumn
from dspant.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
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
    for column in columns.values():
        if column.list_of is not None:
            name, length = column.list_of
            item = pa.field("item", pa.type_for_alias(name), nullable=False)
            types[column.dtype] = pa.list_(item, length)
    return pa.schema(
        [
            pa.field(name, types[column.dtype], nullable=False, metadata={"unit": column.unit})
            for name, column in columns.items()
        ]
    )


def arrow_table(batch: Mapping[str, np.ndarray]) -> pa.Table:
    """Table of columns of shape (rows,), or (rows, values of a cell) for lists.

    Raises
    ------
    pyarrow.ArrowException or ValueError
        Columns are not equally long, or hold what Arrow cannot.
    """
    import pyarrow as pa

    return pa.table({name: _arrow_column(values) for name, values in batch.items()})


def _arrow_column(values: np.ndarray) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    if values.ndim == 1:
        return pa.array(values)
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    item = pa.field("item", flat.type, nullable=False)
    return pa.FixedSizeListArray.from_arrays(flat, type=pa.list_(item, values.shape[1]))


def check_epoc(table: pa.Table, columns: Mapping[str, EpocColumn], where: object) -> None:
    """Check names, order, dtypes, missing values, and that no interval ends before it begins.

    Raises
    ------
    DatasetError
        Lists every column and rule that fails, with the first rows that break it.
    """
    import pandera.pyarrow as pandera
    import pyarrow.compute as pc

    lists = [name for name, column in columns.items() if column.list_of is not None]
    expected = arrow_schema(columns)
    schema = pandera.DataFrameSchema(
        {
            field.name: pandera.Column(field.type, nullable=field.name not in TIMES)
            for field in expected
            if field.name not in lists
        },
        strict=True,
        ordered=True,
    )
    _check_lists(table, expected, lists, where)
    try:
        # pandera knows no lists; what remains of the table once they are checked is its part.
        schema.validate(table.drop_columns(lists), lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise DatasetError(f"{where}: {'; '.join(_reasons(error))}") from error
    missing = [name for name in table.column_names if table[name].null_count]
    if missing:
        raise DatasetError(f'{where}: columns {missing} have empty cells; use NaN, "" or drop them')
    endless = pc.indices_nonzero(pc.invert(pc.is_finite(table["onset"])))
    if len(endless):
        raise DatasetError(
            f"{where}: {len(endless)} intervals have no finite onset, the first in row "
            f"{endless[0].as_py()}"
        )
    early = pc.indices_nonzero(pc.less(table["offset"], table["onset"]))
    if len(early):
        row = early[0].as_py()
        raise DatasetError(
            f"{where}: {len(early)} intervals end before they begin, the first in row {row} "
            f"(onset {table['onset'][row]} s, offset {table['offset'][row]} s)"
        )


def _check_lists(table: pa.Table, expected: pa.Schema, names: list[str], where: object) -> None:
    if not names:
        return
    if table.column_names != expected.names:
        raise DatasetError(
            f"{where}: columns {table.column_names}, expected {expected.names}, in this order"
        )
    for name in names:
        found, wanted = table.schema.field(name).type, expected.field(name).type
        if found != wanted:
            raise DatasetError(f"{where}: column {name!r} holds {found}, expected {wanted}")


def _reasons(error: Any) -> list[str]:
    """One phrase per broken rule, out of pandera's report."""
    return [
        case["error"]
        for level in error.message.values()
        for cases in level.values()
        for case in cases
    ]
