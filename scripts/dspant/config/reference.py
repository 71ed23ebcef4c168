"""Writes the reference parts of the guide and of the docs from the models that validate configs.

``python -m dspant.config.reference config/README.md docs/operations.md`` brings them up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dspant.config.experiment import (
    EpocStore,
    Experiment,
    Node,
    Reference,
    Report,
    Storage,
    StreamStore,
)
from dspant.config.steps import FROM_EXPERIMENT
from dspant.meanings import meanings
from dspant.ops.features import FEATURES
from dspant.ops.registry import Kind, Operation, operations
from dspant.ops.signal import Column, Events, Signal

SECTIONS: dict[str, type[BaseModel]] = {
    "The whole": Experiment,
    "A store of samples": StreamStore,
    "A store of events": EpocStore,
    "A node": Node,
    "An input of another recording": Reference,
    "How results are stored": Storage,
    "What the pages show": Report,
}
"""Models by the heading they have in the guide."""

MOST_WORDS = 30
"""Most words that a table lists; of more it tells the number, and another table lists them."""

_TYPES = {
    "number": "number",
    "integer": "whole number",
    "string": "text",
    "boolean": "true or false",
    "object": "mapping",
    "array": "list",
    "null": "nothing",
}

_LIMITS = {
    "exclusiveMinimum": "above",
    "minimum": "at least",
    "exclusiveMaximum": "below",
    "maximum": "at most",
}


def guide_with_reference(guide: str) -> str:
    """The guide with its reference parts, keys, operations and features, written anew."""
    guide = _between(guide, "keys", "\n".join(_keys()))
    guide = _between(guide, "operations", "\n".join(_operations()))
    guide = _between(guide, "table of operations", "\n".join(_operation_rows()))
    return _between(guide, "features", "\n".join(_features()))


def _between(guide: str, part: str, text: str) -> str:
    """The guide with another text in one of its parts; unchanged where it has no such part."""
    begin, end = f"<!-- {part}: made from the code -->\n", f"<!-- end of {part} -->"
    before, found, rest = guide.partition(begin)
    if not found:
        return guide
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{text}\n{end}{after}"


def _keys() -> Iterator[str]:
    for heading, model in SECTIONS.items():
        yield f"#### {heading}\n"
        yield from _table("Key", model, {})


def _operations() -> Iterator[str]:
    for name, operation in sorted(operations().items(), key=_by_family):
        yield f"#### `{name}`: {_takes(operation)} to {operation.makes}\n"
        yield f"{_markdown(operation.summary)}\n"
        yield f"```yaml\n{_example(operation)}```\n"
        if operation.parameters.model_fields:
            elsewhere = {own: key for (op, own), key in FROM_EXPERIMENT.items() if op == name}
            yield from _table("Parameter", operation.parameters, elsewhere)
        else:
            yield "No parameters.\n"
        if operation.columns is not None:
            yield f"##### Table of `{name}`\n"
            yield from _columns(operation)


def _operation_rows() -> Iterator[str]:
    """One row for each operation, all of it from its registration and docstring."""
    family = ""
    for name, operation in sorted(operations().items(), key=_by_family):
        if operation.family != family:
            family = operation.family
            yield f"\n### {family.capitalize()}\n"
            yield "| Operation | Takes, makes | Parameters | What it does | Source | Version |"
            yield "|---|---|---|---|---|---|"
        cells = [
            f"`{name}`",
            f"{_takes(operation)} to {operation.makes}",
            "<br>".join(_parameters(operation)) or "none",
            _markdown(operation.summary),
            _markdown(operation.source),
            str(operation.version),
        ]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _parameters(operation: Operation) -> Iterator[str]:
    elsewhere = {own: key for (op, own), key in FROM_EXPERIMENT.items() if op == operation.name}
    for row in list(_table("Parameter", operation.parameters, elsewhere))[2:]:
        cells = row.strip("| ").split(" | ")
        if len(cells) > 2:
            yield f"{cells[0]}: {cells[1]}, {cells[2]}"


def _example(operation: Operation) -> str:
    """The operation as a list of steps has it."""
    example = operation.parameters.example
    if not example:
        return f"- {operation.name}\n"
    step = {operation.name: example}
    return yaml.safe_dump([step], sort_keys=False, default_flow_style=None, width=90)


def _columns(operation: Operation) -> Iterator[str]:
    """Columns of the table it makes of a signal in V and events in uA."""
    first, *further = [_example_input(operation, kind) for kind in operation.takes]
    about = first if isinstance(first, Events) else first.signal
    params = operation.parameters(**operation.parameters.example)
    yield "| Column | Unit for a signal in V | Meaning |"
    yield "|---|---|---|"
    for name, column in operation.columns(about, further, params).items():
        yield f"| `{name}` | {column.unit} | {_markdown(column.meaning)} |"
    yield ""


def _example_input(operation: Operation, kind: Kind) -> Any:
    """A signal in V, or events in uA with what else the operation wants to know of them."""
    if kind == "stream":
        return SimpleNamespace(signal=Signal(1000.0, ("channel",), ("V",), ()))
    wanted = {
        "onset": ("float64", "s"),
        "offset": ("float64", "s"),
        "data": ("float64", "uA"),
        **operation.parameters.example_columns,
    }
    columns = {name: Column(dtype, unit, "") for name, (dtype, unit) in wanted.items()}
    return Events("events", None, columns)


def _features() -> Iterator[str]:
    yield "| Feature | Unit for a signal in V | Parameters | Meaning | Source |"
    yield "|---|---|---|---|---|"
    for name, feature in FEATURES.items():
        parameters = ", ".join(f"`{parameter}`" for parameter in feature.parameters)
        cells = [f"`{name}`", feature.unit_for("V"), parameters]
        cells += [_markdown(text) for text in (feature.meaning, feature.source)]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _by_family(entry: tuple[str, Operation]) -> tuple[str, str]:
    return entry[1].family, entry[0]


def _takes(operation: Operation) -> str:
    return " and ".join(operation.takes)


def _table(title: str, model: type[BaseModel], from_experiment: dict[str, str]) -> Iterator[str]:
    schema, said = model.model_json_schema(), meanings(model)
    yield f"| {title} | Value | If left out | Meaning |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        key = field.alias or name
        left_out = (
            f"the experiment's `{from_experiment[key]}`"
            if key in from_experiment
            else _left_out(field)
        )
        value = _value(schema["properties"][key])
        meaning = _markdown(said[name])
        yield f"| `{key}` | {value} | {left_out} | {meaning} |"
    yield ""


def _left_out(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default is None:
        return "not set"
    if isinstance(default, BaseModel | dict):
        return "its defaults" if default else "none"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _value(schema: dict[str, Any]) -> str:
    if "anyOf" in schema or "oneOf" in schema:
        kinds = {_value(kind): None for kind in schema.get("anyOf", schema.get("oneOf"))}
        return " or ".join(kind for kind in kinds if kind != "nothing")
    if "const" in schema or "enum" in schema:
        words = schema.get("enum", [schema.get("const")])
        if len(words) > MOST_WORDS:
            return f"one of {len(words)} names"
        return " or ".join(f"`{word}`" for word in words)
    if schema.get("type") == "array":
        return _list(schema)
    if "$ref" in schema:
        return "mapping"
    limits = [f"{word} {schema[key]:g}" for key, word in _LIMITS.items() if key in schema]
    return ", ".join([_TYPES.get(schema.get("type", ""), "text or mapping"), *limits])


def _list(schema: dict[str, Any]) -> str:
    least, most = schema.get("minItems"), schema.get("maxItems")
    exactly = f", exactly {least}" if least is not None and least == most else ""
    return f"list of {_value(schema.get('items', {}))}{exactly}"


def _markdown(text: str) -> str:
    plain = text.replace("``", "`").replace("|", "\\|").replace("](", "]\\(")
    return " ".join(plain.split())


if __name__ == "__main__":
    for target in map(Path, sys.argv[1:]):
        text = target.read_text(encoding="utf-8")
        target.write_text(guide_with_reference(text), encoding="utf-8")
