"""Making what is there once more, in a scratch folder, and saying whether it is the same."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dspant.dataset.folder import SUFFIX, DatasetFolder, store_folder_name
from dspant.dataset.metadata import read_metadata
from dspant.dataset.provenance import read_provenance
from dspant.dataset.recording import open_dataset
from dspant.engine.node import input_names, make_node
from dspant.errors import DatasetError, DspantError
from dspant.verify.differences import changed_keys, differences
from dspant.verify.findings import DIFFERS, EQUAL, FAILED, OUTDATED, Finding

log = logging.getLogger("dspant.verify")

RAW_FILES = "raw_files"
"""Key of a raw dataset's provenance: fingerprint of each raw file it was read from."""


def verify_node(
    spec: Mapping[str, Any],
    inputs: Sequence[str | Path],
    dataset: str | Path,
    scratch: str | Path,
    threads: int = 1,
) -> list[Finding]:
    """Make a node's dataset again from its inputs as they are, and compare.

    Parameters
    ----------
    spec
        The node's resolved spec.
    inputs
        Datasets of its inputs, in the order of ``spec["inputs"]``: folders or files in them.
    dataset
        What is there: its folder or a file in it.
    scratch
        Folder to make it in; deleted before and after.
    threads
        As of :func:`dspant.engine.node.make_node`.
    """
    there = DatasetFolder.at(dataset)
    finding = _not_verifiable(there, spec) or _other_inputs(there, spec, inputs)
    if finding:
        return [finding]
    with _emptied(Path(scratch)) as folder:
        made = DatasetFolder(folder / there.path.name)
        try:
            make_node(dict(spec), inputs, made.path, threads)
        except DspantError as error:
            return [_finding(there, FAILED, f"cannot be made again: {error}")]
        return _compared(there, made)


def verify_ingest(
    block: str | Path, spec: Mapping[str, Any], recording: str | Path, scratch: str | Path
) -> list[Finding]:
    """Read a raw block again, and compare all its stores and what it says of itself.

    Parameters
    ----------
    block
        Folder of the raw recording.
    spec
        As of :func:`dspant.readers.ingest.ingest`.
    recording
        Folder of the recording's results.
    scratch
        Folder to make them in; deleted before and after.
    """
    from dspant.readers.ingest import ingest

    recording = Path(recording)
    stores = [
        DatasetFolder(recording / f"{store_folder_name(name)}{SUFFIX}") for name in spec["stores"]
    ]
    refused = {there: _not_verifiable(there, spec) for there in stores}
    if all(refused.values()):
        return [finding for finding in refused.values() if finding]
    with _emptied(Path(scratch)) as folder:
        try:
            ingest(block, spec, folder)
        except DspantError as error:
            return [_finding(there, FAILED, f"cannot be made again: {error}") for there in stores]
        findings: list[Finding] = []
        for there, finding in refused.items():
            made = DatasetFolder(folder / there.path.name)
            findings += [finding] if finding else _compared(there, made)
        return findings + _block_differs(recording, folder)


def _not_verifiable(there: DatasetFolder, spec: Mapping[str, Any]) -> Finding | None:
    if not there.metadata.is_file():
        remark = f"is not there; run the workflow with {there.metadata} as target"
        return _finding(there, FAILED, remark)
    made_with = read_provenance(there).get("spec")
    if made_with is not None and made_with != json.loads(json.dumps(spec)):
        remark = "was made with other settings than the config's; run the workflow first"
        return _finding(there, OUTDATED, remark)
    return None


def _other_inputs(
    there: DatasetFolder, spec: Mapping[str, Any], inputs: Sequence[str | Path]
) -> Finding | None:
    sources = [DatasetFolder.at(path) for path in inputs]
    try:
        stated = read_metadata(there.metadata).dspant.inputs
        digests = [read_metadata(source.metadata).dspant.digest for source in sources]
    except DatasetError as error:
        return _finding(there, FAILED, str(error))
    if stated != dict(zip(input_names(spec, sources), digests, strict=True)):
        remark = "was made of inputs that have changed since; run the workflow first"
        return _finding(there, OUTDATED, remark)
    return None


def _compared(there: DatasetFolder, made: DatasetFolder) -> list[Finding]:
    try:
        stated = read_metadata(there.metadata)
        digest = stated.dspant.digest
        changed = changed_keys(stated, read_metadata(made.metadata))
        remark = f"metadata state something else: {', '.join(changed)}" if changed else ""
        remark = "; ".join(filter(None, [remark, _other_raw_files(there, made)]))
        damage = _damage(there)
        if not remark and not damage:
            log.info("%s: equal, %s", there.path, digest)
            return [_finding(there, EQUAL, digest=digest)]
        found = _finding(there, DIFFERS, "; ".join(filter(None, [remark, damage])), digest)
        return [found.with_difference(one) for one in differences(there, made)] or [found]
    except DatasetError as error:
        return [_finding(there, DIFFERS, str(error))]


def _damage(there: DatasetFolder) -> str:
    try:
        open_dataset(there.path).verify()
    except DatasetError as error:
        return str(error)
    return ""


def _other_raw_files(there: DatasetFolder, made: DatasetFolder) -> str:
    was, now = (read_provenance(folder).get(RAW_FILES) for folder in (there, made))
    if not was or not now or was == now:
        return ""
    other = [name for name in dict.fromkeys([*was, *now]) if was.get(name) != now.get(name)]
    return f"raw files are not those it was read from: {', '.join(other)}"


def _block_differs(recording: Path, folder: Path) -> list[Finding]:
    there, made = ((place / "block.json") for place in (recording, folder))
    if there.is_file() and there.read_bytes() == made.read_bytes():
        return []
    remark = "what the raw block says of itself is not what is there"
    return [Finding(recording.name, "block.json", DIFFERS, remark=remark)]


def _finding(
    there: DatasetFolder, result: str, remark: str = "", digest: str | None = None
) -> Finding:
    if remark:
        log.warning("%s %s: %s", there.path, result, remark)
    recording = there.path.absolute().parent.name
    return Finding(recording, there.name, result, digest=digest, remark=remark)


@contextmanager
def _emptied(scratch: Path) -> Iterator[Path]:
    """A folder of this job alone; what a killed one left in it is deleted first."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
