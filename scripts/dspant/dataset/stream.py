"""Streams on disk: regularly sampled channels, read without decoding and in bounded memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dspant.dataset.digest import ColumnDigest, combined
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.layout import ColumnFile
from dspant.dataset.metadata import StreamBase, StreamMetadata, read_metadata
from dspant.dataset.provenance import make_again
from dspant.errors import DatasetError, DigestError

if TYPE_CHECKING:
    import dask.array
    import numpy as np


class Stream:
    """One stream dataset, opened but not read.

    Parameters
    ----------
    path
        Its ``.ant`` folder, or a file in it.

    Raises
    ------
    DatasetError
        The dataset is missing, of the other kind, cut, or its data do not fit its metadata.
    """

    def __init__(self, path: str | Path) -> None:
        self.folder = DatasetFolder.at(path)
        metadata = read_metadata(self.folder.metadata)
        if not isinstance(metadata, StreamMetadata):
            raise DatasetError(f"{self.folder.path} is an epoc, not a stream")
        self.metadata = metadata
        self._file = ColumnFile.open(self.folder.data)
        self._starts = self._file.row_starts()
        self._check_shape()

    def __reduce__(self) -> tuple[type[Stream], tuple[Path]]:
        return Stream, (self.folder.path,)

    def _check_shape(self) -> None:
        base, schema = self.metadata.base, self._file.schema
        stated = {
            "channels": base.channel_names,
            "dtypes": base.channel_types,
            "samples": base.number_of_samples,
        }
        found = {
            "channels": schema.names,
            "dtypes": [_numpy_name(t) for t in schema.types],
            "samples": self._starts[-1],
        }
        if stated == found:
            stated, found = self._facts_stated_twice()
        if stated != found:
            raise DatasetError(
                f"{self.folder.data} holds {found}, but its metadata say {stated}; "
                f"{make_again(self.folder)}"
            )

    def _facts_stated_twice(self) -> tuple[dict[str, str], dict[str, str]]:
        """What metadata and the file's own schema both state: as stated, and as the file has it."""
        facts, schema = schema_facts(self.metadata.base), self._file.schema
        said = [schema.metadata or {}, *(field.metadata or {} for field in schema)]
        stated, found = {}, {}
        for place, expected, have in zip(["", *schema.names], facts, said, strict=True):
            for key, value in expected.items():
                if key.encode() in have:
                    stated[f"{key} {place}".strip()] = value
                    found[f"{key} {place}".strip()] = have[key.encode()].decode(errors="replace")
        return stated, found

    def __repr__(self) -> str:
        return (
            f"<Stream {self.name}: {len(self.channels)} channels x {self.samples} samples at "
            f"{self.fs_hz:g} Hz>"
        )

    @property
    def name(self) -> str:
        return self.metadata.base.name

    @property
    def fs_hz(self) -> float:
        return self.metadata.base.fs

    @property
    def channels(self) -> list[str]:
        return self.metadata.base.channel_names

    @property
    def units(self) -> list[str]:
        return self.metadata.base.channel_units

    @property
    def scales(self) -> list[float]:
        return self.metadata.base.channel_scales or [1.0] * len(self.channels)

    @property
    def samples(self) -> int:
        return self.metadata.base.number_of_samples

    @property
    def segments(self) -> list[tuple[int, int, float]]:
        return self.metadata.dspant.segments or []

    @cached_property
    def dtype(self) -> np.dtype:
        """Dtype of stored values; the widest where channels differ."""
        import numpy as np

        return np.result_type(*self.metadata.base.channel_types)

    def chunks(
        self, channels: slice = slice(None), start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[int, list[np.ndarray]]]:
        """Go through stored values row group by row group.

        Yields
        ------
        first, columns
            Index of the first sample, and one array per channel: views of the file where the
            layout allows it, read-only and possibly unaligned, unscaled.
        """
        start, stop, _ = slice(start, stop).indices(self.samples)
        picked = range(len(self.channels))[channels]
        for group in range(bisect_right(self._starts, start) - 1, len(self._starts) - 1):
            origin = self._starts[group]
            if origin >= stop:
                return
            low, high = max(start - origin, 0), min(stop, self._starts[group + 1]) - origin
            if low >= high:
                continue
            for column in picked:
                self._file.fetch(group, column, low, high)
            yield (
                origin + low,
                [self._file.values(group, column)[low:high] for column in picked],
            )
            for column in picked:
                self._file.forget(group, column)

    def read(
        self, start: int = 0, stop: int | None = None, channels: slice = slice(None)
    ) -> np.ndarray:
        """Read samples ``start`` to ``stop``, as a slice counts them, in the channels' units.

        Returns
        -------
        numpy.ndarray
            Shape channels x samples; stored dtype, or float64 where values had to be scaled.

        Raises
        ------
        DigestError
            All was read, and the values are not those the metadata were made for.
        """
        import numpy as np

        picked = range(len(self.channels))[channels]
        start, stop, _ = slice(start, stop).indices(self.samples)
        everything = start == 0 and stop == self.samples and len(picked) == len(self.channels)
        check = DigestCheck(self) if everything else None
        scaled = self.metadata.base.channel_scales is not None
        values = np.empty(
            (len(picked), max(stop - start, 0)), dtype=np.float64 if scaled else self.dtype
        )
        for first, columns in self.chunks(channels, start, stop):
            for row, column in enumerate(columns):
                values[row, first - start : first - start + len(column)] = column
                if check is not None:
                    check.update(picked[row], column)
        if check is not None:
            check.finish()
        if scaled:
            values *= np.array(self.scales)[channels, np.newaxis]
        return values

    def verify(self) -> None:
        """Read everything and compare with the digest.

        Raises
        ------
        DigestError
            The values are not those the metadata were made for.
        """
        check = DigestCheck(self)
        for _, columns in self.chunks():
            for index, column in enumerate(columns):
                check.update(index, column)
        check.finish()

    @property
    def dask(self) -> dask.array.Array:
        """Lazy array, samples x channels, in the channels' units; one chunk per row group."""
        import dask.array

        lengths = tuple(b - a for a, b in zip(self._starts, self._starts[1:], strict=False))
        columns = (1,) * len(self.channels)
        token = f"{self.name}-{self.metadata.dspant.digest}-{self.scales}"
        lazy = _SamplesByChannels(self)
        chunks = (lengths or (0,), columns)
        return dask.array.from_array(lazy, chunks=chunks, name=token, fancy=False)


