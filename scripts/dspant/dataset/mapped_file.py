"""Writing Parquet in the layout that is mapped again: values go to the file as they lie in memory.

One plain, uncompressed page per column chunk has nothing to encode, so no encoder copies samples.
What makes it Parquet are a header before each page and the footer, both of a few bytes. Any
Parquet reader reads the result.

Source: the Apache Parquet format, ``parquet.thrift``.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dspant.dataset import thrift
from dspant.dataset.thrift import BINARY, BYTE, INT32, INT64, LIST, STRUCT, TRUE, integer, text

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

MAGIC = b"PAR1"
CREATED_BY = "dspAnt mapped layout 1"

_REQUIRED, _PLAIN, _RLE, _DATA_PAGE, _UNCOMPRESSED = 0, 0, 3, 0, 0


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
    """A Parquet file of equal columns, written one row group after the other.

    Parameters
    ----------
    dtype
        Of all columns; one that :func:`can_be_mapped`.
    schema
        Names of columns, and what readers of Arrow are told besides.
    """

    def __init__(self, path: Path, dtype: str, schema: pa.Schema) -> None:
        self._stored = _STORED[dtype]
        self._schema = schema
        self._groups: list[bytes] = []
        self._rows = 0
        self._position = 0
        self._file = path.open("wb")
        self._put(MAGIC)

    def write(self, columns: np.ndarray) -> None:
        """Add a row group: shape columns x rows."""
        import numpy as np

        begin, rows = self._position, columns.shape[1]
        chunks = []
        for name, values in zip(self._schema.names, columns, strict=True):
            place = self._position
            plain = np.ascontiguousarray(values, dtype=self._stored.dtype)
            self._put(_page_header(rows, plain.nbytes))
            self._put(plain.data)
            chunks.append(self._chunk(name, rows, place))
        size = integer(self._position - begin)
        self._groups.append(
            thrift.struct(
                (1, LIST, thrift.items(STRUCT, chunks)),
                (2, INT64, size),
                (3, INT64, integer(rows)),
                (5, INT64, integer(begin)),
                (6, INT64, size),
            )
        )
        self._rows += rows

    def close(self) -> None:
        """Write the footer; a second call does nothing."""
        if self._file.closed:
            return
        with self._file:
            footer = self._footer()
            self._put(footer + len(footer).to_bytes(4, "little") + MAGIC)

    def abandon(self) -> None:
        """Leave the file as it is, without a footer."""
        self._file.close()

    def _put(self, content: bytes | memoryview) -> None:
        self._file.write(content)
        self._position += memoryview(content).nbytes

    def _chunk(self, name: str, rows: int, place: int) -> bytes:
        size = integer(self._position - place)
        about = thrift.struct(
            (1, INT32, integer(self._stored.physical)),
            (2, LIST, thrift.items(INT32, [integer(_PLAIN), integer(_RLE)])),
            (3, LIST, thrift.items(BINARY, [text(name)])),
            (4, INT32, integer(_UNCOMPRESSED)),
            (5, INT64, integer(rows)),
            (6, INT64, size),
            (7, INT64, size),
            (9, INT64, integer(place)),
        )
        return thrift.struct((2, INT64, integer(0)), (3, STRUCT, about))

    def _footer(self) -> bytes:
        told = dict(self._schema.metadata or {})
        told[b"ARROW:schema"] = b64encode(self._schema.serialize())
        pairs = [thrift.struct((1, BINARY, text(k)), (2, BINARY, text(v))) for k, v in told.items()]
        return thrift.struct(
            (1, INT32, integer(2)),
            (2, LIST, thrift.items(STRUCT, self._elements())),
            (3, INT64, integer(self._rows)),
            (4, LIST, thrift.items(STRUCT, self._groups)),
            (5, LIST, thrift.items(STRUCT, pairs)),
            (6, BINARY, text(CREATED_BY)),
        )

    def _elements(self) -> list[bytes]:
        """The schema: its root, then each column."""
        root = thrift.struct(
            (3, INT32, integer(_REQUIRED)),
            (4, BINARY, text("schema")),
            (5, INT32, integer(len(self._schema.names))),
        )
        kind = (1, INT32, integer(self._stored.physical)), (3, INT32, integer(_REQUIRED))
        return [root] + [
            thrift.struct(*kind, (4, BINARY, text(name)), *self._annotation())
            for name in self._schema.names
        ]

    def _annotation(self) -> list[tuple[int, int, bytes]]:
        """What makes a stored 32-bit integer a smaller one."""
        bits = self._stored.bits
        if not bits:
            return []
        of_bits = thrift.struct((1, BYTE, bytes([bits])), (2, TRUE, b""))
        logical = thrift.struct((10, STRUCT, of_bits))
        return [(6, INT32, integer(_CONVERTED[bits])), (10, STRUCT, logical)]


def _page_header(rows: int, size: int) -> bytes:
    page = thrift.struct(
        (1, INT32, integer(rows)),
        (2, INT32, integer(_PLAIN)),
        (3, INT32, integer(_RLE)),
        (4, INT32, integer(_RLE)),
    )
    return thrift.struct(
        (1, INT32, integer(_DATA_PAGE)),
        (2, INT32, integer(size)),
        (3, INT32, integer(size)),
        (5, STRUCT, page),
    )
