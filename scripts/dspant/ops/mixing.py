"""Sums of channels whose last bit does not depend on blocks, threads or the processor.

A matrix product of a library adds in an order of its own, which differs with the size of the
block and with the machine. Here every sum runs over the channels in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dspant.errors import OperationError
from dspant.spelling import nearest

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Signal

_TILE_BYTES = 256 * 1024
"""Size of a piece of the result that is computed at once, so that it stays in the cache."""

_MOST_LISTED = 16


def positions(names: Iterable[str], signal: Signal, where: str) -> list[int]:
    """Position of each named channel in the signal.

    Parameters
    ----------
    where
        The parameter that names them, for the message.

    Raises
    ------
    OperationError
        The signal has no such channel; lists all that are unknown.
    """
    known = {name: index for index, name in enumerate(signal.channels)}
    wanted = list(names)
    unknown = list(dict.fromkeys(name for name in wanted if name not in known))
    if unknown:
        hints = [(name, nearest(name, known)) for name in unknown]
        told = ", ".join(
            f"{name!r} (did you mean {meant!r}?)" if meant else repr(name) for name, meant in hints
        )
        listed = ", ".join(signal.channels[:_MOST_LISTED])
        more = ", ..." if len(signal.channels) > _MOST_LISTED else ""
        raise OperationError(
            f"{where} names {told}, which the signal does not have; its channels are: "
            f"{listed}{more}"
        )
    return [known[name] for name in wanted]


def shared_unit(signal: Signal, members: Sequence[int], where: str) -> str:
    """The unit of channels that are added to each other.

    Raises
    ------
    OperationError
        They have different units.
    """
    units = {signal.units[index]: signal.channels[index] for index in members}
    if len(units) != 1:
        told = ", ".join(f"{channel} in {unit}" for unit, channel in units.items())
        raise OperationError(
            f"{where} adds channels of different units ({told}); give each unit its own "
            f"group, or its own node by select_channels"
        )
    return next(iter(units))


def mixed(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted sums of channels: y[i] = sum over j of weights[i, j] x[j], j rising.

    Parameters
    ----------
    x
        float64, channels x samples.
    weights
        Results x channels.
    """
    import numpy as np

    made = np.empty((len(weights), x.shape[1]))
    size = max(_TILE_BYTES // (8 * len(weights)), 64)
    part = np.empty((len(weights), min(size, x.shape[1])))
    for start in range(0, x.shape[1], size):
        y = made[:, start : start + size]
        held = part[:, : y.shape[1]]
        rows = x[:, start : start + size]
        np.multiply(weights[:, :1], rows[0], out=y)
        for column, row in zip(weights.T[1:, :, np.newaxis], rows[1:], strict=True):
            np.multiply(column, row, out=held)
            y += held
    return made


def total(rows: Iterable[np.ndarray]) -> np.ndarray:
    """Sum of rows, one after the other."""
    left = iter(rows)
    made = next(left).copy()
    for row in left:
        made += row
    return made
