"""What a run that failed leaves: which jobs failed, which wait, and a page of what there is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dspant.config.asked import asked_memory_mb
from dspant.config.plan import Plan
from dspant.dataset.provenance import COMMAND
from dspant.terminal import logs

_STARTED = datetime.now(UTC)
"""When this run began, by which the log of one of its jobs is told from an older one."""


def write_page_of_what_there_is(plan: Plan, workflow: Any) -> str | None:
    """Write the experiment's page without the recordings that are not finished.

    Snakemake must never take this page for a finished one, whatever the next run is told to look
    at. So the table that is made with it is deleted, Snakemake's record of both too, and the page
    is given a time before that of any result. It is written in a process of its own, since
    planning loads none of what that takes, and since a failure there must not hide why the run
    failed.

    Returns
    -------
    str or None
        The page's path; None where this run was not to make it, or it could not be written.
    """
    jobs = list(workflow.dag.needrun_jobs())
    page = plan.paths.experiment_report()
    owed = [job for job in jobs if page in job.output]
    if not owed:
        return None
    for output in owed[0].output:
        workflow.persistence.cleanup_metadata(output)
    Path(plan.paths.conditions()).unlink(missing_ok=True)
    facts = {
        "spec": plan.report_spec,
        "sheet": plan.sheet.file,
        "page": page,
        "summaries": plan.all_summaries(),
        "benchmarks": plan.paths.benchmarks(),
        "asked_mb": asked_memory_mb(plan),
        "command": os.environ.get(COMMAND, ""),
        "jobs": unfinished_jobs(workflow.dag, jobs, workflow.scheduler.failed),
    }
    done = subprocess.run(
        [sys.executable, "-m", "dspant.report.experiment.unfinished"],
        input=json.dumps(facts),
        text=True,
        check=False,
    )
    return None if done.returncode else page


def unfinished_jobs(dag: Any, jobs: Iterable[Any], failed: Iterable[Any]) -> list[dict[str, Any]]:
    """What the page tells of each job that did not finish.

    Returns
    -------
    list of dict
        ``rule``, ``recording`` (empty for a job of the whole experiment), ``log``, ``failed``,
        and ``waits_for``: indices of the unfinished jobs whose results it takes.
    """
    jobs = sorted(
        (job for job in jobs if job.log), key=lambda job: (_recording(job), job.rule.name)
    )
    index = {job: number for number, job in enumerate(jobs)}
    broken = set(_failed_jobs(dag, failed))
    return [
        {
            "rule": job.rule.name,
            "recording": _recording(job),
            "log": str(job.log[0]),
            "failed": job in broken,
            "waits_for": sorted(index[other] for other in dag.dependencies[job] if other in index),
        }
        for job in jobs
    ]


def _recording(job: Any) -> str:
    return getattr(job.wildcards, "recording", "")


def _failed_jobs(dag: Any, failed: Iterable[Any]) -> Iterator[Any]:
    for job in failed:
        if job.is_group():
            yield from _failed_of_group(dag, [part for part in job if part.log])
        else:
            yield job


def _failed_of_group(dag: Any, jobs: list[Any]) -> list[Any]:
    """Of jobs that were submitted together, those whose logs tell an error.

    A cluster says only that the submission failed. Snakemake gives an empty log to what was not
    begun; logs of an older run do not count. Where none tells an error, it is the one that wrote
    last, else the first that was to run.
    """
    begun = [job for job in jobs if logs.written_since(job.log[0], _STARTED)]
    told = [job for job in begun if logs.reason(job.log[0])]
    if told or not jobs:
        return told
    wrote = [job for job in begun if logs.last_line(job.log[0])]
    if wrote:
        return [max(wrote, key=lambda job: Path(job.log[0]).stat().st_mtime)]
    return [next(job for job in jobs if not any(other in jobs for other in dag.dependencies[job]))]
