"""What the fields of a model mean, read from its source when somebody asks.

Pydantic would read the source of every model whenever it is imported, which every job pays for.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Docstring of each field, by name; empty for one that has none."""
    found = dict.fromkeys(model.model_fields, "")
    for owner in reversed(model.__mro__):
        if issubclass(owner, BaseModel) and owner is not BaseModel:
            found |= _docstrings(owner.__module__).get(owner.__qualname__, {})
    return {name: found[name] for name in model.model_fields}


@cache
def _docstrings(module: str) -> dict[str, dict[str, str]]:
    """Docstrings of the fields of each class of a module."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        node.name: dict(_of_fields(node)) for node in tree.body if isinstance(node, ast.ClassDef)
    }


def _of_fields(node: ast.ClassDef) -> list[tuple[str, str]]:
    return [
        (field.target.id, inspect.cleandoc(text.value.value))
        for field, text in pairwise(node.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    ]
