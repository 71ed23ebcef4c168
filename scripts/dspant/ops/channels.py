"""Which channels a signal has, what they are called, and differences between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.mixing import positions, shared_unit
from dspant.ops.registry import Held, Parameters, stream_operation

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal

Name = Annotated[str, Len(1)]
Pair = Annotated[list[Name], Len(2, 2)]
Triple = Annotated[list[Name], Len(3, 3)]


class _Chosen(Parameters):
    @model_validator(mode="after")
    def _each_once(self) -> Self:
        twice = [name for name, times in Counter(self.channels).items() if times > 1]
        if twice:
            raise ValueError(f"channels names {', '.join(twice)} more than once; name each once")
        return self


class SelectChannels(_Chosen):
    example = {"channels": ["biceps", "triceps"]}

    channels: Annotated[list[Name], Len(1)]
    """Names of the channels to keep, in the order they are to have."""


class DropChannels(_Chosen):
    example = {"channels": ["ch7"]}

    channels: Annotated[list[Name], Len(1)]
    """Names of the channels to leave out; the others keep their order."""


class RenameChannels(Parameters):
    example = {"names": {"ch1": "biceps", "ch2": "triceps"}}

    names: dict[Name, Name] = Field(min_length=1)
    """New name of each channel by its old one; the others keep theirs."""


class Montage(Parameters):
    example = {"channels": {"laplacian": {"c3": 1, "c1": -0.5, "c5": -0.5}}}

    channels: dict[Name, Annotated[dict[Name, float], Len(1)]] = Field(min_length=1)
    """New channels by name, in the order they are to have: the weight, a number without unit, of
    each channel that is added up."""


class Bipolar(Parameters):
    example = {"pairs": {"biceps": ["ch1", "ch2"], "triceps": ["ch3", "ch4"]}}

    pairs: dict[Name, Pair] = Field(min_length=1)
    """New channels by name, in the order they are to have: [a, b] gives a - b."""

    @model_validator(mode="after")
    def _differ(self) -> Self:
        _refuse_repeats(self.pairs)
        return self


class DoubleDifferential(Parameters):
    example = {"triples": {"biceps": ["ch1", "ch2", "ch3"]}}

    triples: dict[Name, Triple] = Field(min_length=1)
    """New channels by name, in the order they are to have: three electrodes in a row, [a, b, c]
    gives a - 2 b + c."""

    @model_validator(mode="after")
    def _differ(self) -> Self:
        _refuse_repeats(self.triples)
        return self


def _refuse_repeats(electrodes: Mapping[str, Sequence[str]]) -> None:
    for made, names in electrodes.items():
        if len(set(names)) < len(names):
            raise ValueError(f"{made} is made of {list(names)}; name each channel once")


def _picked(signal: Signal, kept: Sequence[int]) -> Signal:
    return replace(
        signal,
        channels=tuple(signal.channels[index] for index in kept),
        units=tuple(signal.units[index] for index in kept),
    )


def _named(signal: Signal, params: SelectChannels) -> list[int]:
    return positions(params.channels, signal, "channels")


def _selected(signal: Signal, params: SelectChannels) -> Signal:
    return _picked(signal, _named(signal, params))


@stream_operation(
    SelectChannels,
    version=1,
    describe=_selected,
    mixes_channels=True,
    picks=_named,
    holds=Held(3, scipy=False),
)
def select_channels(blocks: Blocks, signal: Signal, params: SelectChannels) -> Blocks:
    """Keep some channels, in the order given: y[n] = x[n] of each that is named.

    A channel the signal does not have is an error.
    """
    kept = _named(signal, params)
    return (block[kept] for block in blocks)


def _left_over(signal: Signal, params: DropChannels) -> list[int]:
    dropped = set(positions(params.channels, signal, "channels"))
    kept = [index for index in range(len(signal.channels)) if index not in dropped]
    if not kept:
        raise OperationError(
            f"channels names all channels of the signal ({', '.join(signal.channels)}), so none "
            f"is left; drop fewer, or leave this node out"
        )
    return kept


def _without(signal: Signal, params: DropChannels) -> Signal:
    return _picked(signal, _left_over(signal, params))


@stream_operation(
    DropChannels,
    version=1,
    describe=_without,
    mixes_channels=True,
    picks=_left_over,
    holds=Held(3, scipy=False),
)
def drop_channels(blocks: Blocks, signal: Signal, params: DropChannels) -> Blocks:
    """Leave some channels out, such as bad ones: y[n] = x[n] of each that is not named.

    A channel the signal does not have is an error, and so is dropping all.
    """
    kept = _left_over(signal, params)
    return (block[kept] for block in blocks)


def _renamed(signal: Signal, params: RenameChannels) -> Signal:
    positions(params.names, signal, "names")
    names = tuple(params.names.get(name, name) for name in signal.channels)
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise OperationError(
            f"names leaves more than one channel called {', '.join(twice)}; every channel needs a "
            f"name of its own"
        )
    return replace(signal, channels=names)


@stream_operation(
    RenameChannels, version=1, describe=_renamed, mixes_channels=True, holds=Held(2, scipy=False)
)
def rename_channels(blocks: Blocks, signal: Signal, params: RenameChannels) -> Blocks:
    """Give channels other names; values, units and order stay: y[n] = x[n].

    All names change at once, so two channels can swap theirs. A channel the signal does not have
    is an error, and so are two channels of one name.
    """
    return blocks


Weights = Mapping[str, Mapping[str, float]]
"""Of each new channel by name: the weight of each channel that is added up."""


def _montage_of(params: Montage | Bipolar | DoubleDifferential) -> Weights:
    if isinstance(params, Bipolar):
        return {made: {a: 1.0, b: -1.0} for made, (a, b) in params.pairs.items()}
    if isinstance(params, DoubleDifferential):
        return {made: {a: 1.0, b: -2.0, c: 1.0} for made, (a, b, c) in params.triples.items()}
    return params.channels


def _remade(signal: Signal, params: Montage | Bipolar | DoubleDifferential) -> Signal:
    montage = _montage_of(params)
    units = tuple(
        shared_unit(signal, positions(weights, signal, made), made)
        for made, weights in montage.items()
    )
    return replace(signal, channels=tuple(montage), units=units)


def _added_up(blocks: Blocks, signal: Signal, montage: Weights) -> Blocks:
    import numpy as np

    parts = [
        list(zip(positions(weights, signal, made), weights.values(), strict=True))
        for made, weights in montage.items()
    ]
    for block in blocks:
        y = np.empty((len(parts), block.shape[1]))
        for row, terms in zip(y, parts, strict=True):
            _weighted(block, terms, row)
        yield y


def _weighted(x: np.ndarray, terms: Sequence[tuple[int, float]], y: np.ndarray) -> None:
    """Put the sum of weighted rows into ``y``, added in the order of the terms."""
    import numpy as np

    (first, weight), *others = terms
    np.multiply(x[first], weight, out=y)
    for index, weight in others:
        y += x[index] * weight


@stream_operation(Montage, version=1, describe=_remade, mixes_channels=True, holds=Held(8))
def montage(blocks: Blocks, signal: Signal, params: Montage) -> Blocks:
    """Make new channels as weighted sums of channels: y[n] = sum over c of weight_c x_c[n].

    Only the new channels are left. Channels that are added up must have one unit, which is the
    unit of the sum: weights are plain numbers.

    Source: B. Hjorth, Electroencephalogr. Clin. Neurophysiol. 39 (1975) 526, for weighted sums
    of neighbours (Laplacian).
    """
    return _added_up(blocks, signal, _montage_of(params))


@stream_operation(
    Bipolar, version=1, describe=_remade, mixes_channels=True, holds=Held(3, scipy=False)
)
def bipolar(blocks: Blocks, signal: Signal, params: Bipolar) -> Blocks:
    """Differences of two electrodes (single differential): y[n] = a[n] - b[n].

    Only the new channels are left. Both electrodes must have one unit.

    Source: C. J. De Luca, J. Appl. Biomech. 13 (1997) 135.
    """
    return _added_up(blocks, signal, _montage_of(params))


@stream_operation(
    DoubleDifferential, version=1, describe=_remade, mixes_channels=True, holds=Held(3, scipy=False)
)
def double_differential(blocks: Blocks, signal: Signal, params: DoubleDifferential) -> Blocks:
    """Difference of two neighbouring differences: y[n] = a[n] - 2 b[n] + c[n].

    It is (a - b) - (b - c), with b the electrode between a and c; some authors take the opposite
    sign. It lets through less of distant muscles than one difference does. Only the new channels
    are left, and all three electrodes must have one unit.

    Source: C. J. De Luca and R. Merletti, Electroencephalogr. Clin. Neurophysiol. 69 (1988) 568.
    """
    return _added_up(blocks, signal, _montage_of(params))
