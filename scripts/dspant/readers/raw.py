"""What every reader hands over, whatever the raw format: streams in pieces, epocs as columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from dspant.dataset.scattered import Scattered
    from dspant.readers.mapping import Extents, RawView

Segment = tuple[int, int, float]
"""First sample, number of samples, start in seconds from block start."""


class Pieces(Protocol):
    """Samples of one stream, filed in pieces that all channels share.

    ``start_s`` is (pieces,), rising, in seconds from block start; ``piece_bytes`` is the size of
    the largest one over all channels.
    """

    start_s: NDArray[np.float64]
    piece_bytes: int

    def samples(self, first: int, stop: int) -> int:
        """How many samples each channel has in pieces ``first`` to ``stop``."""
        ...

    def extents(self, first: int, stop: int) -> Extents:
        """The parts of raw files that pieces ``first`` to ``stop`` lie in."""
        ...

    def in_place(self, first: int, stop: int, view: RawView) -> Scattered | None:
        """Samples of pieces ``first`` to ``stop`` where they lie in memory, in the stored dtype.

        None where they have to be put together, which :meth:`read_into` does.
        """
        ...

    def read_into(self, target: NDArray[Any], first: int, stop: int, view: RawView) -> None:
        """Put samples of pieces ``first`` to ``stop`` where they belong.

        Parameters
        ----------
        target
            Shape channels x samples, in the dtype they are filed in; each row contiguous.
        view
            Where bytes of raw files are looked at.
        """
        ...


@dataclass(frozen=True, eq=False)
class RawStream:
    """One regularly sampled store, checked but not read.

    ``channels`` are the numbers its channels have in the raw files; ``other`` is what the format
    says besides; ``warnings`` say what the reader did about data that are not whole.
    """

    name: str
    fs_hz: float
    dtype: np.dtype[Any]
    channels: Sequence[int]
    segments: Sequence[Segment]
    pieces: Pieces
    other: Mapping[str, Any]
    warnings: Sequence[str] = ()

    def read(self) -> NDArray[Any]:
        """All samples: shape channels x samples, in the dtype they are filed in."""
        return self.part(0, len(self.pieces.start_s))

    def part(self, first: int, stop: int, view: RawView | None = None) -> NDArray[Any]:
        """Samples of pieces ``first`` to ``stop``: shape channels x samples, as they are filed."""
        import numpy as np

        from dspant.readers.mapping import RawView

        values = np.empty((len(self.channels), self.pieces.samples(first, stop)), self.dtype)
        self.pieces.read_into(values, first, stop, view or RawView())
        return values


BATCH_ROWS = 16 * 2**10
"""Events whose lists are read at once."""


class Lists(Protocol):
    """One column of events whose every cell holds ``length`` numbers, not yet read."""

    dtype: np.dtype[Any]
    length: int

    def read(self, first: int, stop: int) -> NDArray[Any]:
        """Cells of events ``first`` to ``stop``: shape events x length."""
        ...


@dataclass(frozen=True, eq=False)
class RawEpoc:
    """One store of events: equally long ``columns``, read, and what each of them means.

    ``onset`` and ``offset`` are float64 seconds from block start, ``data`` is float64; whole
    numbers are int64, text is objects. ``lists`` are further columns, which are read in batches.
    """

    name: str
    columns: Mapping[str, NDArray[Any]]
    meanings: Mapping[str, str]
    other: Mapping[str, Any]
    warnings: Sequence[str] = field(default=())
    lists: Mapping[str, Lists] = field(default_factory=dict)

    def batches(self) -> Iterator[dict[str, NDArray[Any]]]:
        """All columns, some rows at a time: shape (rows,), or (rows, length) for lists."""
        for first in range(0, len(self.columns["onset"]), BATCH_ROWS):
            stop = first + BATCH_ROWS
            batch = {name: values[first:stop] for name, values in self.columns.items()}
            batch |= {name: values.read(first, stop) for name, values in self.lists.items()}
            yield batch


class RawBlock(Protocol):
    """One raw recording, opened but not read."""

    source: str
    folder: Path

    @property
    def raw_files(self) -> list[Path]:
        """All files that hold a part of the recording, sorted by name."""
        ...

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kind of each store, by its name in the raw files."""
        ...

    @property
    def silent(self) -> Mapping[str, str]:
        """Kind of each store of events that was set up and of which nothing was recorded."""
        ...

    def stream(self, name: str, *, gaps: str, truncated: str) -> RawStream:
        """Check one stream."""
        ...

    def epoc(self, name: str) -> RawEpoc:
        """Read one store of events."""
        ...

    def summary(self) -> dict[str, Any]:
        """What the recording says of itself: deterministic, without any path."""
        ...
