"""Putting back what was read before, where raw files and what is asked of them are the same."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dspant.dataset.folder import SUFFIX, DatasetFolder, store_folder_name
from dspant.dataset.publish import is_kept_whole, kept_provenance, put_back
from dspant.readers.fingerprint import RawContent

logger = logging.getLogger("dspant.ingest")


def put_back_stores(spec: Mapping[str, Any], recording: Path, content: RawContent) -> bool:
    """Give the last result of every store its place again, unless one would come out otherwise.

    Parameters
    ----------
    spec
        What is asked of the raw files.
    recording
        Folder that holds the datasets.
    content
        The raw files; read in full only where the same was asked of them before.

    Returns
    -------
    bool
        Whether all stores are back; nothing was touched where one is not.
    """
    folders = [
        DatasetFolder(recording / f"{store_folder_name(name)}{SUFFIX}") for name in spec["stores"]
    ]
    kept = [kept_provenance(folder) for folder in folders]
    if any(stated.get("spec") != spec for stated in kept):
        return False
    found = content.finish()
    if any(stated.get("raw_files") != found for stated in kept):
        return False
    damaged = [folder for folder in folders if not is_kept_whole(folder)]
    for folder in damaged:
        logger.warning("%s: its last result is damaged, so all stores are read again", folder.path)
    if damaged:
        return False
    for folder in folders:
        put_back(folder)
        logger.info("%s: the raw files hold what they held, its last result is back", folder.path)
    return True
