"""Reads a config entry by entry, so that one broken entry hides no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dspant.config.experiment import STORE_MODELS, Experiment, Node, Storage, Store
from dspant.config.names import suggestion
from dspant.config.problems import Problem, shown
from dspant.config.validation import validated

_BY_ENTRY = ("stores", "nodes")

_SOME_FREQUENCY_HZ = 50.0


@dataclass(frozen=True)
class Draft:
    """What of a config could be read.

    Parameters
    ----------
    experiment
        The whole, or None where anything in it is wrong.
    recordings
        Path of the sheet, or None where that key is wrong.
    line_frequency_hz
        Frequency of the mains, or None where the config gives none.
    storage
        How results are stored.
    stores, nodes
        Entries by name; None stands for one with a problem of its own.
    """

    experiment: Experiment | None
    recordings: str | None
    line_frequency_hz: float | None
    storage: Storage
    stores: Mapping[str, Store | None]
    nodes: Mapping[str, Node | None]


def read_draft(config: Mapping[str, Any]) -> tuple[Draft, list[Problem]]:
    """Validate every key of a config by itself; relations between keys are checked elsewhere."""
    whole = {**config, **{key: {} for key in _BY_ENTRY if isinstance(config.get(key), Mapping)}}
    settings, problems = validated(Experiment, whole, ())
    broken = {problem.path[0] for problem in problems if problem.path}

    stores: dict[str, Store | None] = {}
    for name, value in _entries(config, "stores"):
        stores[name], found = _read_store(name, value)
        problems += found
    if config.get("stores") == {}:
        problems.append(Problem(("stores",), "holds no store; name at least one"))

    nodes: dict[str, Node | None] = {}
    for name, value in _entries(config, "nodes"):
        nodes[name], found = validated(Node, value, ("nodes", name))
        problems += found

    experiment = None
    if settings is not None and not problems:
        experiment = settings.model_copy(update={"stores": stores, "nodes": nodes})
    draft = Draft(
        experiment=experiment,
        recordings=None if "recordings" in broken else config.get("recordings"),
        line_frequency_hz=_line_frequency_hz(config, broken),
        storage=settings.storage if settings is not None else Storage(),
        stores=stores,
        nodes=nodes,
    )
    return draft, problems + _names_that_are_no_text(config)


def _entries(config: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    entries = config.get(key)
    if not isinstance(entries, Mapping):
        return []
    return [(name, value) for name, value in entries.items() if isinstance(name, str)]


def _names_that_are_no_text(config: Mapping[str, Any]) -> list[Problem]:
    return [
        Problem((key, name), f"expected text as a name, found {shown(name)}; put it in quotes")
        for key in _BY_ENTRY
        if isinstance(config.get(key), Mapping)
        for name in config[key]
        if not isinstance(name, str)
    ]


def _line_frequency_hz(config: Mapping[str, Any], broken: set[Any]) -> float | None:
    # One wrong frequency is one problem, not another one for every notch that lacks it.
    return _SOME_FREQUENCY_HZ if "line_frequency_hz" in broken else config.get("line_frequency_hz")


def _read_store(name: str, value: Any) -> tuple[Store | None, list[Problem]]:
    path = ("stores", name)
    if not isinstance(value, Mapping):
        return None, [Problem(path, f"expected a mapping of kind and unit, found {shown(value)}")]
    kind = value.get("kind")
    if isinstance(kind, str) and kind in STORE_MODELS:
        return validated(STORE_MODELS[kind], value, path)
    known = list(STORE_MODELS)
    if "kind" not in value:
        return None, [Problem((*path, "kind"), f"missing key 'kind': {' or '.join(known)}")]
    return None, [Problem((*path, "kind"), f"unknown kind {kind!r}{suggestion(str(kind), known)}")]
