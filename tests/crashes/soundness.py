"""Whether results are what their names promise; and what has to be equal at the end."""

from __future__ import annotations

import json
import re
from difflib import unified_diff
from itertools import islice
from pathlib import Path

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import read_provenance
from dspant.dataset.recording import open_dataset
from dspant.errors import DspantError

MOST_LINES = 12

_WHO_AND_WHEN = re.compile(
    r"<summary>[^<]*(?:[Vv]ersions|Run time)[^<]*</summary>.*?</details>", re.DOTALL
)


def wrong_files(results: Path) -> list[str]:
    """Everything of a results folder that has a final name and should not have it."""
    found = []
    for folder in sorted(results.rglob("*.ant")):
        found += _wrong_dataset(DatasetFolder(folder))
    finals = (file for file in sorted(results.rglob("*.json")) if not is_draft(file))
    for file in finals:
        try:
            json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            found.append(f"{file}: {error}")
    for page in sorted(results.rglob("report.html")):
        if not page.read_text(encoding="utf-8").rstrip().endswith("</html>"):
            found.append(f"{page}: cut off")
    return found


def is_draft(file: Path) -> bool:
    return file.name.startswith(".tmp-")


def _wrong_dataset(folder: DatasetFolder) -> list[str]:
    if not folder.metadata.exists():
        return []
    if not folder.data.exists():
        return [f"{folder.metadata} is there without its data"]
    try:
        open_dataset(folder.path).verify()
    except DspantError as error:
        return [str(error)]
    if not folder.provenance.exists() or read_provenance(folder):
        return []
    return [f"{folder.provenance} cannot be read"]


def contents(results: Path) -> dict[str, str]:
    """What two runs of the same config have to agree in: all but who made it, where and when."""
    names = ("metadata_*.json", "block.json", "summary.json", "conditions.tsv", "report.html")
    files = [file for name in names for file in results.rglob(name) if ".last" not in file.parts]
    return {
        str(file.relative_to(results)): _WHO_AND_WHEN.sub("", file.read_text(encoding="utf-8"))
        for file in sorted(files)
    }


def datasets(found: dict[str, str]) -> dict[str, str]:
    """What of :func:`contents` belongs to datasets, and not to reports."""
    return {name: text for name, text in found.items() if ".ant/" in name}


def differences(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """Where the files are not as expected: per file, the lines that differ."""
    return [
        "\n".join([f"{name}:", *_changed_lines(found.get(name, ""), expected.get(name, ""))])
        for name in sorted({*found, *expected})
        if found.get(name) != expected.get(name)
    ]


def _changed_lines(found: str, expected: str) -> list[str]:
    lines = unified_diff(expected.splitlines(), found.splitlines(), "expected", "found", n=0)
    return [line[:200] for line in islice(lines, MOST_LINES)]


def drafts(results: Path) -> list[str]:
    """Half-written files that are left."""
    return [str(file) for file in results.rglob(".tmp-*")]
