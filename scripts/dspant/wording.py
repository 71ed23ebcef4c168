"""Numbers and lists in sentences."""

from __future__ import annotations

from collections.abc import Sequence

MOST_LISTED = 8


def count(number: int, noun: str) -> str:
    """The number with its noun, in the plural where it needs one."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def with_article(noun: str) -> str:
    """``an epoc``, ``a stream``."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def listed(values: Sequence[object], most: int = MOST_LISTED) -> str:
    """The first values, and how many more there are."""
    more = len(values) - most
    return ", ".join(map(str, values[:most])) + (f" and {more} more" if more > 0 else "")
