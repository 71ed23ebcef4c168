"""Where each value lies in a file of the mapped layout, told by the shape of the data alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from dspant.dataset import thrift
from dspant.dataset.thrift import INT32, STRUCT, integer

MAGIC = b"PAR1"

PLAIN, RLE = 0, 3
"""Encodings by their number in ``parquet.thrift``."""

_DATA_PAGE = 0


@dataclass(frozen=True)
class RowGroups:
    """Equal row groups one after the other, each with one plain page per column.

    Parameters
    ----------
    most_rows
        Rows of a row group; the last one has what is left.
    itemsize
        Bytes of a value.
    """

    columns: int
    rows: int
    most_rows: int
    itemsize: int

    @property
    def number(self) -> int:
        """How many there are."""
        return -(-self.rows // self.most_rows)

    @property
    def end(self) -> int:
        """The byte after the last value, where the footer begins."""
        return self.begin(self.number)

    def rows_of(self, group: int) -> int:
        return min(self.most_rows, self.rows - self.first_row(group))

    def first_row(self, group: int) -> int:
        return group * self.most_rows

    def whole(self, rows: int) -> int:
        """How many of the first rows lie in groups that these rows fill."""
        return rows if rows == self.rows else rows - rows % self.most_rows

    def begin(self, group: int) -> int:
        """First byte of a row group, which is the one after the group before it."""
        whole = min(group, self.rows // self.most_rows)
        begin = len(MAGIC) + whole * self.columns * self._chunk_bytes(self.most_rows)
        return begin if whole == group else begin + self.columns * self.chunk_bytes(whole)

    def chunk_bytes(self, group: int) -> int:
        """Size of one column of a row group, its page's header included."""
        return self._chunk_bytes(self.rows_of(group))

    def header(self, group: int) -> bytes:
        """What comes before the values of each column."""
        return page_header(self.rows_of(group), self.itemsize)

    def places(self, group: int, row: int) -> list[int]:
        """First byte of a row's value in each column; ``row`` counts from the file's first one."""
        from_end = (self.first_row(group) + self.rows_of(group) - row) * self.itemsize
        begin, size = self.begin(group), self.chunk_bytes(group)
        return [begin + (column + 1) * size - from_end for column in range(self.columns)]

    def parts(self, first: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Rows ``first`` to ``stop`` by row group: its number, and from where to where of them."""
        row = first
        while row < stop:
            group = row // self.most_rows
            end = min(stop, self.first_row(group) + self.most_rows)
            yield group, row - first, end - first
            row = end

    def _chunk_bytes(self, rows: int) -> int:
        return len(page_header(rows, self.itemsize)) + rows * self.itemsize


@cache
def page_header(rows: int, itemsize: int) -> bytes:
    """What comes before the values of a plain page without null levels (Thrift, compact)."""
    page = thrift.struct(
        (1, INT32, integer(rows)),
        (2, INT32, integer(PLAIN)),
        (3, INT32, integer(RLE)),
        (4, INT32, integer(RLE)),
    )
    size = integer(rows * itemsize)
    return thrift.struct(
        (1, INT32, integer(_DATA_PAGE)),
        (2, INT32, size),
        (3, INT32, size),
        (5, STRUCT, page),
    )
