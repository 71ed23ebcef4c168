"""What may differ between two equal runs: who made a dataset, where, when and with what."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

COMMAND = "DSPANT_COMMAND"
"""Environment variable with the command line that a job is part of."""

PACKAGES = ("dspant", "snakemake", "numpy", "scipy", "pyarrow", "llvmlite")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that numbers depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def commit() -> str | None:
    """The library's git commit, with ``+`` where files were changed; None outside a checkout."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip()


class Provenance:
    """Collects what is known about one run, from its start on."""

    def __init__(self, **made_from: Any) -> None:
        self._start = datetime.now(UTC)
        self._made_from = made_from
        self.warnings: list[str] = []

    def document(self) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            **self._made_from,
            "versions": versions(),
            "commit": commit(),
            "command": os.environ.get(COMMAND, shlex.join(sys.argv)),
            "host": platform.node(),
            "platform": platform.platform(),
            "start": self._start.isoformat(timespec="milliseconds"),
            "duration_s": round((now - self._start).total_seconds(), 3),
            "warnings": self.warnings,
        }
