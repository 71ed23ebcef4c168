"""Writing Parquet in the layout that is mapped again: values go to the file as they lie in memory.

One plain, uncompressed page per column chunk has nothing to encode, so no encoder copies samples.
What makes it Parquet are a header before each page and the footer, both of a few bytes. Any
Parquet reader reads the result.

Source: the Apache Parquet format, ``parquet.thrift``.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dspant.dataset import thrift
from dspant.dataset.row_groups import MAGIC, PLAIN, RLE, RowGroups
from dspant.dataset.thrift import BINARY, BYTE, INT32, INT64, LIST, STRUCT, TRUE, integer, text

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from dspant.dataset.mapping import FileMap
    from dspant.dataset.scattered import Scattered

CREATED_BY = "dspAnt mapped layout 1"

_REQUIRED, _UNCOMPRESSED = 0, 0


@dataclass(frozen=True)
class _Stored:
    """How values of a dtype lie in the file."""

    physical: int
    dtype: str
    bits: int = 0


_STORED = {
    "float32": _Stored(4, "<f4"),
    "float64": _Stored(5, "<f8"),
    "int8": _Stored(1, "<i4", bits=8),
    "int16": _Stored(1, "<i4", bits=16),
    "int32": _Stored(1, "<i4"),
    "int64": _Stored(2, "<i8"),
}
"""Physical type by its number in ``parquet.thrift``, and bits of integers below 32."""

_CONVERTED = {8: 15, 16: 16}
"""Converted type by its number in ``parquet.thrift``, of integers of so many bits."""


def can_be_mapped(dtype: str) -> bool:
    """Whether columns of this dtype have a plain form that NumPy reads."""
    return dtype in _STORED


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
        self._stored = _STORED[dtype]
        self._names = names
        self._schema = schema
        self._groups = RowGroups(len(names), rows, most_rows, int(self._stored.dtype[-1]))
        self._written = 0
        self._file: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        # Its whole size from the beginning, so that it is mapped once.
        os.ftruncate(self._file, self._groups.end)
        self._put(MAGIC, 0)

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
        from dspant.dataset.mapping import FileMap

        return FileMap(self._path)

    def close(self) -> None:
        """Write the footer; a second call does nothing."""
        if self._file is None:
            return
        footer = self._footer()
        self._put(footer + len(footer).to_bytes(4, "little") + MAGIC, self._groups.end)
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

    def _group(self, group: int) -> bytes:
        """What the footer says of a row group."""
        names, rows = self._names, integer(self._groups.rows_of(group))
        begin, size = self._groups.begin(group), self._groups.chunk_bytes(group)
        chunks = [
            self._chunk(name, rows, size, begin + column * size)
            for column, name in enumerate(names)
        ]
        whole = integer(len(names) * size)
        return thrift.struct(
            (1, LIST, thrift.items(STRUCT, chunks)),
            (2, INT64, whole),
            (3, INT64, rows),
            (5, INT64, integer(begin)),
            (6, INT64, whole),
        )

    def _chunk(self, name: str, rows: bytes, size: int, place: int) -> bytes:
        about = thrift.struct(
            (1, INT32, integer(self._stored.physical)),
            (2, LIST, thrift.items(INT32, [integer(PLAIN), integer(RLE)])),
            (3, LIST, thrift.items(BINARY, [text(name)])),
            (4, INT32, integer(_UNCOMPRESSED)),
            (5, INT64, rows),
            (6, INT64, integer(size)),
            (7, INT64, integer(size)),
            (9, INT64, integer(place)),
        )
        return thrift.struct((2, INT64, integer(0)), (3, STRUCT, about))

    def _footer(self) -> bytes:
        schema = self._schema()
        told = dict(schema.metadata or {})
        told[b"ARROW:schema"] = b64encode(schema.serialize())
        groups = [self._group(number) for number in range(self._groups.number)]
        pairs = [thrift.struct((1, BINARY, text(k)), (2, BINARY, text(v))) for k, v in told.items()]
        return thrift.struct(
            (1, INT32, integer(2)),
            (2, LIST, thrift.items(STRUCT, self._elements())),
            (3, INT64, integer(self._groups.rows)),
            (4, LIST, thrift.items(STRUCT, groups)),
            (5, LIST, thrift.items(STRUCT, pairs)),
            (6, BINARY, text(CREATED_BY)),
        )

    def _elements(self) -> list[bytes]:
        """The schema: its root, then each column."""
        root = thrift.struct(
            (3, INT32, integer(_REQUIRED)),
            (4, BINARY, text("schema")),
            (5, INT32, integer(len(self._names))),
        )
        kind = (1, INT32, integer(self._stored.physical)), (3, INT32, integer(_REQUIRED))
        return [root] + [
            thrift.struct(*kind, (4, BINARY, text(name)), *self._annotation())
            for name in self._names
        ]

    def _annotation(self) -> list[tuple[int, int, bytes]]:
        """What makes a stored 32-bit integer a smaller one."""
        bits = self._stored.bits
        if not bits:
            return []
        of_bits = thrift.struct((1, BYTE, bytes([bits])), (2, TRUE, b""))
        logical = thrift.struct((10, STRUCT, of_bits))
        return [(6, INT32, integer(_CONVERTED[bits])), (10, STRUCT, logical)]
