"""The steps of a node in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dspant.ops.registry import Operation, Parameters, operations
from dspant.report.numbers import NOTHING

_UNITS = {"hz": "Hz", "s": "s", "sd": "SD", "samples": "samples", "db": "dB"}

LONGEST_LEARNED = 120
"""Letters of what a step learned that are told."""


@dataclass(frozen=True)
class StepWords:
    """One step: its operation, what that does, its parameters, and what came of them.

    Parameters
    ----------
    parameters, defaults
        Those that were chosen, and those that are as they are where nothing is said.
    """

    operation: str
    summary: str
    parameters: list[str]
    defaults: list[str]
    realised: list[str]


def in_words(steps: Sequence[Mapping[str, Any]]) -> list[StepWords]:
    """Steps as metadata state them, for a reader."""
    known = operations()
    return [_words(step, known.get(step["op"])) for step in steps]


def _words(step: Mapping[str, Any], operation: Operation | None) -> StepWords:
    params = step.get("params", {})
    usual = {} if operation is None else defaults_of(operation.parameters)
    chosen = {n: v for n, v in params.items() if n not in usual or v != usual[n]}
    return StepWords(
        operation=step["op"],
        summary=operation.summary if operation else "",
        parameters=_phrases(chosen),
        defaults=_phrases({n: v for n, v in params.items() if n not in chosen}),
        realised=_phrases({**step.get("realised", {}), **_brief(step.get("learned", {}))}),
    )


def defaults_of(model: type[Parameters]) -> dict[str, Any]:
    """What parameters are where a config does not name them, as metadata state them."""
    return {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in model.model_fields.items()
        if not field.is_required()
    }


def _brief(learned: Mapping[str, Any]) -> dict[str, Any]:
    """What a step learned of the recording, without long lists; the metadata have all."""
    return {name: value for name, value in learned.items() if len(_text(value)) <= LONGEST_LEARNED}


def _phrases(values: Mapping[str, Any]) -> list[str]:
    return [phrase(name, value) for name, value in values.items() if value is not None]


def phrase(name: str, value: Any) -> str:
    """A parameter with its unit taken from its name: ``low_hz``, 20 is ``low 20 Hz``."""
    if name in _UNITS:
        return f"{_text(value)} {_UNITS[name]}"
    words = name.split("_")
    unit = _UNITS.get(words[-1], "") if len(words) > 1 else ""
    label = " ".join(words[:-1] if unit else words)
    return f"{label} {_text(value)} {unit}".rstrip()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_inside(part)}" for name, part in value.items()) or NOTHING
    if not isinstance(value, list):
        return str(value)
    if not value:
        return NOTHING
    parts = [_inside(part) for part in value]
    numbers = all(isinstance(part, int | float) for part in value)
    return " to ".join(parts) if numbers and len(parts) == 2 else ", ".join(parts)


def _inside(value: Any) -> str:
    """Text of a part; in brackets where it has parts of its own."""
    return f"({_text(value)})" if isinstance(value, list | Mapping) else _text(value)
