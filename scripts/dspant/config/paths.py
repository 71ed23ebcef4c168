"""The one grammar of paths: where every file of an experiment lies."""

from __future__ import annotations

from dataclasses import dataclass

ANY_RECORDING = "{recording}"
"""Snakemake's wildcard, left in a path unless a recording is given."""


@dataclass(frozen=True)
class Paths:
    """Paths of one experiment, relative to the working directory, with ``/`` between folders."""

    experiment: str

    def folder(self, recording: str = ANY_RECORDING) -> str:
        return f"results/{self.experiment}/{recording}"

    def dataset(self, dataset: str, recording: str = ANY_RECORDING) -> str:
        return f"{self.folder(recording)}/{dataset}.ant"

    def data(self, dataset: str, recording: str = ANY_RECORDING) -> str:
        return f"{self.dataset(dataset, recording)}/data_{dataset}.parquet"

    def metadata(self, dataset: str, recording: str = ANY_RECORDING) -> str:
        return f"{self.dataset(dataset, recording)}/metadata_{dataset}.json"

    def provenance(self, dataset: str, recording: str = ANY_RECORDING) -> str:
        return f"{self.dataset(dataset, recording)}/provenance_{dataset}.json"

    def block(self, recording: str = ANY_RECORDING) -> str:
        return f"{self.folder(recording)}/block.json"

    def report(self, recording: str = ANY_RECORDING) -> str:
        return f"{self.folder(recording)}/report.html"

    def tiles(self, recording: str = ANY_RECORDING) -> str:
        return f"{self.folder(recording)}/report_tiles"

    def figures(self, recording: str = ANY_RECORDING) -> str:
        return f"{self.folder(recording)}/report_figures"

    def summary(self, recording: str = ANY_RECORDING) -> str:
        return f"{self.folder(recording)}/summary.json"

    def recording_provenance(self, recording: str = ANY_RECORDING) -> str:
        return f"{self.folder(recording)}/provenance.json"

    def verification(self) -> str:
        return f"results/{self.experiment}/verification.tsv"

    def finding(self, job: str, recording: str = ANY_RECORDING) -> str:
        return f"{self.folder(recording)}/.verify/{job}.json"

    def scratch(self, job: str, recording: str) -> str:
        return f"{self.folder(recording)}/.verify/{job}"

    def experiment_report(self) -> str:
        return f"results/{self.experiment}/report.html"

    def conditions(self) -> str:
        return f"results/{self.experiment}/conditions.tsv"

    def log(self, rule: str, recording: str = ANY_RECORDING) -> str:
        return f"logs/{self.experiment}/{recording}/{rule}.log"

    def experiment_log(self, rule: str = "report_experiment") -> str:
        return f"logs/{self.experiment}/{rule}.log"

    def benchmarks(self) -> str:
        return f"benchmarks/{self.experiment}"

    def experiment_benchmark(self) -> str:
        return f"benchmarks/{self.experiment}/report_experiment.tsv"

    def benchmark(self, rule: str, recording: str = ANY_RECORDING) -> str:
        return f"benchmarks/{self.experiment}/{recording}/{rule}.tsv"
