"""Cuts what passes by into tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from dspant.report.explorer.encoding import Tile
from dspant.report.explorer.folder import TileFolder

SAMPLES = 65536
"""Samples of a tile."""

BINS = 32768
"""Bins of an outline's tile."""


class Shelf:
    """Cuts the rows of one level into tiles, one file for each channel and tile.

    Parameters
    ----------
    key
        What the names of its tiles begin with, ``stream/level``.
    size
        Values per tile.
    encode
        Gives, for a channel, what makes a tile of its values: of one array for each that is added.
    """

    def __init__(
        self, folder: TileFolder, key: str, size: int, encode: Callable[[int], Callable[..., Tile]]
    ) -> None:
        self._folder = folder
        self._key = key
        self._size = size
        self._encode = encode
        self._parts: list[tuple[np.ndarray, ...]] = []
        self._held = 0
        self._tiles = 0

    def add(self, *rows: np.ndarray) -> None:
        """Take further values: arrays of (channels, values), all of one shape."""
        while self._held + rows[0].shape[1] >= self._size:
            cut = self._size - self._held
            self._parts.append(tuple(part[:, :cut] for part in rows))
            self._write()
            rows = tuple(part[:, cut:] for part in rows)
        if rows[0].shape[1]:
            self._parts.append(tuple(part.copy() for part in rows))
            self._held += rows[0].shape[1]

    def finish(self) -> None:
        """Write the last, shorter tiles."""
        if self._held:
            self._write()

    def _write(self) -> None:
        parts, self._parts, self._held = self._parts, [], 0
        for channel in range(len(parts[0][0])):
            rows = [np.concatenate(pieces) for pieces in zip(*_of(parts, channel), strict=True)]
            key = f"{self._key}/{channel}_{self._tiles}"
            self._folder.write(key, self._encode(channel)(*rows).call(key))
        self._tiles += 1


def _of(parts: list[tuple[np.ndarray, ...]], channel: int) -> Iterator[list[np.ndarray]]:
    for part in parts:
        yield [rows[channel] for rows in part]
