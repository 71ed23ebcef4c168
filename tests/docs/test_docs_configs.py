"""Every YAML block in README and docs is a sound config, or a part of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from fenced_blocks import REPOSITORY, Block, blocks, pages

from dspant.config import resolve_steps
from dspant.config.draft import read_draft
from dspant.config.experiment import Experiment
from dspant.config.graph import resolve_graph
from dspant.config.validation import field_names


def brings_code(page: Path) -> bool:
    """Whether a page adds to the library what its configs use; then its commands check them."""
    return any(block.markers.get("file", "").startswith("scripts/") for block in blocks(page))


CONFIGS = [
    block
    for page in pages()
    for block in blocks(page)
    if block.language == "yaml" and not ("file" in block.markers and brings_code(page))
]

KEYS = set(field_names(Experiment))

ENTRIES = ("stores", "nodes")


def around(page: Path) -> dict[str, Any]:
    """The experiment that a page's fragments are parts of: its recipe's, or the demo's."""
    folder = REPOSITORY / "config"
    recipe = folder / "recipes" / f"{page.stem}.yaml"
    path = recipe if page.parent.name == "recipes" else folder / "config.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def whole(block: Block) -> dict[str, Any]:
    """A sound experiment with what a block says in it."""
    found = yaml.safe_load(block.content)
    if "with" in block.markers:
        found = found | yaml.safe_load(block.markers["with"])
    if "from" in found or "steps" in found:
        found = {"nodes": {"example": {"from": "RawG"} | found}}
    if not found.keys() <= KEYS:
        found = {"nodes": found}
    config = around(block.page)
    if "experiment" in found:
        return config | found
    return config | found | {key: config[key] | found.get(key, {}) for key in ENTRIES}


@pytest.mark.parametrize("block", CONFIGS, ids=lambda block: block.place)
def test_a_config_is_sound(block):
    if isinstance(yaml.safe_load(block.content), list):
        assert resolve_steps(yaml.safe_load(block.content))
        return
    draft, problems = read_draft(whole(block))
    _, found = resolve_graph(draft)

    assert problems + found == []
