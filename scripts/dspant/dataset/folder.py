"""Where the files of one dataset are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dspant.errors import DatasetError

SUFFIX = ".ant"


def store_folder_name(name: str) -> str:
    """Name of a raw store's dataset: what a folder cannot carry, such as ``/``, becomes ``_``."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


@dataclass(frozen=True)
class DatasetFolder:
    """One ``{name}.ant`` folder and the files that the contract puts into it."""

    path: Path

    @classmethod
    def at(cls, path: str | Path) -> DatasetFolder:
        """Name a dataset by its folder or by any file in it.

        Raises
        ------
        DatasetError
            The path is not that of an ``.ant`` folder.
        """
        path = Path(path)
        folder = path if path.suffix == SUFFIX else path.parent
        if folder.suffix != SUFFIX:
            raise DatasetError(
                f"{path} is not a dataset: expected a folder such as RawG{SUFFIX}, or a file in it"
            )
        return cls(folder)

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(SUFFIX)

    @property
    def data(self) -> Path:
        return self.path / f"data_{self.name}.parquet"

    @property
    def metadata(self) -> Path:
        return self.path / f"metadata_{self.name}.json"

    @property
    def provenance(self) -> Path:
        return self.path / f"provenance_{self.name}.json"

    @property
    def files(self) -> tuple[Path, Path, Path]:
        """All files, in the order in which they appear: metadata last."""
        return self.data, self.provenance, self.metadata

    @property
    def kept(self) -> Path:
        """Hard links to the last result, which outlive what a scheduler deletes before a job.

        A dataset's folder itself, so that whatever reads datasets reads it too.
        """
        return self.path / ".last" / self.path.name
