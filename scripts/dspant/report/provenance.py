"""How the datasets of a page came about: the part that may differ between two equal runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import commit, versions
from dspant.report.numbers import NOTHING


@dataclass(frozen=True)
class Made:
    """One dataset's run; ``odd`` holds versions that differ from the page's own."""

    dataset: str
    start: str
    took: str
    commit: str
    odd: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ProvenanceView:
    """The page's own versions and commit, and the run of each dataset."""

    versions: dict[str, str]
    commit: str
    made: list[Made]

    @property
    def warnings(self) -> int:
        return sum(len(made.warnings) for made in self.made)


def gather(folders: Sequence[DatasetFolder]) -> ProvenanceView:
    """Read the provenance beside each dataset; one that is missing is shown as unknown."""
    own = versions()
    return ProvenanceView(own, commit() or NOTHING, [_made(folder, own) for folder in folders])


def _made(folder: DatasetFolder, own: dict[str, str]) -> Made:
    stated = _document(folder)
    found = stated.get("versions", {})
    took_s = stated.get("duration_s")
    return Made(
        dataset=folder.name,
        start=str(stated.get("start", NOTHING)).replace("T", " ").replace("+00:00", " UTC"),
        took=NOTHING if took_s is None else f"{took_s:.2f} s",
        commit=stated.get("commit") or NOTHING,
        odd=[f"{name} {text}" for name, text in found.items() if own.get(name) != text],
        warnings=[str(warning) for warning in stated.get("warnings", [])],
    )


def _document(folder: DatasetFolder) -> dict[str, Any]:
    try:
        return json.loads(folder.provenance.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
