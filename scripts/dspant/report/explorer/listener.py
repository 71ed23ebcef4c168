"""Listens to a stream and leaves tiles, and an outline for the page itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from dspant.dataset.stream import Stream
from dspant.report.explorer.budget import Depth
from dspant.report.explorer.encoding import (
    Coding,
    Tile,
    exact,
    exact_counts,
    rounded,
    rounded_outline,
)
from dspant.report.explorer.folder import TileFolder
from dspant.report.explorer.pyramid import Joining, Level, Pyramid
from dspant.report.explorer.shelf import BINS, SAMPLES, Shelf


class TileMaker:
    """A listener (see :mod:`dspant.report.passes`) that writes a stream's tiles.

    Parameters
    ----------
    page
        Collects the outline that the page itself holds.
    """

    def __init__(self, stream: Stream, depth: Depth, folder: TileFolder, page: PageOutline) -> None:
        self._stream = stream
        self._coding = depth.coding
        self._shelves: dict[int, Shelf] = {
            level.number: Shelf(folder, f"{stream.name}/{level.number}", BINS, _outline_of)
            for level in depth.written
        }
        if depth.coding is not None:
            encode = _sample_encoder(stream, depth.coding)
            self._shelves[0] = Shelf(folder, f"{stream.name}/0", SAMPLES, encode)
        self._page = page
        self._pyramid = Pyramid([partial(self._take, level.number) for level in depth.levels[1:]])

    def start_run(self, segment: int) -> None:
        if segment > 0:
            self._end_run()

    def add(self, first: int, values: np.ndarray) -> None:
        single = values.astype(np.float32)
        if self._coding == "int16":
            scales = np.array(self._stream.scales)[:, np.newaxis]
            self._shelves[0].add(np.rint(values / scales).astype(np.int16))
        elif self._coding is not None:
            self._shelves[0].add(single)
        self._page.take(0, single, single)
        self._pyramid.add(single)
        if first + values.shape[1] == self._stream.samples:
            self._end_run()
            for shelf in self._shelves.values():
                shelf.finish()

    def _take(self, level: int, low: np.ndarray, high: np.ndarray) -> None:
        if level in self._shelves:
            self._shelves[level].add(low, high)
        self._page.take(level, low, high)

    def _end_run(self) -> None:
        self._pyramid.end_run()
        self._page.end_run()


class PageOutline:
    """Collects an outline of the first channels, small enough for the page itself.

    Parameters
    ----------
    bins
        About how many; each unbroken run has one at least.
    """

    def __init__(self, levels: list[Level], bins: int, channels: int) -> None:
        below = [level for level in levels if level.bins >= bins] or levels[:1]
        together = max(-(-below[-1].bins // bins), 1)
        self._level = below[-1].number
        self._join = Joining(together)
        self._parts: list[tuple[np.ndarray, np.ndarray]] = []
        self.bin_samples = below[-1].bin_samples * together
        self.channels = channels

    def take(self, level: int, low: np.ndarray, high: np.ndarray) -> None:
        """Take what passes by; only one level matters."""
        if level == self._level and self.channels:
            joined = self._join.add(low[: self.channels], high[: self.channels])
            self._parts.append(joined)

    def end_run(self) -> None:
        last = self._join.end_run()
        if last is not None:
            self._parts.append(last)

    def tiles(self) -> list[Tile]:
        """One tile for each of the channels; none of a stream without samples."""
        if not self._parts:
            return []
        low, high = (np.concatenate(rows, axis=1) for rows in zip(*self._parts, strict=True))
        return [rounded_outline(low[row], high[row]) for row in range(self.channels)]


def _outline_of(_channel: int) -> Callable[..., Tile]:
    return rounded_outline


def _sample_encoder(stream: Stream, coding: Coding) -> Callable[[int], Callable[..., Tile]]:
    def encoder(channel: int) -> Callable[..., Tile]:
        if coding == "int16":
            return partial(exact_counts, scale=stream.scales[channel])
        return exact if coding == "float32" else rounded

    return encoder
