"""Writing a stream in one pass: cast, fingerprint, store, then publish."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from dspant.dataset.atomic import clear_drafts, refusals_told, start_flushing
from dspant.dataset.digest import ColumnDigest, combined
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.layout import MAPPED_KEY, MAPPED_VALUE, row_group_rows
from dspant.dataset.mapped_file import MappedFile, can_be_mapped
from dspant.dataset.metadata import StreamMetadata
from dspant.dataset.parquet_file import ParquetFile
from dspant.dataset.provenance import Provenance
from dspant.dataset.publish import publish
from dspant.dataset.scratch import draft_of
from dspant.dataset.stream import schema_facts
from dspant.dataset.stream_header import StreamHeader
from dspant.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from dspant.dataset.scattered import Scattered


class StreamWriter:
    """Writes one stream dataset; use as a context manager and call :meth:`finish`.

    Parameters
    ----------
    compression
        ``none`` or ``zstd``.

    Raises
    ------
    MetadataError
        The header lacks what every stream must state; found before anything is written.
    """

    def __init__(self, folder: DatasetFolder, header: StreamHeader, compression: str) -> None:
        import numpy as np

        self._facts = schema_facts(header.metadata(folder, digest="not yet known").base)
        self._folder = folder
        self._header = header
        self._draft = draft_of(folder.data)
        rows = row_group_rows(len(header.channels), np.dtype(header.dtype).itemsize)
        self._buffer, self._spare = (
            np.empty((len(header.channels), rows), dtype=header.dtype) for _ in range(2)
        )
        self._held = 0
        self._through_buffers = True
        self._written = 0
        self._digests = [ColumnDigest(name, header.dtype) for name in header.channels]
        self._compression = compression
        self._file: MappedFile | ParquetFile | None = None
        self._storing = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._stored: Future[None] | None = None
        self._flushing = ThreadPoolExecutor(1, thread_name_prefix="flush")
        self._flushed: Future[None] | None = None

    def _arrow_schema(self) -> pa.Schema:
        import pyarrow as pa

        of_all, *of_channels = self._facts
        dtype = pa.from_numpy_dtype(self._buffer.dtype)
        fields = [
            pa.field(name, dtype, nullable=False, metadata=facts)
            for name, facts in zip(self._header.channels, of_channels, strict=True)
        ]
        mark = {MAPPED_KEY: MAPPED_VALUE} if self._compression == "none" else {}
        return pa.schema(fields, metadata=of_all | mark)

    def __enter__(self) -> Self:
        header, rows = self._header, self._buffer.shape[1]
        with refusals_told(self._folder.data):
            self._folder.path.mkdir(parents=True, exist_ok=True)
            clear_drafts(self._folder.path)
            if self._compression == "none" and can_be_mapped(header.dtype):
                self._file = MappedFile(
                    self._draft,
                    header.dtype,
                    header.channels,
                    self._arrow_schema,
                    rows=header.samples,
                    most_rows=rows,
                )
            else:
                schema = self._arrow_schema()
                self._file = ParquetFile(self._draft, schema, self._compression, rows)
        return self

    def __exit__(self, *_error: object) -> None:
        self._storing.shutdown()
        self._flushing.shutdown()
        with suppress(OSError):  # after finish nothing is left to write, else it is thrown away
            self._file.abandon()
        self._draft.unlink(missing_ok=True)

    def room(self) -> np.ndarray:
        """Memory for the next samples, channels x at least one sample, of the stored dtype.

        Fill its beginning and :meth:`take` it.
        """
        return self._buffer[:, self._held :]

    def take(self, samples: int) -> None:
        """Add the first samples of :meth:`room`."""
        self._held += samples
        self._through_buffers = True
        if self._held == self._buffer.shape[1]:
            self._flush()

    def write(self, block: np.ndarray) -> None:
        """Add samples: shape channels x samples, cast to the stored dtype.

        Raises
        ------
        DatasetError
            The block has more or fewer channels than the header.
        """
        if len(block) != len(self._buffer):
            raise DatasetError(
                f"{self._folder.path}: a block of {len(block)} channels was written, but the "
                f"header names {len(self._buffer)}"
            )
        taken = 0
        while taken < block.shape[1]:
            room = self.room()
            part = block[:, taken : taken + room.shape[1]]
            room[:, : part.shape[1]] = part
            self.take(part.shape[1])
            taken += part.shape[1]

    @property
    def takes_scattered(self) -> bool:
        """Whether :meth:`write_scattered` can be called."""
        from dspant.dataset.scattered import can_be_scattered

        mapped = isinstance(self._file, MappedFile) and self._file.stores_as_held
        return mapped and can_be_scattered()

    def write_scattered(self, samples: Scattered) -> None:
        """Add samples of the stored dtype from where they lie, without a copy between."""
        if self._through_buffers:  # what they hold comes before
            self._flush()
            self._wait()
            self._through_buffers = False
        self._count(samples.row_bytes // self._buffer.itemsize)
        with refusals_told(self._folder.data):
            self._file.write_scattered(samples)
        self._wait()
        self._stored = self._storing.submit(self._fingerprint, self._file.whole())

    def _flush(self) -> None:
        """Store what is held while the caller goes on with the other buffer."""
        self._wait()
        if not self._held:
            return
        first = self._written
        self._count(self._held)
        self._stored = self._storing.submit(self._store, self._buffer[:, : self._held], first)
        self._buffer, self._spare = self._spare, self._buffer
        self._held = 0

    def _count(self, samples: int) -> None:
        self._written += samples
        if self._written > self._header.samples:
            raise self._miscounted()

    def _wait(self) -> None:
        if self._stored is not None:
            self._stored.result()

    def _store(self, held: np.ndarray, first: int) -> None:
        self._fingerprint(first)
        for digest, values in zip(self._digests, held, strict=True):
            digest.update(values)
        with refusals_told(self._folder.data):
            self._file.write(held)
        self._start_flushing()

    def _start_flushing(self) -> None:
        """Let the disk go on, which makes its caller wait while it is busy with what was before."""
        if self._flushed is None or self._flushed.done():
            self._flushed = self._flushing.submit(start_flushing, self._draft)

    def _fingerprint(self, stop: int) -> None:
        """Fingerprint rows that were written from where they lay, as the file holds them."""
        first = self._digests[0].count
        if first < stop:
            with refusals_told(self._folder.data):
                for channel, values in self._file.stored(first, stop):
                    self._digests[channel].update(values)
            self._start_flushing()

    def finish(self, provenance: Provenance) -> StreamMetadata:
        """Publish what was written.

        Raises
        ------
        DatasetError
            The number of samples written is not the one the header's segments announce.
        """
        self._flush()
        self._wait()
        if self._written != self._header.samples:
            raise self._miscounted()
        self._fingerprint(self._written)
        with refusals_told(self._folder.data):
            self._file.close()
        self._flushing.shutdown()
        metadata = self._header.metadata(self._folder, combined(self._digests))
        publish(self._folder, self._draft, metadata, provenance)
        return metadata

    def _miscounted(self) -> DatasetError:
        return DatasetError(
            f"{self._folder.path}: {self._written} samples were written, but the segments "
            f"{list(self._header.segments)} announce {self._header.samples}"
        )
