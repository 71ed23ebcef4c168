"""What may differ between two equal runs: who made a dataset, where, when and with what."""

from __future__ import annotations

import json
import os
import shlex
import sys
from datetime import UTC, datetime
from typing import Any

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.surroundings import look_around

COMMAND = "DSPANT_COMMAND"
"""Environment variable with the command line that a job is part of."""

_REPLACES_NOTHING = ("verify", "--")
"""Words of a command that compares results, and would make none even if it runs their rules."""


def read_provenance(folder: DatasetFolder) -> dict[str, Any]:
    """What a dataset's provenance states; empty where it is missing or cannot be read."""
    try:
        stated = json.loads(folder.provenance.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) else {}


def make_again(folder: DatasetFolder) -> str:
    """What a user does about a damaged dataset, as the end of a sentence.

    Names the command that the running job is part of, else the one that made the dataset, with the
    rule to run again.
    """
    stated = read_provenance(folder)
    command, rule = os.environ.get(COMMAND) or stated.get("command"), stated.get("rule")
    if not command or not rule:
        return f"delete {folder.path} and run the workflow again"
    words = [word for word in shlex.split(command) if word not in _REPLACES_NOTHING]
    return f"make it again with: {shlex.join(words)} -R {rule}"


class Provenance:
    """Collects what is known about one run, from its start on."""

    def __init__(self, **made_from: Any) -> None:
        self._start = datetime.now(UTC)
        self._surroundings = look_around()
        self._made_from = made_from
        self.warnings: list[str] = []

    def add(self, **made_from: Any) -> None:
        """State more of what the dataset was made from."""
        self._made_from |= made_from

    def document(self) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            **self._made_from,
            **self._surroundings.result(),
            "command": os.environ.get(COMMAND, shlex.join(sys.argv)),
            "start": self._start.isoformat(timespec="milliseconds"),
            "duration_s": round((now - self._start).total_seconds(), 3),
            "warnings": self.warnings,
        }
