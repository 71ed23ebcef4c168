"""How the site is made of the Markdown files: ``make docs``.

The source folder is the whole repository, so that links between README, guide and docs are the
same on a Git host and in the site.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

project = "dspAnt"
copyright = "the authors of dspAnt; MIT licence"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}

root_doc = "docs/README"
include_patterns = ["README.md", "config/README.md", "docs/*.md", "docs/**/*.md"]
exclude_patterns = [".*", "build", "results", "logs", "benchmarks", "resources", "tests", "scripts"]

html_theme = "furo"
html_title = "dspAnt"
html_static_path = ["_static"]
html_extra_path = ["_extra"]
html_css_files = ["dspant.css"]
html_copy_source = False
html_show_sphinx = False

myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = False
napoleon_use_rtype = False
nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(numpy|np|pandas|xarray|dask|pyarrow|pa|pathlib|collections)\..*"),
    ("py:class", r"Path|Any|Sequence|optional|np\.ndarray|Blocks|(Mapping|dict)\[str"),
]

INDEXES = ("docs/README", "docs/recipes/README")
"""Pages whose links make the table of contents."""


def table_of_contents(text: str) -> str:
    """Toctrees of a page's links to other pages: one for each heading, which is its caption."""
    trees = []
    for section in re.split(r"^#+ ", text, flags=re.MULTILINE)[1:]:
        caption, _, body = section.partition("\n")
        pages = dict.fromkeys(re.findall(r"\]\(([\w./-]+)\.md\)", body))
        if pages:
            trees.append(
                "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"])
            )
    return "\n\n".join(trees)


def add_contents(_app: Any, page: str, source: list[str]) -> None:
    if page in INDEXES:
        source[0] += "\n\n" + table_of_contents(source[0])


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", add_contents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
