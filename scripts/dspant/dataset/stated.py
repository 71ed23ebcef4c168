"""Parts of a document with a check of each entry; all that is wrong is told at once.

A part is a frozen dataclass whose annotations carry the checks: ``name: Annotated[str, text]``. A
check takes what the document holds and gives what is kept, or raises :class:`UnfitError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from math import isfinite
from numbers import Integral, Real
from typing import Any, TypeVar, get_type_hints

Check = Callable[[Any], Any]
Part = TypeVar("Part", bound="Stated")


class UnfitError(ValueError):
    """What is wrong with a part of a document: why, by place, which is keys joined by dots."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{place}: {why}" for place, why in problems.items()))
        self.problems = dict(problems)


class Stated:
    """Base of a part: a frozen dataclass that is checked when it is made."""

    def __post_init__(self) -> None:
        checks = _checks(type(self))
        found = _each((name, check, getattr(self, name)) for name, check in checks.items())
        for name, value in zip(checks, found, strict=True):
            object.__setattr__(self, name, value)
        self.check()

    def check(self) -> None:
        """Raise ValueError where entries that fit by themselves do not fit each other."""


def make(kind: type[Part], document: Any) -> Part:
    """Make a part of what a document holds; keys that it does not know are left alone.

    Raises
    ------
    UnfitError
        Entries are missing or wrong.
    """
    if isinstance(document, kind):
        return document
    if not isinstance(document, Mapping):
        raise _unlike("an object", document)
    known = _fields(kind)
    missing = {
        name: "is missing"
        for name, field in known.items()
        if name not in document and field.default is field.default_factory is MISSING
    }
    if missing:
        raise UnfitError(missing)
    try:
        return kind(**{name: document[name] for name in known if name in document})
    except UnfitError:
        raise
    except ValueError as error:
        raise UnfitError({"": str(error)}) from error


def text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _unlike("a text that is not empty", value)
    return value


def any_text(value: Any) -> str:
    return value if value == "" else text(value)


def whole_number(value: Any) -> int:
    """An integer from 0 on."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 0:
        raise _unlike("a whole number from 0 on", value)
    return int(value)


def number(value: Any) -> float:
    """A finite number."""
    if not isinstance(value, Real) or isinstance(value, bool) or not isfinite(value):
        raise _unlike("a finite number", value)
    return float(value)


def positive(value: Any) -> float:
    if number(value) <= 0:
        raise _unlike("a number above 0", value)
    return float(value)


def one_of(*allowed: Any) -> Check:
    def check(value: Any) -> Any:
        if value not in allowed or isinstance(value, bool):
            raise _unlike(" or ".join(map(repr, allowed)), value)
        return value

    return check


def matching(pattern: str) -> Check:
    def check(value: Any) -> str:
        if not re.fullmatch(pattern, text(value)):
            raise _unlike(f"a text like {pattern}", value)
        return str(value)

    return check


def list_of(entry: Check, sizes: Collection[int] | None = None, *, least: int = 0) -> Check:
    """Equal entries, of which there are one of ``sizes``, or at least ``least``."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise _unlike("a list", value)
        if len(value) < least or (sizes is not None and len(value) not in sizes):
            expected = f"at least {least}" if sizes is None else " or ".join(map(str, sizes))
            raise _unlike(f"a list of {expected}", value)
        return _each((str(place), entry, item) for place, item in enumerate(value))

    return check


def row_of(*entries: Check) -> Check:
    """As many entries as there are checks, as a tuple."""

    def check(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) != len(entries):
            raise _unlike(f"a list of {len(entries)}", value)
        checked = zip(map(str, range(len(entries))), entries, value, strict=True)
        return tuple(_each(checked))

    return check


def object_of(entry: Check | None = None) -> Check:
    """Entries by name; any, where no check of them is given."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _unlike("an object", value)
        if entry is None:
            return dict(value)
        found = _each((str(name), entry, item) for name, item in value.items())
        return dict(zip(value, found, strict=True))

    return check


def part(kind: type[Part]) -> Check:
    return lambda value: make(kind, value)


def optional(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _each(parts: Iterable[tuple[str, Check, Any]]) -> list[Any]:
    """What is kept of each part; raises UnfitError with the problems of all."""
    found: list[Any] = []
    problems: dict[str, str] = {}
    for key, check, value in parts:
        try:
            found.append(check(value))
        except UnfitError as error:
            problems |= {
                f"{key}.{place}" if place else key: why for place, why in error.problems.items()
            }
    if problems:
        raise UnfitError(problems)
    return found


@cache
def _checks(kind: type[Stated]) -> dict[str, Check]:
    hints = get_type_hints(kind, include_extras=True)
    return {name: hints[name].__metadata__[0] for name in _fields(kind)}


def _fields(kind: type[Stated]) -> dict[str, Field[Any]]:
    # A part that inherits from Stated is a dataclass, which its type does not say.
    return {field.name: field for field in fields(kind)}  # type: ignore[arg-type]


def _unlike(expected: str, value: Any) -> UnfitError:
    return UnfitError({"": f"expected {expected}, found {value!r:.80}"})
