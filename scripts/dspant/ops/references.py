"""What channels have in common, taken away from them or looked at by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from annotated_types import Len
from pydantic import model_validator

from dspant.errors import OperationError
from dspant.ops.channels import Name
from dspant.ops.mixing import positions, shared_unit
from dspant.ops.registry import Held, Parameters, stream_operation

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal

ALL = "reference"
"""Name of a reference that is not of a group."""


class _Reference(Parameters):
    method: Literal["average", "median"] = "average"
    """How the channels of a reference are combined, sample by sample."""
    channels: Annotated[list[Name], Len(1)] | None = None
    """Names of the channels that make the reference, for all channels; all of them where neither
    this nor ``groups`` is given."""
    groups: Annotated[dict[Name, Annotated[list[Name], Len(2)]], Len(1)] | None = None
    """Names of groups of channels, such as one per muscle or array; each has a reference of its
    own."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.channels is not None and self.groups is not None:
            raise ValueError("give either channels (one reference for all) or groups, not both")
        owner: dict[str, str] = {}
        for group, names in (self.groups or {ALL: self.channels or []}).items():
            for name in names:
                if name in owner:
                    raise ValueError(
                        f"channel {name} stands in {owner[name]} and in {group}; name it once"
                    )
                owner[name] = group
        return self


class Reference(_Reference):
    example = {"method": "median", "groups": {"left": ["ch1", "ch2"], "right": ["ch3", "ch4"]}}

    ungrouped: Literal["refuse", "keep"] = "refuse"
    """What becomes of a channel that is in none of the ``groups``: ``refuse`` stops, ``keep``
    passes it as it is."""


class ReferenceSignal(_Reference):
    example = {"method": "median"}


@dataclass(frozen=True)
class _Group:
    """Positions of the channels that make a reference, and of those it is taken from."""

    name: str
    made_of: list[int]
    taken_from: list[int]
    unit: str


def _groups(signal: Signal, params: _Reference) -> list[_Group]:
    if params.groups is not None:
        found = []
        for name, channels in params.groups.items():
            members = positions(channels, signal, f"groups.{name}")
            unit = shared_unit(signal, members, f"group {name}")
            found.append(_Group(name, members, members, unit))
        return found
    everyone = list(range(len(signal.channels)))
    listed = params.channels is not None
    made_of = positions(params.channels, signal, "channels") if listed else everyone
    if not listed and len(everyone) < 2:
        raise OperationError(
            f"the signal has one channel, {signal.channels[0]}, and its own average taken away "
            f"leaves nothing; name the reference in channels"
        )
    unit = shared_unit(signal, everyone, "the reference")
    return [_Group(ALL, made_of, everyone, unit)]


def _checked(signal: Signal, params: Reference) -> Signal:
    grouped = {index for group in _groups(signal, params) for index in group.taken_from}
    left = [name for index, name in enumerate(signal.channels) if index not in grouped]
    if left and params.ungrouped == "refuse":
        raise OperationError(
            f"channels {', '.join(left)} are in none of the groups "
            f"({', '.join(params.groups or {})}); put them into one, or set ungrouped: keep to "
            f"pass them as they are"
        )
    return signal


def _combined(x: np.ndarray, group: _Group, method: str) -> np.ndarray:
    """Average or median of a group's channels at each sample."""
    import numpy as np

    if method == "median":
        return np.median(x[group.made_of], axis=0)
    # One after the other: a sum over an axis may add in another order in a shorter block.
    first, *others = group.made_of
    added = x[first].copy()
    for index in others:
        added += x[index]
    return added / len(group.made_of)


def _facts(signal: Signal, params: _Reference) -> dict[str, Any]:
    def names(members: list[int]) -> list[str]:
        return [signal.channels[index] for index in members]

    groups = _groups(signal, params)
    stated: Mapping[str, Any] = {group.name: names(group.made_of) for group in groups}
    referenced = {index for group in groups for index in group.taken_from}
    kept = [index for index in range(len(signal.channels)) if index not in referenced]
    return {"references": stated} | ({"kept_as_they_are": names(kept)} if kept else {})


@stream_operation(
    Reference,
    version=1,
    describe=_checked,
    facts=_facts,
    mixes_channels=True,
    holds=Held(4, scipy=False),
)
def reference(blocks: Blocks, signal: Signal, params: Reference) -> Blocks:
    """Take away what channels have in common: y[n] = x[n] - average or median over channels.

    The reference is of all channels, of listed ones, or of each group. A channel that alone makes
    its reference becomes 0, as a single reference electrode does. Channels that share a reference
    must have one unit. An average takes away one dimension: the result's channels add up to 0.

    Source: K. A. Ludwig et al., J. Neurophysiol. 101 (2009) 1679 (average); J. D. Rolston et al.,
    Conf. Proc. IEEE Eng. Med. Biol. Soc. (2009) 1604 (median).
    """
    import numpy as np

    groups = _groups(signal, params)
    for block in blocks:
        combined = [_combined(block, group, params.method) for group in groups]
        for group, common in zip(groups, combined, strict=True):
            for index in group.taken_from:
                np.subtract(block[index], common, out=block[index])
        yield block


def _one_for_each(signal: Signal, params: ReferenceSignal) -> Signal:
    groups = _groups(signal, params)
    return replace(
        signal,
        channels=tuple(group.name for group in groups),
        units=tuple(group.unit for group in groups),
    )


@stream_operation(
    ReferenceSignal,
    version=1,
    describe=_one_for_each,
    facts=_facts,
    mixes_channels=True,
    holds=Held(4, scipy=False),
)
def reference_signal(blocks: Blocks, signal: Signal, params: ReferenceSignal) -> Blocks:
    """The reference itself, which `reference` takes away: y[n] = average or median over channels.

    One channel for each group, called as the group; without groups one, called ``reference``.

    Source: as of `reference`.
    """
    import numpy as np

    groups = _groups(signal, params)
    for block in blocks:
        yield np.stack([_combined(block, group, params.method) for group in groups])
