"""Putting a finished dataset into its place, and putting an earlier one back."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from dspant.dataset.atomic import (
    clear_drafts,
    flush_to_disk,
    refusals_told,
    to_json,
    write_json,
)
from dspant.dataset.digest import of_text
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import Metadata, as_document
from dspant.dataset.provenance import Provenance, read_provenance
from dspant.dataset.scratch import into_place
from dspant.errors import DatasetError

METADATA_DIGEST = "metadata_digest"
"""Key of a provenance: fingerprint of the metadata that were published with it."""


def publish(folder: DatasetFolder, draft: Path, metadata: Metadata, provenance: Provenance) -> None:
    """Move a written data file into its dataset, then say so: metadata appear last.

    Until the metadata are there, no reader takes the folder for a dataset; so at no moment do
    they speak of other data than those beside them. Where it fails, none of the files is there.
    """
    stated = as_document(metadata)
    history = provenance.document() | {METADATA_DIGEST: of_text(to_json(stated))}
    with refusals_told(folder.data):
        folder.metadata.unlink(missing_ok=True)
        try:
            into_place(draft, folder.data)
            write_json(folder.provenance, history)
            write_json(folder.metadata, stated)
        except BaseException:
            for file in folder.files:
                file.unlink(missing_ok=True)
            raise
        _keep(folder)


def _keep(folder: DatasetFolder) -> None:
    folder.kept.mkdir(parents=True, exist_ok=True)
    links = [folder.kept / file.name for file in folder.files]
    # All first, metadata before the rest: a job killed in between leaves no mixture of two results.
    for link in reversed(links):
        link.unlink(missing_ok=True)
    for file, link in zip(folder.files, links, strict=True):
        with suppress(OSError):  # a file system without hard links: jobs compute again, that is all
            os.link(file, link)


def put_back(folder: DatasetFolder) -> None:
    """Give the kept result its place again, metadata last, as new as a result made now."""
    clear_drafts(folder.path)
    folder.metadata.unlink(missing_ok=True)
    for file in folder.files:
        file.unlink(missing_ok=True)
        os.link(folder.kept / file.name, file)
        os.utime(file)
    flush_to_disk(folder.path)


def kept_provenance(folder: DatasetFolder) -> dict[str, Any]:
    """Provenance of the kept result; empty where there is none, or not all of it."""
    if not all((folder.kept / file.name).is_file() for file in folder.files):
        return {}
    return read_provenance(DatasetFolder(folder.kept))


def is_kept_whole(folder: DatasetFolder) -> bool:
    """Whether the kept result still holds what was published; reads all of it.

    What is kept shares its bytes with the dataset itself, and so its damage.
    """
    from dspant.dataset.recording import open_dataset

    kept = DatasetFolder(folder.kept)
    try:
        stated = kept.metadata.read_text(encoding="utf-8")
        if of_text(stated) != read_provenance(kept).get(METADATA_DIGEST):
            return False
        open_dataset(kept.path).verify()
    except (DatasetError, OSError, ValueError):
        return False
    return True
