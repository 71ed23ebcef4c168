"""Recursive filters in blocks, equal to filtering the whole run at once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from dspant.ops.blocks import GRID_SAMPLES

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

    from dspant.ops.kernels.cascade import Cascade

    cascade = None
    for block in blocks:
        if cascade is None:
            cascade = Cascade(sos, np.zeros((len(block), len(sos), 2)))
        filtered = np.empty(block.shape)
        cascade.filter(_rows(block), list(filtered))
        yield filtered


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
    pad = min(_scipy_padding(sos), samples - 1)
    longest = samples + 2 * pad
    settling = min(settling_samples(sos, decay, most=longest), longest)
    extended = _extend_odd(iter(blocks), pad)
    return _without_extension(_both_ways(extended, sos, settling), pad, samples)


def settling_samples(sos: np.ndarray, decay: float, most: float = float("inf")) -> int:
    """Number of samples after which a filter's impulse response stays below ``decay`` of its peak.

    The slowest pole gives a first guess; the response itself decides, since sections in series
    and close poles decay later than one pole alone. A guess of ``most`` or more is not refined.
    """
    import numpy as np

    from dspant.ops.kernels.cascade import Cascade

    poles = np.concatenate([np.roots(section) for section in sos[:, 3:]])
    slowest = np.max(np.abs(poles), initial=0)
    guess = int(np.ceil(np.log(decay) / np.log(slowest))) if slowest > 0 else len(poles)
    if guess >= most:
        return guess
    cascade = Cascade(sos, np.zeros((1, len(sos), 2)))
    response = np.zeros(guess + 1)
    response[0] = 1.0
    cascade.filter([response], [response])
    limit = decay * np.max(np.abs(response))
    step = max(guess // 8, 16)
    length = guess
    while True:
        tail = np.zeros(step)
        cascade.filter([tail], [tail])
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
    ending = np.concatenate(held, axis=1) if len(held) > 1 else held[0]
    yield 2 * ending[:, :1] - ending[:, pad:0:-1]
    yield ending
    ending = ending[:, -(pad + 1) :].copy()
    for block in blocks:
        ending = np.concatenate([ending, block[:, -(pad + 1) :]], axis=1)[:, -(pad + 1) :]
        yield block
    yield 2 * ending[:, -1:] - ending[:, -2 : -(pad + 2) : -1]


def _both_ways(blocks: Blocks, sos: np.ndarray, settling: int) -> Blocks:
    """Forward into pieces of a grid as blocks arrive; backward as soon as a piece can settle.

    A piece ends with a copy of the ``settling`` samples that follow it. The last one takes in all
    that is left.
    """
    import numpy as np

    from dspant.ops.designs import steady_state
    from dspant.ops.kernels.cascade import Cascade, rows_in_lanes

    size = max(GRID_SAMPLES, settling)
    steady = steady_state(sos)
    pieces: list[np.ndarray] = []
    filled = size
    cascade = None
    for block in blocks:
        if cascade is None:
            cascade = Cascade(sos, _settled(steady, block[:, 0]))
            together = rows_in_lanes(len(block))
        taken = 0
        while taken < block.shape[1]:
            if filled == size:
                pieces.append(np.empty((len(block), size + settling)))
                filled = 0
            part = block[:, taken : taken + size - filled]
            cascade.filter(_rows(part), list(pieces[-1][:, filled : filled + part.shape[1]]))
            filled += part.shape[1]
            taken += part.shape[1]
            if len(pieces) > together and filled >= settling:
                yield from _backward(_overlapping(pieces, settling), sos, steady, settling)
                pieces = pieces[-1:]
    if not pieces:
        return
    if len(pieces) > 1 and filled >= settling:
        yield from _backward(_overlapping(pieces, settling), sos, steady, settling)
        pieces = pieces[-1:]
    elif len(pieces) > 2:
        yield from _backward(_overlapping(pieces[:-1], settling), sos, steady, settling)
        pieces = pieces[-2:]
    left = np.concatenate([*(piece[:, :size] for piece in pieces[:-1]), pieces[-1][:, :filled]], 1)
    yield from _backward([left], sos, steady, 0)


def _overlapping(pieces: list[np.ndarray], settling: int) -> list[np.ndarray]:
    """All pieces but the last, each of which ends with what follows it."""
    for piece, following in pairwise(pieces):
        piece[:, piece.shape[1] - settling :] = following[:, :settling]
    return pieces[:-1]


def _backward(
    pieces: list[np.ndarray], sos: np.ndarray, steady: np.ndarray, settling: int
) -> Blocks:
    """Filter equally long pieces backward, all at once; their ends only settle the filter."""
    import numpy as np

    from dspant.ops.kernels.cascade import Cascade

    made = [np.empty((len(piece), piece.shape[1] - settling)) for piece in pieces]
    source = [row for piece in pieces for row in piece]
    target = [row for piece in made for row in piece]
    last = np.array([row[-1] for row in source])
    Cascade(sos, _settled(steady, last)).filter_backward(source, target)
    yield from made


def _settled(steady: np.ndarray, level: np.ndarray) -> np.ndarray:
    """State of each row after ``level`` for ever, shape (n_rows, n_sections, 2)."""
    return steady * level[:, None, None]


def _without_extension(blocks: Blocks, pad: int, samples: int) -> Blocks:
    left = samples
    for block in blocks:
        skip = min(pad, block.shape[1])
        pad -= skip
        kept = block[:, skip : skip + left]
        left -= kept.shape[1]
        if kept.shape[1]:
            yield kept


def _rows(block: np.ndarray) -> list[np.ndarray]:
    """The rows of a block, each float64 and contiguous."""
    import numpy as np

    return [np.ascontiguousarray(row, dtype=np.float64) for row in block]
