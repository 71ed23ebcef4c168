"""Unbroken runs of a stream, and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dspant.errors import GapError
from dspant.readers.tdt.chunks import SAME_TIME_SAMPLES
from dspant.wording import count, listed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dspant.readers.raw import Segment

MOST_LISTED_BREAKS = 20


@dataclass(frozen=True)
class Break:
    """A place where a chunk does not follow on the one before: a gap, or below 0 s an overlap."""

    start_s: float
    length_s: float

    def __str__(self) -> str:
        return f"{self.length_s:.6f} s from {self.start_s:.6f} s"


@dataclass(frozen=True, eq=False)
class Continuity:
    """How the chunks of a stream follow each other.

    ``first_steps`` are the steps at which an unbroken run begins, shape (runs,);
    ``jitter_samples`` is how far a chunk of such a run begins at most from where it should.
    """

    first_steps: NDArray[np.intp]
    gaps: tuple[Break, ...]
    overlaps: tuple[Break, ...]
    jitter_samples: float


def continuity(start_s: NDArray[np.float64], fs_hz: float, chunk_samples: int) -> Continuity:
    """Compare the beginning of each chunk with the end of the one before.

    ``start_s`` is (steps,), rising, in seconds. A deviation of more than half a sample is a gap or
    an overlap.
    """
    chunk_s = chunk_samples / fs_hz
    deviation_s = np.diff(start_s) - chunk_s
    deviation_samples = np.abs(deviation_s) * fs_hz
    is_broken = deviation_samples > SAME_TIME_SAMPLES
    broken = np.flatnonzero(is_broken)
    breaks = [Break(float(start_s[step] + chunk_s), float(deviation_s[step])) for step in broken]
    return Continuity(
        first_steps=np.r_[0, broken + 1] if len(start_s) else broken,
        gaps=tuple(found for found in breaks if found.length_s > 0),
        overlaps=tuple(found for found in breaks if found.length_s < 0),
        jitter_samples=float(deviation_samples[~is_broken].max(initial=0.0)),
    )


def segments(
    start_s: NDArray[np.float64], first_steps: NDArray[np.intp], chunk_samples: int
) -> list[Segment]:
    """First sample, number of samples and start of each unbroken run."""
    ends = np.r_[first_steps[1:], len(start_s)]
    return [
        (int(first) * chunk_samples, int(end - first) * chunk_samples, float(start_s[first]))
        for first, end in zip(first_steps, ends, strict=True)
    ]


def check_breaks(store: str, found: Continuity, *, gaps: str) -> None:
    """Raise GapError where chunks overlap, or where there are gaps and ``gaps`` is ``error``."""
    if found.overlaps:
        raise GapError(
            f"store {store!r}: {count(len(found.overlaps), 'overlap')} of chunks: "
            f"{listed([Break(o.start_s + o.length_s, -o.length_s) for o in found.overlaps])}; the "
            f"samples of these times cannot be told: leave the store out of the config, or mend "
            f"the block"
        )
    if found.gaps and gaps == "error":
        raise GapError(
            f"store {store!r}: {described_gaps(found)}; set stores.{store}.gaps: segment to keep "
            f"the unbroken runs"
        )


def described_gaps(found: Continuity) -> str:
    """In words: how many gaps there are, their lengths and starts."""
    return f"{count(len(found.gaps), 'gap')}: {listed(found.gaps, MOST_LISTED_BREAKS)}"
