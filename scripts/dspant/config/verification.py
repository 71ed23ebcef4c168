"""Which datasets are made again to be compared, and what each such job is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from dspant.config.jobs import NodePlan
from dspant.config.names import NODE_NAME, suggestion
from dspant.config.plan import Plan
from dspant.dataset.folder import store_folder_name
from dspant.errors import ConfigError

CHOICE = "verify"
"""Key that chooses, as in ``--config verify=rec01/filtered``."""

INGEST = "ingest"

Job = tuple[str, str]
"""Recording, and ``ingest`` or the rule of a node."""


class NodeWildcards(Protocol):
    recording: str
    node: str


def without_choice(config: Mapping[str, Any]) -> dict[str, Any]:
    """The experiment's own part of a config."""
    return {key: value for key, value in config.items() if key != CHOICE}


@dataclass(frozen=True)
class Verification:
    """Jobs that make datasets again, one per ingest and node of a recording.

    Parameters
    ----------
    names
        What was chosen: recordings, datasets, or ``recording/dataset``; None: everything.
    asked
        Another text each time; a parameter of all jobs, so what was found before never counts.
    """

    plan: Plan
    names: frozenset[str] | None
    asked: str = field(default_factory=lambda: uuid4().hex)

    node_pattern = NODE_NAME
    """What the wildcard ``{node}`` may stand for."""

    def findings(self, _wildcards: object = None) -> list[str]:
        """Files with what each job found."""
        return [
            self.plan.paths.finding(job, recording)
            for (recording, job), names in _jobs(self.plan)
            if self.names is None or not names.isdisjoint(self.names)
        ]

    def node(self, wildcards: NodeWildcards) -> NodePlan:
        """The node that a job makes again.

        Raises
        ------
        ConfigError
            There is no such node.
        """
        nodes = {node.name: node for node in self.plan.nodes}
        if wildcards.node not in nodes:
            hint = suggestion(wildcards.node, nodes)
            raise ConfigError([f"no node is called {wildcards.node!r}{hint}"])
        return nodes[wildcards.node]

    def spec(self, wildcards: NodeWildcards) -> dict[str, Any]:
        return self.node(wildcards).spec

    def inputs(self, wildcards: NodeWildcards) -> list[str]:
        """Metadata file of each input."""
        paths = self.plan.paths
        return [
            paths.metadata(*taken) for taken in self.node(wildcards).inputs_of(wildcards.recording)
        ]

    def dataset(self, wildcards: NodeWildcards) -> str:
        return self.plan.paths.dataset(wildcards.node, wildcards.recording)

    def node_scratch(self, wildcards: NodeWildcards) -> str:
        return self.plan.paths.scratch(self.node(wildcards).rule, wildcards.recording)

    def threads(self, wildcards: NodeWildcards) -> int:
        return self.node(wildcards).threads

    def mem_mb(self, wildcards: NodeWildcards, attempt: int) -> int:
        return self.node(wildcards).demand.mem_mb(wildcards, attempt)

    def runtime(self, wildcards: NodeWildcards, attempt: int) -> int:
        return self.node(wildcards).demand.runtime(wildcards, attempt)

    def recording_folder(self, wildcards: NodeWildcards) -> str:
        return self.plan.paths.folder(wildcards.recording)

    def ingest_scratch(self, wildcards: NodeWildcards) -> str:
        return self.plan.paths.scratch(INGEST, wildcards.recording)


def plan_verification(plan: Plan, choice: Any = None) -> Verification:
    """Find what a choice means.

    Parameters
    ----------
    choice
        Names, as a list or separated by commas: of a recording, of a dataset in all recordings, or
        ``recording/dataset``. A store stands for the whole ingest. None: everything.

    Raises
    ------
    ConfigError
        Lists the names that mean nothing.
    """
    if choice is None:
        return Verification(plan, None)
    names = _names(choice)
    known = dict.fromkeys(name for _, names in _jobs(plan) for name in sorted(names))
    problems = [
        f"{CHOICE}: {name!r} is neither a recording nor a dataset nor recording/dataset"
        f"{suggestion(name, known)}"
        for name in names
        if name not in known
    ]
    if problems:
        raise ConfigError(problems)
    return Verification(plan, frozenset(names))


def _names(choice: Any) -> list[str]:
    entries = choice if isinstance(choice, list) else str(choice).split(",")
    return [str(entry).strip() for entry in entries]


def _jobs(plan: Plan) -> Iterator[tuple[Job, set[str]]]:
    """All jobs, each with the names it is chosen by."""
    stores = {*plan.experiment.stores, *map(store_folder_name, plan.experiment.stores)}
    of_jobs = {INGEST: stores} | {node.rule: {node.name} for node in plan.nodes}
    for recording in plan.recordings:
        for job, datasets in of_jobs.items():
            full = {f"{recording}/{dataset}" for dataset in datasets}
            yield (recording, job), {recording, *datasets, *full}
