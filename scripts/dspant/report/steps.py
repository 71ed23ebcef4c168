"""The steps of a node in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dspant.ops.registry import operations

_UNITS = {"hz": "Hz", "s": "s", "sd": "SD", "samples": "samples", "db": "dB"}


@dataclass(frozen=True)
class StepWords:
    """One step: its operation, what that does, its parameters, and what came of them."""

    operation: str
    summary: str
    parameters: list[str]
    realised: list[str]


def in_words(steps: Sequence[Mapping[str, Any]]) -> list[StepWords]:
    """Steps as metadata state them, for a reader."""
    known = operations()
    return [
        StepWords(
            operation=step["op"],
            summary=known[step["op"]].summary if step["op"] in known else "",
            parameters=_phrases(step.get("params", {})),
            realised=_phrases(step.get("realised", {})),
        )
        for step in steps
    ]


def _phrases(values: Mapping[str, Any]) -> list[str]:
    return [phrase(name, value) for name, value in values.items() if value is not None]


def phrase(name: str, value: Any) -> str:
    """A parameter with its unit taken from its name: ``low_hz``, 20 is ``low 20 Hz``."""
    words = name.split("_")
    unit = _UNITS.get(words[-1], "") if len(words) > 1 else ""
    label = " ".join(words[:-1] if unit else words)
    return f"{label} {_text(value)} {unit}".rstrip()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if not isinstance(value, list):
        return str(value)
    parts = [_text(part) for part in value]
    numbers = all(isinstance(part, int | float) for part in value)
    return " to ".join(parts) if numbers and len(parts) == 2 else ", ".join(parts)
