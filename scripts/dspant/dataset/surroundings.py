"""What a job runs with: versions, commit, machine."""

from __future__ import annotations

import platform
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from dspant.dataset.digest import of_text

LOCK = Path(__file__).parents[3] / "envs" / "requirements.txt"
"""The lock file of a checkout, beside the library."""

PACKAGES = ("dspant", "snakemake", "numpy", "scipy", "pyarrow", "llvmlite")


@cache
def look_around() -> Future[dict[str, Any]]:
    """Find out once for all datasets of a job, beside its work."""
    looking = ThreadPoolExecutor(1, thread_name_prefix="surroundings")
    found = looking.submit(_surroundings)
    looking.shutdown(wait=False)
    return found


def _surroundings() -> dict[str, Any]:
    return {
        "versions": versions(),
        "commit": commit(),
        "lock": lock_digest(),
        "host": platform.node(),
        "platform": platform.platform(),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that numbers depend on."""
    from importlib.metadata import PackageNotFoundError, version

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


def lock_digest() -> str | None:
    """Fingerprint of the lock file's text; None where the library stands alone."""
    try:
        return of_text(LOCK.read_text(encoding="utf-8"))
    except OSError:
        return None
