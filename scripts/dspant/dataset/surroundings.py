"""What a job runs with: versions, commit, machine."""

from __future__ import annotations

import platform
import subprocess
import sys
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
    """Versions of Python and of the packages that numbers depend on.

    They are read off the names of folders, which hold them by the standard on recorded
    installations; Python's own way reads the contents, which costs each job 15 ms.
    """
    found = {}
    for place in reversed(sys.path):
        for folder in Path(place or ".").glob("*.dist-info"):
            package, _, version = folder.stem.partition("-")
            found[package] = version
    known = {package: found.get(package) or _version(package) for package in PACKAGES}
    return {"python": platform.python_version(), **known}


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


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
