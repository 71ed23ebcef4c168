"""A recording's whole provenance as one document: what was made of which bytes, how, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dspant.dataset.atomic import to_json
from dspant.dataset.digest import of_text
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import read_metadata
from dspant.dataset.provenance import Provenance, read_provenance

FORMAT = 1

RUN_KEYS = (
    "rule",
    "block",
    "start",
    "duration_s",
    "commit",
    "lock",
    "versions",
    "command",
    "host",
    "platform",
    "warnings",
)
"""What a dataset's provenance states of the run, which may differ between two equal ones."""


def history(
    recording: str, experiment: str, folders: Sequence[DatasetFolder], page: Provenance
) -> dict[str, Any]:
    """Gather what every dataset states of itself and of its run.

    Parameters
    ----------
    recording, experiment
        Their names.
    folders
        All datasets of the recording.
    page
        The run that gathers.

    Returns
    -------
    dict
        ``identity``: ``raw_files`` (size and fingerprint of each), and of each of ``datasets`` the
        digest of its values, a fingerprint of its metadata, the digests of its inputs, and its
        spec with the version of every operation. Equal runs have an equal ``identity``, so an
        equal ``identity_digest``. ``runs``: versions, commit, fingerprint of the lock file,
        command, host, start and duration, of ``report`` and of each of ``datasets``.
    """
    stated = {folder.name: read_provenance(folder) for folder in folders}
    identity = {
        "raw_files": {
            name: file
            for provenance in stated.values()
            for name, file in sorted(provenance.get("raw_files", {}).items())
        },
        "datasets": {folder.name: _dataset(folder, stated[folder.name]) for folder in folders},
    }
    return {
        "format": FORMAT,
        "experiment": experiment,
        "recording": recording,
        "identity_digest": of_text(to_json(identity)),
        "identity": identity,
        "runs": {
            "report": _run(page.document()),
            "datasets": {name: _run(provenance) for name, provenance in stated.items()},
        },
    }


def _dataset(folder: DatasetFolder, provenance: Mapping[str, Any]) -> dict[str, Any]:
    contract = read_metadata(folder.metadata).dspant
    return {
        "digest": contract.digest,
        "metadata_digest": of_text(folder.metadata.read_text(encoding="utf-8")),
        "inputs": contract.inputs,
        "spec": _own_spec(provenance),
    }


def _own_spec(provenance: Mapping[str, Any]) -> dict[str, Any] | None:
    """A dataset's own part of the spec it was made with; an ingest has one for all its stores."""
    spec = provenance.get("spec")
    if spec is None or "stores" not in spec:
        return spec
    store = provenance.get("store")
    others = {key: value for key, value in spec.items() if key != "stores"}
    return {**others, "store": store, "settings": spec["stores"].get(store)}


def _run(provenance: Mapping[str, Any]) -> dict[str, Any]:
    return {key: provenance[key] for key in RUN_KEYS if key in provenance}
