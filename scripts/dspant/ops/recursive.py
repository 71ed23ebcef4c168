"""Recursive filters in blocks, equal to filtering the whole run at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dspant.ops.blocks import GRID_SAMPLES, on_grid

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


def causal(blocks: Blocks, sos: np.ndarray) -> Blocks:
    """Filter forward from rest, as ``scipy.signal.sosfilt`` does for the whole run.

    Parameters
    ----------
    sos
        Second-order sections, shape (n_sections, 6).
    """
    import numpy as np

    return _forward(blocks, sos, lambda first: np.zeros((len(sos), first.shape[0], 2)))


def zero_phase(blocks: Blocks, sos: np.ndarray, samples: int, decay: float) -> Blocks:
    """Filter forward and backward, as ``scipy.signal.sosfiltfilt`` does for the whole run.

    The forward pass carries its state through the run. The backward pass of a block begins so
    far behind it that what is unknown there has decayed to ``decay`` of itself. Both ends of
    the run are extended as SciPy extends them (odd, three times the number of taps); a run too
    short for that is extended by all it has.

    Parameters
    ----------
    sos
        Second-order sections, shape (n_sections, 6).
    samples
        Length of the run.
    decay
        Part of the filter's transient that may be left, far below float32's resolution.
    """
    from scipy.signal import sosfilt_zi

    pad = min(_scipy_padding(sos), samples - 1)
    zi = sosfilt_zi(sos)[:, None, :]
    extended = _extend_odd(iter(blocks), pad)
    forward = _forward(extended, sos, lambda first: zi * first[None, :, :1])
    settling = settling_samples(sos, decay, most=samples + 2 * pad)
    backward = _backward(forward, sos, zi, settling)
    return _trim(backward, pad)


def settling_samples(sos: np.ndarray, decay: float, most: float = float("inf")) -> int:
    """Number of samples after which a filter's impulse response stays below ``decay`` of its peak.

    The slowest pole gives a first guess; the response itself decides, since sections in series
    and close poles decay later than one pole alone. A guess of ``most`` or more is not refined.
    """
    import numpy as np
    from scipy.signal import sosfilt

    poles = np.concatenate([np.roots(section) for section in sos[:, 3:]])
    slowest = np.max(np.abs(poles), initial=0)
    guess = int(np.ceil(np.log(decay) / np.log(slowest))) if slowest > 0 else len(poles)
    if guess >= most:
        return guess
    state = np.zeros((len(sos), 2))
    response, state = sosfilt(sos, np.r_[1.0, np.zeros(guess)], zi=state)
    limit = decay * np.max(np.abs(response))
    step = max(guess // 8, 16)
    length = guess
    while True:
        tail, state = sosfilt(sos, np.zeros(step), zi=state)
        if np.max(np.abs(tail)) <= limit:
            return length
        length += step


def _scipy_padding(sos: np.ndarray) -> int:
    taps = 2 * len(sos) + 1
    taps -= min(int((sos[:, 2] == 0).sum()), int((sos[:, 5] == 0).sum()))
    return 3 * taps


def _extend_odd(blocks: Blocks, pad: int) -> Blocks:
    import numpy as np

    if pad < 1:
        yield from blocks
        return
    held: list[np.ndarray] = []
    while sum(block.shape[1] for block in held) <= pad:
        held.append(next(blocks))
    ending = np.concatenate(held, axis=1)
    yield 2 * ending[:, :1] - ending[:, pad:0:-1]
    yield ending
    for block in blocks:
        ending = np.concatenate([ending[:, -(pad + 1) :], block[:, -(pad + 1) :]], axis=1)
        yield block
    yield 2 * ending[:, -1:] - ending[:, -2 : -(pad + 2) : -1]


def _forward(
    blocks: Blocks, sos: np.ndarray, initial: Callable[[np.ndarray], np.ndarray]
) -> Blocks:
    from scipy.signal import sosfilt

    state = None
    for block in blocks:
        if state is None:
            state = initial(block)
        filtered, state = sosfilt(sos, block, axis=1, zi=state)
        yield filtered


def _backward(blocks: Blocks, sos: np.ndarray, zi: np.ndarray, settling: int) -> Blocks:
    import numpy as np

    size = max(GRID_SAMPLES, settling)
    held: np.ndarray | None = None
    for block in on_grid(blocks, size):
        held = block if held is None else np.concatenate([held, block], axis=1)
        while held.shape[1] > size + settling:
            yield _reversed_pass(held[:, : size + settling], sos, zi)[:, :size]
            held = held[:, size:]
    if held is not None:
        yield _reversed_pass(held, sos, zi)


def _reversed_pass(x: np.ndarray, sos: np.ndarray, zi: np.ndarray) -> np.ndarray:
    from scipy.signal import sosfilt

    y, _ = sosfilt(sos, x[:, ::-1], axis=1, zi=zi * x[None, :, -1:])
    return y[:, ::-1]


def _trim(blocks: Blocks, pad: int) -> Blocks:
    import numpy as np

    held: np.ndarray | None = None
    skip = pad
    for block in blocks:
        joined = block if held is None else np.concatenate([held, block], axis=1)
        if skip:
            cut = min(skip, joined.shape[1])
            joined, skip = joined[:, cut:], skip - cut
        ready = joined.shape[1] - pad
        if ready > 0:
            yield joined[:, :ready]
            joined = joined[:, ready:]
        held = joined
