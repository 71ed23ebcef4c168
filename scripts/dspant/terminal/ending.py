"""The last words of a run: what was made and where to look, or what to do."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path, PurePath

from dspant.terminal.state import Run
from dspant.terminal.words import duration, some_of
from dspant.wording import count

PAGE = "report.html"

VERIFY = "verify"
"""Rule that compares all that was made again; its job fails where something is not equal."""


@dataclass(frozen=True)
class Place:
    """Where results of an experiment lie.

    Parameters
    ----------
    page
        Its page.
    verification
        The table of what was made again and compared.
    """

    page: str
    verification: str = ""

    @property
    def folder(self) -> str:
        """Where all of its results are."""
        return str(PurePath(self.page).parent)


def ending(
    run: Run, place: Place, took_s: float, *, page_is_new: bool, told_errors: bool
) -> list[str]:
    """Closing lines; the last one is what to do next.

    Parameters
    ----------
    took_s
        Seconds from the start of the run to its end.
    page_is_new
        Whether this run wrote the experiment's page, as far as it came.
    told_errors
        Whether errors were shown that are not those of a job.
    """
    if run.complete:
        return _done(run, place, took_s)
    lines = [f"What there is so far: {place.page}"] if page_is_new else []
    state = f"{len(run.taken_s)} of {count(len(run.jobs), 'job')} are done"
    if not run.failed and not told_errors:
        return [*lines, f"Stopped: {state}. The same command goes on from here."]
    names = some_of(run.recordings(run.failed))
    whose = f" ({names})" if names else ""
    failed = f"{count(len(run.failed), 'job')} failed{whose}, " if run.failed else ""
    remedy = "Mend what is named above, then run the same command: it goes on from here."
    return [*lines, f"{failed}{state}. {remedy}"]


def nothing_to_do(place: Place, *, page_exists: bool) -> list[str]:
    """Closing lines of a run that found everything made."""
    look = f"Open {place.page}" if page_exists else f"Results are in {place.folder}"
    return ["Nothing to do: all that is asked for is there and up to date.", look]


def _equal(run: Run, place: Place) -> int:
    """How many datasets were made again and are equal; 0 where that was not asked for."""
    if all(job.rule != VERIFY for job in run.jobs.values()):
        return 0
    try:
        with Path(place.verification).open(encoding="utf-8", newline="") as table:
            rows = csv.DictReader(table, delimiter="\t")
            return len({(row["recording"], row["dataset"]) for row in rows})
    except (OSError, KeyError):
        return 0


def _done(run: Run, place: Place, took_s: float) -> list[str]:
    equal = _equal(run, place)
    done, look = [], []
    if run.made or run.put_back or not equal:
        done, look = [_made(run)], [_look(run, place)]
    if equal:
        all_equal = "all equal" if equal > 1 else "equal"
        done += [f"{count(equal, 'dataset')} made again, {all_equal} to what is there"]
        look += [f"What was compared: {place.verification}"]
    return [f"Done in {duration(took_s)}: {'; '.join(done)}.", *look]


def _made(run: Run) -> str:
    recordings = run.recordings(run.taken_s)
    of_recordings = f" of {count(len(recordings), 'recording')}" if recordings else ""
    if run.made and run.put_back:
        return f"{count(run.made, 'new dataset')}{of_recordings}, {run.put_back} put back as before"
    if run.put_back:
        return f"{count(run.put_back, 'dataset')}{of_recordings} put back as before"
    if run.made:
        return f"{count(run.made, 'new dataset')}{of_recordings}"
    return f"{count(len(run.taken_s), 'job')}{of_recordings}"


def _look(run: Run, place: Place) -> str:
    """The page that tells most of what was made."""
    made = [path for job in run.jobs.values() for path in job.outputs]
    pages = [path for path in made if path.rpartition("/")[2] == PAGE]
    if place.page in pages:
        return f"Open {place.page}"
    if len(pages) == 1:
        return f"Open {pages[0]}"
    return f"Results are in {place.folder}"
