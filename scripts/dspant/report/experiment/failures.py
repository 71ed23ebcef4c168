"""What did not finish, why, and what waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspant.report.numbers import counted
from dspant.terminal import logs

LAST_LINES = 12
MOST_CHARACTERS = 2000
"""Of the end of a log, so many lines and characters are shown."""

MOST_LOGS = 20
"""Of many failed jobs, so many show the end of their logs."""

_NO_LOG = "it left no log; see what Snakemake and the cluster printed"
_CUT_OFF = "its log ends without an error: it was killed, perhaps for its memory or its time"

Job = Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """A job that failed.

    Parameters
    ----------
    recording
        Empty for a job of the whole experiment.
    why
        The error in its own words.
    log, last_lines
        Its log, and the end of it.
    waiting
        Number of jobs that need what it makes.
    """

    recording: str
    rule: str
    why: str
    log: str
    last_lines: str
    waiting: int


@dataclass(frozen=True)
class Waiting:
    """A recording none of whose own jobs failed, and what its unfinished ones wait for."""

    recording: str
    why: str


@dataclass(frozen=True)
class Unfinished:
    """What a run that failed did not finish.

    Parameters
    ----------
    recordings
        Those without a page of this run.
    command
        What was typed to start the run, to be typed again.
    """

    failures: list[Failure]
    waiting: list[Waiting]
    recordings: list[str]
    command: str


def unfinished(jobs: Sequence[Job], command: str) -> Unfinished:
    """Tell what failed from what only waits.

    Parameters
    ----------
    jobs
        As of :func:`dspant.config.unfinished.unfinished_jobs`.
    command
        What was typed to start the run.
    """
    causes = _causes(jobs)
    broken = [number for number, job in enumerate(jobs) if job["failed"]]
    failures = [
        _failure(jobs[number], sum(number in found for found in causes) - 1, place < MOST_LOGS)
        for place, number in enumerate(broken)
    ]
    named = [job["recording"] for job in jobs if job["recording"]]
    own = {failure.recording for failure in failures}
    return Unfinished(
        failures,
        [
            Waiting(recording, _awaited(recording, jobs, causes))
            for recording in dict.fromkeys(named)
            if recording not in own
        ],
        list(dict.fromkeys(named)),
        command,
    )


def _causes(jobs: Sequence[Job]) -> list[set[int]]:
    """For each job the failed ones that it follows from, itself among them."""
    found: list[set[int] | None] = [None] * len(jobs)
    for start in range(len(jobs)):
        stack = [start]
        while stack:
            number = stack[-1]
            waits = jobs[number]["waits_for"]
            open_ones = [other for other in waits if found[other] is None]
            if open_ones:
                stack += open_ones
                continue
            own = {number} if jobs[number]["failed"] else set()
            found[number] = own.union(*(found[other] or set() for other in waits))
            stack.pop()
    return [causes or set() for causes in found]


def _awaited(recording: str, jobs: Sequence[Job], causes: Sequence[set[int]]) -> str:
    own = [causes[number] for number, job in enumerate(jobs) if job["recording"] == recording]
    awaited = sorted(set().union(*own))
    if not awaited:
        return f"{counted(len(own), 'job')} not run: the run ended before"
    first = ", ".join(f"{jobs[n]['rule']} of {jobs[n]['recording']}" for n in awaited[:3])
    return f"waits for {first}" + (" and others" if len(awaited) > 3 else "")


def _failure(job: Job, waiting: int, with_log: bool) -> Failure:
    text = _read(Path(job["log"]))
    return Failure(
        recording=job["recording"],
        rule=job["rule"],
        why=_NO_LOG if text is None else logs.reason(job["log"]) or _CUT_OFF,
        log=job["log"],
        last_lines=_end_of(text) if text and with_log else "",
        waiting=waiting,
    )


def _read(log: Path) -> str | None:
    try:
        return log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _end_of(text: str) -> str:
    return "\n".join(text.rstrip().splitlines()[-LAST_LINES:])[-MOST_CHARACTERS:]
