"""Writing an epoc in batches: check, fingerprint, store, then publish."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from dspant.dataset.atomic import clear_drafts, refusals_told
from dspant.dataset.digest import ColumnDigest, combined
from dspant.dataset.epoc_schema import arrow_schema, arrow_table, check_epoc
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import EpocColumn, EpocMetadata, build
from dspant.dataset.provenance import Provenance
from dspant.dataset.publish import publish
from dspant.dataset.scratch import draft_of
from dspant.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np

ROW_GROUP_ROWS = 64 * 2**10


@dataclass(frozen=True)
class EpocHeader:
    """What an epoc states besides its rows."""

    source: str
    name: str
    columns: Mapping[str, EpocColumn]
    other: dict[str, Any] = field(default_factory=dict)
    node: str | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)

    def metadata(self, where: DatasetFolder, rows: int, digest: str) -> EpocMetadata:
        """Complete metadata; raises MetadataError where something required is missing."""
        return build(
            EpocMetadata,
            where.metadata,
            source=self.source,
            base={
                "name": self.name,
                "number_of_events": rows,
                "data_shape": [rows],
                "columns": {name: asdict(column) for name, column in self.columns.items()},
            },
            other=self.other,
            dspant={
                "kind": "epoc",
                "digest": digest,
                "node": self.node,
                "steps": self.steps,
                "inputs": self.inputs,
            },
        )


class EpocWriter:
    """Writes one epoc dataset; use as a context manager and call :meth:`finish`.

    Raises
    ------
    MetadataError
        The header lacks what every epoc must state; found before anything is written.
    """

    def __init__(self, folder: DatasetFolder, header: EpocHeader, compression: str) -> None:
        header.metadata(folder, rows=0, digest="not yet known")
        self._folder = folder
        self._header = header
        self._compression = compression
        self._draft = draft_of(folder.data)
        self._schema = arrow_schema(header.columns)
        self._digests = [ColumnDigest(name, c.dtype) for name, c in header.columns.items()]
        self._held: list[Any] = []
        self._held_rows = 0
        self._rows = 0
        self._file: Any = None

    def __enter__(self) -> Self:
        import pyarrow.parquet as pq

        text = [name for name, c in self._header.columns.items() if c.dtype == "string"]
        with refusals_told(self._folder.data):
            self._folder.path.mkdir(parents=True, exist_ok=True)
            clear_drafts(self._folder.path)
            self._file = pq.ParquetWriter(
                self._draft, self._schema, compression=self._compression, use_dictionary=text
            )
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(OSError):  # after finish nothing is left to write, else it is thrown away
            self._file.close()
        self._draft.unlink(missing_ok=True)

    def write(self, batch: dict[str, np.ndarray]) -> None:
        """Add rows: one equally long array per column, (rows, values of a cell) for lists.

        Raises
        ------
        DatasetError
            The rows break the Epoc contract.
        """
        import pyarrow as pa

        if not any(len(values) for values in batch.values()):
            return
        try:
            table = arrow_table(batch)
        except (pa.ArrowException, ValueError) as error:
            raise DatasetError(f"{self._folder.path}: {error}") from error
        check_epoc(table, self._header.columns, self._folder.path)
        for digest in self._digests:
            digest.update(batch[digest.name])
        self._held.append(table.cast(self._schema))
        self._held_rows += table.num_rows
        if self._held_rows >= ROW_GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._held:
            with refusals_told(self._folder.data):
                self._file.write_table(pa.concat_tables(self._held), row_group_size=ROW_GROUP_ROWS)
        self._rows += self._held_rows
        self._held, self._held_rows = [], 0

    def finish(self, provenance: Provenance) -> EpocMetadata:
        """Publish what was written."""
        self._flush()
        with refusals_told(self._folder.data):
            self._file.close()
        metadata = self._header.metadata(self._folder, self._rows, combined(self._digests))
        publish(self._folder, self._draft, metadata, provenance)
        return metadata
