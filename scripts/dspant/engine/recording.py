"""A recording's results in a notebook."""

from __future__ import annotations

import warnings
from functools import cached_property
from pathlib import Path

from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import SUFFIX
from dspant.dataset.recording import dataset_names, open_dataset, outdated
from dspant.dataset.stream import Stream
from dspant.engine.lazy import LazyStream
from dspant.errors import DatasetError, OutdatedWarning
from dspant.wording import listed


class Recording:
    """The datasets of one recording by name.

    Parameters
    ----------
    path
        Folder of the recording, such as ``results/demo/rec01``.

    Raises
    ------
    DatasetError
        There is no such folder, or no finished dataset in it; says what there is.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.names = dataset_names(self.path)

    def __repr__(self) -> str:
        return f"<Recording {self.path}: {', '.join(self.names)}>"

    @cached_property
    def outdated(self) -> dict[str, str]:
        """Datasets that a failed or unfinished run left from an earlier one, each with the reason.

        See :func:`dspant.dataset.recording.outdated`.
        """
        return outdated(self.path)

    def __getitem__(self, name: str) -> LazyStream | Epoc:
        if name not in self.names:
            raise DatasetError(f"{self.path} has no dataset {name!r}; it has {self.names}")
        dataset = open_dataset(self.path / f"{name}{SUFFIX}")
        return LazyStream(dataset) if isinstance(dataset, Stream) else dataset


def open_recording(path: str | Path) -> Recording:
    """Open a recording's results; its streams are lazy, its epocs are tables.

    Warns
    -----
    OutdatedWarning
        Datasets are left from an earlier run: their inputs are unfinished, or others by now.

    Raises
    ------
    DatasetError
        There is no such folder, or no finished dataset in it; says what there is.
    """
    recording = Recording(path)
    if recording.outdated:
        reasons = dict.fromkeys(recording.outdated.values())
        warnings.warn(
            f"{recording.path}: left from an earlier run: {listed([*recording.outdated])}, since "
            f"{'; '.join(reasons)}; run the workflow again, or do without them",
            OutdatedWarning,
            stacklevel=2,
        )
    return recording
