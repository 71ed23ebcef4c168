"""The user's guide: every key and parameter is in it, as the code has it, and is read by code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from dspant.config import experiment, resolve_steps
from dspant.config.experiment import Section
from dspant.config.reference import SECTIONS, guide_with_reference
from dspant.config.validation import field_names
from dspant.ops.registry import operations

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "config/README.md").read_text(encoding="utf-8")
LIBRARY = ROOT / "scripts/dspant"
CODE = "\n".join(
    file.read_text(encoding="utf-8")
    for file in LIBRARY.rglob("*.py")
    if file != LIBRARY / "config/experiment.py"
)

READ_AS_A_WHOLE = {"compression", "channels", "scale", "gaps", "truncated", "unit", "kind"}
"""Keys of stores go to the reader in one mapping and are read there by name."""

OPERATIONS = operations()


def part(heading: str) -> str:
    """Text of the guide below a heading, up to the next one."""
    _, found, rest = GUIDE.partition(f"\n#### {heading}\n")
    assert found, f"config/README.md has no heading {heading!r}"
    return re.split(r"\n#+ |\n<!-- end", rest)[0]


def rows(text: str) -> dict[str, list[str]]:
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line[:3] == "| `"]
    return {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in cells}


def test_the_reference_is_that_of_the_code():
    assert guide_with_reference(GUIDE) == GUIDE, (
        "run: python -m dspant.config.reference config/README.md"
    )


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_key_is_documented_with_a_meaning(heading):
    documented = rows(part(heading))

    assert list(documented) == field_names(SECTIONS[heading])
    assert all(meaning for _, _, meaning in documented.values())


def test_every_section_of_a_config_is_in_the_guide():
    sections = {
        value
        for value in vars(experiment).values()
        if isinstance(value, type) and issubclass(value, Section) and value is not Section
    }

    assert sections == set(SECTIONS.values())


@pytest.mark.parametrize("model", SECTIONS.values(), ids=SECTIONS)
def test_every_key_is_read(model):
    for name in model.model_fields:
        pattern = rf"\.{name}\b" if name not in READ_AS_A_WHOLE else rf"\.{name}\b|\"{name}\""
        assert re.search(pattern, CODE), f"no code reads {model.__name__}.{name}"


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_parameter_is_documented_with_its_default_and_meaning(name):
    operation = OPERATIONS[name]
    heading = f"`{name}`: {' and '.join(operation.takes)} to {operation.makes}"
    documented = rows(part(heading))

    assert list(documented) == list(operation.parameters.model_fields)
    for parameter, (value, left_out, meaning) in documented.items():
        field = operation.parameters.model_fields[parameter]
        assert value
        assert meaning, f"{name}.{parameter} has no docstring"
        from_experiment = left_out.startswith("the experiment's")
        assert from_experiment or (left_out == "required") == field.is_required()


def test_examples_in_the_guide_are_sound():
    from dspant.config.draft import read_draft
    from dspant.config.graph import resolve_graph

    whole = {}
    for example in re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL):
        found = yaml.safe_load(example)
        if isinstance(found, dict) and "from" not in found:
            nodes = whole.get("nodes", {}) | found.get("nodes", {})
            whole |= found | ({"nodes": nodes} if nodes else {})
    assert whole.keys() >= {"experiment", "stores", "nodes"}

    draft, problems = read_draft(whole)
    graph, found = resolve_graph(draft)

    assert problems + found == []
    assert len(graph.nodes) == len(whole["nodes"])


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_shown_as_a_step_that_works(name):
    operation = OPERATIONS[name]
    heading = f"`{name}`: {' and '.join(operation.takes)} to {operation.makes}"
    shown = re.search(r"```yaml\n(.*?)```", part(heading), flags=re.DOTALL)

    assert shown is not None
    steps = yaml.safe_load(shown[1])
    assert [step["op"] for step in resolve_steps(steps)] == [name]
