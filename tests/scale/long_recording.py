"""What a recording of 128 channels costs at two lengths: memory must not follow the length.

Arguments are lengths in seconds. CPU time counts, since other work on the machine lengthens the
rest.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from costs import Cost, cost

LENGTHS_S = (30, 90)
JOBS = (("ingest", 2), ("node", 1), ("node", 2), ("report", 1))
HEAD = (
    f"{'length s':>8} {'raw MB':>7} {'job':8} {'threads':>7} {'wall s':>7} {'CPU s':>7} "
    f"{'MB/CPU s':>8} {'peak MB':>8} {'asked MB':>8}"
)


def run(folder: Path, job: str, argument: int) -> tuple[Cost, int]:
    """What a job cost, and the number it prints.

    Every job is a process of its own, the one that writes too: what Linux tells of a process counts
    the size of the one that started it.
    """
    code = str(Path(__file__).with_name("one_job.py"))
    found = cost(folder, sys.executable, code, job, str(folder), str(argument))
    return found, int(found.said.splitlines()[-1])


def report(length_s: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _, size = run(folder, "write", length_s)
        for job, threads in JOBS:
            found, asked_mb = run(folder, job, threads)
            size_mb = size / 2**20
            sys.stdout.write(
                f"{length_s:8} {size_mb:7.0f} {job:8} {threads:7} {found.wall_s:7.1f} "
                f"{found.cpu_s:7.1f} {size_mb / found.cpu_s:8.0f} {found.peak_mb:8.0f} "
                f"{asked_mb:8}\n"
            )
            sys.stdout.flush()


def main() -> None:
    sys.stdout.write(HEAD + "\n")
    for length_s in [int(length) for length in sys.argv[1:]] or LENGTHS_S:
        report(length_s)


if __name__ == "__main__":
    main()
