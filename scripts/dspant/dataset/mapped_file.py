"""Writing Parquet in the layout that is mapped again: values go to the file as they lie in memory.

One plain, uncompressed page per column chunk has nothing to encode, so no encoder copies samples.
What makes it Parquet are a header before each page and the footer, both of a few bytes. Any
Parquet reader reads the result.

Source: the Apache Parquet format, ``parquet.thrift``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dspant.dataset.atomic import reserve
from dspant.dataset.mapped_footer import STORED, footer
from dspant.dataset.row_groups import MAGIC, RowGroups

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from dspant.dataset.file_map import FileMap
    from dspant.dataset.scattered import Scattered


def can_be_mapped(dtype: str) -> bool:
    """Whether columns of this dtype have a plain form that NumPy reads."""
    return dtype in STORED


class MappedFile:
    """A Parquet file of equal columns, whose number of rows is known before the first is written.

    So every value has its place from the beginning, and rows come in portions of any size.

    Parameters
    ----------
    dtype
        Of all columns; one that :func:`can_be_mapped`.
    names
        Of columns.
    schema
        Gives what readers of Arrow are told; asked at the end, since Arrow is slow to load.
    rows
        All there will be.
    most_rows
        Rows of a row group; the last one has what is left.
    """

    def __init__(
        self,
        path: Path,
        dtype: str,
        names: Sequence[str],
        schema: Callable[[], pa.Schema],
        *,
        rows: int,
        most_rows: int,
    ) -> None:
        self._path = path
        self._stored = STORED[dtype]
        self._names = names
        self._schema = schema
        self._groups = RowGroups(len(names), rows, most_rows, self._stored.itemsize)
        self._written = 0
        self._file: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            # Its whole size from the beginning: a disk that is too small says so now, and one map
            # shows all of it.
            reserve(self._file, self._groups.end)
            self._put(MAGIC, 0)
        except OSError:
            self.abandon()
            path.unlink()
            raise

    @property
    def stores_as_held(self) -> bool:
        """Whether values lie in the file as in memory: integers below 32 bits are widened."""
        return not self._stored.bits

    def write(self, columns: np.ndarray) -> None:
        """Add rows: shape columns x rows."""
        import numpy as np

        for places, low, high in self._grow(columns.shape[1]):
            for place, values in zip(places, columns[:, low:high], strict=True):
                plain = np.ascontiguousarray(values, dtype=self._stored.dtype)
                self._put(plain.data, place)

    def write_scattered(self, columns: Scattered) -> None:
        """Add rows that lie in pieces, in the dtype that is stored."""
        size = self._groups.itemsize
        for places, low, high in self._grow(columns.row_bytes // size):
            columns.part(low * size, high * size).write(self._open, places)

    def whole(self) -> int:
        """How many rows, from the first on, lie in row groups of which nothing is missing."""
        return self._groups.whole(self._written)

    def stored(self, first: int, stop: int) -> Iterator[tuple[int, np.ndarray]]:
        """Rows that were written, as the file now holds them: number of a column, some values.

        Each column's values come in the order of rows.
        """
        for group, low, high in self._groups.parts(first, stop):
            places = self._groups.places(group, first + low)
            size = (high - low) * self._groups.itemsize
            self._map.fetch(places[0], places[-1] + size)
            for column, place in enumerate(places):
                values = self._map.content[place : place + size]
                yield column, values.view(self._stored.dtype)
            self._map.forget(places[0], places[-1] + size)

    @cached_property
    def _map(self) -> FileMap:
        from dspant.dataset.file_map import FileMap

        return FileMap(self._path)

    def close(self) -> None:
        """Write the footer; a second call does nothing."""
        if self._file is None:
            return
        end = footer(self._names, self._stored, self._groups, self._schema())
        self._put(end + len(end).to_bytes(4, "little") + MAGIC, self._groups.end)
        self.abandon()

    def abandon(self) -> None:
        """Leave the file as it is, without a footer."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def _open(self) -> int:
        if self._file is None:
            raise ValueError(f"{self._path} is closed")
        return self._file

    def _grow(self, rows: int) -> Iterator[tuple[list[int], int, int]]:
        """Places of the next rows, by row group, and which of them they are."""
        for group, low, high in self._groups.parts(self._written, self._written + rows):
            places = self._groups.places(group, self._written)
            if self._written == self._groups.first_row(group):
                header = self._groups.header(group)
                for place in places:
                    self._put(header, place - len(header))
            yield places, low, high
            self._written += high - low

    def _put(self, content: bytes | memoryview, place: int) -> None:
        left = memoryview(content).cast("B")
        while left:
            taken = os.pwrite(self._open, left, place)
            left, place = left[taken:], place + taken
