"""Writing Parquet with Arrow's encoder: compressed values, and dtypes that are not mapped again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


class ParquetFile:
    """A Parquet file of equal columns, written one row group after the other.

    Parameters
    ----------
    compression
        ``zstd``, or ``none`` for one plain page per column chunk.
    rows
        Most rows of a row group.
    """

    def __init__(self, path: Path, schema: pa.Schema, compression: str, rows: int) -> None:
        import pyarrow.parquet as pq

        self._schema = schema
        self._file = pq.ParquetWriter(path, schema, **_options(compression, rows))

    def write(self, columns: np.ndarray) -> None:
        """Add a row group: shape columns x rows."""
        import pyarrow as pa

        arrays = [pa.array(values) for values in columns]
        table = pa.Table.from_arrays(arrays, schema=self._schema)
        self._file.write_table(table, row_group_size=columns.shape[1])

    def close(self) -> None:
        """Write the footer; a second call does nothing."""
        self._file.close()

    def abandon(self) -> None:
        """Close the file; what it holds is thrown away."""
        self._file.close()


def _options(compression: str, rows: int) -> dict[str, Any]:
    options: dict[str, Any] = {"use_dictionary": False, "write_statistics": False}
    if compression == "zstd":
        return options | {"compression": "zstd", "use_byte_stream_split": True}
    return options | {
        "compression": "none",
        "data_page_size": 2**31 - 1,
        "max_rows_per_page": rows,
        "write_batch_size": rows,
    }
