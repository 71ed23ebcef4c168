"""A problem of a config as one line: where, what is wrong, what to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KeyPath = tuple[str | int, ...]
"""Keys and list positions that lead to a value, from the top of the config."""

_LONGEST_VALUE = 60


@dataclass(frozen=True)
class Problem:
    """One wrong place of a config: the path of its keys, and a sentence."""

    path: KeyPath
    message: str


def dotted(path: KeyPath) -> str:
    """A key path as people write it: ``nodes.envelope.steps[1].lowpass``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def sentence(place: str, path: KeyPath, message: str) -> str:
    """The line a user reads; ``place`` is a file with its line, or empty where there is none."""
    text = ": ".join(part for part in (place, dotted(path), message) if part)
    return " ".join(text.splitlines())


def shown(value: Any) -> str:
    """A found value, short enough for a sentence and spelt as in YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping of " + (", ".join(map(str, value)) or "nothing")
    text = repr(value) if isinstance(value, str | int | float | list | tuple) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
