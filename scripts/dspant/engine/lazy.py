"""Streams in a notebook: the workflow's own functions, and nothing read before it is needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import copy
from importlib import import_module
from typing import TYPE_CHECKING, Any

from dspant.dataset.digest import ColumnDigest, combined, of_text
from dspant.dataset.epoc import Epoc
from dspant.dataset.metadata import as_document
from dspant.dataset.stream import Stream
from dspant.engine.chain import bind, with_inputs
from dspant.engine.explain import EVER, explained, stretch
from dspant.engine.source import StreamSource, as_input
from dspant.errors import DatasetError

if TYPE_CHECKING:
    import dask.array
    import numpy as np
    import pandas
    import xarray

    from dspant.ops.signal import Blocks

STORED_DTYPE = "float32"
"""Dtype in which nodes store samples."""


class LazyStream:
    """A stream with steps attached to it.

    Parameters
    ----------
    steps
        Resolved steps; :meth:`apply` takes them as a config spells them.
    channels
        Positions of the channels that are kept.
    seconds
        Start and end of what is kept, in seconds from block start.
    further
        Inputs of steps besides the stream, in the order in which steps take them.
    """

    def __init__(
        self,
        stream: Stream,
        steps: Sequence[dict[str, Any]] = (),
        channels: Sequence[int] | None = None,
        seconds: tuple[float, float] = EVER,
        further: Sequence[Epoc | LazyStream] = (),
    ) -> None:
        self.stream = stream
        self.steps = tuple(steps)
        self.seconds = seconds
        self.further = tuple(further)
        self._bound = with_inputs(
            bind(self.steps), [_as_input(dataset) for dataset in self.further]
        )
        self._source = StreamSource(stream, self._bound)
        self._channels = list(
            range(len(self._source.signal.channels)) if channels is None else channels
        )

    def __repr__(self) -> str:
        steps = " -> ".join(step["op"] for step in self.steps)
        return f"<{self.stream!r}{' -> ' if steps else ''}{steps}>"

    @property
    def fs_hz(self) -> float:
        return self._source.signal.fs_hz

    @property
    def channels(self) -> list[str]:
        return [self._source.signal.channels[i] for i in self._channels]

    @property
    def units(self) -> list[str]:
        return [self._source.signal.units[i] for i in self._channels]

    @property
    def segments(self) -> list[tuple[int, int, float]]:
        return [(s.first, s.count, s.start_s) for s in self._source.signal.segments]

    def apply(self, steps: list[Any], further: Sequence[Epoc | LazyStream] = ()) -> LazyStream:
        """Attach stream steps, spelled as in a config: ``["rectify", {"lowpass": {...}}]``.

        Parameters
        ----------
        further
            Datasets that steps take besides the stream, in the order of the steps; a node names
            them in its ``from``.

        Raises
        ------
        ConfigError
            A step is unknown, or a parameter is; lists all problems.
        DatasetError
            A step makes a table, which a node of the workflow has to write; the further inputs
            are more or fewer than steps take; or a step mixes channels that are not all kept.
        """
        from dspant.config import resolve_steps

        resolved = resolve_steps(steps)
        bound = bind(resolved)
        taken = sum(len(step.operation.further(step.params)) for step in bound)
        if taken != len(further):
            raise DatasetError(
                f"these steps take {taken} further inputs, {len(further)} were given"
            )
        for step in bound:
            if step.operation.makes != "stream":
                raise DatasetError(
                    f"{step.operation.name} makes a table, not a stream; give it a node of its own"
                )
            if step.operation.mixes_channels and self.channels != list(
                self._source.signal.channels
            ):
                raise DatasetError(
                    f"{step.operation.name} works on all channels together; apply it before "
                    f"channels are picked"
                )
        mixed = any(step.operation.mixes_channels for step in bound)
        return LazyStream(
            self.stream,
            steps=[*self.steps, *resolved],
            channels=None if mixed else self._channels,
            seconds=self.seconds,
            further=[*self.further, *further],
        )

    def pick(self, channels: Sequence[str]) -> LazyStream:
        """Keep some channels, by name and in this order."""
        known = self._source.signal.channels
        unknown = [name for name in channels if name not in known]
        if unknown:
            raise DatasetError(
                f"{self.stream.folder.path} has no channels {unknown}; it has {list(known)}"
            )
        positions = [known.index(name) for name in channels]
        return self._keeping(channels=positions)

    def sel(
        self,
        seconds: tuple[float, float] | None = None,
        channels: Sequence[str] | None = None,
    ) -> LazyStream:
        """Keep a stretch of time, some channels, or both; nothing is read.

        A stretch may reach beyond what there is, or lie wholly in a gap or beyond the end: what is
        kept are the samples in it, and there may be none. ``segments`` says where they are.

        Parameters
        ----------
        seconds
            Start and end in seconds from block start; the end is not included.
        channels
            Names, in the order they are to have.

        Raises
        ------
        DatasetError
            A channel is unknown, or the stretch ends before it begins.
        """
        picked = self if channels is None else self.pick(channels)
        if seconds is None:
            return picked
        start_s, end_s = max(seconds[0], self.seconds[0]), min(seconds[1], self.seconds[1])
        if seconds[1] < seconds[0]:
            raise DatasetError(f"seconds {list(seconds)} end before they begin")
        kept = (start_s, max(start_s, end_s))
        return picked._keeping(seconds=kept)

    def between(self, start_s: float, end_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Samples from ``start_s`` up to, not including, ``end_s``, in seconds from block start.

        With steps attached, the unbroken run is computed from its start and no further than
        needed, so the values are those of the whole result. Only channels that are kept are
        computed, unless a step mixes them.

        Returns
        -------
        time_s, values
            Shapes (samples,) and (channels, samples); float64. Empty where there are no samples,
            as in a gap or beyond the end.
        """
        return self.sel((start_s, end_s)).read()

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """All that is kept: times in seconds, and values of shape (channels, samples); float64."""
        import numpy as np

        reading, rows = self._columns()
        times, parts = [np.empty(0)], [np.empty((len(self._channels), 0))]
        for segment, blocks in self._source.segments(reading):
            first, last = stretch(segment, self.fs_hz, self.seconds)
            if last == first:
                continue
            times.append(segment.start_s + np.arange(first, last) / self.fs_hz)
            if self.steps:
                parts += [block[rows] for block in _between(blocks, first, last, segment.count)]
            else:
                begin, end = segment.first + first, segment.first + last
                parts.append(self.stream.read(begin, end, reading)[rows])
        return np.concatenate(times), np.concatenate(parts, axis=1)

    def _columns(self) -> tuple[slice, list[int]]:
        """Channels to read in one piece, and which of these are kept."""
        if not self._channels or any(step.operation.mixes_channels for step in self._bound):
            return slice(None), self._channels
        first = min(self._channels)
        rows = [channel - first for channel in self._channels]
        return slice(first, max(self._channels) + 1), rows

    def to_pandas(self) -> pandas.DataFrame:
        """What is kept as a table: a row per sample, indexed by ``time_s``, a column per channel.

        Raises
        ------
        DatasetError
            pandas is not installed.
        """
        pandas = installed("pandas")
        time_s, values = self.read()
        index = pandas.Index(time_s, name="time_s")
        frame = pandas.DataFrame(values.T, index=index, columns=self.channels)
        frame.attrs.update(
            fs_hz=self.fs_hz, units=dict(zip(self.channels, self.units, strict=True))
        )
        return frame

    def to_xarray(self) -> xarray.DataArray:
        """What is kept as a labelled array, ``time_s`` x ``channel``, each channel with its unit.

        Raises
        ------
        DatasetError
            xarray is not installed.
        """
        xarray = installed("xarray")
        time_s, values = self.read()
        coordinates = {
            "time_s": time_s,
            "channel": self.channels,
            "unit": ("channel", self.units),
        }
        return xarray.DataArray(
            values.T,
            coords=coordinates,
            dims=("time_s", "channel"),
            name=self.stream.name,
            attrs={"fs_hz": self.fs_hz},
        )

    def digest(self) -> str:
        """Fingerprint of all values as a node would store them; equal to that of such a node."""
        columns = [ColumnDigest(name, STORED_DTYPE) for name in self._source.signal.channels]
        for _, blocks in self._source.segments():
            for block in blocks:
                for column, values in zip(columns, block.astype(STORED_DTYPE), strict=True):
                    column.update(values)
        return combined(columns)

    def explain(self) -> str:
        """What would be computed: steps, how far each looks, memory, and bytes to read."""
        return explained(self.stream, self.steps, self._channels, self.seconds)

    @property
    def dask(self) -> dask.array.Array:
        """Lazy array, samples x channels; without steps one chunk per row group and channel.

        With steps a chunk is a channel, since a filter's result depends on the whole of it.
        """
        import dask.array

        whole = self._whole()
        if self.seconds == EVER:
            return whole
        parts = [whole[:0]]
        for segment in self._source.signal.segments:
            first, last = stretch(segment, self.fs_hz, self.seconds)
            parts.append(whole[segment.first + first : segment.first + last])
        return dask.array.concatenate(parts, axis=0)

    def _whole(self) -> dask.array.Array:
        import dask.array
        import numpy as np

        if not self.steps:
            return self.stream.dask[:, self._channels]
        samples = self._source.signal.samples
        identity = of_text(json.dumps(self._identity()))
        columns = [
            dask.array.from_delayed(
                dask.delayed(self._column)(channel, dask_key_name=f"{identity}-{channel}"),
                (samples, 1),
                np.float64,
            )
            for channel in self._channels
        ]
        return dask.array.concatenate(columns, axis=1)

    def _column(self, channel: int) -> np.ndarray:
        return self._keeping(channels=[channel], seconds=EVER).read()[1].T

    def _identity(self) -> list[Any]:
        """All that decides the values of the whole."""
        further = [
            dataset._identity()
            if isinstance(dataset, LazyStream)
            else as_document(dataset.metadata)
            for dataset in self.further
        ]
        return [as_document(self.stream.metadata), self.steps, further]

    def _keeping(
        self,
        channels: Sequence[int] | None = None,
        seconds: tuple[float, float] | None = None,
    ) -> LazyStream:
        """Another part of the same result; what steps have learned of the whole is shared."""
        part = copy(self)
        if channels is not None:
            part._channels = list(channels)
        if seconds is not None:
            part.seconds = seconds
        return part

    def _is_whole(self) -> bool:
        return self.seconds == EVER and self.channels == list(self._source.signal.channels)


def _as_input(dataset: Epoc | LazyStream) -> Any:
    if not isinstance(dataset, LazyStream):
        return as_input(dataset)
    if not dataset._is_whole():
        raise DatasetError(
            f"{dataset.stream.folder.path}: a further input is taken whole, without sel or pick; "
            f"select_channels makes a stream of some of its channels"
        )
    return dataset._source


def _between(blocks: Blocks, first: int, last: int, count: int) -> Blocks:
    """Samples ``first`` to ``last`` of a run of ``count``; asks for no block beyond them."""
    done = 0
    for block in blocks:
        yield block[:, max(first - done, 0) : max(last - done, 0)]
        done += block.shape[1]
        if last <= done < count:
            return


def installed(name: str) -> Any:
    """An optional library.

    Raises
    ------
    DatasetError
        It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise DatasetError(f"{name} is not installed here; pip install {name}") from error
