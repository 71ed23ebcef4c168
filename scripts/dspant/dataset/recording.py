"""All datasets of one recording."""

from __future__ import annotations

from pathlib import Path

from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import SUFFIX, DatasetFolder
from dspant.dataset.metadata import StreamMetadata, read_metadata
from dspant.dataset.stream import Stream
from dspant.errors import DatasetError


def open_dataset(path: str | Path) -> Stream | Epoc:
    """Open a dataset of either kind by its folder."""
    metadata = read_metadata(DatasetFolder.at(path).metadata)
    return Stream(path) if isinstance(metadata, StreamMetadata) else Epoc(path)


def dataset_names(folder: str | Path) -> list[str]:
    """Names of the finished datasets in a recording's folder.

    Raises
    ------
    DatasetError
        There is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DatasetError(
            f"{folder} is not a folder; a recording is at results/<experiment>/<recording>"
        )
    found = (DatasetFolder(path) for path in folder.glob(f"*{SUFFIX}"))
    return sorted(dataset.name for dataset in found if dataset.metadata.is_file())
