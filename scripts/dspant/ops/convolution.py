"""Symmetric filters of finite length in blocks, equal to convolving the whole run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dspant.ops.blocks import with_context
from dspant.ops.shelf import Shelf

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


def causal(blocks: Blocks, taps: np.ndarray) -> Blocks:
    """Convolve from rest: y[n] = sum of taps[k] x[n-k]; as long as the input."""
    for x, before, _ in with_context(blocks, before=len(taps) - 1, after=0):
        yield convolved(x, taps)[:, before : x.shape[1]]


def centred(blocks: Blocks, taps: np.ndarray) -> Blocks:
    """Convolve around each sample, both ends of the run extended by odd reflection.

    Parameters
    ----------
    taps
        Odd number; the middle one belongs to the sample itself.
    """
    half = len(taps) // 2
    for x, _, _ in with_context(reflected(blocks, half), before=half, after=half):
        yield convolved(x, taps)[:, 2 * half : x.shape[1]]


def reflected(blocks: Blocks, half: int) -> Blocks:
    """The run with ``half`` more samples on each side.

    A run of no more than ``half`` samples is reflected as far as it goes, then held.
    """
    import numpy as np

    shelf = Shelf()
    begun = False
    for block in blocks:
        shelf.add(block)
        if not begun and shelf.count > half:
            yield _odd(shelf.view(0, half + 1)[:, ::-1], half)[:, ::-1]
            begun = True
        if begun:
            ready = shelf.count - half - 1
            if ready > 0:
                yield shelf.view(0, ready).copy()
                shelf.drop(ready)
    if not shelf.count:
        return
    rest = shelf.view(0, shelf.count)
    if not begun:
        yield _odd(rest[:, ::-1], half)[:, ::-1]
    yield np.concatenate([rest, _odd(rest, half)], axis=1)


def _odd(x: np.ndarray, count: int) -> np.ndarray:
    """What follows ``x`` where it is reflected about its last sample, then held."""
    import numpy as np

    beyond = 2 * x[:, -1:] - x[:, -2 : -(count + 2) : -1]
    last = beyond[:, -1:] if beyond.shape[1] else x[:, -1:]
    return np.concatenate([beyond, np.repeat(last, count - beyond.shape[1], axis=1)], axis=1)


def convolved(x: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Each row convolved with ``taps``, by Fourier transform; shape channels x (sum - 1)."""
    import numpy as np

    size = 1 << (x.shape[1] + len(taps) - 2).bit_length()
    spectrum = np.fft.rfft(taps, size)
    made = np.empty((len(x), x.shape[1] + len(taps) - 1))
    for row, target in zip(x, made, strict=True):
        target[:] = np.fft.irfft(np.fft.rfft(row, size) * spectrum, size)[: len(target)]
    return made
