"""All datasets of one recording."""

from __future__ import annotations

import os
from pathlib import Path

from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import SUFFIX, DatasetFolder
from dspant.dataset.metadata import StreamMetadata, read_metadata
from dspant.dataset.stream import Stream
from dspant.errors import DatasetError, MetadataError
from dspant.wording import listed

_WHERE = "a recording is at results/<experiment>/<recording>"


def open_dataset(path: str | Path) -> Stream | Epoc:
    """Open a dataset of either kind by its folder."""
    metadata = read_metadata(DatasetFolder.at(path).metadata)
    return Stream(path) if isinstance(metadata, StreamMetadata) else Epoc(path)


def dataset_names(folder: str | Path) -> list[str]:
    """Names of the finished datasets in a recording's folder.

    Raises
    ------
    DatasetError
        There is no such folder, or no finished dataset in it, as in that of an experiment.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder; {_WHERE}")
    datasets = [DatasetFolder(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
    names = sorted(dataset.name for dataset in datasets if dataset.metadata.is_file())
    if not names:
        raise DatasetError(_why_none(folder, [dataset.name for dataset in datasets]))
    return names


def _why_none(folder: Path, unfinished: list[str]) -> str:
    if folder.suffix == SUFFIX:
        return f"{folder} is a dataset, not a recording; open it with open_dataset"
    if unfinished:
        return (
            f"{folder} holds no finished dataset, unfinished: {listed(unfinished)}; run the "
            f"workflow again"
        )
    recordings = sorted({path.parent.name for path in folder.glob(f"[!.]*/*{SUFFIX}")})
    if recordings:
        return (
            f"{folder} is not a recording but a folder of recordings: {listed(recordings)}; open "
            f"one of them, such as {folder / recordings[0]}"
        )
    return f"{folder} holds no dataset; {_WHERE}"


def outdated(folder: str | Path) -> dict[str, str]:
    """Datasets of a recording that were made from what is not there any more.

    A run that fails leaves the earlier results of the steps that it did not reach. Metadata alone
    are read, of the datasets and of those that they were made from. An input of which there is
    not even a folder, as where datasets were copied elsewhere, tells nothing.

    Returns
    -------
    dict
        By the name of each such dataset: which input is unfinished or has other values by now.
    """
    folder = Path(folder)
    known: dict[Path, str | None] = {}
    reasons = {
        name: _why_outdated(folder / f"{name}{SUFFIX}", known) for name in dataset_names(folder)
    }
    return {name: why for name, why in reasons.items() if why is not None}


def _why_outdated(path: Path, known: dict[Path, str | None]) -> str | None:
    """Why a dataset is outdated, by itself or since an input is; ``known`` gets all looked at."""
    if path not in known:
        known[path] = None
        try:
            inputs = read_metadata(DatasetFolder(path).metadata).dspant.inputs
        except MetadataError:
            return None
        reasons = (_why_of(path, name, digest, known) for name, digest in inputs.items())
        known[path] = next(filter(None, reasons), None)
    return known[path]


def _why_of(path: Path, name: str, digest: str, known: dict[Path, str | None]) -> str | None:
    """What is wrong with one input; that of another recording is ``recording/dataset``."""
    beside = os.path.normpath(path.parent / os.pardir) if "/" in name else path.parent
    source = DatasetFolder(Path(beside, f"{name}{SUFFIX}"))
    if not source.path.is_dir():
        return None
    if not source.metadata.is_file():
        return f"{source.path} is unfinished"
    try:
        found = read_metadata(source.metadata).dspant.digest
    except MetadataError:
        return f"{source.path} cannot be read"
    if found != digest:
        return f"{path} was made from another {source.path}"
    return _why_outdated(source.path, known)
