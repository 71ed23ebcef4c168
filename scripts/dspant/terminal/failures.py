"""What is said of a job that failed or warned."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from dspant.terminal import logs
from dspant.terminal.state import Job
from dspant.terminal.words import some_of

MOST_WARNINGS = 3
"""Of one job; the rest is in its log."""

SILENT = "it ended without an error of its own, as a job does that is killed"

ENDED_BY = {"SIGKILL": "it was killed (SIGKILL), as happens where memory runs out"}

_DIED = re.compile(r"died with <Signals\.(\w+)")
_STATUS = re.compile(r"non-zero exit status (\d+)")
_OF_SIGNAL = 128
"""What a shell adds to the number of the signal that ended its command."""


def signal_of(message: str) -> str:
    """Name of the signal that ended a command, as Python or a shell tells it; empty where none."""
    if found := _DIED.search(message):
        return found[1]
    status = int(found[1]) if (found := _STATUS.search(message)) else 0
    with suppress(ValueError):
        return signal.Signals(status - _OF_SIGNAL).name
    return ""


def why(job: Job, ended_by: str = "") -> str:
    """The error that ended a job; else the signal that did, and the last thing that it said."""
    found = logs.reason(job.log)
    if found:
        return found
    ended = ENDED_BY.get(ended_by, f"it was ended by {ended_by}") if ended_by else SILENT
    last = logs.last_line(job.log)
    return f"{ended}; its log ends with: {last}" if last else ended


def failure(job: Job, reason: str) -> str:
    """Lines on a job that is given up."""
    return f"failed {job.name}: {reason}" + _where(job.log)


def another_try(job: Job, reason: str) -> str:
    """Lines on a job that failed and is started again."""
    return f"again {job.name}: {reason}" + _where(job.log)


def warnings(job: Job) -> list[str]:
    """Lines on what a job warned of."""
    found = logs.warnings(job.log)
    told = [f"warned {job.name}: {text}" for text in found[:MOST_WARNINGS]]
    if len(found) > MOST_WARNINGS:
        told.append(f"warned {job.name}: {len(found) - MOST_WARNINGS} more" + _where(job.log))
    return told


def failed_of_group(
    jobs: Mapping[int, Job], logs_of_group: Sequence[str], since: datetime
) -> dict[int, str]:
    """Which jobs of a submission failed, and why.

    Snakemake reports all of them, since it knows only that the whole was not finished.

    Parameters
    ----------
    jobs
        Jobs of the submission that are not known to be done, in any order.
    logs_of_group
        What the cluster wrote of it.
    since
        When the run began: logs of jobs that were not reached may be of an earlier one.
    """
    begun = {n: job for n, job in jobs.items() if logs.written_since(job.log, since)}
    found = {number: logs.reason(job.log) for number, job in begun.items()}
    told = {number: text for number, text in found.items() if text}
    if told or not jobs:
        return told
    names = some_of([job.rule for job in jobs.values()])
    where = f", {', '.join(logs_of_group)}" if logs_of_group else ""
    return {min(jobs): f"of the submission of {names} no job tells why it ended{where}"}


def _where(log: str) -> str:
    return f"\n       log: {log}" if log else ""
