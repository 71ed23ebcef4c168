"""The steps of a node: their spelling, their parameters, and what each takes and makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dspant.config.names import suggestion
from dspant.config.problems import KeyPath, Problem, sentence, shown
from dspant.config.validation import validated
from dspant.errors import ConfigError
from dspant.ops.registry import Operation, operations

FROM_EXPERIMENT = {
    ("notch", "frequency_hz"): "line_frequency_hz",
    ("comb", "frequency_hz"): "line_frequency_hz",
    ("spectrum_interpolation", "frequency_hz"): "line_frequency_hz",
    ("subtract_mains", "frequency_hz"): "line_frequency_hz",
}
"""Parameters that a step takes from the experiment where it does not give them itself."""


@dataclass(frozen=True)
class Step:
    """One step as read.

    Parameters
    ----------
    path
        Where it stands in the config.
    operation
        What it does, or None where that is unknown.
    params
        All its parameters, defaults filled in, or None where one of them is wrong.
    """

    path: KeyPath
    operation: Operation | None
    params: dict[str, Any] | None

    def spec(self) -> dict[str, Any]:
        """What makes its result what it is: ``{"op", "version", "params"}``."""
        if self.operation is None or self.params is None:
            raise ConfigError([sentence("", self.path, "this step has problems of its own")])
        return {
            "op": self.operation.name,
            "version": self.operation.version,
            "params": self.params,
        }


def resolve_steps(steps: list[Any], line_frequency_hz: float | None = None) -> list[dict[str, Any]]:
    """Validate a list of steps and fill in every default.

    Parameters
    ----------
    steps
        As in a config: ``["rectify", {"lowpass": {"cutoff_hz": 6}}]``.
    line_frequency_hz
        Frequency of the mains in Hz, for a notch that gives none.

    Returns
    -------
    specs
        ``{"op": name, "version": number, "params": {...}}`` for each step.

    Raises
    ------
    ConfigError
        Lists every unknown operation, unknown or missing parameter and wrong value.
    """
    read, problems = read_steps(steps, ("steps",), line_frequency_hz)
    if problems:
        raise ConfigError([sentence("", problem.path, problem.message) for problem in problems])
    return [step.spec() for step in read]


def read_steps(
    steps: Any, path: KeyPath, line_frequency_hz: float | None
) -> tuple[list[Step], list[Problem]]:
    """Read each step by itself; whether they fit together is a matter of the graph."""
    if not isinstance(steps, Sequence) or isinstance(steps, str):
        return [], [Problem(path, f"expected a list of steps, found {shown(steps)}")]
    if not steps:
        return [], [Problem(path, "holds no step; name at least one operation")]
    read: list[Step] = []
    problems: list[Problem] = []
    for index, entry in enumerate(steps):
        step, found = _read_step(entry, (*path, index), {"line_frequency_hz": line_frequency_hz})
        read.append(step)
        problems += found
    return read, problems


def _read_step(
    entry: Any, path: KeyPath, experiment: Mapping[str, Any]
) -> tuple[Step, list[Problem]]:
    unread = Step(path, None, None)
    complaint = _misspelling(entry)
    if complaint:
        return unread, [Problem(path, complaint)]
    name, given = (entry, None) if isinstance(entry, str) else next(iter(entry.items()))
    operation = operations().get(name)
    if operation is None:
        return unread, [
            Problem(path, f"unknown operation {name!r}{suggestion(name, operations())}")
        ]
    inside = (*path, name)
    if not isinstance(given, Mapping | None):
        message = f"expected a mapping of parameters, found {shown(given)}"
        return Step(path, operation, None), [Problem(inside, message)]
    filled, lacking = _from_experiment(name, given or {}, experiment)
    params, problems = validated(operation.parameters, filled, inside, "parameter")
    problems = [_with_remedy(problem, inside, lacking) for problem in problems]
    dumped = None if params is None else params.model_dump(mode="json")
    return Step(path, operation, dumped), problems


def _misspelling(entry: Any) -> str:
    if isinstance(entry, str):
        return ""
    if not isinstance(entry, Mapping) or not all(isinstance(key, str) for key in entry):
        return f"expected an operation, or one with its parameters, found {shown(entry)}"
    if len(entry) == 1:
        return ""
    names = list(entry)
    if names and entry[names[0]] is None:
        return f"a step holds one operation; indent the parameters of {names[0]!r} further"
    return f"a step holds one operation, found {len(names)}: {', '.join(names)}"


def _from_experiment(
    name: str, given: Mapping[str, Any], experiment: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    filled = dict(given)
    lacking: dict[str, str] = {}
    for (operation, parameter), key in FROM_EXPERIMENT.items():
        if operation != name or parameter in filled:
            continue
        if experiment[key] is None:
            lacking[parameter] = key
        else:
            filled[parameter] = experiment[key]
    return filled, lacking


def _with_remedy(problem: Problem, inside: KeyPath, lacking: Mapping[str, str]) -> Problem:
    for parameter, key in lacking.items():
        if problem.path == (*inside, parameter):
            message = f"{problem.message}; or give {key} once, for the whole experiment"
            return replace(problem, message=message)
    return problem
