"""Epocs on disk: tables of intervals with a unit for every column."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dspant.dataset.digest import ColumnDigest, combined
from dspant.dataset.epoc_schema import check_epoc
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.layout import read_parquet
from dspant.dataset.metadata import EpocMetadata, read_metadata
from dspant.errors import DatasetError, DigestError

if TYPE_CHECKING:
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

    def _checked_table(self) -> pa.Table:
        import pyarrow.parquet as pq

        data = self.folder.data
        table = read_parquet(partial(pq.read_table, partitioning=None), data)
        columns = self.metadata.base.columns
        check_epoc(table, columns, data)
        found = table_digest(table, {name: column.dtype for name, column in columns.items()})
        if found != self.metadata.dspant.digest or table.num_rows != self.events:
            raise DigestError(
                f"{data} was altered: {table.num_rows} rows with digest {found}, but its metadata "
                f"say {self.events} rows with {self.metadata.dspant.digest}; delete "
                f"{self.folder.path} and run the workflow again"
            )
        return table


def table_digest(table: pa.Table, dtypes: dict[str, str]) -> str:
    """Digest of a table's values, column by column."""
    columns = []
    for name, dtype in dtypes.items():
        column = ColumnDigest(name, dtype)
        column.update(table[name].to_numpy())
        columns.append(column)
    return combined(columns)
