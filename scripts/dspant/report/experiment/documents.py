"""Summaries of recordings and the sheet, as the experiment's page reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dspant.config.sheet import REQUIRED, Sheet, read_sheet_form
from dspant.errors import ConfigError, DatasetError

Document = Mapping[str, Any]

MOST_VALUES = 6
"""A column of the sheet with more different values than this is no condition."""


@dataclass(frozen=True)
class Gathered:
    """All that the recordings of an experiment say.

    Parameters
    ----------
    documents
        Summaries, in the order of the sheet.
    own_columns
        What the lab added to the sheet.
    sheet
        Its rows by recording, without the required columns.
    """

    documents: list[Document]
    own_columns: list[str]
    sheet: dict[str, list[str]]

    def cells(self, recording: str) -> list[str]:
        """What the sheet says of a recording, in the order of ``own_columns``."""
        return self.sheet.get(recording, [""] * len(self.own_columns))

    @cached_property
    def factors(self) -> dict[str, list[str]]:
        """Values of the sheet's columns that tell several recordings apart from several others."""
        found = {}
        for index, column in enumerate(self.own_columns):
            values = [self.cells(document["recording"])[index] for document in self.documents]
            different = list(dict.fromkeys(values))
            if 1 < len(different) <= MOST_VALUES and len(different) < len(values):
                found[column] = different
        return found


def gather(summaries: Sequence[Path | str], sheet: Path | str) -> Gathered:
    """Read summaries and sheet.

    Raises
    ------
    DatasetError
        A summary cannot be read.
    ConfigError
        The sheet cannot be read.
    """
    table = _sheet(sheet)
    own = [column for column in table.columns if column not in REQUIRED]
    rows = {row.cells["recording"]: [row.cells[column] for column in own] for row in table.rows}
    return Gathered([_document(Path(path)) for path in summaries], own, rows)


def _sheet(file: Path | str) -> Sheet:
    table, problems = read_sheet_form(file)
    if table is None or problems:
        raise ConfigError(problems)
    return table


def _document(path: Path) -> Document:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{path} cannot be read ({error}); delete it and run the workflow again"
        ) from error
