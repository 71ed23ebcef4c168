"""A table of tab-separated text: its cells, and the line of each, as a spreadsheet saves them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from dspant.config.documents import shown_path
from dspant.config.names import nearest
from dspant.config.problems import sentence
from dspant.config.texts import read_text
from dspant.errors import ConfigError

Lines = list[tuple[int, list[str]]]
"""Cells of each line that is not blank, with the number of the line in the file."""

_SEPARATORS = {",": "commas", ";": "semicolons", " ": "spaces"}


def read_cells(file: Path | str, required: Sequence[str]) -> tuple[Lines | None, list[str]]:
    """Read a table whose first line names its columns.

    Parameters
    ----------
    file
        The table, as UTF-8 text.
    required
        Columns that it must have.

    Returns
    -------
    lines, problems
        The header and all lines that have as many cells as it, or None where the header cannot be
        used; and finished lines that name file and line.
    """
    name = shown_path(file)
    try:
        lines = _trimmed(_lines(read_text(Path(file), name, "sheet")))
    except ConfigError as error:
        return None, error.problems
    except csv.Error as error:
        return None, [f"{name}: not a tab-separated table: {error}"]
    if not lines:
        return None, [f"{name}: the sheet is empty; its first line names the columns"]
    number, header = lines[0]
    problems = list(_header_problems(f"{name}:{number}", header, required))
    if problems:
        return None, problems
    if len(lines) == 1:
        return None, [f"{name}: the sheet names no recording below its header"]
    whole = [(line, cells) for line, cells in lines if len(cells) == len(header)]
    return whole, list(_ragged(name, len(header), lines[1:]))


def _lines(text: str) -> Lines:
    reader = csv.reader(StringIO(text, newline=""), delimiter="\t", strict=True)
    numbered: Lines = []
    start = 1
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            numbered.append((start, stripped))
        start = reader.line_num + 1
    return numbered


def _trimmed(lines: Lines) -> Lines:
    """Without columns at the right that are empty from the header down: spreadsheets add them."""
    used = max((_used(cells) for _, cells in lines), default=0)
    return [(line, cells[:used]) for line, cells in lines]


def _used(cells: Sequence[str]) -> int:
    return max(position for position, cell in enumerate(cells, 1) if cell)


def _header_problems(place: str, header: list[str], required: Sequence[str]) -> Iterator[str]:
    for separator, word in _SEPARATORS.items():
        if len(header) == 1 and separator in header[0]:
            yield f"{place}: columns are separated by {word}; separate them by tabs"
            return
    for position, column in enumerate(header, 1):
        if not column:
            yield f"{place}: column {position} has no name; name it or delete the column"
        elif header.count(column) > 1 and header.index(column) == position - 1:
            yield sentence(place, (column,), "this column stands twice; rename one of them")
    for column in required:
        if column not in header:
            meant = nearest(column, [other for other in header if other not in required])
            hint = f"; rename {meant!r}" if meant else ""
            yield f"{place}: missing column {column!r}{hint}"


def _ragged(name: str, columns: int, lines: Lines) -> Iterator[str]:
    for line, cells in lines:
        if len(cells) != columns:
            hint = "; separate cells by tabs" if len(cells) == 1 else ""
            message = f"{len(cells)} cells, but the header names {columns} columns{hint}"
            yield f"{name}:{line}: {message}"
