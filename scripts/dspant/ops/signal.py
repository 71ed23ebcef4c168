"""What an operation knows about the samples it is given, apart from the samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Blocks = Iterator[np.ndarray]
else:
    Blocks = Iterator


@dataclass(frozen=True)
class Segment:
    """One unbroken run of samples.

    Parameters
    ----------
    first
        Index of its first sample in the stream.
    count
        Number of samples.
    start_s
        Time of its first sample, in seconds from block start.
    """

    first: int
    count: int
    start_s: float


@dataclass(frozen=True)
class Signal:
    """A stream as an operation sees it: rate in Hz, channels, their units, unbroken runs."""

    fs_hz: float
    channels: tuple[str, ...]
    units: tuple[str, ...]
    segments: tuple[Segment, ...]

    @property
    def nyquist_hz(self) -> float:
        return self.fs_hz / 2

    @property
    def samples(self) -> int:
        return sum(segment.count for segment in self.segments)

    def only(self, segment: Segment) -> Signal:
        """The same signal reduced to one unbroken run."""
        return replace(self, segments=(segment,))

    def pick(self, channels: slice) -> Signal:
        """The same signal reduced to some of its channels."""
        return replace(self, channels=self.channels[channels], units=self.units[channels])


class SignalSource(Protocol):
    """A signal whose samples can be asked for, as often as an operation needs them."""

    signal: Signal

    def segments(self) -> Iterator[tuple[Segment, Blocks]]:
        """Yield each unbroken run with its samples: float64 blocks, channels x samples."""
        ...


@dataclass(frozen=True)
class Learned:
    """What a first pass found, for the pass that makes the result.

    Parameters
    ----------
    of_channels
        Arrays whose first axis is the channel.
    of_all
        Anything else that is needed, the same for all channels.
    stated
        What the metadata say of it: JSON.
    """

    of_channels: Mapping[str, np.ndarray] = field(default_factory=dict)
    of_all: Mapping[str, Any] = field(default_factory=dict)
    stated: Mapping[str, Any] = field(default_factory=dict)

    def pick(self, channels: slice) -> Learned:
        """The same for some of the channels."""
        picked = {name: values[channels] for name, values in self.of_channels.items()}
        return replace(self, of_channels=picked)


@dataclass(frozen=True)
class Column:
    """One column of an Epoc table: its dtype, its unit ("" where it has none), its meaning."""

    dtype: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Events:
    """An Epoc given to an operation as a further input."""

    name: str
    table: pa.Table
    columns: dict[str, Column] = field(default_factory=dict)
