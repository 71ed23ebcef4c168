"""Large files may be written to a disk of the machine's own before they go to a shared one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from dspant.dataset.atomic import flush_to_disk, temporary
from dspant.dataset.digest import of_text
from dspant.errors import DiskError

SCRATCH = "DSPANT_SCRATCH"
"""Environment variable that names the folder; may hold others, such as ``$TMPDIR``."""


def draft_of(path: Path) -> Path:
    """Where a large file is written until it is whole: in the scratch folder, or beside its place.

    Raises
    ------
    DiskError
        The variable names no folder.
    """
    named = os.environ.get(SCRATCH)
    if not named:
        return temporary(path)
    folder = Path(os.path.expandvars(named))
    if not folder.is_dir():
        raise DiskError(
            f"{SCRATCH} names {folder}, which is no folder on this machine; create it, or leave "
            f"the variable out to write beside the results"
        )
    place = of_text(str(path.resolve())).rpartition(":")[2]
    return folder / f".tmp-{os.getpid()}-{place}-{path.name}"


def into_place(draft: Path, path: Path) -> None:
    """Give a finished file its name, whole and safe on disk."""
    if draft.parent == path.parent:
        flush_to_disk(draft)
        draft.replace(path)
        return
    beside = temporary(path)
    try:
        shutil.copyfile(draft, beside)
        flush_to_disk(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    draft.unlink(missing_ok=True)
