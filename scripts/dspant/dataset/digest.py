"""A fingerprint of decoded values, the same for every layout, chunk size and machine.

For each column: XXH3-128 over its values in little-endian order (text as its length in bytes,
uint32, then UTF-8; booleans as one byte; lists value by value). Over these, XXH3-128 of, per
column: name in UTF-8, a zero byte, dtype name, a zero byte, number of rows (uint64, little-endian),
the column's 16 bytes.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import xxhash

if TYPE_CHECKING:
    import numpy as np

PREFIX = "xxh3:"


class ColumnDigest:
    """Fingerprint of one column, fed in order and in pieces of any size."""

    def __init__(self, name: str, dtype: str) -> None:
        self.name = name
        self.dtype = dtype
        self.count = 0
        self._hash = xxhash.xxh3_128()

    def update(self, values: np.ndarray) -> None:
        """Add values: numbers or booleans of the column's dtype, or an object array of text.

        A column of lists takes shape (rows, values of a cell).
        """
        import numpy as np

        self.count += len(values)
        if self.dtype == "string":
            for value in values:
                text = value.encode()
                self._hash.update(struct.pack("<I", len(text)) + text)
            return
        dtype = np.dtype(self.dtype.partition("[")[0]).newbyteorder("<")
        self._hash.update(np.ascontiguousarray(values, dtype=dtype).reshape(-1).data)

    def summary(self) -> bytes:
        head = f"{self.name}\0{self.dtype}\0".encode()
        return head + struct.pack("<Q", self.count) + self._hash.digest()


def combined(columns: list[ColumnDigest]) -> str:
    """Fingerprint of a whole dataset, as metadata state it."""
    return PREFIX + xxhash.xxh3_128_hexdigest(b"".join(column.summary() for column in columns))


def of_text(text: str) -> str:
    """Fingerprint of a text such as canonical JSON."""
    return of_bytes(text.encode())


def of_bytes(content: bytes) -> str:
    """Fingerprint of a small file."""
    return PREFIX + xxhash.xxh3_128_hexdigest(content)
