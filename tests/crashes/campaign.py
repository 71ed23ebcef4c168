"""Kills runs at random moments and counts what was hit; ends with 1 at the first unsound outcome.

Usage: campaign.py [KILLS] [SEED]
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from time import monotonic

sys.path.insert(0, str(Path(__file__).parents[1]))

from kills import Killed, UnsoundError

SEED = 20_240_101


def main(kills: int = 200, seed: int = SEED) -> int:
    """Kill as often as asked for, and print counts by what was killed and in which rule."""
    began = monotonic()
    counts: Counter[str] = Counter()
    number = 0
    with tempfile.TemporaryDirectory() as folder:
        killed = Killed(Path(folder))
        while counts.total() < kills:
            number += 1
            try:
                kills_made = killed.kill_some(Random(f"{seed}/{number}"))
            except UnsoundError as error:
                told = "\n".join([str(error), *getattr(error, "__notes__", [])])
                sys.stdout.write(f"case {number} of seed {seed}: {told}\n")
                return 1
            counts.update(f"{kill.who} in {kill.rule}" for kill in kills_made)
            told = ", ".join(f"{k.who} in {k.rule} ({k.moment})" for k in kills_made)
            sys.stdout.write(f"{counts.total()} after {monotonic() - began:.0f} s: {told}\n")
            sys.stdout.flush()
    for what, count in sorted(counts.items()):
        sys.stdout.write(f"{count:5d}  {what}\n")
    total = f"{counts.total()} kills, {number} recoveries, {monotonic() - began:.0f} s"
    sys.stdout.write(f"seed {seed}: {total}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
