"""Times of chunks that stray from the rate, though too little for a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dspant.readers.tdt.chunks import ChunkTable
    from dspant.readers.tdt.gaps import Continuity

MOST_JITTER_SAMPLES = 0.02
"""Real blocks stay below 0.005 samples."""


def clock_doubts(table: ChunkTable, found: Continuity) -> list[str]:
    """In words: chunks that begin elsewhere than the rate or the other channels say."""
    doubts = []
    if found.jitter_samples > MOST_JITTER_SAMPLES:
        doubts.append(
            f"chunks begin up to {found.jitter_samples:.3f} samples from where the rate of "
            f"{table.fs_hz} Hz puts them; times may be off by as much"
        )
    if table.spread_samples > MOST_JITTER_SAMPLES:
        doubts.append(
            f"channels of one time begin up to {table.spread_samples:.3f} samples apart; the "
            f"earliest time is taken for all"
        )
    return doubts
