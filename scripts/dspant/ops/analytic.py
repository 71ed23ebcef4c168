"""The analytic signal's magnitude, by a Hilbert transformer of finite length."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dspant.errors import OperationError
from dspant.ops import kaiser
from dspant.ops.shelf import Shelf

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal

RIPPLE_DB = 100.0
"""How far the transformer's gain stays within 1, in dB below it, where it is used."""

_JUMP_DB = 20 * math.log10(2)
"""The ideal transformer's gain jumps by 2 at 0 Hz, so a window leaves twice the usual ripple."""


def half_length_s(low_hz: float) -> float:
    """Half the transformer's length by Kaiser's formula, in seconds, whatever the rate."""
    return kaiser.half_length(RIPPLE_DB + _JUMP_DB, 2 * low_hz)


def realised_hilbert(fs_hz: float, low_hz: float) -> dict[str, Any]:
    """What the metadata state of the transformer."""
    return {
        "taps": 2 * _half_samples(fs_hz, low_hz) + 1,
        "exact_band_hz": [low_hz, fs_hz / 2 - low_hz],
        "ripple_db": -RIPPLE_DB,
    }


def _half_samples(fs_hz: float, low_hz: float) -> int:
    return math.ceil(half_length_s(low_hz) * fs_hz)


def hilbert_taps(fs_hz: float, low_hz: float) -> np.ndarray:
    """Antisymmetric impulse response: 2 / (pi k) at odd k, in a Kaiser window."""
    import numpy as np

    half = _half_samples(fs_hz, low_hz)
    k = np.arange(-half, half + 1)
    ideal = np.zeros(len(k))
    odd = k % 2 == 1
    ideal[odd] = 2 / (np.pi * k[odd])
    return ideal * np.kaiser(len(k), kaiser.beta(RIPPLE_DB + _JUMP_DB))


def magnitude(blocks: Blocks, signal: Signal, low_hz: float) -> Blocks:
    """Magnitude of the analytic signal of one unbroken run, extended oddly at both ends.

    Raises
    ------
    OperationError
        No band is left between ``low_hz`` and as much below half the rate.
    """
    import numpy as np

    from dspant.ops.convolution import centred

    if low_hz >= signal.nyquist_hz / 2:
        raise OperationError(
            f"low_hz is {low_hz:g} Hz, but of this signal of {signal.fs_hz:g} samples per second "
            f"the band from low_hz to {signal.nyquist_hz:g} Hz - low_hz is used, so low_hz must "
            f"be below {signal.nyquist_hz / 2:g} Hz"
        )
    shelf = Shelf()
    for turned in centred(_kept(blocks, shelf), hilbert_taps(signal.fs_hz, low_hz)):
        samples = turned.shape[1]
        yield np.hypot(shelf.view(0, samples), turned)
        shelf.drop(samples)


def _kept(blocks: Blocks, shelf: Shelf) -> Blocks:
    for block in blocks:
        shelf.add(block)
        yield block
