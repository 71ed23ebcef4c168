"""Thrift's compact form, as far as a Parquet file's own headers need it.

Source: the Thrift compact protocol specification, and ``parquet.thrift`` of the Parquet format.
"""

from __future__ import annotations

from collections.abc import Sequence

TRUE, BYTE, INT16, INT32, INT64, BINARY, LIST, STRUCT = 1, 3, 4, 5, 6, 8, 9, 12

_LONG_LIST = 15


def struct(*fields: tuple[int, int, bytes]) -> bytes:
    """A struct of fields: number, kind and content, by rising number and less than 16 apart."""
    parts, last = [], 0
    for number, kind, content in fields:
        parts += [bytes([number - last << 4 | kind]), content]
        last = number
    return b"".join([*parts, b"\0"])


def integer(value: int) -> bytes:
    """An integer of any width above a byte: zigzag, then seven bits a byte."""
    return _unsigned(value << 1 if value >= 0 else ~(value << 1))


def text(content: str | bytes) -> bytes:
    stored = content.encode() if isinstance(content, str) else content
    return _unsigned(len(stored)) + stored


def items(kind: int, contents: Sequence[bytes]) -> bytes:
    """A list of things of one kind."""
    size = len(contents)
    head = bytes([min(size, _LONG_LIST) << 4 | kind])
    return b"".join([head, _unsigned(size) if size >= _LONG_LIST else b"", *contents])


def _unsigned(rest: int) -> bytes:
    digits = []
    while rest > 127:
        digits.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*digits, rest])
