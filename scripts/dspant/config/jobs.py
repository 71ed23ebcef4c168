"""The jobs that make datasets: what each reads, writes and needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspant.config.blocks import raw_files
from dspant.config.demand import Demand, Wildcards
from dspant.config.experiment import Experiment
from dspant.config.paths import ANY_RECORDING, Paths
from dspant.config.sheet import Sheet
from dspant.dataset.folder import store_folder_name
from dspant.ops.registry import operations

STREAM_THREADS = 2
"""Cores of a job that makes samples, or a table of many windows of them."""

TABLE_THREADS = 1
"""Cores of a job that makes a table."""

READER = "tdt"

InputFunction = Callable[[Wildcards], list[str]]


@dataclass(frozen=True)
class IngestPlan:
    """The job that reads a recording's raw block, once, and writes every declared store.

    Parameters
    ----------
    spec
        ``{"reader": {"name", "version"}, "stores": {name: {...}}, "storage": {...}}``.
    datasets
        Names of the datasets it makes, in the order of the config.
    data, metadata, provenance
        Files it makes, in the order of ``datasets``, with the wildcard ``{recording}``.
    block
        What the block says of itself.
    threads, demand
        What the job needs.
    """

    spec: dict[str, Any]
    datasets: tuple[str, ...]
    data: list[str]
    metadata: list[str]
    provenance: list[str]
    block: str
    threads: int
    demand: Demand
    sheet: Sheet

    @classmethod
    def of(cls, experiment: Experiment, paths: Paths, sheet: Sheet, demand: Demand) -> IngestPlan:
        """The ingest job of an experiment."""
        from dspant.readers import READERS

        spec = {
            "reader": {"name": READER, "version": READERS[READER]},
            "stores": {
                name: store.model_dump(mode="json") for name, store in experiment.stores.items()
            },
            "storage": experiment.storage.model_dump(mode="json"),
        }
        datasets = tuple(store_folder_name(name) for name in experiment.stores)
        return cls(
            spec=spec,
            datasets=datasets,
            data=[paths.data(name) for name in datasets],
            metadata=[paths.metadata(name) for name in datasets],
            provenance=[paths.provenance(name) for name in datasets],
            block=paths.block(),
            threads=STREAM_THREADS,
            demand=demand,
            sheet=sheet,
        )

    def block_folder(self, wildcards: Wildcards) -> str:
        return self.sheet.cell(wildcards.recording, "block")

    def raw_files(self, wildcards: Wildcards) -> list[str]:
        """Raw files of the recording's block, sorted by name.

        Those from the future, by a clock that was wrong, are left out: Snakemake refuses a result
        that is older than its inputs, whatever is done. :meth:`raw_states` tells them all.
        """
        now = time.time()
        files = raw_files(Path(self.block_folder(wildcards)))
        return [str(file) for file in files if file.stat().st_mtime <= now]

    def raw_states(self, wildcards: Wildcards) -> dict[str, list[int]]:
        """Size in bytes and time of change in ns of each raw file, by name.

        Snakemake asks only whether an input is newer than the results. So it would not see that
        a file was exchanged for an older one.
        """
        states = {file.name: file.stat() for file in raw_files(Path(self.block_folder(wildcards)))}
        return {name: [state.st_size, state.st_mtime_ns] for name, state in states.items()}


@dataclass(frozen=True)
class NodePlan:
    """The job that makes one node's dataset for one recording.

    Parameters
    ----------
    name
        The node's name; the rule is ``node_<name>``.
    spec
        Its resolved spec, with every default filled in.
    data, metadata, provenance
        Files it makes, with the wildcard ``{recording}``.
    threads, demand
        What the job needs.
    """

    name: str
    spec: dict[str, Any]
    data: str
    metadata: str
    provenance: str
    threads: int
    demand: Demand
    paths: Paths
    sheet: Sheet

    @classmethod
    def of(cls, spec: dict[str, Any], demand: Demand, paths: Paths, sheet: Sheet) -> NodePlan:
        """The job of a node, from its resolved spec."""
        name = spec["node"]
        return cls(
            name=name,
            spec=spec,
            data=paths.data(name),
            metadata=paths.metadata(name),
            provenance=paths.provenance(name),
            threads=_threads(spec),
            demand=demand,
            paths=paths,
            sheet=sheet,
        )

    @property
    def rule(self) -> str:
        return f"node_{self.name}"

    @property
    def metadata_inputs(self) -> list[str] | InputFunction:
        """Metadata file of each input, in the order of the node's ``from``."""
        return self._inputs(self.paths.metadata)

    @property
    def data_inputs(self) -> list[str] | InputFunction:
        """Data file of each input, in the order of the node's ``from``."""
        return self._inputs(self.paths.data)

    def inputs_of(self, recording: str) -> list[tuple[str, str]]:
        """Dataset and recording of each input, in the order of the node's ``from``."""
        return [
            (
                taken["dataset"],
                recording
                if taken["recording"] is None
                else self.sheet.cell(recording, taken["recording"]),
            )
            for taken in self.spec["inputs"]
        ]

    def _inputs(self, path: Callable[[str, str], str]) -> list[str] | InputFunction:
        """Files with the wildcard ``{recording}``; a function only where the sheet is asked.

        Snakemake fills in a wildcard in much less time and memory than it calls a function.
        """

        def files(wildcards: Wildcards) -> list[str]:
            return [path(*taken) for taken in self.inputs_of(wildcards.recording)]

        if any(taken["recording"] is not None for taken in self.spec["inputs"]):
            return files
        return [path(taken["dataset"], ANY_RECORDING) for taken in self.spec["inputs"]]


def _threads(spec: dict[str, Any]) -> int:
    last = operations()[spec["steps"][-1]["op"]]
    return STREAM_THREADS if last.makes == "stream" or last.side_by_side else TABLE_THREADS
