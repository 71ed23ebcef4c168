"""What planning costs as an experiment grows: time and memory of a dry run, and of nothing to do.

Every figure is of a fresh process. CPU time counts, since other work on the machine lengthens the
rest: ``start`` is what ``snakemake --version`` takes, ``ours`` what our library takes of it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from costs import Cost, cost

sys.path.insert(0, str(Path(__file__).parents[1]))

from many_recordings import make_experiment, write_results

SIZES = (100, 300, 1000, 3000)
LARGEST_WHOLE = 1000
"""Recordings that are also planned in one go; more are planned in batches."""

BATCHES = 10
HERE = Path(__file__).parent
SNAKEMAKE = (sys.executable, "-m", "snakemake")
HEAD = (
    f"{'recordings':>10} {'':32} {'wall s':>7} {'CPU s':>7} {'start':>6} {'ours':>6} {'peak MB':>8}"
)


def measured(root: Path, recordings: int) -> Iterator[tuple[str, Cost]]:
    """Plan an experiment while nothing is made, and once all is made."""
    batch = ("--batch", f"report_experiment=1/{BATCHES}")
    ways = {f", 1 of {BATCHES} batches": batch} | ({"": ()} if recordings <= LARGEST_WHOLE else {})
    for way, arguments in ways.items():
        yield f"dry run{way}", cost(root, *SNAKEMAKE, "--dry-run", *arguments)
    write_results(root)
    touch = (sys.executable, str(HERE / "snakemake_touch.py"))
    cost(root, *touch, "--cores", "1000", "--quiet", "all")  # few rounds of scheduling
    for way, arguments in ways.items():
        found = cost(root, *SNAKEMAKE, "--cores", "1", *arguments)
        if "Nothing to be done" not in found.said:
            raise SystemExit(f"a finished experiment is made again:\n{found.said[:4000]}")
        yield f"nothing to do{way}", found


def report(recordings: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_experiment(root, recordings)
        start = cost(root, *SNAKEMAKE, "--version")
        ours_s = float(cost(root, sys.executable, str(HERE / "own_planning.py")).said)
        for what, found in measured(root, recordings):
            sys.stdout.write(
                f"{recordings:10} {what:32} {found.wall_s:7.1f} {found.cpu_s:7.1f} "
                f"{start.cpu_s / found.cpu_s:6.0%} {ours_s / found.cpu_s:6.1%} "
                f"{found.peak_mb:8.0f}\n"
            )
            sys.stdout.flush()


def main() -> None:
    sys.stdout.write(HEAD + "\n")
    for recordings in [int(size) for size in sys.argv[1:]] or SIZES:
        report(recordings)


if __name__ == "__main__":
    main()
