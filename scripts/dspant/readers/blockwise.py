"""Long arrays in parts that stay in the processor's cache, so what is computed of them is small."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_VALUES = 2**15


def blocks(rows: int, width: int = 1) -> Iterator[slice]:
    """Slices that cover so many rows of ``width`` values in their order; none is empty."""
    step = max(1, BLOCK_VALUES // width)
    for first in range(0, rows, step):
        yield slice(first, min(first + step, rows))
