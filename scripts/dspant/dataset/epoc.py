"""Epocs on disk: tables of intervals with a unit for every column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dspant.dataset.digest import ColumnDigest, combined
from dspant.dataset.epoc_schema import check_epoc
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.layout import read_parquet
from dspant.dataset.metadata import EpocMetadata, read_metadata
from dspant.dataset.provenance import make_again
from dspant.errors import DatasetError, DigestError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


class Epoc:
    """One epoc dataset, read and checked.

    Parameters
    ----------
    path
        Its ``.ant`` folder, or a file in it.

    Raises
    ------
    DatasetError
        The dataset is missing, of the other kind, cut, altered, or breaks the Epoc contract.
    """

    def __init__(self, path: str | Path) -> None:
        self.folder = DatasetFolder.at(path)
        metadata = read_metadata(self.folder.metadata)
        if not isinstance(metadata, EpocMetadata):
            raise DatasetError(f"{self.folder.path} is a stream, not an epoc")
        self.metadata = metadata
        self.table = self._checked_table()

    def __repr__(self) -> str:
        return f"<Epoc {self.name}: {self.events} events, {', '.join(self.table.column_names)}>"

    @property
    def name(self) -> str:
        return self.metadata.base.name

    @property
    def events(self) -> int:
        return self.metadata.base.number_of_events

    def verify(self) -> None:
        """Read everything and compare with the digest, as opening does.

        Raises
        ------
        DatasetError
            The table is cut, altered, or breaks the Epoc contract.
        """
        self._checked_table()

    def _checked_table(self) -> pa.Table:
        data = self.folder.data
        table = read_parquet(_valid_table, data)
        columns = self.metadata.base.columns
        check_epoc(table, columns, data)
        self._check_units(table.schema)
        found = table_digest(table, {name: column.dtype for name, column in columns.items()})
        if found != self.metadata.dspant.digest or table.num_rows != self.events:
            raise DigestError(
                f"{data} was altered: {table.num_rows} rows with digest {found}, but its metadata "
                f"say {self.events} rows with {self.metadata.dspant.digest}; "
                f"{make_again(self.folder)}"
            )
        return table

    def _check_units(self, schema: pa.Schema) -> None:
        for field in schema:
            unit = (field.metadata or {}).get(b"unit", b"").decode(errors="replace")
            stated = self.metadata.base.columns[field.name].unit
            if unit not in ("", stated):
                raise DatasetError(
                    f"{self.folder.data} states {unit!r} as unit of {field.name}, but its metadata "
                    f"say {stated!r}; {make_again(self.folder)}"
                )


def _valid_table(path: Path) -> pa.Table:
    """Read a table whose every cell is valid, such as text that is UTF-8."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, partitioning=None)  # folders may be named like partitions
    table.validate(full=True)
    return table


def table_digest(table: pa.Table, dtypes: dict[str, str]) -> str:
    """Digest of a table's values, column by column."""
    columns = []
    for name, dtype in dtypes.items():
        column = ColumnDigest(name, dtype)
        column.update(column_values(table[name]))
        columns.append(column)
    return combined(columns)


def column_values(column: pa.ChunkedArray) -> np.ndarray:
    """Values of a column, shape (rows,), or (rows, values of a cell) where cells hold lists."""
    import pyarrow as pa

    if not pa.types.is_fixed_size_list(column.type):
        return column.to_numpy()
    cells = column.combine_chunks()
    flat = cells.flatten() if len(column) else pa.array([], column.type.value_type)
    return flat.to_numpy().reshape(-1, column.type.list_size)
