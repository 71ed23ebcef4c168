"""A recording's provenance as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dspant.report.numbers import NOTHING


@dataclass(frozen=True)
class Made:
    """One dataset: its fingerprint, its operations, and its run.

    ``odd`` holds versions that differ from the page's own.
    """

    dataset: str
    digest: str
    operations: str
    start: str
    took: str
    commit: str
    odd: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RawFile:
    """One file of the raw block; its size in MB of 10^6 bytes."""

    name: str
    size_mb: str
    digest: str


@dataclass(frozen=True)
class ProvenanceView:
    """What the page itself was made with, the raw files, and each dataset."""

    identity: str
    versions: dict[str, str]
    commit: str
    lock: str
    command: str
    raw_files: list[RawFile]
    made: list[Made]

    @property
    def warnings(self) -> int:
        return sum(len(made.warnings) for made in self.made)


def view(document: Mapping[str, Any]) -> ProvenanceView:
    """What the page shows of :func:`dspant.report.history.history`."""
    identity, runs = document["identity"], document["runs"]
    own = runs["report"]
    return ProvenanceView(
        identity=document["identity_digest"],
        versions=own["versions"],
        commit=own["commit"] or NOTHING,
        lock=own["lock"] or NOTHING,
        command=own["command"],
        raw_files=[
            RawFile(name, f"{file['bytes'] / 1e6:,.3f}", file["digest"])
            for name, file in identity["raw_files"].items()
        ],
        made=[
            _made(name, dataset, runs["datasets"][name], own["versions"])
            for name, dataset in identity["datasets"].items()
        ],
    )


def _made(
    name: str, dataset: Mapping[str, Any], run: Mapping[str, Any], own: Mapping[str, str]
) -> Made:
    took_s = run.get("duration_s")
    steps = (dataset["spec"] or {}).get("steps", [])
    return Made(
        dataset=name,
        digest=dataset["digest"],
        operations=", ".join(f"{step['op']} {step['version']}" for step in steps) or NOTHING,
        start=str(run.get("start", NOTHING)).replace("T", " ").replace("+00:00", " UTC"),
        took=NOTHING if took_s is None else f"{took_s:.2f} s",
        commit=run.get("commit") or NOTHING,
        odd=[f"{p} {text}" for p, text in run.get("versions", {}).items() if own.get(p) != text],
        warnings=[str(warning) for warning in run.get("warnings", [])],
    )
