"""A recording's results in a notebook."""

from __future__ import annotations

from pathlib import Path

from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import SUFFIX
from dspant.dataset.recording import dataset_names, open_dataset
from dspant.dataset.stream import Stream
from dspant.engine.lazy import LazyStream
from dspant.errors import DatasetError


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
