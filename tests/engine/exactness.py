"""Filters random signals in nodes and compares them with SciPy; ends with 1 at the first too far.

Usage: exactness.py CASES [SECONDS] [SEED] [MOST_SAMPLES]
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from random import Random
from time import monotonic
from typing import Any

from exact_cases import Case, draw_case, error, made, sections

from dspant.errors import OperationError
from dspant.ops.filters import ROUNDING
from dspant.ops.rounding import rounding_error

SEED = 20_240_101
MOST_SAMPLES = 1_000_000
LIMIT = 1e-6


class InexactError(AssertionError):
    """A result too far from SciPy's, or other bits with other threads or blocks."""


def one_case(case: Case) -> float | None:
    """Distance from SciPy's result relative to RMS; nothing where the filter was refused.

    Raises
    ------
    InexactError
        More than the limit, not the same bits however the work was cut, or refused without need.
    """
    try:
        y, same = made(case)
    except OperationError as refused:
        if "cannot be computed" not in str(refused):
            raise
        if rounding_error(sections(case)) <= ROUNDING:
            raise InexactError(f"refused without need: {case}") from refused
        return None
    if not same:
        raise InexactError(f"other bits with {case.threads} threads, {case.read} at once: {case}")
    distance = error(case, y)
    if not distance <= LIMIT:
        raise InexactError(f"{distance:.3g} of the RMS from SciPy's result: {case}")
    return distance


def main(
    cases: int = 1000,
    seconds: float = float("inf"),
    seed: int = SEED,
    most_samples: int = MOST_SAMPLES,
) -> None:
    """Run; print how many cases of each operation, the worst distance and its case."""
    began = monotonic()
    counts: Counter[str] = Counter()
    worst: tuple[float, Any] = (-1.0, None)
    for number in range(cases):
        if monotonic() - began > seconds:
            break
        case = draw_case(Random(f"{seed}/{number}"), most_samples)
        distance = one_case(case)
        if distance is None:
            counts["refused"] += 1
            continue
        counts[case.op] += 1
        if distance > worst[0]:
            worst = (distance, case)
    told = {"seed": seed, "cases": counts.total(), "seconds": round(monotonic() - began, 1)}
    told |= dict(counts) | {"worst_of_rms": worst[0], "worst_case": str(worst[1])}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    kinds = (int, float, int, int)
    main(*(kind(text) for kind, text in zip(kinds, sys.argv[1:], strict=False)))
