"""The measures of every recording as one long table, to plot and to compute with."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

from dspant.report.experiment.conditions import condition_text
from dspant.report.experiment.documents import Gathered

BEFORE = ("recording",)
AFTER = (
    *("node", "condition", "condition_value", "condition_unit", "channel", "measure", "unit"),
    *("rows", "usable", "n", "mean", "sd", "median"),
)


def long_table(gathered: Gathered) -> str:
    """A line per recording, node, condition, channel and measure, tab-separated.

    The sheet's own columns follow the recording; one that is called like another column here
    gets ``sheet_`` before its name. Cells are empty where there is no number.
    """
    text = StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    own = [f"sheet_{name}" if name in AFTER else name for name in gathered.own_columns]
    writer.writerow([*BEFORE, *own, *AFTER])
    writer.writerows(_lines(gathered))
    return text.getvalue()


def _lines(gathered: Gathered) -> Iterator[list[Any]]:
    for document in gathered.documents:
        recording = document["recording"]
        cells = gathered.cells(recording)
        for node, stated in document["measures"].items():
            names, units = ", ".join(stated["condition"]), _joined(stated["condition"].values())
            for group in stated["groups"]:
                for measure, numbers in group["of"].items():
                    yield [
                        *(recording, *cells, node, names, condition_text(group["condition"])),
                        *(units, group["channel"], measure, stated["units"][measure]),
                        *(group["rows"], group["usable"]),
                        *("" if number is None else number for number in numbers),
                    ]


def _joined(units: Any) -> str:
    return ", ".join(units) if any(units) else ""
