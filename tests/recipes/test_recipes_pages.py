"""Every recipe is whole: config, sheet, simulation, page and pictures, which agree."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from recipe_runs import NAMES, PAGES, fenced, page_text

from clone import REPOSITORY
from dspant.simulate.tank import read_specs

RECIPES = REPOSITORY / "config" / "recipes"

EACH = pytest.mark.parametrize("name", NAMES)


def test_no_recipe_is_without_tests():
    assert sorted(path.stem for path in RECIPES.glob("*.yaml")) == list(NAMES)
    assert {path.stem for path in PAGES.glob("*.md")} == {*NAMES, "README"}


@EACH
def test_every_recipe_is_asked_whether_an_event_is_lost(name):
    text = (Path(__file__).parent / f"test_recipes_{name}.py").read_text(encoding="utf-8")

    assert "check_rows(recipe" in text


@EACH
def test_what_a_page_quotes_stands_in_the_config(name):
    config = (RECIPES / f"{name}.yaml").read_text(encoding="utf-8")
    quoted = fenced(name, "yaml")

    assert quoted
    for block in quoted:
        assert block in config


@EACH
def test_config_sheet_and_simulation_speak_of_the_same_recordings(name):
    config = yaml.safe_load((RECIPES / f"{name}.yaml").read_text(encoding="utf-8"))
    sheet = RECIPES / f"{name}.tsv"
    specs = read_specs(REPOSITORY / "resources" / "recipes" / f"{name}.yaml")
    header, *lines = (line.split("\t") for line in sheet.read_text(encoding="utf-8").splitlines())
    rows = [dict(zip(header, line, strict=True)) for line in lines]

    assert config["experiment"] == name
    assert config["recordings"] == f"config/recipes/{name}.tsv"
    assert {row["recording"]: row["block"] for row in rows} == {
        recording: f"resources/recipes/tank/{name}/{recording}" for recording in specs
    }
    assert all(spec.duration_s <= 20 for spec in specs.values())


@EACH
def test_a_page_shows_its_pictures_and_how_to_run(name):
    text = page_text(name)
    for picture in (f"{name}.svg", f"{name}_window.svg"):
        ElementTree.parse(PAGES / picture)  # noqa: S314 - our own file
        assert f"]({picture})" in text
    commands = "".join(fenced(name, "sh"))

    assert f"resources/recipes/{name}.yaml resources/recipes/tank/{name}\n" in commands
    assert f"--configfile config/recipes/{name}.yaml\n" in commands
    assert f"`results/{name}/report.html`" in text
    assert f"]({name}.md)" in page_text("README")
