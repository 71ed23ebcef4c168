"""Tables on the time axis: rows in pieces that a page can load, and where any row lies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dspant.dataset.epoc import Epoc

ROWS = 1000
"""Rows of a piece."""

MOST_CELLS = 1_000_000
"""A table of more rows times columns is shown without its rows."""

COLUMNS = 1000
"""Parts of the recording for which it is known whether any row lies in them."""

DIGITS = 7
"""Significant digits of values; times have as many decimals."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a table in the order of their onsets."""

    epoc: Epoc
    span_s: tuple[float, float]

    @cached_property
    def order(self) -> np.ndarray:
        onset = self.epoc.table["onset"].to_numpy()
        return np.argsort(onset, kind="stable")

    @cached_property
    def onset_s(self) -> np.ndarray:
        return self.epoc.table["onset"].to_numpy()[self.order]

    @cached_property
    def offset_s(self) -> np.ndarray:
        """Ends; of what never ended, the recording's end."""
        offset = self.epoc.table["offset"].to_numpy()[self.order]
        offset = np.where(np.isposinf(offset), self.span_s[1], offset)
        return np.where(np.isfinite(offset), np.maximum(offset, self.onset_s), self.onset_s)

    @cached_property
    def channels(self) -> list[str]:
        """Channels that rows belong to, as they come up; none where rows concern them all."""
        if "channel" not in self.epoc.table.column_names:
            return []
        return list(dict.fromkeys(self.epoc.table["channel"].to_pylist()))

    @property
    def values(self) -> list[str]:
        """Further columns, without those that hold a list in each row."""
        return [
            name
            for name, column in self.epoc.metadata.base.columns.items()
            if name not in ("onset", "offset", "channel") and column.list_of is None
        ]

    @property
    def shown(self) -> bool:
        """Whether rows are shown, and not only where any lie."""
        return len(self.order) * len(self.epoc.table.column_names) <= MOST_CELLS

    def pieces(self) -> Iterator[str]:
        """Pieces of rows, each the JSON of columns."""
        table = self.epoc.table
        columns = {name: table[name].to_numpy()[self.order] for name in self.values}
        place = {channel: number for number, channel in enumerate(self.channels)}
        for first in range(0, len(self.order), ROWS):
            own = slice(first, first + ROWS)
            piece: dict[str, Any] = {
                "onset": _times(self.onset_s[own]),
                "offset": _times(self.offset_s[own]),
                "values": [_plain(column[own]) for column in columns.values()],
            }
            if self.channels:
                names = table["channel"].take(self.order[own]).to_pylist()
                piece["channel"] = [place[name] for name in names]
            yield json.dumps(piece, separators=(",", ":"), ensure_ascii=False)

    def bounds(self) -> list[tuple[float, float]]:
        """First onset and last offset of each piece, in seconds."""
        return [
            (float(self.onset_s[first]), float(self.offset_s[first : first + ROWS].max()))
            for first in range(0, len(self.order), ROWS)
        ]

    def marks(self) -> list[tuple[int, int]]:
        """Where rows lie: first and last of the parts, of ``COLUMNS`` ones, that they touch."""
        start_s, end_s = self.span_s
        scale = COLUMNS / (end_s - start_s)
        first = np.clip((self.onset_s - start_s) * scale, 0, COLUMNS - 1).astype(np.int64)
        last = np.clip((self.offset_s - start_s) * scale, 0, COLUMNS - 1).astype(np.int64)
        depth = np.zeros(COLUMNS + 1, dtype=np.int64)
        np.add.at(depth, first, 1)
        np.add.at(depth, last + 1, -1)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], np.cumsum(depth) > 0, [0]])))
        return list(zip(edges[::2].tolist(), (edges[1::2] - 1).tolist(), strict=True))


def part_call(key: str, piece: str) -> str:
    """The script that hands some JSON, such as a piece of rows, to the page."""
    return f"dspant_part({json.dumps(key)},{piece})\n"


def _times(seconds: np.ndarray) -> list[float]:
    return np.round(seconds, DIGITS).tolist()


def _plain(values: np.ndarray) -> list[Any]:
    """Values that JSON can hold; None for what is not finite."""
    if values.dtype.kind != "f":
        return values.tolist()
    finite = np.isfinite(values)
    sizes = np.abs(np.where(finite & (values != 0), values, 1.0))
    scale = 10.0 ** np.clip(DIGITS - 1 - np.floor(np.log10(sizes)), -300, 300)
    with np.errstate(over="ignore", invalid="ignore"):
        short = np.round(values * scale) / scale
    kept = np.where(np.isfinite(short), short, values)
    return [value if known else None for value, known in zip(kept.tolist(), finite, strict=True)]
