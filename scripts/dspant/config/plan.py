"""Everything a workflow asks of a config, checked before any job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dspant.config.blocks import raw_files
from dspant.config.documents import Document, load_document, place
from dspant.config.draft import Draft, read_draft
from dspant.config.experiment import Experiment, Store, StreamStore
from dspant.config.graph import Graph, resolve_graph
from dspant.config.names import FOLDER_NAME, suggestion
from dspant.config.paths import Paths
from dspant.config.problems import Problem, sentence
from dspant.config.sheet import REQUIRED, Sheet, read_sheet, reference_problems
from dspant.dataset.folder import store_folder_name
from dspant.errors import ConfigError

STREAM_THREADS = 2
"""Cores of a job that makes samples."""

TABLE_THREADS = 1
"""Cores of a job that makes a table."""

READER = "tdt"

REPORT_VERSION = 1
"""Raised when the pages show something else, which makes them again."""


class Wildcards(Protocol):
    """What Snakemake gives to an input function."""

    recording: str


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
    threads, mem_mb
        What the job needs.
    """

    spec: dict[str, Any]
    datasets: tuple[str, ...]
    data: list[str]
    metadata: list[str]
    provenance: list[str]
    block: str
    threads: int
    mem_mb: int
    sheet: Sheet

    def block_folder(self, wildcards: Wildcards) -> str:
        return self.sheet.cell(wildcards.recording, "block")

    def raw_files(self, wildcards: Wildcards) -> list[str]:
        """Raw files of the recording's block, sorted by name."""
        return [str(file) for file in raw_files(Path(self.block_folder(wildcards)))]


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
    threads, mem_mb
        What the job needs.
    """

    name: str
    spec: dict[str, Any]
    data: str
    metadata: str
    provenance: str
    threads: int
    mem_mb: int
    paths: Paths
    sheet: Sheet

    @property
    def rule(self) -> str:
        return f"node_{self.name}"

    def metadata_inputs(self, wildcards: Wildcards) -> list[str]:
        """Metadata file of each input, in the order of the node's ``from``."""
        return [self.paths.metadata(*taken) for taken in self._inputs(wildcards)]

    def data_inputs(self, wildcards: Wildcards) -> list[str]:
        """Data file of each input, in the order of the node's ``from``."""
        return [self.paths.data(*taken) for taken in self._inputs(wildcards)]

    def _inputs(self, wildcards: Wildcards) -> list[tuple[str, str]]:
        own = wildcards.recording
        return [
            (
                taken["dataset"],
                own if taken["recording"] is None else self.sheet.cell(own, taken["recording"]),
            )
            for taken in self.spec["inputs"]
        ]


@dataclass(frozen=True)
class Plan:
    """A whole experiment, ready to be run.

    Parameters
    ----------
    experiment
        The validated config.
    sheet
        The validated sheet.
    paths
        Where its files lie.
    ingest
        The job that reads raw blocks.
    nodes
        The jobs that follow; one that takes another comes after it.
    """

    experiment: Experiment
    sheet: Sheet
    paths: Paths
    ingest: IngestPlan
    nodes: tuple[NodePlan, ...]

    recording_pattern = FOLDER_NAME
    """What the wildcard ``{recording}`` may stand for."""

    @property
    def recordings(self) -> tuple[str, ...]:
        return self.sheet.recordings

    @property
    def datasets(self) -> tuple[str, ...]:
        """All datasets of a recording: stores in the order of the config, then nodes."""
        return (*self.ingest.datasets, *(node.name for node in self.nodes))

    def recording_metadata(self, wildcards: Wildcards) -> list[str]:
        """Metadata files of all datasets of one recording."""
        return [self.paths.metadata(name, wildcards.recording) for name in self.datasets]

    def recording_data(self, wildcards: Wildcards) -> list[str]:
        """Data files of all datasets of one recording."""
        return [self.paths.data(name, wildcards.recording) for name in self.datasets]

    def all_summaries(self) -> list[str]:
        """What the report of each recording passes on to that of the experiment."""
        return [self.paths.summary(recording) for recording in self.recordings]

    @property
    def report_spec(self) -> dict[str, Any]:
        """What the reports depend on besides the datasets."""
        return {
            "version": REPORT_VERSION,
            "experiment": self.paths.experiment,
            "datasets": list(self.datasets),
            "line_frequency_hz": self.experiment.line_frequency_hz,
        }

    @property
    def report_mem_mb(self) -> int:
        from dspant.engine.memory import REPORT_MB

        return REPORT_MB

    def targets(self) -> list[str]:
        """What a whole run ends with; each report stands for all datasets it shows."""
        reports = [self.paths.report(recording) for recording in self.recordings]
        return [self.paths.experiment_report(), *reports]


