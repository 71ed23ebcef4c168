"""Run time and memory by rule, out of the benchmarks that Snakemake wrote."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class RuleRuns:
    """The last run of each job of a rule.

    Parameters
    ----------
    total_s, median_s
        Wall time in seconds.
    memory_mb
        Largest resident memory of any of them in MB; None where it was not measured, as of jobs
        that are over too soon.
    asked_mb
        What the rule asks for, where that is known.
    part
        Its part of the time of all rules.
    """

    rule: str
    jobs: int
    total_s: float
    median_s: float
    memory_mb: float | None
    asked_mb: int | None
    part: float = 0.0


def rule_runs(
    folder: Path, recordings: Sequence[str], rules: Sequence[str], asked_mb: Mapping[str, int]
) -> list[RuleRuns]:
    """What the rules took for these recordings, in the order given; rules without a run left out.

    Parameters
    ----------
    folder
        The experiment's benchmarks: ``<recording>/<rule>.tsv``.
    """
    found = []
    for rule in rules:
        files = [folder / recording / f"{rule}.tsv" for recording in recordings]
        jobs = [job for file in files if (job := _last_job(file)) is not None]
        if jobs:
            seconds = [job_s for job_s, _ in jobs]
            memory = max((mb for _, mb in jobs if mb is not None), default=None)
            asked = asked_mb.get(rule)
            found.append(RuleRuns(rule, len(jobs), sum(seconds), median(seconds), memory, asked))
    return list(_with_parts(found))


def _with_parts(found: Sequence[RuleRuns]) -> Iterator[RuleRuns]:
    whole_s = sum(one.total_s for one in found) or 1.0
    for one in found:
        yield RuleRuns(**{**vars(one), "part": round(one.total_s / whole_s, 3)})


def _last_job(file: Path) -> tuple[float, float | None] | None:
    """Seconds and MB of a job; None where there is no benchmark of it."""
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened, delimiter="\t"))
        seconds = float(rows[-1]["s"])
    except (OSError, ValueError, KeyError, IndexError):
        return None
    return seconds, _number(rows[-1].get("max_rss"))


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
