"""Everything a workflow asks of a config, checked before any job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspant.config.demand import Demand, Demands, Wildcards
from dspant.config.documents import Document, holding, load_document, place
from dspant.config.draft import Draft, read_draft
from dspant.config.experiment import Experiment, Store, StreamStore
from dspant.config.graph import Graph, resolve_graph
from dspant.config.jobs import IngestPlan, NodePlan
from dspant.config.names import FOLDER_NAME, suggestion
from dspant.config.paths import Paths
from dspant.config.problems import Problem, sentence
from dspant.config.sheet import REQUIRED, Sheet, read_sheet, reference_problems
from dspant.config.submission import submission_group
from dspant.dataset.folder import DatasetFolder, store_folder_name
from dspant.errors import ConfigError

REPORT_VERSION = 4
"""Raised when the pages show something else, which makes them again."""


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
    group
        Which jobs are submitted to a cluster together.
    report_demand, experiment_report_demand
        What the jobs that write the pages need.
    """

    experiment: Experiment
    sheet: Sheet
    paths: Paths
    ingest: IngestPlan
    nodes: tuple[NodePlan, ...]
    group: str | Callable[[Wildcards], str]
    report_demand: Demand
    experiment_report_demand: Demand

    recording_pattern = FOLDER_NAME
    """What the wildcard ``{recording}`` may stand for."""

    @property
    def recordings(self) -> tuple[str, ...]:
        return self.sheet.recordings

    @property
    def datasets(self) -> tuple[str, ...]:
        """All datasets of a recording: stores in the order of the config, then nodes."""
        return (*self.ingest.datasets, *(node.name for node in self.nodes))

    @property
    def recording_metadata(self) -> list[str]:
        """Metadata files of all datasets of one recording, with the wildcard ``{recording}``."""
        return [self.paths.metadata(name) for name in self.datasets]

    @property
    def recording_data(self) -> list[str]:
        """Data files of all datasets of one recording, with the wildcard ``{recording}``."""
        return [self.paths.data(name) for name in self.datasets]

    def all_summaries(self, _wildcards: object = None) -> list[str]:
        """What the report of each recording passes on to that of the experiment."""
        return [self.paths.summary(recording) for recording in self.recordings]

    def all_pages(self, _wildcards: object = None) -> list[str]:
        """The report of each recording."""
        return [self.paths.report(recording) for recording in self.recordings]

    @property
    def report_spec(self) -> dict[str, Any]:
        """What the reports depend on besides the datasets."""
        return {
            "version": REPORT_VERSION,
            "experiment": self.paths.experiment,
            "datasets": list(self.datasets),
            "line_frequency_hz": self.experiment.line_frequency_hz,
            "samples_mb": self.experiment.report.samples_mb,
        }

    def targets(self) -> list[str]:
        """What a whole run ends with.

        The experiment's report takes that of every recording, and this all datasets it shows: so
        ``--batch report_experiment=1/10`` plans a tenth of everything.
        """
        return [self.paths.experiment_report(), self.paths.conditions()]

    def interrupted(self, _wildcards: object) -> list[str]:
        """What a killed run took away and nobody would miss, since what follows looks finished.

        That is data or metadata whose last result is kept (whoever deletes a dataset to save disk
        deletes its folder, and with it what is kept), and pages of recordings that the experiment's
        page was made from.
        """
        pages_were_made = all(Path(target).exists() for target in self.targets())
        found: list[str] = []
        for recording in self.recordings:
            if not Path(self.paths.folder(recording)).is_dir():
                continue
            for name in self.datasets:
                dataset = DatasetFolder.at(self.paths.metadata(name, recording))
                missing = [f for f in (dataset.data, dataset.metadata) if not f.exists()]
                if missing and dataset.kept.is_dir():
                    found += map(str, missing)
            if pages_were_made:
                made = (
                    self.paths.report,
                    self.paths.summary,
                    self.paths.tiles,
                    self.paths.figures,
                )
                found += [path(recording) for path in made if not Path(path(recording)).exists()]
        return found


def load_plan(
    config: Mapping[str, Any], files: Sequence[Path | str] = (), overhead_mb: int = 0
) -> Plan:
    """Check a config, its sheet and its graph, and plan every job.

    Parameters
    ----------
    config
        The merged config, as Snakemake gives it.
    files
        Config files it was merged from; they tell the lines and the keys that stand twice.
    overhead_mb
        Memory in MB of the processes around a job that is submitted to a cluster.

    Raises
    ------
    ConfigError
        Lists all problems at once.
    """
    if not config:
        raise ConfigError(
            ["no config is given; write config/config.yaml or pass one with --configfile"]
        )
    documents = [holding(load_document(file), config) for file in files]
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
    return _plan(draft.experiment, graph, sheet, overhead_mb)


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


def _plan(experiment: Experiment, graph: Graph, sheet: Sheet, overhead_mb: int) -> Plan:
    paths = Paths(experiment.experiment)
    demands = Demands(sheet, _stream_channels(experiment.stores), overhead_mb)
    ingest = IngestPlan.of(experiment, paths, sheet, demands.ingest())
    made_from = {dataset: dataset for dataset in ingest.datasets}
    nodes: list[NodePlan] = []
    for spec in graph.nodes:
        store = made_from[spec["inputs"][0]["dataset"]]
        made_from[spec["node"]] = store
        nodes.append(NodePlan.of(spec, demands.node(spec, store), paths, sheet))
    return Plan(
        experiment,
        sheet,
        paths,
        ingest,
        tuple(nodes),
        submission_group(sheet, [column for column, _ in graph.references]),
        demands.report(len(made_from)),
        demands.experiment_report(),
    )


def _stream_channels(stores: Mapping[str, Store]) -> dict[str, int | None]:
    """Number of channels of each stream store, None where the config does not name them."""
    return {
        store_folder_name(name): len(store.channels) if store.channels else None
        for name, store in stores.items()
        if isinstance(store, StreamStore)
    }