def load_plan(config: Mapping[str, Any], files: Sequence[Path | str] = ()) -> Plan:
    """Check a config, its sheet and its graph, and plan every job.

    Parameters
    ----------
    config
        The merged config, as Snakemake gives it.
    files
        Config files it was merged from; they tell the lines and the keys that stand twice.

    Raises
    ------
    ConfigError
        Lists all problems at once.
    """
    if not config:
        raise ConfigError(
            ["no config is given; write config/config.yaml or pass one with --configfile"]
        )
    documents = [load_document(file) for file in files]
    lines = [line for document in documents for line in document.problems]
    draft, problems = read_draft(config)
    graph, found = resolve_graph(draft)
    problems += found
    sheet, sheet_lines = _sheet(draft)
    if sheet is not None:
        problems += _absent_columns(graph, sheet)
        sheet_lines += reference_problems(sheet, [column for column, _ in graph.references])
    lines += [*_config_lines(problems, documents, config), *sheet_lines]
    if lines or draft.experiment is None or sheet is None:
        raise ConfigError(lines)
    return _plan(draft.experiment, graph, sheet)


def _config_lines(
    problems: Sequence[Problem], documents: Sequence[Document], config: Mapping[str, Any]
) -> Iterator[str]:
    placed = [(place(documents, config, problem.path), problem) for problem in problems]
    for (file, line), problem in sorted(placed, key=lambda found: found[0]):
        where = f"{file}:{line}" if line else file
        yield sentence(where, problem.path, problem.message)


def _sheet(draft: Draft) -> tuple[Sheet | None, list[str]]:
    return (None, []) if draft.recordings is None else read_sheet(draft.recordings)


def _absent_columns(graph: Graph, sheet: Sheet) -> list[Problem]:
    own = [column for column in sheet.columns if column not in REQUIRED]
    return [
        Problem(path, f"{sheet.file} has no column {column!r}{suggestion(column, own)}")
        for column, path in graph.references
        if column not in sheet.columns
    ]


def _plan(experiment: Experiment, graph: Graph, sheet: Sheet) -> Plan:
    paths = Paths(experiment.experiment)
    channels = _store_channels(experiment.stores)
    ingest = _ingest_plan(experiment, paths, sheet)
    nodes: list[NodePlan] = []
    for spec in graph.nodes:
        channels[spec["node"]] = channels[spec["inputs"][0]["dataset"]]
        nodes.append(_node_plan(spec, channels[spec["node"]], paths, sheet))
    return Plan(experiment, sheet, paths, ingest, tuple(nodes))


def _store_channels(stores: Mapping[str, Store]) -> dict[str, int]:
    from dspant.engine.memory import UNDECLARED_CHANNELS

    return {
        store_folder_name(name): len(store.channels or range(UNDECLARED_CHANNELS))
        if isinstance(store, StreamStore)
        else 1
        for name, store in stores.items()
    }


def _ingest_plan(experiment: Experiment, paths: Paths, sheet: Sheet) -> IngestPlan:
    from dspant.engine.memory import ingest_memory_mb
    from dspant.readers import READERS

    spec = {
        "reader": {"name": READER, "version": READERS[READER]},
        "stores": {
            name: store.model_dump(mode="json") for name, store in experiment.stores.items()
        },
        "storage": experiment.storage.model_dump(mode="json"),
    }
    datasets = tuple(store_folder_name(name) for name in experiment.stores)
    return IngestPlan(
        spec=spec,
        datasets=datasets,
        data=[paths.data(name) for name in datasets],
        metadata=[paths.metadata(name) for name in datasets],
        provenance=[paths.provenance(name) for name in datasets],
        block=paths.block(),
        threads=STREAM_THREADS,
        mem_mb=ingest_memory_mb(_store_channels(experiment.stores)),
        sheet=sheet,
    )


def _node_plan(spec: dict[str, Any], channels: int, paths: Paths, sheet: Sheet) -> NodePlan:
    from dspant.engine.memory import node_memory_mb

    name = spec["node"]
    return NodePlan(
        name=name,
        spec=spec,
        data=paths.data(name),
        metadata=paths.metadata(name),
        provenance=paths.provenance(name),
        threads=STREAM_THREADS if spec["makes"] == "stream" else TABLE_THREADS,
        mem_mb=node_memory_mb(spec, channels),
        paths=paths,
        sheet=sheet,
    )
