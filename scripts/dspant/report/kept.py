"""A recording's page made from the same things again is put back instead of drawn again."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dspant.dataset.atomic import flush_to_disk, write_json
from dspant.dataset.digest import of_bytes, of_text
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.whole_folders import inventory, link_folder
from dspant.report import TEMPLATES

logger = logging.getLogger("dspant.report")


def make_recording_page(
    block: Path | str,
    datasets: Sequence[Path | str],
    spec: dict[str, Any],
    **outputs: Path | str,
) -> None:
    """Write a recording's page, or put the last one back where all it shows is as it was.

    Takes what :func:`dspant.report.recording_page.write_recording_page` takes.

    Raises
    ------
    DspantError
        As that function does.
    """
    files = [Path(file) for file in outputs.values()]
    folder = files[0].parent / ".last"
    made_from = _made_from(Path(block), [DatasetFolder.at(path) for path in datasets], spec)
    if _put_back(folder, files, made_from):
        logger.info("%s: nothing it shows changed, the last page is back", files[0])
        return
    from dspant.report.recording_page import write_recording_page

    write_recording_page(block, datasets, spec, **outputs)
    _keep(folder, files, made_from)


def _made_from(block: Path, datasets: Sequence[DatasetFolder], spec: dict[str, Any]) -> str:
    """Fingerprint of all that decides a page: what it shows, and how pages are drawn."""
    shown = [block, *(file for folder in datasets for file in (folder.metadata, folder.provenance))]
    texts = [of_bytes(file.read_bytes()) if file.is_file() else "" for file in shown]
    sizes = [folder.data.stat().st_size if folder.data.is_file() else 0 for folder in datasets]
    drawn = [of_bytes(file.read_bytes()) for file in _sources()]
    return of_text(json.dumps([spec, texts, sizes, drawn], sort_keys=True))


def _sources() -> Iterator[Path]:
    yield from sorted(Path(__file__).parent.rglob("*.py"))
    yield from sorted(file for file in TEMPLATES.rglob("*") if file.is_file())


def _put_back(folder: Path, files: Sequence[Path], made_from: str) -> bool:
    kept = [folder / file.name for file in files]
    if _note(folder) != [made_from, *(_fingerprint(file) for file in kept)]:
        return False
    for file, link in zip(files, kept, strict=True):
        _link(link, file)
        os.utime(file)
    flush_to_disk(files[0].parent)
    return True


def _keep(folder: Path, files: Sequence[Path], made_from: str) -> None:
    folder.mkdir(exist_ok=True)
    note = folder / "made_from.json"
    note.unlink(missing_ok=True)  # first: a job killed in between leaves nothing to put back
    with suppress(OSError):  # a file system without hard links: pages are drawn again, that is all
        for file in files:
            _link(file, folder / file.name)
        write_json(note, [made_from, *(_fingerprint(file) for file in files)])


def _link(source: Path, target: Path) -> None:
    if source.is_dir():
        link_folder(source, target)
        return
    target.unlink(missing_ok=True)
    os.link(source, target)


def _note(folder: Path) -> Any:
    try:
        return json.loads((folder / "made_from.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _fingerprint(file: Path) -> str:
    if file.is_dir():  # up to thousands of tiles: their names and sizes have to do
        return of_text(json.dumps(inventory(file)))
    return of_bytes(file.read_bytes()) if file.is_file() else ""
