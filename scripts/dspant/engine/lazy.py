"""Recordings in a notebook: the workflow's own functions, and nothing read before it is needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dspant.dataset.digest import of_text
from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import SUFFIX
from dspant.dataset.metadata import as_document
from dspant.dataset.recording import dataset_names, open_dataset
from dspant.dataset.stream import Stream
from dspant.engine.chain import bind
from dspant.engine.source import StreamSource
from dspant.errors import DatasetError

if TYPE_CHECKING:
    import dask.array
    import numpy as np


class Recording:
    """The datasets of one recording by name.

    Parameters
    ----------
    path
        Folder of the recording, such as ``results/demo/rec01``.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.names = dataset_names(self.path)

    def __repr__(self) -> str:
        return f"<Recording {self.path}: {', '.join(self.names)}>"

    def __getitem__(self, name: str) -> LazyStream | Epoc:
        if name not in self.names:
            raise DatasetError(f"{self.path} has no dataset {name!r}; it has {self.names}")
        dataset = open_dataset(self.path / f"{name}{SUFFIX}")
        return LazyStream(dataset) if isinstance(dataset, Stream) else dataset


def open_recording(path: str | Path) -> Recording:
    """Open a recording's results; its streams are lazy, its epocs are tables."""
    return Recording(path)


class LazyStream:
    """A stream with steps attached to it.

    Parameters
    ----------
    steps
        Resolved steps; :meth:`apply` takes them as a config spells them.
    channels
        Positions of the channels that are kept.
    """

    def __init__(
        self,
        stream: Stream,
        steps: Sequence[dict[str, Any]] = (),
        channels: Sequence[int] | None = None,
    ) -> None:
        self.stream = stream
        self.steps = tuple(steps)
        self._source = StreamSource(stream, bind(self.steps))
        self._channels = list(range(len(stream.channels)) if channels is None else channels)

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

    def apply(self, steps: list[Any]) -> LazyStream:
        """Attach stream steps, spelled as in a config: ``["rectify", {"lowpass": {...}}]``.

        Raises
        ------
        ConfigError
            A step is unknown, or a parameter is; lists all problems.
        DatasetError
            A step makes a table, which a node of the workflow has to write.
        """
        from dspant.config import resolve_steps

        resolved = resolve_steps(steps)
        for step in bind(resolved):
            if step.operation.makes != "stream":
                raise DatasetError(
                    f"{step.operation.name} makes a table, not a stream; give it a node of its own"
                )
        return LazyStream(self.stream, [*self.steps, *resolved], self._channels)

    def pick(self, channels: Sequence[str]) -> LazyStream:
        """Keep some channels, by name and in this order."""
        known = self._source.signal.channels
        unknown = [name for name in channels if name not in known]
        if unknown:
            raise DatasetError(
                f"{self.stream.folder.path} has no channels {unknown}; it has {list(known)}"
            )
        return LazyStream(self.stream, self.steps, [known.index(name) for name in channels])

    def between(self, start_s: float, end_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Samples from ``start_s`` up to, not including, ``end_s``, in seconds from block start.

        With steps attached, the unbroken run is computed from its start and no further than
        needed, so the values are those of the whole result.

        Returns
        -------
        time_s, values
            Shapes (samples,) and (channels, samples); float64.
        """
        import numpy as np

        times, parts = [np.empty(0)], [np.empty((len(self._channels), 0))]
        for segment, blocks in self._source.segments():
            first = _clamped((start_s - segment.start_s) * self.fs_hz, segment.count)
            last = _clamped((end_s - segment.start_s) * self.fs_hz, segment.count)
            position = 0
            for block in blocks if last > first else ():
                if position >= last:
                    break
                low, high = max(first - position, 0), min(last - position, block.shape[1])
                if high > low:
                    parts.append(block[self._channels, low:high])
                    index = position + np.arange(low, high)
                    times.append(segment.start_s + index / self.fs_hz)
                position += block.shape[1]
        return np.concatenate(times), np.concatenate(parts, axis=1)

    @property
    def dask(self) -> dask.array.Array:
        """Lazy array, samples x channels; without steps one chunk per row group and channel.

        With steps a chunk is a channel, since a filter's result depends on the whole of it.
        """
        import dask.array
        import numpy as np

        if not self.steps:
            return self.stream.dask[:, self._channels]
        samples = self._source.signal.samples
        stated = as_document(self.stream.metadata)
        identity = of_text(json.dumps([stated, self.steps]))
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
        import numpy as np

        mixes = any(step.operation.mixes_channels for step in bind(self.steps))
        picked = slice(None) if mixes else slice(channel, channel + 1)
        row = channel if mixes else 0
        runs = self._source.segments(picked)
        parts = [block[row] for _, run in runs for block in run]
        return np.concatenate([np.empty(0), *parts])[:, None]


def _clamped(position: float, count: int) -> int:
    import math

    return math.ceil(min(max(position - 1e-6, 0), count))
