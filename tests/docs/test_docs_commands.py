"""Every command and every line of Python in README and docs runs, in the order of its page."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree

import pytest
from fenced_blocks import REPOSITORY, blocks, name_of, pages
from reader_session import reader_clone, run_page

pytestmark = [pytest.mark.workflow]

NOT_RUN = {
    "README.md": 4,
    "docs/how-to/cluster.md": 3,
    "docs/recipes/README.md": 1,
    "docs/scale.md": 1,
}
"""Blocks of each page that cannot be run here; a new one has to be counted, and so be seen."""

RUNS = ("sh", "python")


def is_recipe(page):
    return page.parent.name == "recipes" and page.name != "README.md"


RUN = [
    page
    for page in pages()
    if not is_recipe(page)
    and any(b.language in RUNS and "not run" not in b.markers for b in blocks(page))
]


@pytest.mark.usefixtures("docs_packages")
@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_a_page_does_what_it_says(page, tmp_path):
    root = reader_clone(tmp_path / "dspAnt")

    run_page(page, root)

    for picture in re.findall(r"\]\((\w+_figure\.svg)\)", page.read_text(encoding="utf-8")):
        made = root / "build" / picture
        assert words(made) == words(page.parent / picture), f"put build/{picture} beside the page"


def words(svg):
    """All words of a picture: titles, legends, axes."""
    tree = ElementTree.parse(svg)  # noqa: S314 - our own file
    return [element.text for element in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_blocks_that_are_not_run_are_counted_and_say_why():
    found = Counter()
    for page in pages():
        for block in blocks(page):
            if "not run" in block.markers:
                found[name_of(page)] += 1
                assert len(block.markers["not run"].split()) > 3, f"{block.place}: say why"

    assert found == Counter(NOT_RUN)


def test_every_language_is_known():
    known = {"sh", "python", "yaml", "text", "json", "diff", "{eval-rst}"}
    found = {(b.language, b.place) for page in pages() for b in blocks(page)}
    assert not [place for language, place in found if language not in known]


@pytest.mark.parametrize("page", list(filter(is_recipe, pages())), ids=name_of)
def test_commands_of_recipes_are_those_that_their_own_tests_run(page):
    """Tests of recipes simulate, run and draw; a page that shows more has to be run here."""
    name = page.stem
    run = [
        rf"\.venv/bin/python -m dspant\.simulate resources/recipes/{name}\.yaml \S+",
        rf"\.venv/bin/snakemake --cores 2 --configfile config/recipes/{name}\.yaml",
        r"\.venv/bin/python -m dspant\.report\.window .*",
    ]
    for block in blocks(page):
        assert block.language != "python", f"{block.place}: not run by any test"
        if block.language == "sh":
            commands = block.content.replace("\\\n", " ").splitlines()
            known = [any(re.fullmatch(one, command) for one in run) for command in commands]
            assert all(known), f"{block.place}: {commands}"


def test_pages_are_found():
    assert REPOSITORY / "docs" / "tutorial.md" in RUN
