"""What a clock that was wrong left in the times of results, by which Snakemake decides.

Snakemake refuses a result that is older than its inputs, and does not see that a result from the
future is older in truth than what it was made of. A time in the future therefore becomes the
oldest there is: then Snakemake compares the content of the inputs instead.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

OLDEST_S = 1.0
"""A time in seconds since 1970 before any result's; 0 counts as no time at all in Snakemake."""

log = logging.getLogger("dspant.clock")


def forget_future_times(outputs: Iterable[str | Path], inputs: Iterable[str | Path] = ()) -> None:
    """Make results from the future the oldest there are, before a job makes something new.

    Parameters
    ----------
    outputs
        Files the job makes. All results of their recordings count, since some may follow from
        these, and the report of the experiment.
    inputs
        Results that the job takes.
    """
    now = time.time()
    found = {Path(file) for file in inputs}
    for folder in {_recording(Path(file)) for file in outputs}:
        found |= set(_results(folder))
    late = [file for file in sorted(found) if _time_s(file) > now]
    for file in late:
        os.utime(file, (OLDEST_S, OLDEST_S))
    if late:
        log.warning(
            "%d results, such as %s, were from the future: a clock was wrong; they count as old",
            len(late),
            late[0],
        )


def _recording(file: Path) -> Path:
    return file.parent.parent if file.parent.suffix == ".ant" else file.parent


def _results(folder: Path) -> Iterator[Path]:
    for pattern in ("*.ant/*.*", "*.json", "*.html"):
        yield from folder.glob(pattern)
    yield from folder.parent.glob("report.html")


def _time_s(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0
