"""Putting a finished dataset into its place, and putting an earlier one back."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from dspant.dataset.atomic import flush_to_disk, write_json
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import Metadata, as_document
from dspant.dataset.provenance import Provenance


def publish(folder: DatasetFolder, draft: Path, metadata: Metadata, provenance: Provenance) -> None:
    """Move a written data file into its dataset, then say so: metadata appear last.

    Until the metadata are there, no reader takes the folder for a dataset; so at no moment do
    they speak of other data than those beside them. Where it fails, none of the files is there.
    """
    folder.metadata.unlink(missing_ok=True)
    flush_to_disk(draft)
    try:
        draft.replace(folder.data)
        write_json(folder.provenance, provenance.document())
        write_json(folder.metadata, as_document(metadata))
    except BaseException:
        for file in folder.files:
            file.unlink(missing_ok=True)
        raise
    _keep(folder)


def _keep(folder: DatasetFolder) -> None:
    folder.kept.mkdir(exist_ok=True)
    links = [folder.kept / file.name for file in folder.files]
    for link in links:  # all first: a job killed in between leaves no mixture of two results
        link.unlink(missing_ok=True)
    for file, link in zip(folder.files, links, strict=True):
        with suppress(OSError):  # a file system without hard links: jobs compute again, that is all
            os.link(file, link)


def put_back(folder: DatasetFolder) -> None:
    """Give the kept result its place again, metadata last."""
    folder.metadata.unlink(missing_ok=True)
    for file in folder.files:
        file.unlink(missing_ok=True)
        os.link(folder.kept / file.name, file)
    flush_to_disk(folder.path)


def kept_provenance(folder: DatasetFolder) -> dict[str, Any]:
    """Provenance of the kept result; empty where there is none, or not all of it."""
    import json

    if not all((folder.kept / file.name).is_file() for file in folder.files):
        return {}
    try:
        kept = json.loads((folder.kept / folder.provenance.name).read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}
