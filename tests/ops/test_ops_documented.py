"""Every operation has a row in the docs, and a test that compares it with something else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dspant.config.reference import guide_with_reference
from dspant.meanings import meanings
from dspant.ops.registry import operations

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

OPERATIONS = operations()

UNITS = re.compile(
    r"_(hz|s|sd|db|samples|percent|share|fraction|quantile|part|end)$|"
    r"\b(unit|units|Hz|seconds|number of|samples|standard deviations|dB|ratio|share|factor|order|"
    r"quality factor|percent|without unit|dimensionless|quantile|times|How many|multiples|part|"
    r"probability|neighbours|level|between 0 and 1|power of)\b",
    re.IGNORECASE,
)
"""How a parameter's name or meaning says in what it is counted."""

every_operation = pytest.mark.parametrize("name", sorted(OPERATIONS))


def comparisons() -> Iterator[tuple[str, str, str]]:
    """Test, what it compares with, and operation, from the marks of all tests of operations."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.against":
                    reference, *names = (ast.literal_eval(argument) for argument in mark.args)
                    yield from ((node.name, reference, name) for name in names)


COMPARED = list(comparisons())


@every_operation
def test_every_operation_is_compared_with_something_made_elsewhere(name: str) -> None:
    assert any(len(reference) > 4 for _, reference, found in COMPARED if found == name), (
        f'mark the test that compares {name!r} with @pytest.mark.against("what with", "{name}")'
    )


def test_marks_name_operations_that_exist() -> None:
    assert {name for _, _, name in COMPARED} <= set(OPERATIONS)


def test_the_table_is_that_of_the_code() -> None:
    assert guide_with_reference(TABLE) == TABLE, (
        "run: python -m dspant.config.reference config/README.md docs/operations.md"
    )


@every_operation
def test_every_operation_is_a_full_row_of_the_table(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}` \|.*\|$", TABLE, re.MULTILINE)
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    _, takes, parameters, summary, source, version = cells
    assert " to " in takes
    assert len(summary) > 15
    assert source or "[n]" in summary, "its docstring gives neither a source nor a formula"
    assert int(version) >= 1
    assert all(f"`{field}`" in parameters for field in OPERATIONS[name].parameters.model_fields)


@every_operation
def test_every_number_says_in_what_it_is_counted(name: str) -> None:
    model = OPERATIONS[name].parameters
    for field, described in model.model_fields.items():
        if re.search(r"\b(int|float)\b", str(described.annotation)):
            assert UNITS.search(field) or UNITS.search(meanings(model)[field]), field


def test_one_operation_is_had_without_importing_the_others() -> None:
    code = (
        "import sys; from dspant.ops.registry import operations; operations()['rectify'];"
        "sys.exit('dspant.ops.filters' in sys.modules or 'dspant.ops.amplitude' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_module_registers_what_its_source_seems_to() -> None:
    code = (
        "import pkgutil, dspant.ops as ops; from importlib import import_module;"
        "from dspant.ops import registry;"
        "[import_module(f'dspant.ops.{m.name}') for m in pkgutil.iter_modules(ops.__path__)];"
        "assert registry._operations.keys() == registry._places().keys()"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
