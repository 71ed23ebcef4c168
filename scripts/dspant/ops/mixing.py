"""Channels by name, and what has to hold before they are added up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dspant.errors import OperationError
from dspant.spelling import nearest

if TYPE_CHECKING:
    from dspant.ops.signal import Signal

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
