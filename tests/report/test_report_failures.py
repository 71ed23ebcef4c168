"""What failed is told from what waits for it, out of jobs and their logs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dspant.config.unfinished import unfinished_jobs
from dspant.report.experiment.failures import Unfinished, unfinished

LOG = """2026-01-01 10:00:00 INFO dspant: reading
2026-01-01 10:00:01 ERROR dspant: this is why:
Traceback (most recent call last):
  File "ingest.py", line 9, in <module>
    ingest()
dspant.errors.StoreError: 2 problems with raw/two:
  store 'RawG' is not in the block
  store 'Resp' is not in the block
"""


@dataclass(frozen=True)
class FakeJob:
    """As much of a Snakemake job as is looked at."""

    name: str
    recording: str
    log: tuple[str, ...]

    @property
    def rule(self) -> Any:
        return SimpleNamespace(name=self.name)

    @property
    def wildcards(self) -> Any:
        return SimpleNamespace(**({"recording": self.recording} if self.recording else {}))

    def is_group(self) -> bool:
        return False


class FakeGroup(list):
    """Jobs that were submitted together."""

    __hash__ = object.__hash__

    def is_group(self) -> bool:
        return True


@dataclass
class Run:
    """A run with jobs of two recordings; the second takes a result of the first."""

    folder: Path
    jobs: dict[str, FakeJob] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for recording in ("rec01", "rec02"):
            for rule in ("ingest", "node_mep", "report_recording"):
                log = self.folder / f"{recording}_{rule}.log"
                self.jobs[f"{recording} {rule}"] = FakeJob(rule, recording, (str(log),))
        log = self.folder / "report_experiment.log"
        self.jobs["report_experiment"] = FakeJob("report_experiment", "", (str(log),))

    def told(self, *failed: Any) -> Unfinished:
        job = self.jobs
        needs = {
            "rec01 node_mep": ["rec01 ingest"],
            "rec01 report_recording": ["rec01 node_mep"],
            "rec02 node_mep": ["rec02 ingest", "rec01 node_mep"],
            "rec02 report_recording": ["rec02 node_mep"],
            "report_experiment": ["rec01 report_recording", "rec02 report_recording"],
        }
        dependencies = {
            job[name]: {job[other]: set() for other in needs.get(name, [])} for name in job
        }
        dag = SimpleNamespace(dependencies=dependencies)
        return unfinished(unfinished_jobs(dag, job.values(), failed), "snakemake --cores 2")

    def write(self, name: str, text: str) -> FakeJob:
        Path(self.jobs[name].log[0]).write_text(text, encoding="utf-8")
        return self.jobs[name]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_the_error_is_told_in_its_own_words_and_what_waits_is_counted(run: Run) -> None:
    told = run.told(run.write("rec01 ingest", LOG))

    (failure,) = told.failures
    assert (failure.recording, failure.rule, failure.waiting) == ("rec01", "ingest", 5)
    assert failure.why == "\n".join(
        [
            "StoreError: 2 problems with raw/two:",
            "  store 'RawG' is not in the block",
            "  store 'Resp' is not in the block",
        ]
    )
    assert failure.last_lines.endswith("'Resp' is not in the block")
    assert [(w.recording, w.why) for w in told.waiting] == [("rec02", "waits for ingest of rec01")]
    assert told.recordings == ["rec01", "rec02"]


def test_a_killed_job_and_one_without_a_log_are_told_as_that(run: Run) -> None:
    killed = run.write("rec01 node_mep", "2026-01-01 10:00:00 INFO dspant: reading\n")

    told = run.told(killed, run.jobs["rec02 ingest"])

    whys = {failure.rule: failure.why for failure in told.failures}
    assert "without an error" in whys["node_mep"]
    assert "no log" in whys["ingest"]


def test_of_a_submission_the_job_that_tells_an_error_failed(run: Run) -> None:
    group = FakeGroup(
        run.jobs[f"rec01 {rule}"] for rule in ("report_recording", "node_mep", "ingest")
    )
    run.write("rec01 node_mep", LOG)
    run.write("rec01 report_recording", "")

    assert [failure.rule for failure in run.told(group).failures] == ["node_mep"]

    run.write("rec01 node_mep", "2026-01-01 10:00:00 INFO dspant: reading\n")
    assert [failure.rule for failure in run.told(group).failures] == ["node_mep"]

    run.write("rec01 node_mep", "")
    assert [failure.rule for failure in run.told(group).failures] == ["ingest"]


def test_a_stopped_run_says_that_nothing_failed(run: Run) -> None:
    told = run.told()

    assert told.failures == []
    assert {waiting.recording for waiting in told.waiting} == {"rec01", "rec02"}
    assert all("the run ended before" in waiting.why for waiting in told.waiting)


def test_a_failed_page_of_the_experiment_belongs_to_no_recording(run: Run) -> None:
    page = run.write("report_experiment", LOG)
    run.jobs = {"report_experiment": page}

    dag = SimpleNamespace(dependencies={page: {}})
    told = unfinished(unfinished_jobs(dag, [page], [page]), "")

    assert [(failure.recording, failure.waiting) for failure in told.failures] == [("", 0)]
    assert told.recordings == []


def test_the_page_of_what_there_is_takes_no_array_library() -> None:
    """Snakemake may run in an environment of its own, beside that of the jobs."""
    code = (
        "import sys, dspant.report.experiment.unfinished\n"
        "print(sorted({'numpy', 'pyarrow', 'scipy', 'pandas', 'pandera'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
