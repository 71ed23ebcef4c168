"""Samples that the index announces and the files do not hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dspant.errors import TruncatedError
from dspant.wording import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dspant.readers.tdt.chunks import ChunkTable


@dataclass(frozen=True, eq=False)
class Wholeness:
    """Which chunks of a stream the files hold, shape (steps, channels); ``files`` names these.

    ``unindexed`` tells what the index itself lacks.
    """

    table: ChunkTable
    held: NDArray[np.bool_]
    files: str
    unindexed: str = ""

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Steps that all channels hold, shape (steps,)."""
        return self.held.all(axis=1)

    @property
    def unequal(self) -> str:
        """In words: channels of which the index has different numbers of chunks."""
        indexed = self.table.indexed
        if indexed.all():
            return ""
        counts = indexed.sum(axis=0)
        numbers = dict(zip(self.table.channels.tolist(), counts.tolist(), strict=True))
        return (
            f"channels have different chunks in the index (.tsq): {_channel_counts(numbers)} of "
            f"{len(indexed)}"
        )

    @property
    def cut(self) -> str:
        """In words: chunks that reach beyond the end of their file."""
        beyond = self.table.indexed & ~self.held
        if not beyond.any():
            return ""
        table = self.table
        per_channel = beyond.sum(axis=0)
        rows = np.flatnonzero(per_channel)
        numbers = dict(zip(table.channels[rows].tolist(), per_channel[rows].tolist(), strict=True))
        chunk_s = table.chunk_samples / table.fs_hz
        return (
            f"{beyond.sum()} of {table.indexed.sum()} chunks lie beyond the end of {self.files}: "
            f"{_channel_counts(numbers)} of {len(self.held)} chunks, "
            f"{per_channel.max() * chunk_s:.6f} of {len(self.held) * chunk_s:.6f} s"
        )

    @property
    def kept(self) -> str:
        """In words: what there is of the stream when it ends where its data end."""
        samples = int(self.complete.sum()) * self.table.chunk_samples
        announced = len(self.held) * self.table.chunk_samples
        return f"{samples} of {announced} samples ({samples / self.table.fs_hz:.6f} s)"


def check_whole(found: Wholeness, *, truncated: str) -> list[str]:
    """What is not whole, in words, for a stream that may end where its data end.

    Raises
    ------
    TruncatedError
        Something is missing and ``truncated`` is ``error``, or no step is held by all channels.
    """
    store = found.table.store
    lacks = [text for text in (found.unindexed, found.unequal, found.cut) if text]
    if lacks and not found.complete.any():
        raise TruncatedError(
            f"store {store!r}: {'; '.join(lacks)}; there is no time of which all channels have "
            f"samples: leave the store out of the config, or copy the block again"
        )
    if lacks and truncated == "error":
        raise TruncatedError(
            f"store {store!r}: {'; '.join(lacks)}; copy the block again, or set "
            f"stores.{store}.truncated: keep to take {found.kept} that all channels have"
        )
    return lacks


def _channel_counts(numbers: Mapping[int, int]) -> str:
    """Channels with their counts, those of equal count together."""
    by_count: dict[int, list[int]] = {}
    for channel, number in numbers.items():
        by_count.setdefault(number, []).append(channel)
    groups = []
    for number, channels in by_count.items():
        word = "channel" if len(channels) == 1 else "channels"
        groups.append(f"{word} {listed(channels)}: {number}")
    return "; ".join(groups)
