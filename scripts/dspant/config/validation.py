"""Validates a part of a config with its model, and words what the model refuses."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from dspant.config.names import suggestion
from dspant.config.problems import KeyPath, Problem, shown
from dspant.meanings import meanings
from dspant.spelling import nearest

Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "string_type": "text",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}

_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}

_DECIMALS = "write decimals with a point and thousands without a mark"

_LARGEST_IN_DIGITS = 1e15

_LENGTHS = {"too_short": ("least", "min_length"), "too_long": ("most", "max_length")}


def validated(
    model: type[Model], value: Any, path: KeyPath, noun: str = "key"
) -> tuple[Model | None, list[Problem]]:
    """Validate a part of the config.

    Parameters
    ----------
    model
        What it has to be.
    value
        What was found.
    path
        Where it was found.
    noun
        What its keys are called: ``key`` or ``parameter``.

    Returns
    -------
    instance, problems
        The validated part, or None and at least one problem.
    """
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, list(_problems(model, value, path, noun, error))


def field_names(model: type[BaseModel]) -> list[str]:
    """Names of a model's keys as a config writes them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _problems(
    model: type[BaseModel], value: Any, path: KeyPath, noun: str, error: ValidationError
) -> Iterator[Problem]:
    details = error.errors(include_url=False)
    misspelt = {
        _suggested_path(model, detail["loc"], value)
        for detail in details
        if detail["type"] == "extra_forbidden"
    }
    for detail in details:
        place = _key_path(detail["loc"], value, missing=detail["type"] == "missing")
        # A misspelt key is reported as unknown; that its right name lacks says nothing new.
        if detail["type"] == "missing" and place in misspelt:
            continue
        before = _cut_number(value, place) if detail["type"] == "invalid_key" else None
        if before is None:
            yield Problem(path + place, _message(model, detail, noun))
        else:
            found = f"found {before[1]}, and then {place[-1]} as a key of its own"
            yield Problem((*path, *place[:-1], before[0]), f"{found}; {_DECIMALS}")


def _cut_number(value: Any, place: KeyPath) -> tuple[str, int] | None:
    """Key and whole part of a number with a decimal comma.

    To YAML ``{q: 2,5}`` is 2 for q, and a key 5 without a value.
    """
    for part in place[:-1]:
        value = value[part]
    if not (place and isinstance(value, Mapping) and value.get(place[-1], 0) is None):
        return None
    keys = [None, *value]
    before = keys[keys.index(place[-1]) - 1]
    whole = value.get(before)
    return (before, whole) if isinstance(before, str) and type(whole) is int else None


def _suggested_path(model: type[BaseModel], loc: KeyPath, value: Any) -> KeyPath:
    known = field_names(_model_at(model, loc[:-1]))
    meant = nearest(str(loc[-1]), known)
    return _key_path(loc[:-1], value, missing=False) + ((meant,) if meant else ())


def _key_path(loc: KeyPath, value: Any, *, missing: bool) -> KeyPath:
    # Pydantic puts names of union members between keys; what the data do not hold is left out.
    path: list[str | int] = []
    for position, part in enumerate(loc):
        if (isinstance(value, Mapping) and part in value) or (
            isinstance(value, Sequence)
            and not isinstance(value, str)
            and isinstance(part, int)
            and part < len(value)
        ):
            value = value[part]
            path.append(part)
        elif missing and position == len(loc) - 1:
            path.append(part)
    return tuple(path)


def _model_at(model: type[BaseModel], loc: KeyPath) -> type[BaseModel]:
    by_alias = {field.alias or name: field for name, field in model.model_fields.items()}
    for position, part in enumerate(loc):
        if part in by_alias:
            inner = _models_in(by_alias[part].annotation)
            return _model_at(inner[0], loc[position + 1 :]) if inner else model
    return model


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def _message(model: type[BaseModel], detail: Any, noun: str) -> str:
    kind = detail["type"]
    if kind in ("extra_forbidden", "missing"):
        owner, name = _model_at(model, detail["loc"][:-1]), str(detail["loc"][-1])
        if kind == "missing":
            return _missing(owner, name, noun)
        return f"unknown {noun} {name!r}{suggestion(name, field_names(owner))}"
    return _WORDINGS.get(kind, _as_pydantic_says)(detail)


def _missing(model: type[BaseModel], name: str, noun: str) -> str:
    names = {field.alias or key: key for key, field in model.model_fields.items()}
    meaning = meanings(model)[names[name]].replace("\n", " ").replace("``", "'")
    return f"missing {noun} {name!r}" + (f": {meaning.rstrip('.')}" if meaning else "")


def _wrong_type(detail: Any) -> str:
    expected, found = _EXPECTED[detail["type"]], detail["input"]
    return f"expected {expected}, found {shown(found)}{_writing_hint(expected, found)}"


def _out_of_bounds(detail: Any) -> str:
    word, key = _BOUNDS[detail["type"]]
    return f"must be {word} {detail['ctx'][key]:g}, found {shown(detail['input'])}"


def _wrong_word(detail: Any) -> str:
    expected, found = detail["ctx"]["expected"], detail["input"]
    meant = nearest(found, re.findall(r"'([^']*)'", expected)) if isinstance(found, str) else None
    hint = f"; did you mean {meant!r}?" if meant else ""
    return f"expected {expected}, found {shown(found)}{hint}"


def _wrong_length(detail: Any) -> str:
    word, key = _LENGTHS[detail["type"]]
    limit, count = detail["ctx"][key], detail["ctx"]["actual_length"]
    return f"must hold at {word} {limit} entries, found {count}" if count else "must not be empty"


def _wrong_key(detail: Any) -> str:
    return f"expected text as a key, found {shown(detail['loc'][0])}; put it in quotes"


def _own_words(detail: Any) -> str:
    return str(detail["ctx"]["error"])


def _as_pydantic_says(detail: Any) -> str:
    message = detail["msg"]
    return f"{message[0].lower()}{message[1:]}, found {shown(detail['input'])}"


def _writing_hint(expected: str, found: Any) -> str:
    if expected in ("a number", "a whole number") and isinstance(found, str):
        return _number_hint(found)
    if expected == "text" and isinstance(found, bool):
        return "; YAML reads yes, no, on and off as true and false: put the word in quotes"
    if expected == "text" and isinstance(found, int | float):
        return f'; put it in quotes: "{found}"'
    if expected == "a list" and isinstance(found, str | int | float):
        return f"; put it in brackets: [{found}]"
    return ""


def _number_hint(text: str) -> str:
    if re.fullmatch(r"[-+]?[\d.]*,\d+", text):
        return f"; {_DECIMALS}"
    try:
        number = float(text)
    except ValueError:
        return ""
    if not math.isfinite(number):
        return ""
    if "e" in text.lower():
        return f"; YAML reads {text} as text: write {_as_yaml(number)}"
    return f"; write {text} without quotes"


def _as_yaml(number: float) -> str:
    if number.is_integer() and abs(number) < _LARGEST_IN_DIGITS:
        return str(int(number))
    mantissa, mark, exponent = repr(number).partition("e")
    return f"{mantissa}.0e{exponent}" if mark and "." not in mantissa else repr(number)


_WORDINGS: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(_EXPECTED, _wrong_type),
    **dict.fromkeys(_BOUNDS, _out_of_bounds),
    **dict.fromkeys(_LENGTHS, _wrong_length),
    "literal_error": _wrong_word,
    "invalid_key": _wrong_key,
    "value_error": _own_words,
}
