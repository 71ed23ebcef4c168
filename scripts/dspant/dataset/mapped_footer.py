"""What a file of the mapped layout says of its columns and row groups, after the last value.

Source: the Apache Parquet format, ``parquet.thrift``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dspant.dataset import thrift
from dspant.dataset.row_groups import PLAIN, RLE, RowGroups
from dspant.dataset.thrift import BINARY, BYTE, INT32, INT64, LIST, STRUCT, TRUE, integer, text

if TYPE_CHECKING:
    import pyarrow as pa

CREATED_BY = "dspAnt mapped layout 1"

_VERSION, _REQUIRED, _UNCOMPRESSED = 2, 0, 0

_CONVERTED = {8: 15, 16: 16}
"""Converted type by its number in ``parquet.thrift``, of integers of so many bits."""


@dataclass(frozen=True)
class Stored:
    """How values of a dtype lie in the file.

    Parameters
    ----------
    physical
        Physical type by its number in ``parquet.thrift``.
    dtype
        The same for NumPy.
    bits
        Of integers below 32, which are widened; else 0.
    """

    physical: int
    dtype: str
    bits: int = 0

    @property
    def itemsize(self) -> int:
        return int(self.dtype[-1])


STORED = {
    "float32": Stored(4, "<f4"),
    "float64": Stored(5, "<f8"),
    "int8": Stored(1, "<i4", bits=8),
    "int16": Stored(1, "<i4", bits=16),
    "int32": Stored(1, "<i4"),
    "int64": Stored(2, "<i8"),
}


def footer(names: Sequence[str], stored: Stored, groups: RowGroups, schema: pa.Schema) -> bytes:
    """All that comes between the last value and the length of it.

    Parameters
    ----------
    names
        Of columns.
    schema
        What readers of Arrow are told of them.
    """
    told = dict(schema.metadata or {})
    told[b"ARROW:schema"] = b64encode(schema.serialize())
    of_groups = [_group(names, stored, groups, number) for number in range(groups.number)]
    pairs = [thrift.struct((1, BINARY, text(k)), (2, BINARY, text(v))) for k, v in told.items()]
    return thrift.struct(
        (1, INT32, integer(_VERSION)),
        (2, LIST, thrift.items(STRUCT, _elements(names, stored))),
        (3, INT64, integer(groups.rows)),
        (4, LIST, thrift.items(STRUCT, of_groups)),
        (5, LIST, thrift.items(STRUCT, pairs)),
        (6, BINARY, text(CREATED_BY)),
    )


def _elements(names: Sequence[str], stored: Stored) -> list[bytes]:
    """The schema: its root, then each column."""
    root = thrift.struct(
        (3, INT32, integer(_REQUIRED)),
        (4, BINARY, text("schema")),
        (5, INT32, integer(len(names))),
    )
    kind = (1, INT32, integer(stored.physical)), (3, INT32, integer(_REQUIRED))
    smaller = _annotation(stored.bits) if stored.bits else []
    return [root] + [thrift.struct(*kind, (4, BINARY, text(name)), *smaller) for name in names]


def _annotation(bits: int) -> list[tuple[int, int, bytes]]:
    """What makes a stored 32-bit integer a smaller one."""
    of_bits = thrift.struct((1, BYTE, bytes([bits])), (2, TRUE, b""))
    logical = thrift.struct((10, STRUCT, of_bits))
    return [(6, INT32, integer(_CONVERTED[bits])), (10, STRUCT, logical)]


def _group(names: Sequence[str], stored: Stored, groups: RowGroups, number: int) -> bytes:
    begin, size = groups.begin(number), groups.chunk_bytes(number)
    rows, bytes_of_one = integer(groups.rows_of(number)), integer(size)
    encodings = thrift.items(INT32, [integer(PLAIN), integer(RLE)])
    chunks = []
    for column, name in enumerate(names):
        about = thrift.struct(
            (1, INT32, integer(stored.physical)),
            (2, LIST, encodings),
            (3, LIST, thrift.items(BINARY, [text(name)])),
            (4, INT32, integer(_UNCOMPRESSED)),
            (5, INT64, rows),
            (6, INT64, bytes_of_one),
            (7, INT64, bytes_of_one),
            (9, INT64, integer(begin + column * size)),
        )
        chunks.append(thrift.struct((2, INT64, integer(0)), (3, STRUCT, about)))
    bytes_of_all = integer(len(names) * size)
    return thrift.struct(
        (1, LIST, thrift.items(STRUCT, chunks)),
        (2, INT64, bytes_of_all),
        (3, INT64, rows),
        (5, INT64, integer(begin)),
        (6, INT64, bytes_of_all),
    )
