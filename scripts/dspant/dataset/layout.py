"""How values lie in the Parquet file, so that a memory map of it is already the array.

The default layout is uncompressed and PLAIN with one data page per column chunk and without nulls:
the values of a column chunk are then the last ``num_values * itemsize`` bytes of its range.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import make_again
from dspant.dataset.thrift import integer
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

Result = TypeVar("Result")

_PHYSICAL = {"FLOAT": "<f4", "DOUBLE": "<f8", "INT32": "<i4", "INT64": "<i8"}


def row_group_rows(channels: int, itemsize: int) -> int:
    """Rows per row group; depends on the shape of the data only, never on the machine."""
    return max(_LEAST_ROWS, min(_MOST_ROWS, _TARGET_BYTES // max(channels * itemsize, 1)))


def read_parquet(read: Callable[[Path], Result], path: Path) -> Result:
    """Read a dataset's Parquet file with one of pyarrow's functions.

    Raises
    ------
    DatasetError
        The file is missing, cut, or not Parquet; instead of whatever pyarrow raises.
    """
    import pyarrow as pa

    broken = (pa.ArrowException, OSError, ValueError, TypeError, LookupError, MemoryError)
    try:
        return read(path)
    except FileNotFoundError as error:
        remedy = make_again(DatasetFolder(path.parent))
        raise DatasetError(f"{path} is missing; {remedy}") from error
    except broken as error:
        remedy = make_again(DatasetFolder(path.parent))
        raise DatasetError(f"{path} is not a whole Parquet file ({error}); {remedy}") from error


@dataclass(frozen=True)
class ColumnFile:
    """A Parquet file read one column chunk at a time."""

    path: Path
    footer: pq.FileMetaData
    schema: pa.Schema
    bytes: mmap.mmap
    mapped: bool

    @classmethod
    def open(cls, path: Path) -> ColumnFile:
        """Read the footer and map the file.

        Raises
        ------
        DatasetError
            The file is missing, cut, or not Parquet.
        """
        import pyarrow.parquet as pq

        footer = read_parquet(pq.read_metadata, path)
        schema = read_parquet(lambda _: footer.schema.to_arrow_schema(), path)
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # What is read is asked for by :meth:`fetch`; guessing ahead would read a hundred times it.
        content.madvise(mmap.MADV_RANDOM)
        marked = (footer.metadata or {}).get(MAPPED_KEY) == MAPPED_VALUE
        return cls(path, footer, schema, content, marked)

    def row_starts(self) -> list[int]:
        """First row of each row group, then the number of rows."""
        starts = [0]
        for group in range(self.footer.num_row_groups):
            starts.append(starts[-1] + self.footer.row_group(group).num_rows)
        return starts

    def values(self, group: int, column: int) -> np.ndarray:
        """Values of one column chunk, shape (rows,); a view of the file where the layout allows it.

        A view is read-only and may be unaligned.

        Raises
        ------
        DatasetError
            The footer contradicts itself or the file, or a cell is empty.
        """
        return read_parquet(lambda _: self._values(group, column), self.path)

    def _values(self, group: int, column: int) -> np.ndarray:
        view = self._view(group, column) if self.mapped else None
        return self._decoded(group, column) if view is None else view

    def _view(self, group: int, column: int) -> np.ndarray | None:
        """Values where they lie in the file; None where the layout is another than marked."""
        import numpy as np

        rows = self.footer.row_group(group).num_rows
        chunk = self.footer.row_group(group).column(column)
        stored = _PHYSICAL.get(chunk.physical_type)
        if stored is None or rows < 1:
            return None
        begin, end = _range(chunk)
        size = rows * np.dtype(stored).itemsize
        if not 0 <= begin <= end - size <= end <= len(self.bytes):
            return None
        header = _page_header(rows, size)
        if self.bytes[begin : begin + len(header)] != header:
            return None
        view = np.frombuffer(self.bytes, dtype=stored, count=rows, offset=end - size)
        logical = np.dtype(self.schema.types[column].to_pandas_dtype())
        return view if view.dtype == logical else view.astype(logical)

    def _decoded(self, group: int, column: int) -> np.ndarray:
        import pyarrow.parquet as pq

        rows = self.footer.row_group(group).num_rows
        with pq.ParquetFile(self.path, metadata=self.footer) as file:
            values = file.read_row_group(group, columns=[self.schema.names[column]]).column(0)
        if len(values) != rows or values.null_count:
            raise ValueError(
                f"column {column}: {len(values)} values, {values.null_count} of them empty, for "
                f"{rows} rows"
            )
        return values.to_numpy()

    def fetch(self, group: int, column: int, low: int, high: int) -> None:
        """Let the system read rows ``low`` to ``high`` of a column chunk, and return at once."""
        chunk = self.footer.row_group(group).column(column)
        stored = _PHYSICAL.get(chunk.physical_type)
        if not self.mapped or stored is None:
            return
        itemsize = int(stored[-1])
        _, end = _range(chunk)
        rows = self.footer.row_group(group).num_rows
        begin, end = end - (rows - low) * itemsize, end - (rows - high) * itemsize
        begin -= begin % mmap.PAGESIZE
        if 0 <= begin < end <= len(self.bytes):
            self.bytes.madvise(mmap.MADV_WILLNEED, begin, end - begin)

    def forget(self, group: int, column: int) -> None:
        """Give back the memory of a chunk's pages; views stay valid and read the file again."""
        begin, end = _range(self.footer.row_group(group).column(column))
        begin -= begin % mmap.PAGESIZE
        if 0 <= begin < end <= len(self.bytes):
            self.bytes.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def _range(chunk: Any) -> tuple[int, int]:
    return chunk.data_page_offset, chunk.data_page_offset + chunk.total_compressed_size


def _page_header(rows: int, size: int) -> bytes:
    """How the header of a plain, uncompressed page without null levels begins (Thrift, compact).

    A chunk that begins so has no other page, whatever a tool that copied our mark says. Asking
    the footer for codec and encodings instead would end the process where they are damaged.
    """
    return b"\x15\x00\x15%b\x15%b\x2c\x15%b\x15\x00" % (integer(size), integer(size), integer(rows))
