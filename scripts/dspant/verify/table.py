"""One table of everything that was made again: for a spreadsheet, and for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from dspant.dataset.atomic import written_whole
from dspant.errors import VerificationError
from dspant.verify.findings import EQUAL, Finding, read_findings

COLUMNS = (
    "recording",
    "dataset",
    "result",
    "place",
    "first_s",
    "values",
    "largest",
    "unit",
    "digest",
    "remark",
)


def write_table(files: Iterable[Path | str], table: Path | str) -> str:
    """Gather the findings of all jobs into a table with tabs between its columns; deletes them.

    Returns
    -------
    str
        What to tell the user where all is equal.

    Raises
    ------
    VerificationError
        Something is not; lists what, and where.
    """
    files = [Path(file) for file in files]
    findings = [finding for file in files for finding in read_findings(file)]
    lines = ["\t".join(COLUMNS), *("\t".join(_cells(finding)) for finding in findings)]
    with written_whole(Path(table)) as draft:
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for file in files:
        file.unlink()
    for folder in {file.parent for file in files}:
        with suppress(OSError):  # not empty: a job that was killed left something in it
            folder.rmdir()
    results = {(finding.recording, finding.dataset): finding.result for finding in findings}
    tally = Counter(results.values())
    counts = ", ".join(f"{number} {result}" for result, number in tally.items())
    said = f"{_counted(len(results), 'dataset')} made again: {counts}; see {table}"
    if set(tally) <= {EQUAL}:
        return said
    raise VerificationError(f"{said}\n{_told([f for f in findings if f.result != EQUAL])}")


def _cells(finding: Finding) -> list[str]:
    cells = (getattr(finding, column) for column in COLUMNS)
    return ["" if cell is None else " ".join(str(cell).split()) for cell in cells]


def _told(findings: Sequence[Finding]) -> str:
    heads = [(f"{f.recording}/{f.dataset}", f.result, f.place or "") for f in findings]
    widths = [max(map(len, column)) for column in zip(*heads, strict=True)]
    return "\n".join(
        "  ".join(["", *(text.ljust(width) for text, width in zip(head, widths, strict=True))])
        + "  "
        + _what(finding)
        for head, finding in zip(heads, findings, strict=True)
    )


def _what(finding: Finding) -> str:
    if finding.values is None:
        return finding.remark
    by = "" if finding.largest is None else f" by up to {finding.largest:g} {finding.unit}"
    number = _counted(finding.values, "value")
    first = f"differing: {number}{by.rstrip()}, the first at {finding.first_s:.6f} s"
    return "; ".join(filter(None, [first, finding.remark]))


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
