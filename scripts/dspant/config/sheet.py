"""The sheet of recordings: a tab-separated table, one line per recording."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dspant.config.blocks import block_problem
from dspant.config.documents import shown_path
from dspant.config.names import (
    FOLDER_NAME,
    RESERVED_RECORDINGS,
    is_folder_name,
    suggestion,
)
from dspant.config.problems import sentence
from dspant.config.tabbed import read_cells
from dspant.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa
    from pandera.pyarrow import DataFrameSchema

REQUIRED = ("recording", "block")


@dataclass(frozen=True)
class Row:
    """One recording: its line in the file, and its cells by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """All recordings, in the order of the file.

    Parameters
    ----------
    file
        Path as users read it.
    columns
        ``recording``, ``block`` and whatever the lab has added.
    rows
        One per recording.
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def recordings(self) -> tuple[str, ...]:
        return tuple(row.cells["recording"] for row in self.rows)

    def cell(self, recording: str, column: str) -> str:
        """Value of a column for a recording.

        Raises
        ------
        ConfigError
            If the sheet has no such recording.
        """
        if recording not in self._by_recording:
            hint = suggestion(recording, self.recordings)
            raise ConfigError([f"{self.file}: lists no recording {recording!r}{hint}"])
        return self._by_recording[recording].cells[column]

    @property
    def digest(self) -> str:
        """Fingerprint of all cells, since a file exchanged for an older one counts as unchanged."""
        from dspant.dataset.digest import of_text

        return of_text(json.dumps([self.columns, [dict(row.cells) for row in self.rows]]))

    @cached_property
    def _by_recording(self) -> dict[str, Row]:
        return {row.cells["recording"]: row for row in self.rows}


def read_sheet(file: Path | str) -> tuple[Sheet | None, list[str]]:
    """Read a sheet and check everything it says by itself.

    Returns
    -------
    sheet, problems
        The sheet, or None where its form cannot be read; and finished lines that name file,
        line and column.
    """
    sheet, problems = read_sheet_form(file)
    if sheet is not None:
        problems += [*_recording_problems(sheet), *_block_problems(sheet)]
    return sheet, problems


def reference_problems(sheet: Sheet, columns: Sequence[str]) -> list[str]:
    """Check that columns which name reference recordings name recordings of the sheet."""
    recordings = set(sheet.recordings)
    return [
        sentence(
            f"{sheet.file}:{row.line}",
            (column,),
            f"names no recording of this sheet, found {row.cells[column]!r}"
            + suggestion(row.cells[column], sheet.recordings),
        )
        for column in dict.fromkeys(columns)
        if column in sheet.columns
        for row in sheet.rows
        if row.cells[column] not in recordings
    ]


def sheet_schema() -> DataFrameSchema:
    """What a table of recordings has to be: a Pandera schema for :class:`pyarrow.Table`."""
    import pandera.pyarrow as pandera
    import pyarrow as pa

    folder_name = pandera.Check.str_matches(f"^{FOLDER_NAME}$")
    free = pandera.Check.notin(sorted(RESERVED_RECORDINGS))
    return pandera.DataFrameSchema(
        {
            "recording": pandera.Column(pa.string(), [folder_name, free], unique=True),
            "block": pandera.Column(pa.string(), pandera.Check.str_length(min_value=1)),
        },
        strict=False,
    )


def read_sheet_table(file: Path | str) -> pa.Table:
    """Read a sheet as a validated table of text columns; whether blocks exist is not asked.

    Raises
    ------
    ConfigError
        If the sheet cannot be read or does not keep to :func:`sheet_schema`.
    """
    import pyarrow as pa
    from pandera.errors import SchemaErrors

    sheet, problems = read_sheet_form(file)
    if sheet is None or problems:
        raise ConfigError(problems)
    table = pa.table(
        {column: [row.cells[column] for row in sheet.rows] for column in sheet.columns},
        schema=pa.schema([(column, pa.string()) for column in sheet.columns]),
    )
    try:
        return sheet_schema().validate(table, lazy=True)
    except SchemaErrors as error:
        failures = error.failure_cases.to_pylist()
        raise ConfigError([_failure(sheet.file, failure) for failure in failures]) from error


def _failure(file: str, failure: Mapping[str, object]) -> str:
    message = f"{failure['failure_case']!r} does not pass {failure['check']}"
    return sentence(file, (str(failure["column"]),), message)


def read_sheet_form(file: Path | str) -> tuple[Sheet | None, list[str]]:
    """Read a sheet's cells; names and blocks are not looked at.

    Returns
    -------
    sheet, problems
        As of :func:`read_sheet`.
    """
    lines, problems = read_cells(file, REQUIRED)
    if lines is None:
        return None, problems
    (_, header), *recordings = lines
    rows = [Row(line, dict(zip(header, cells, strict=True))) for line, cells in recordings]
    return Sheet(shown_path(file), tuple(header), tuple(rows)), problems


def _recording_problems(sheet: Sheet) -> Iterator[str]:
    first: dict[str, Row] = {}
    for row in sheet.rows:
        recording = row.cells["recording"]
        place = f"{sheet.file}:{row.line}"
        if not is_folder_name(recording):
            message = (
                "must begin with a letter or digit and hold only letters, digits, '_', '.' and "
                f"'-', since it names a folder; found {recording!r}"
            )
            yield sentence(place, ("recording",), message)
            continue
        if recording.casefold() in RESERVED_RECORDINGS:
            message = f"{recording!r} is the name of a file the workflow writes; choose another"
            yield sentence(place, ("recording",), message)
        other = first.setdefault(recording.casefold(), row)
        if other is not row:
            yield sentence(place, ("recording",), _clash(recording, other))


def _clash(recording: str, other: Row) -> str:
    if other.cells["recording"] == recording:
        return f"{recording!r} stands already on line {other.line}"
    return (
        f"{recording!r} and {other.cells['recording']!r} on line {other.line} are one folder "
        "where capitals do not count; rename one of them"
    )


def _block_problems(sheet: Sheet) -> Iterator[str]:
    first: dict[Path, Row] = {}
    here = Path.cwd()
    for row in sheet.rows:
        place, block = f"{sheet.file}:{row.line}", Path(row.cells["block"])
        if not row.cells["block"]:
            yield sentence(place, ("block",), "names no folder")
            continue
        # As text, not on disk: each question costs, and a sheet may have thousands of lines.
        other = first.setdefault(here / block, row)
        message = block_problem(block) if other is row else _twice(block, other)
        if message:
            yield sentence(place, ("block",), message)


def _twice(block: Path, other: Row) -> str:
    return (
        f"{block} is the block of {other.cells['recording']!r} on line {other.line} as well, so "
        "both recordings would be the same data; name another block or delete one of the two lines"
    )
