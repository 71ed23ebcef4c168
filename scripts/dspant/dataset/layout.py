"""How values lie in the Parquet file, so that a memory map of it is already the array.

The default layout is uncompressed and PLAIN with one data page per column chunk and without nulls:
the values of a column chunk are then the last ``num_values * itemsize`` bytes of its range.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dspant.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

MAPPED_KEY = b"dspant.layout"
MAPPED_VALUE = b"plain-one-page"

_TARGET_BYTES = 32 * 2**20
_LEAST_ROWS = 64 * 2**10
_MOST_ROWS = 256 * 2**10

_PHYSICAL = {"FLOAT": "<f4", "DOUBLE": "<f8", "INT32": "<i4", "INT64": "<i8"}


def row_group_rows(channels: int, itemsize: int) -> int:
    """Rows per row group; depends on the shape of the data only, never on the machine."""
    return max(_LEAST_ROWS, min(_MOST_ROWS, _TARGET_BYTES // max(channels * itemsize, 1)))


def writer_options(compression: str, rows: int) -> dict[str, Any]:
    """Options of ``pyarrow.parquet.ParquetWriter`` for a stream.

    Parameters
    ----------
    compression
        ``none`` for the mapped layout, ``zstd`` for about a third less disk.
    """
    options: dict[str, Any] = {"use_dictionary": False, "write_statistics": False}
    if compression == "zstd":
        return options | {"compression": "zstd", "use_byte_stream_split": True}
    return options | {
        "compression": "none",
        "data_page_size": 2**31 - 1,
        "max_rows_per_page": rows,
        "write_batch_size": rows,
    }


@dataclass(frozen=True)
class ColumnFile:
    """A Parquet file read one column chunk at a time."""

    path: Path
    footer: pq.FileMetaData
    bytes: np.ndarray
    mapped: bool

    @classmethod
    def open(cls, path: Path) -> ColumnFile:
        """Read the footer and map the file.

        Raises
        ------
        DatasetError
            The file is missing, cut, or not Parquet.
        """
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            footer = pq.read_metadata(path)
        except FileNotFoundError as error:
            raise DatasetError(
                f"{path} is missing; delete the metadata beside it and run the workflow again"
            ) from error
        except (pa.ArrowInvalid, OSError) as error:
            raise DatasetError(
                f"{path} is not a whole Parquet file ({error}); delete its folder and run the "
                f"workflow again"
            ) from error
        marked = (footer.metadata or {}).get(MAPPED_KEY) == MAPPED_VALUE
        return cls(path, footer, np.memmap(path, dtype=np.uint8, mode="r"), marked)

    @property
    def schema(self) -> pa.Schema:
        return self.footer.schema.to_arrow_schema()

    def row_starts(self) -> list[int]:
        """First row of each row group, then the number of rows."""
        starts = [0]
        for group in range(self.footer.num_row_groups):
            starts.append(starts[-1] + self.footer.row_group(group).num_rows)
        return starts

    def values(self, group: int, column: int) -> np.ndarray:
        """Values of one column chunk, shape (rows,); a view of the file where the layout allows it.

        A view is read-only and may be unaligned.
        """
        chunk = self.footer.row_group(group).column(column)
        dtype = _PHYSICAL.get(chunk.physical_type)
        if not self.mapped or dtype is None or not _is_plain(chunk):
            return self._decoded(group, column)
        import numpy as np

        end = chunk.data_page_offset + chunk.total_compressed_size
        size = chunk.num_values * np.dtype(dtype).itemsize
        view = np.frombuffer(self.bytes, dtype=dtype, count=chunk.num_values, offset=end - size)
        logical = np.dtype(self.schema.types[column].to_pandas_dtype())
        return view if view.dtype == logical else view.astype(logical)

    def _decoded(self, group: int, column: int) -> np.ndarray:
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.path, metadata=self.footer) as file:
            table = file.read_row_group(group, columns=[self.schema.names[column]])
        return table.column(0).to_numpy()


def _is_plain(chunk: Any) -> bool:
    return (
        chunk.compression == "UNCOMPRESSED"
        and not chunk.has_dictionary_page
        and set(chunk.encodings) <= {"PLAIN", "RLE"}
    )