class _SamplesByChannels:
    """What dask slices: nothing is read before it asks for a part."""

    ndim = 2

    def __init__(self, stream: Stream) -> None:
        import numpy as np

        self._stream = stream
        self.shape = (stream.samples, len(stream.channels))
        scaled = stream.metadata.base.channel_scales is not None
        self.dtype = np.dtype(np.float64) if scaled else stream.dtype

    def __getitem__(self, index: tuple[slice | int, slice | int]) -> np.ndarray:
        rows, columns = (slice(i, i + 1) if isinstance(i, int) else i for i in index)
        start, stop, step = rows.indices(self.shape[0])
        part = self._stream.read(start, stop, columns).T[::step]
        return part[tuple(0 if isinstance(i, int) else slice(None) for i in index)]


class DigestCheck:
    """Compares values with a stream's digest while they pass by on their way to something else."""

    def __init__(self, stream: Stream) -> None:
        base = stream.metadata.base
        self._stream = stream
        self._columns = [
            ColumnDigest(name, dtype)
            for name, dtype in zip(base.channel_names, base.channel_types, strict=True)
        ]

    def update(self, channel: int, stored: np.ndarray) -> None:
        """Add stored values of one channel, in order."""
        self._columns[channel].update(stored)

    @property
    def complete(self) -> bool:
        return all(column.count == self._stream.samples for column in self._columns)

    def finish(self) -> None:
        """Raise :class:`DigestError` where the values are not those the metadata state."""
        found, stated = combined(self._columns), self._stream.metadata.dspant.digest
        if found != stated:
            raise DigestError(
                f"{self._stream.folder.data} was altered: its values have digest {found}, its "
                f"metadata say {stated}; {make_again(self._stream.folder)}"
            )


def schema_facts(base: StreamBase) -> list[dict[str, str]]:
    """What a stream's file repeats for other readers: of the whole, then of each channel."""
    scales = base.channel_scales or [1.0] * len(base.channel_names)
    return [
        {"fs": repr(base.fs)},
        *(
            {"unit": unit, "scale": repr(scale)}
            for unit, scale in zip(base.channel_units, scales, strict=True)
        ),
    ]


def _numpy_name(arrow_type: object) -> str:
    names = {"halffloat": "float16", "float": "float32", "double": "float64"}
    return names.get(str(arrow_type), str(arrow_type))
