"""Time and memory of one command in a fresh process."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    wall_s: float
    cpu_s: float
    peak_mb: float
    said: str


def cost(root: Path, *command: str) -> Cost:
    """Run a command in a fresh process.

    Raises
    ------
    SystemExit
        It failed; shows what it said.
    """
    with tempfile.TemporaryFile() as said:
        start_s = time.perf_counter()
        child = subprocess.Popen(command, cwd=root, stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall_s = time.perf_counter() - start_s
        said.seek(0)
        text = said.read().decode(errors="replace")
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{text[-4000:]}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text)
