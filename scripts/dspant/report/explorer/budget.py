"""Which streams a page can show sample by sample, and how, within a given space on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dspant.report.explorer.encoding import Coding, text_bytes
from dspant.report.explorer.pyramid import Level, levels_of

if TYPE_CHECKING:
    from dspant.dataset.stream import Stream

MB = 1_000_000

ENOUGH_BINS = 1200
"""A level with so few bins is the last: the page holds about as many."""

OUTLINE_BYTES = 4 * MB
"""Outlines of a stream up to this size are written in any case."""

WHOLE_NUMBERS = ("int8", "uint8", "int16")
"""Stored kinds that 16 bits hold as they are."""

FRACTIONS = ("float16", "float32")
"""Stored kinds that float32 holds as they are."""


@dataclass(frozen=True)
class Depth:
    """How far a page zooms into a stream.

    Parameters
    ----------
    levels
        All levels, the samples first, in the order of the pyramid.
    finest
        Number of the finest level that is written.
    coding
        How samples are written; None where they are not.
    wanted_bytes
        What it would take to write all levels in the smallest way.
    """

    levels: list[Level]
    finest: int
    coding: Coding | None
    wanted_bytes: int

    @property
    def written(self) -> list[Level]:
        """Levels with tiles, without the samples."""
        return [level for level in self.levels if level.number >= max(self.finest, 1)]


def choose_depths(streams: Mapping[str, Stream], samples_mb: float) -> dict[str, Depth]:
    """Decide for each stream, in the order of the page.

    Stored values are written as they are where this fits for all streams. Else fractions are
    rounded to 16 bits, and each stream is taken that still fits; those left out share what
    remains for finer outlines.

    Parameters
    ----------
    samples_mb
        Most disk in MB (10^6 bytes) for the tiles of all streams together.
    """
    levels = {name: levels_of(stream.segments, ENOUGH_BINS) for name, stream in streams.items()}
    kept = {name: as_stored(stream) for name, stream in streams.items()}
    sizes = {name: _size(levels[name], stream, kept[name]) for name, stream in streams.items()}
    room = round(samples_mb * MB)
    if sum(sizes.values()) > room:
        kept = {name: coding if coding == "int16" else "rounded" for name, coding in kept.items()}
        sizes = {name: _size(levels[name], stream, kept[name]) for name, stream in streams.items()}
    taken: dict[str, Depth] = {}
    for name in streams:
        if sizes[name] <= room:
            room -= sizes[name]
            taken[name] = Depth(levels[name], 0, kept[name], sizes[name])
    left_out = len(streams) - len(taken)
    for name, stream in streams.items():
        if name not in taken:
            own = max(room // left_out, OUTLINE_BYTES)
            finest = _finest_within(levels[name], len(stream.channels), own)
            taken[name] = Depth(levels[name], finest, None, sizes[name])
    return {name: taken[name] for name in streams}


def as_stored(stream: Stream) -> Coding:
    """The coding that keeps stored values, or float32 where none does."""
    kinds = set(stream.metadata.base.channel_types)
    return "int16" if kinds <= set(WHOLE_NUMBERS) else "float32"


def is_exact(stream: Stream) -> bool:
    """Whether float32 holds the values that are stored as they are."""
    scaled = stream.metadata.base.channel_scales is not None
    return not scaled and set(stream.metadata.base.channel_types) <= set(FRACTIONS)


def _size(levels: list[Level], stream: Stream, coding: Coding) -> int:
    outlines = sum(_outline_bytes(levels[1:]))
    return len(stream.channels) * (text_bytes(coding, levels[0].bins) + outlines)


def _outline_bytes(levels: Iterable[Level]) -> Iterable[int]:
    return (text_bytes("rounded", 2 * level.bins) for level in levels)


def _finest_within(levels: list[Level], channels: int, room: int) -> int:
    """The finest level that fits together with all coarser ones; at least the coarsest."""
    used = 0
    finest = levels[-1].number
    for level in reversed(levels[1:]):
        used += channels * text_bytes("rounded", 2 * level.bins)
        if used > room:
            break
        finest = level.number
    return finest
