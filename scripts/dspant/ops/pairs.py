"""Pairs of channels, for operations that compare two."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Len

from dspant.errors import OperationError
from dspant.ops.registry import Parameters
from dspant.ops.signal import Column, Signal
from dspant.ops.sliding import window_columns

if TYPE_CHECKING:
    import numpy as np

Pairs = Annotated[list[Annotated[list[str], Len(2, 2)]], Len(1)]


class OfPairs(Parameters):
    pairs: Pairs | None = None
    """Names of the two channels of each pair; all pairs, in the order of the channels, where not
    given."""


def places_of(signal: Signal, params: OfPairs) -> list[tuple[int, int]]:
    """Positions of the channels of each pair."""
    if params.pairs is None:
        made = list(combinations(range(len(signal.channels)), 2))
        if not made:
            raise OperationError("pairs need two channels or more, and the input has one")
        return made
    unknown = {name for pair in params.pairs for name in pair} - set(signal.channels)
    if unknown:
        raise OperationError(
            f"pairs name {sorted(unknown)}, which are no channels of the input; it has "
            f"{list(signal.channels)}"
        )
    return [(signal.channels.index(a), signal.channels.index(b)) for a, b in params.pairs]


def pair_columns() -> dict[str, Column]:
    columns = window_columns("channel", "first channel of the pair")
    return columns | {"other": Column("string", "", "second channel of the pair")}


def pair_rows(
    signal: Signal, places: list[tuple[int, int]], onset: np.ndarray, length: int
) -> dict[str, Any]:
    import numpy as np

    names = np.array(signal.channels, dtype=object)
    first, second = (list(side) for side in zip(*places, strict=True))
    return {
        "onset": np.repeat(onset, len(places)),
        "offset": np.repeat(onset + length / signal.fs_hz, len(places)),
        "channel": np.tile(names[first], len(onset)),
        "other": np.tile(names[second], len(onset)),
    }
