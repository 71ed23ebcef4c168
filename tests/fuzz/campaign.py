"""Damages blocks at random and counts how they were read; ends with 1 at the first that was wrong.

Usage: campaign.py CASES [SECONDS] [SEED]
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from time import monotonic
from unittest.mock import patch

from fuzzed_blocks import write_mixed, write_separate, write_unindexed
from judge import Subject, try_case
from limits import limited

from dspant.readers import blockwise

SEED = 20_240_101
PART_VALUES = (5, blockwise.BLOCK_VALUES)
CASE_S = 5.0
CASE_MB = 512


def fuzz(folder: Path, cases: int, seconds: float = float("inf"), seed: int = SEED) -> Counter[str]:
    """Try ``cases`` damages, or as many as fit into ``seconds``; gives the outcomes.

    Raises
    ------
    WrongNumbersError, CaseTimeoutError, MemoryError or what the reader raised
        At the first case that has none of the allowed outcomes; its number is in the notes.
    """
    subjects = make_subjects(folder)
    began = monotonic()
    outcomes: Counter[str] = Counter()
    with limited(CASE_MB):
        for number in range(cases):
            if monotonic() - began > seconds:
                break
            outcomes[one_case(subjects, seed, number)] += 1
    return outcomes


def make_subjects(folder: Path) -> list[Subject]:
    """The whole blocks that are damaged."""
    writers = (write_mixed, write_separate, write_unindexed)
    return [Subject.of(write(folder / write.__name__)) for write in writers]


def one_case(subjects: list[Subject], seed: int, number: int) -> str:
    """Outcome of one case, which ``seed`` and ``number`` tell in full."""
    from limits import within

    random = Random(f"{seed}/{number}")
    subject = random.choice(subjects)
    try:
        # Blocks of kilobytes would never fill one of the parts in which a reader goes through them.
        with within(CASE_S), patch.object(blockwise, "BLOCK_VALUES", PART_VALUES[number % 2]):
            return try_case(subject, random)
    except Exception as error:
        error.add_note(f"case {number} of seed {seed}")
        raise


def main(cases: int = 100_000, seconds: float = float("inf"), seed: int = SEED) -> None:
    """Run and print counts by outcome."""
    began = monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = fuzz(Path(folder), cases, seconds, seed)
    total = {"seed": seed, "cases": outcomes.total(), "seconds": round(monotonic() - began, 1)}
    sys.stdout.write(json.dumps(total | dict(outcomes)) + "\n")


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((int, float, int), sys.argv[1:], strict=False)))
