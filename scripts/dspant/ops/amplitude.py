"""How large the signal is at each moment: rectification, energy, root mean square."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from dspant.ops.blocks import with_context
from dspant.ops.registry import Parameters, stream_operation

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal


class Rectify(Parameters):
    pass


class Tkeo(Parameters):
    pass


class RmsEnvelope(Parameters):
    example = {"window_s": 0.05}

    window_s: float = Field(gt=0)
    """Length of the moving window in seconds, centred on the sample; taken as the nearest odd
    number of samples."""


def _squared(signal: Signal, _params: Tkeo) -> Signal:
    return replace(signal, units=tuple(f"{unit}^2" for unit in signal.units))


@stream_operation(Rectify, version=1)
def rectify(blocks: Blocks, signal: Signal, params: Rectify) -> Blocks:
    """Absolute value (full-wave rectification): y[n] = |x[n]|."""
    import numpy as np

    return (np.abs(block, out=block) for block in blocks)


@stream_operation(Tkeo, version=1, describe=_squared)
def tkeo(blocks: Blocks, signal: Signal, params: Tkeo) -> Blocks:
    """Teager-Kaiser energy: y[n] = x[n]^2 - x[n-1] x[n+1], as long as its input.

    The first and the last sample of an unbroken run have no neighbour on one side; each takes
    the energy of the sample beside it. A run of fewer than three samples has no energy (0).

    Source: J. F. Kaiser, ICASSP 1990, 381; for EMG onsets X. Li et al., Med. Eng. Phys. 29
    (2007) 956.
    """
    import numpy as np

    for x, before, after in with_context(blocks, before=2, after=1):
        energy = np.zeros_like(x)
        energy[:, 1:-1] = x[:, 1:-1] ** 2 - x[:, :-2] * x[:, 2:]
        if not before and x.shape[1] > 2:
            energy[:, 0] = energy[:, 1]
        if not after and x.shape[1] > 2:
            energy[:, -1] = energy[:, -2]
        yield energy[:, before : energy.shape[1] - after]


def _window_samples(signal: Signal, params: RmsEnvelope) -> int:
    return 2 * int(params.window_s * signal.fs_hz / 2) + 1


def _realised_window(signal: Signal, params: RmsEnvelope) -> dict[str, float]:
    samples = _window_samples(signal, params)
    return {"window_samples": samples, "realised_window_s": samples / signal.fs_hz}


@stream_operation(
    RmsEnvelope, version=2, reach_s=lambda params: params.window_s / 2, facts=_realised_window
)
def rms_envelope(blocks: Blocks, signal: Signal, params: RmsEnvelope) -> Blocks:
    """Moving root mean square over a centred window of an odd number of samples.

    Near the ends of an unbroken run the window is cut at the end: the mean is over the samples
    that exist. Every sum is of the window's own samples, in float64, so a large artefact leaves
    no rounding errors beside it.

    Source: J. V. Basmajian and C. J. De Luca, Muscles Alive (1985), chapter 3.
    """
    from dspant.ops.kernels.moving import moving_rms

    length = _window_samples(signal, params)
    half = length // 2
    for x, before, after in with_context(blocks, before=half, after=half):
        if before == after == half:
            yield moving_rms(x, length)
        else:
            yield _cut_at_the_ends(x, half)[:, before : x.shape[1] - after]


def _cut_at_the_ends(x: np.ndarray, half: int) -> np.ndarray:
    """Moving root mean square of all samples, over as much of each window as there is."""
    import numpy as np

    from dspant.ops.kernels.moving import moving_rms

    length, samples = 2 * half + 1, x.shape[1]
    index = np.arange(samples)
    held = np.minimum(index + half + 1, samples) - np.maximum(index - half, 0)
    return moving_rms(np.pad(x, ((0, 0), (half, half))), length) * np.sqrt(length / held)
