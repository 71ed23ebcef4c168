"""Means over a centred window that moves along an unbroken run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dspant.ops.blocks import with_context

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

    Windowed = Callable[[np.ndarray, int], np.ndarray]


def odd_samples(window_s: float, fs_hz: float) -> int:
    """The odd number of samples that is nearest to a window of so many seconds."""
    return 2 * int(window_s * fs_hz / 2) + 1


def centred_means(blocks: Blocks, length: int, windowed: Windowed, power: int = 1) -> Blocks:
    """The mean around every sample; near the ends of the run, of the samples that exist.

    Every sum is of the window's own samples, in float64, so a large artefact leaves no rounding
    errors beside it.

    Parameters
    ----------
    length
        Samples of the window, an odd number.
    windowed
        (x, length) -> the mean of each whole window in the rows of x.
    power
        What the mean grows with: 2 where it is the root of a sum.
    """
    half = length // 2
    for x, before, after in with_context(blocks, before=half, after=half):
        if before == after == half:
            yield windowed(x, length)
        else:
            yield _cut_at_the_ends(x, half, windowed, power)[:, before : x.shape[1] - after]


def _cut_at_the_ends(x: np.ndarray, half: int, windowed: Windowed, power: int) -> np.ndarray:
    import numpy as np

    length, samples = 2 * half + 1, x.shape[1]
    index = np.arange(samples)
    held = np.minimum(index + half + 1, samples) - np.maximum(index - half, 0)
    share = length / held
    return windowed(np.pad(x, ((0, 0), (half, half))), length) * (
        np.sqrt(share) if power == 2 else share
    )
