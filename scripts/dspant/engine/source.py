"""Samples of a stream dataset, after steps, for whoever computes with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

from dspant.dataset.epoc import Epoc
from dspant.dataset.stream import DigestCheck, Stream
from dspant.engine.chain import Step, apply, described, used_channels
from dspant.engine.progress import Reading
from dspant.errors import DatasetError
from dspant.ops.blocks import GRID_SAMPLES
from dspant.ops.signal import Column, Events, Segment, Signal

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


BLOCK_SAMPLES = GRID_SAMPLES
"""Samples of a channel that are read at once."""

GROUP_CHANNELS = 8
"""Most channels that are computed together, so that their samples stay in the processor's cache."""


def signal_of(stream: Stream) -> Signal:
    """A stream dataset as operations see it."""
    return Signal(
        fs_hz=stream.fs_hz,
        channels=tuple(stream.channels),
        units=tuple(stream.units),
        segments=tuple(Segment(*segment) for segment in stream.segments),
    )


def as_input(dataset: Stream | Epoc) -> StreamSource | Events:
    """A dataset as operations take a further input."""
    if isinstance(dataset, Stream):
        return StreamSource(dataset)
    columns = {
        name: Column(column.dtype, column.unit, column.meaning)
        for name, column in dataset.metadata.base.columns.items()
    }
    return Events(dataset.name, dataset.table, columns)


class StreamSource:
    """A stream with steps attached; nothing is read before samples are asked for.

    Parameters
    ----------
    steps
        Stream steps, fused into one pass.
    threads
        How many groups of channels to compute at the same time. The result does not depend on it.
    logs_reading
        Whether long passes tell in the log how far they are.
    """

    def __init__(
        self,
        stream: Stream,
        steps: Sequence[Step] = (),
        threads: int = 1,
        *,
        logs_reading: bool = False,
    ) -> None:
        self._stream = stream
        self._steps = steps
        self._raw = signal_of(stream)
        self._threads = threads
        self._logs_reading = logs_reading
        self._together = any(s.operation.mixes_channels for s in steps)
        self._verified = False
        self._taught = all(s.operation.learn is None for s in steps)
        self.signal = described(steps, self._raw)
        self._used = frozenset(used_channels(steps, self._raw))

    @property
    def threads(self) -> int:
        """How many threads whoever computes with the samples may use."""
        return self._threads

    @property
    def steps(self) -> Sequence[Step]:
        """The steps, each knowing what it needs; read in passes of their own where some learn."""
        if not self._taught:
            taught: list[Step] = []
            for step in self._steps:
                before = StreamSource(self._stream, tuple(taught), self._threads, logs_reading=True)
                taught.append(step.taught(before))
            self._steps, self._taught = tuple(taught), True
        return self._steps

    def segments(self, channels: slice = slice(None)) -> Iterator[tuple[Segment, Blocks]]:
        """Yield each unbroken run with its samples: float64 blocks, channels x samples.

        What is read in full is compared with the dataset's digest on the way.

        Raises
        ------
        DigestError
            The stored values are not those the metadata were made for.
        DatasetError
            The samples hold NaN or infinity.
        OperationError
            A step cannot be applied to this signal.
        """
        for segment, runs in self.runs(channels):
            blocks = [run for _, run in runs]
            alone = len(blocks) == 1
            yield segment, blocks[0] if alone else _side_by_side(blocks, self._threads)

    def runs(
        self, channels: slice = slice(None)
    ) -> Iterator[tuple[Segment, list[tuple[slice, Blocks]]]]:
        """Yield each unbroken run in groups of channels, which may be computed side by side.

        Each group comes with its place among the channels. What is read in full is compared with
        the dataset's digest, and the same errors are raised as by :meth:`segments`.
        """
        _ = self.steps  # learn before the digest of this pass begins
        check = DigestCheck(self._stream)
        picked = range(len(self._raw.channels))[channels]
        reading = self._reading(len(picked))
        for before, after in zip(self._raw.segments, self.signal.segments, strict=True):
            groups = self._groups(picked)
            runs = [(self._place(g), self._pipeline(before, g, check, reading)) for g in groups]
            yield after, runs
        if check.complete and not self._verified:
            check.finish()
            self._verified = True

    def verify(self) -> None:
        """Compare with the digest now, unless reading has done so already."""
        if not self._verified:
            self._stream.verify()
            self._verified = True

    def _groups(self, channels: range) -> list[slice]:
        if self._together:
            return [slice(channels.start, channels.stop)]
        return _groups(channels, self._threads)

    def _place(self, group: slice) -> slice:
        """Where a group's results lie: steps that mix channels may make more or fewer of them."""
        return slice(None) if self._together else group

    def _reading(self, channels: int) -> Reading | None:
        values = channels * self._raw.samples
        return Reading(self._stream.folder.path, values) if self._logs_reading else None

    def _pipeline(
        self, segment: Segment, group: slice, check: DigestCheck, reading: Reading | None
    ) -> Blocks:
        blocks = self._read(segment, group, check, reading)
        signal = self._raw.only(segment).pick(group)
        return apply(self.steps, blocks, signal, slice(None) if self._together else group)

    def _read(
        self, segment: Segment, group: slice, check: DigestCheck, reading: Reading | None
    ) -> Blocks:
        import numpy as np

        picked = range(len(self._raw.channels))[group]
        scales = np.array(self._stream.scales)[group, np.newaxis]
        scaled = bool((scales != 1).any())
        end = segment.first + segment.count
        for first, columns in self._stream.chunks(group, segment.first, end):
            for channel, column in zip(picked, columns, strict=True):
                check.update(channel, column)
            if reading:
                reading.add(sum(map(len, columns)))
            for start in range(0, len(columns[0]), BLOCK_SAMPLES):
                block = widened([column[start : start + BLOCK_SAMPLES] for column in columns])
                if scaled:
                    block *= scales
                if not _all_finite(block):
                    self._refuse_not_finite(block, picked, segment, first + start)
                yield block

    def _refuse_not_finite(
        self, block: np.ndarray, picked: range, segment: Segment, first: int
    ) -> None:
        """Channels that the first steps leave out may hold what they like."""
        import numpy as np

        strange = ~np.isfinite(block)
        strange[[channel not in self._used for channel in picked]] = False
        if not strange.any():
            return
        row, column = np.argwhere(strange)[0]
        seconds = segment.start_s + (first - segment.first + column) / self._raw.fs_hz
        name = self._raw.channels[picked[row]]
        raise DatasetError(
            f"{self._stream.folder.data}: channel {name} holds {block[row, column]} at "
            f"{seconds:.6f} s, which a filter would spread over the rest; leave this channel out "
            f"by a first step drop_channels: {{channels: [{name}]}}, or mend the recording"
        )


