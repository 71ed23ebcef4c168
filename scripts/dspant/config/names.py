"""Which names may become folders and rules, and what a mistyped one was meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dspant.spelling import nearest

FOLDER_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
"""Experiments and recordings: their names are folders, on every file system."""

NODE_NAME = r"[a-z][a-z0-9_]*"
"""Nodes: their names are folders and parts of rule names."""

RESERVED_RECORDINGS = frozenset(
    {"conditions.tsv", "report.html", "report_experiment.log", "verification.tsv", "verify.log"}
)
"""Files that stand beside the folders of recordings."""

_MOST_LISTED = 16


def is_folder_name(name: str) -> bool:
    return re.fullmatch(FOLDER_NAME, name) is not None


def is_node_name(name: str) -> bool:
    return re.fullmatch(NODE_NAME, name) is not None


def suggestion(name: str, known: Iterable[str]) -> str:
    """End of a sentence about an unknown name: the nearest known one, else all of them."""
    candidates = list(known)
    found = nearest(name, candidates)
    if found is not None:
        return f"; did you mean {found!r}?"
    if not candidates:
        return ""
    listed = ", ".join(candidates[:_MOST_LISTED])
    return f"; there are: {listed}" + (", ..." if len(candidates) > _MOST_LISTED else "")
