"""Writes the page of what there is after a run that failed.

Usage: python -m dspant.report.experiment.unfinished, with the facts of
:func:`dspant.config.unfinished.write_page_of_what_there_is` as JSON on standard input.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from dspant.clock import OLDEST_S
from dspant.errors import DspantError
from dspant.report.experiment.failures import unfinished
from dspant.report.experiment_page import write_experiment_page


def write_unfinished_page(facts: dict[str, Any]) -> None:
    """Write the page of the recordings that are finished; it counts as older than all results."""
    told = unfinished(facts["jobs"], facts["command"])
    summaries = [
        path
        for path in map(Path, facts["summaries"])
        if path.parent.name not in told.recordings and path.is_file()
    ]
    write_experiment_page(
        summaries,
        facts["sheet"],
        facts["spec"],
        facts["page"],
        benchmarks=facts["benchmarks"],
        asked_mb=facts["asked_mb"],
        unfinished=told,
        time_s=OLDEST_S,
    )


if __name__ == "__main__":
    try:
        write_unfinished_page(json.load(sys.stdin))
    except (DspantError, OSError) as error:
        sys.stderr.write(f"the experiment's page was not written: {error}{os.linesep}")
        sys.exit(1)