def widened(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Equally long columns as rows of one float64 array."""
    import numpy as np

    block = np.empty((len(columns), len(columns[0])))
    rows = _as_rows(columns)
    with np.errstate(invalid="ignore"):  # what is not finite is refused with its place
        if rows is not None:
            block[:] = rows
        else:
            for row, column in zip(block, columns, strict=True):
                row[:] = column
    return block


def _as_rows(columns: Sequence[np.ndarray]) -> np.ndarray | None:
    """The columns as one array where they lie at equal distances, as in one mapped row group.

    Then a single call copies them all, and threads wait for each other less.
    """
    import numpy as np

    places = [column.__array_interface__["data"][0] for column in columns]
    apart = {after - before for before, after in pairwise(places)}
    first = columns[0]
    alike = all(c.dtype == first.dtype and c.strides == first.strides for c in columns)
    if len(apart) != 1 or not alike:
        return None
    strides = (apart.pop(), *first.strides)
    return np.lib.stride_tricks.as_strided(first, (len(columns), len(first)), strides)


def _all_finite(block: np.ndarray) -> bool:
    """Whether no value is NaN or infinite.

    A sum that is finite proves it in one pass; one that is not may have overflowed.
    """
    import numpy as np

    with np.errstate(all="ignore"):
        return bool(np.isfinite(block.sum()) or np.isfinite(block).all())


def _groups(channels: range, threads: int) -> list[slice]:
    least = -(-len(channels) // GROUP_CHANNELS)
    count = max(min(max(threads, least), len(channels)), 1)
    edges = [channels.start + len(channels) * i // count for i in range(count + 1)]
    return [slice(a, b) for a, b in pairwise(edges)]


def _side_by_side(runs: Sequence[Blocks], threads: int) -> Blocks:
    """Join groups of channels; each computes its next block while the last ones are used."""
    import numpy as np

    left: list[np.ndarray | None] = [None] * len(runs)
    with ThreadPoolExecutor(threads) as pool:
        coming = {i: pool.submit(next, run, None) for i, run in enumerate(runs)}
        while True:
            for i, block in coming.items():
                left[i] = block.result()
            if left[0] is None:
                return
            ready = min(part.shape[1] for part in left)
            parts = [part[:, :ready] for part in left]
            left = [part[:, ready:] for part in left]
            coming = {
                i: pool.submit(next, runs[i], None)
                for i, part in enumerate(left)
                if not part.shape[1]
            }
            yield np.concatenate(parts)
