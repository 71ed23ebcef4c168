"""Spectra of overlapping frames of a run, changed in bands, without the frames ever showing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dspant.ops.shelf import Shelf

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

OVERLAP = 4
"""Frames that hold each sample."""

WINDOWS_SUM = 1.5
"""Sum of the squared Hann windows of these frames, the same at every sample."""


@dataclass(frozen=True)
class Frames:
    """Frames of ``length`` samples, a new one every ``hop``."""

    length: int
    hop: int

    @classmethod
    def of(cls, frame_s: float, fs_hz: float) -> Frames:
        hop = _fast(math.ceil(frame_s * fs_hz / OVERLAP))
        return cls(OVERLAP * hop, hop)

    @property
    def before(self) -> int:
        """Samples of the first frame that come before the run."""
        return self.length - self.hop


def _fast(samples: int) -> int:
    """The next length without a prime factor above 5."""
    while True:
        rest = samples
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return samples
        samples += 1


Band = tuple[slice, slice, slice]
"""Bins that are replaced, and the bins below and above that tell with what."""


def extended(blocks: Blocks, frames: Frames, period: int) -> Blocks:
    """The run with samples before and after it, copies ``period`` samples away."""
    import numpy as np

    shelf = Shelf()
    begun = False
    for block in blocks:
        shelf.add(block)
        if not begun and shelf.count >= period:
            yield shelf.view(0, period)[:, np.arange(-frames.before, 0) % period]
            begun = True
        if begun:
            ready = shelf.count - period
            if ready > 0:
                yield shelf.view(0, ready).copy()
                shelf.drop(ready)
    rest = shelf.view(0, shelf.count).copy()
    yield rest
    yield rest[:, np.arange(frames.length) % period]


def cleaned(run: Blocks, count: int, frames: Frames, bands: list[Band]) -> Blocks:
    """The run's own ``count`` samples, from those of the extended run."""
    import numpy as np

    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frames.length) / frames.length)
    shelf = Shelf()
    hum: np.ndarray | None = None
    position = -frames.before
    for block in run:
        shelf.add(block)
        if hum is None:
            hum = np.zeros((len(block), frames.length))
        while shelf.count >= frames.length and position < count:
            x = shelf.view(0, frames.length)
            for i, row in enumerate(x):
                hum[i] += _removed(row * window, bands) * (window / WINDOWS_SUM)
            if position >= 0:
                ready = min(frames.hop, count - position)
                yield x[:, :ready] - hum[:, :ready]
            hum[:, : -frames.hop] = hum[:, frames.hop :]
            hum[:, -frames.hop :] = 0
            shelf.drop(frames.hop)
            position += frames.hop


def _removed(x: np.ndarray, bands: list[Band]) -> np.ndarray:
    """What replacing amplitudes takes away from one windowed frame."""
    import numpy as np

    spectrum = np.fft.rfft(x)
    taken = np.zeros_like(spectrum)
    for inside, low, high in bands:
        here = spectrum[inside]
        size = abs(here)
        beside = abs(np.concatenate([spectrum[low], spectrum[high]])).mean()
        share = np.divide(beside, size, out=np.ones_like(size), where=size > 0)
        taken[inside] = here * (1 - share)
    return np.fft.irfft(taken, len(x))
