"""What a mistyped name was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SIMILARITY = 0.6


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` was most likely meant to be, if any comes close."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=_SIMILARITY)
    return by_folded[found[0]] if found else None
