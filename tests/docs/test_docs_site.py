"""The site is built without a warning, and its links lead somewhere, as those on a Git host do."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from fenced_blocks import REPOSITORY, name_of, pages


@pytest.fixture(scope="module")
def site(docs_packages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-c", "docs"]
    done = subprocess.run(
        [*build, "-d", str(folder / "trees"), ".", str(folder / "html")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


class Links(HTMLParser):
    """What a page refers to, and the names of its places."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.loaded: set[str] = set()
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.places |= {found[key] for key in ("id", "name") if found.get(key)}
        self.targets |= {found[key] for key in ("href", "src") if found.get(key)}
        loaded = "src" if tag != "link" else "href" if found.get("rel") == "stylesheet" else ""
        self.loaded |= {found[key] for key in (loaded,) if found.get(key)}


def test_every_page_is_in_the_site(site):
    for page in pages():
        assert (site / page.relative_to(REPOSITORY)).with_suffix(".html").is_file()


def test_links_of_the_site_lead_somewhere_and_need_no_network(site):
    found = {page: Links(page) for page in site.rglob("*.html")}
    broken = set()
    for page, links in found.items():
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            path = (page.parent / unquote(parts.path)).resolve() if parts.path else page.resolve()
            known = next((links for other, links in found.items() if other.resolve() == path), None)
            if not path.exists() or (
                parts.fragment and known and parts.fragment not in known.places
            ):
                broken.add((page.relative_to(site).as_posix(), target))

    assert not broken
    loaded = {target for links in found.values() for target in links.loaded}
    assert not {target for target in loaded if urlsplit(target).netloc}


def slug(heading: str) -> str:
    """The name that a Git host gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_of_a_page_lead_somewhere_on_a_git_host(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        parts = urlsplit(target)
        if parts.scheme:
            continue
        path = (page.parent / parts.path).resolve() if parts.path else page
        assert path.exists(), target
        assert path.is_relative_to(REPOSITORY), target
        if parts.fragment and path.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), flags=re.M)
            assert parts.fragment in map(slug, headings), target


def test_the_index_names_every_page():
    index = (REPOSITORY / "docs" / "README.md").read_text(encoding="utf-8")
    for page in pages():
        inside = page.is_relative_to(REPOSITORY / "docs")
        link = page.relative_to(REPOSITORY / "docs").as_posix() if inside else f"../{name_of(page)}"
        if link == "README.md" or (link.startswith("recipes/") and link != "recipes/README.md"):
            continue
        assert f"({link})" in index
