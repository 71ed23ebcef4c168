"""Durations and lists as one says them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


def duration(seconds: float) -> str:
    """How long something took, in its two largest units: ``1 min 20 s``."""
    whole = round(seconds)
    units = ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min"), (1, "s"))
    for (size, name), (smaller, smaller_name) in pairwise(units):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {name}" + (f" {rest} {smaller_name}" if rest else "")
    return f"{whole} s"


def time_left(seconds: float) -> str:
    """An estimate of the time left, no finer than it is known."""
    if seconds < MINUTE_S:
        return "less than a minute left"
    step = next(
        step
        for most, step in (
            (20 * MINUTE_S, MINUTE_S),
            (2 * HOUR_S, 5 * MINUTE_S),
            (12 * HOUR_S, HOUR_S / 2),
            (float("inf"), HOUR_S),
        )
        if seconds < most
    )
    return f"about {duration(round(seconds / step) * step)} left"


def some_of(names: Sequence[str], most: int = 3) -> str:
    """A few names and how many more there are: ``rat01, rat02 and 5 more``."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
