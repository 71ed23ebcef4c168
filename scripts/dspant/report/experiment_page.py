"""The page of an experiment: all recordings side by side, and what they have in common."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dspant.dataset.atomic import written_whole
from dspant.report import TEMPLATES
from dspant.report.experiment.channels import MOST_CHANNELS, odd_channels
from dspant.report.experiment.conditions import node_tables
from dspant.report.experiment.documents import gather
from dspant.report.experiment.failures import Unfinished
from dspant.report.experiment.heat import HEAT_DECADES, TOLD_TIMES
from dspant.report.experiment.overview import FEWEST_USABLE, SIGNS, Overview, verdict_of
from dspant.report.experiment.runs import rule_runs
from dspant.report.experiment.table import long_table
from dspant.report.page import render


def write_experiment_page(
    summaries: Sequence[Path | str],
    sheet: Path | str,
    spec: dict[str, Any],
    page: Path | str,
    *,
    table: Path | str | None = None,
    benchmarks: Path | str | None = None,
    asked_mb: Mapping[str, int] | None = None,
    unfinished: Unfinished | None = None,
    time_s: float | None = None,
) -> None:
    """Write an experiment's page, and the measures it is made from as a table.

    Parameters
    ----------
    summaries
        What :func:`dspant.report.recording_page.write_recording_page` wrote for each recording.
    sheet
        The sheet of recordings.
    spec
        ``experiment`` and ``datasets`` (the order of the columns).
    page
        The HTML file, in the experiment's folder.
    table
        The tab-separated file; none is written where not given.
    benchmarks
        Folder of the experiment's benchmarks, read as they are.
    asked_mb
        Memory in MB that each rule asks for.
    unfinished
        What a run that failed did not finish; the page says so.
    time_s
        Time of both files, in seconds since 1970; now where not given.

    Raises
    ------
    DatasetError
        A summary cannot be read.
    ConfigError
        The sheet cannot be read.
    """
    gathered = gather(summaries, sheet)
    documents = gathered.documents
    overview = Overview(gathered, spec["datasets"])
    odd = odd_channels(documents)
    rules = ["ingest", *(f"node_{name}" for name in spec["datasets"]), "report_recording"]
    named = [document["recording"] for document in documents]
    script = (TEMPLATES / "experiment.js").read_text(encoding="utf-8")
    text = render(
        "experiment.html.j2",
        experiment=spec["experiment"],
        script=Markup(script),  # noqa: S704 - our own file
        experiment_style=Markup((TEMPLATES / "experiment.css").read_text("utf-8")),  # noqa: S704
        own_columns=gathered.own_columns,
        expected=len(gathered.sheet),
        overview=overview,
        verdicts=Counter(verdict_of(document) for document in documents),
        signs=SIGNS,
        limits={"times": TOLD_TIMES, "factor": 10**HEAT_DECADES, "usable": FEWEST_USABLE},
        odd=odd[:MOST_CHANNELS],
        odd_left_out=len(odd[MOST_CHANNELS:]),
        nodes=node_tables(gathered, spec["datasets"]),
        table=None if table is None else Path(table).name,
        runs=rule_runs(Path(benchmarks), named, rules, asked_mb or {}) if benchmarks else [],
        total_s=sum(document["duration_s"] or 0.0 for document in documents),
        unfinished=unfinished,
    )
    if table is not None:
        _write(Path(table), long_table(gathered), time_s)
    _write(Path(page), text, time_s)


def _write(path: Path, text: str, time_s: float | None) -> None:
    with written_whole(path) as draft:
        draft.write_text(text, encoding="utf-8")
        if time_s is not None:
            os.utime(draft, (time_s, time_s))
