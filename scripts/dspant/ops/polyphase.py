"""Raising and lowering the rate in blocks, equal to filtering the whole run at once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dspant.ops import blocks as cut
from dspant.ops import kaiser
from dspant.ops.convolution import reflected
from dspant.ops.shelf import Shelf

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


@lru_cache(maxsize=8)  # every group of channels of every unbroken run asks for the same
def low_pass(half: int, cutoff: float, stopband_db: float) -> np.ndarray:
    """The ideal low-pass cut by a Kaiser window, of unit gain at 0.

    Parameters
    ----------
    half
        Taps on either side of the middle one.
    cutoff
        Half-amplitude edge as a part of the sampling rate.
    """
    import numpy as np

    k = np.arange(-half, half + 1)
    taps = np.sinc(2 * cutoff * k) * np.kaiser(len(k), kaiser.beta(stopband_db))
    return taps / taps.sum()


def polyphase(blocks: Blocks, taps: np.ndarray, up: int, down: int, samples: int) -> Blocks:
    """Insert ``up`` - 1 zeros after each sample, filter without delay, keep one of ``down``.

    Both ends of the run are extended by odd reflection; zeros are never multiplied.

    Parameters
    ----------
    taps
        Symmetric, an odd number, at the old rate times ``up``.
    samples
        Length of the run.
    """
    import numpy as np

    from dspant.ops.kernels.polyphase import filter_phases

    half = len(taps) // 2
    phases = _phases(taps, up)
    length = phases.shape[1]
    extra = max(length - 1 - half // up, -(-half // up) + 1)
    shelf, origin, made = Shelf(), -extra, 0
    whole = -(-samples * up // down)
    for block in reflected(blocks, extra):
        shelf.add(block)
        ready = ((origin + shelf.count) * up - 1 - half) // down + 1
        while made < min(ready, whole):
            position = made * down + half - origin * up
            part = np.empty((len(block), min(ready, whole, made + cut.GRID_SAMPLES) - made))
            for row, target in zip(shelf.view(0, shelf.count), part, strict=True):
                filter_phases(row, phases, down, position, target)
            yield part
            made += part.shape[1]
        past = (made * down + half) // up - (length - 1) - origin
        past = min(max(past, 0), shelf.count)
        shelf.drop(past)
        origin += past


def _phases(taps: np.ndarray, up: int) -> np.ndarray:
    """The taps of each phase, up x taps, those of later samples last; zeros ahead fill them up."""
    import numpy as np

    from dspant.ops.kernels.polyphase import TAPS_AT_ONCE

    length = -(-len(taps) // up)
    length += -length % TAPS_AT_ONCE
    padded = np.zeros(length * up)
    padded[: len(taps)] = taps
    return np.ascontiguousarray(padded.reshape(length, up).T[:, ::-1])
