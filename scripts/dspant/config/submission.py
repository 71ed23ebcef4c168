"""Which jobs are submitted to a cluster together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dspant.config.demand import Wildcards
from dspant.config.sheet import Sheet

ANY = "recording"
"""Group of all jobs of a recording; Snakemake makes one of each connected set of jobs."""


def submission_group(sheet: Sheet, columns: Iterable[str]) -> str | Callable[[Wildcards], str]:
    """Group of a recording's jobs: its whole chain is one submission.

    Recordings that take results of another are connected to it, and Snakemake would submit all of
    them as one; so there each recording has a group of its own. Only recordings that take results
    of each other, in a ring, share one: neither can be finished before the other.

    Parameters
    ----------
    columns
        Columns of the sheet that name the recording a result is taken from.
    """
    taken = {
        recording: {sheet.cell(recording, column) for column in columns}
        for recording in sheet.recordings
    }
    if all(others <= {recording} for recording, others in taken.items()):
        return ANY
    reached = {recording: _reached(recording, taken) for recording in taken}
    first = {
        recording: min({recording, *(r for r in others if recording in reached[r])})
        for recording, others in reached.items()
    }

    def group(wildcards: Wildcards) -> str:
        return first[wildcards.recording]

    return group


def _reached(start: str, taken: Mapping[str, set[str]]) -> set[str]:
    """All recordings that ``start`` takes results of, directly or not."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for other in taken[waiting.pop()] - seen:
            seen.add(other)
            waiting.append(other)
    return seen
