"""Numbers as text that a page can hold: base64 of little-endian numbers."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Literal

import numpy as np

STEPS = 65534
"""Steps into which a tile's range is divided where it is rounded to 16 bits."""

MISSING = -32768
"""The rounded number that stands for no value."""

Coding = Literal["float32", "int16", "rounded"]
"""``float32`` and ``int16`` keep stored values as they are; ``rounded`` has 16 bits."""

BYTES = {"float32": 4, "int16": 2, "rounded": 2}


@dataclass(frozen=True)
class Tile:
    """Some values in a row: ``offset + step * number``, the numbers as base64.

    An outline's tile holds all its smallest values, then all its largest.
    """

    coding: Coding
    offset: float
    step: float
    numbers: str

    def call(self, key: str) -> str:
        """The script that hands it to the page."""
        return (
            f'dspant_tile({json.dumps(key)},"{self.coding}",{self.offset!r},{self.step!r},'
            f'"{self.numbers}")\n'
        )

    def inline(self, key: str) -> list[str | float]:
        """The arguments of that script."""
        return [key, self.coding, self.offset, self.step, self.numbers]


def text_bytes(coding: Coding, values: int) -> int:
    """Size of the numbers of a tile as text."""
    return 4 * -(-values * BYTES[coding] // 3)


def exact(values: np.ndarray) -> Tile:
    """A tile of float32."""
    return Tile("float32", 0.0, 1.0, _base64(values, "<f4"))


def exact_counts(counts: np.ndarray, scale: float) -> Tile:
    """A tile of stored whole numbers, each worth ``scale``."""
    return Tile("int16", 0.0, scale, _base64(counts, "<i2"))


def rounded(values: np.ndarray) -> Tile:
    """A tile rounded to the nearest of 65535 levels between its smallest and largest value."""
    offset, step = _grid(values, values)
    return Tile("rounded", offset, step, _base64(_numbers(np.rint, values, offset, step), "<i2"))


def rounded_outline(low: np.ndarray, high: np.ndarray) -> Tile:
    """A tile of an outline, rounded outwards: no peak gets smaller."""
    offset, step = _grid(low, high)
    numbers = np.concatenate(
        [_numbers(np.floor, low, offset, step), _numbers(np.ceil, high, offset, step)]
    )
    return Tile("rounded", offset, step, _base64(numbers, "<i2"))


def _grid(low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """The value of the number 0, and of one step."""
    if not np.isfinite(low).any():
        return 0.0, 1.0
    smallest, largest = float(np.fmin.reduce(low)), float(np.fmax.reduce(high))
    step = (largest - smallest) / STEPS
    return (smallest + STEPS // 2 * step, step) if step > 0 else (smallest, 1.0)


def _numbers(nearest: np.ufunc, values: np.ndarray, offset: float, step: float) -> np.ndarray:
    places = nearest((values.astype(np.float64) - offset) / step)
    limit = STEPS // 2
    return np.where(np.isfinite(places), np.clip(places, -limit, limit), MISSING)


def _base64(numbers: np.ndarray, dtype: str) -> str:
    return b64encode(np.ascontiguousarray(numbers, dtype=dtype)).decode("ascii")
