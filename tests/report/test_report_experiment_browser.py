"""The experiment's page as a browser shows it: sorting, filtering, and clicks that arrive."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_recording import typical
from test_report_experiment import changed, write_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trial")
    typical(folder / "rec01").page()
    for number, name in enumerate(("rec02", "rec03"), 2):
        shutil.copytree(folder / "rec01", folder / name)
        changed(folder / name, recording=name, findings=number % 3)
    write_page(folder)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, page_file: Path) -> Iterator[Any]:
    """The page, opened; at the end it must have said nothing and asked nobody."""
    opened = browser.new_page(viewport={"width": 1200, "height": 800})
    said: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(page_file.as_uri())
    yield opened
    opened.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def order(page: Any) -> list[str]:
    return page.locator(".overview tbody tr:visible th").all_inner_texts()


def heading(page: Any, name: str) -> Any:
    return page.locator(".overview tr.columns th").filter(has_text=name).first


def test_a_column_sorts_by_pointer_and_by_keyboard(page: Any) -> None:
    remarks = heading(page, "remarks")
    assert order(page) == ["rec01", "rec02", "rec03"]

    remarks.get_by_role("button").click()
    assert remarks.get_attribute("aria-sort") == "ascending"
    assert order(page) == ["rec03", "rec01", "rec02"]

    page.keyboard.press("Enter")
    assert remarks.get_attribute("aria-sort") == "descending"
    assert order(page) == ["rec02", "rec01", "rec03"]

    heading(page, "subject").get_by_role("button").focus()
    page.keyboard.press("Space")
    assert remarks.get_attribute("aria-sort") is None
    assert order(page) == ["rec01", "rec02", "rec03"]


def test_the_filter_leaves_what_is_looked_for(page: Any) -> None:
    box = page.get_by_role("searchbox")
    box.fill("post")
    assert order(page) == ["rec02"]
    assert page.locator(".filter output").inner_text() == "1 of 3 recordings"
    box.fill("PRE rat03")
    assert order(page) == ["rec03"]
    box.fill("")
    assert len(order(page)) == 3


@pytest.mark.parametrize(
    ("column", "place"), [("RMS", "page-quality"), ("mep", "mep"), ("begins", "page-block")]
)
def test_a_click_on_a_cell_arrives_at_its_place(page: Any, column: str, place: str) -> None:
    names = page.locator(".overview tr.columns th").all_inner_texts()
    index = next(number for number, name in enumerate(names) if name.startswith(column))
    page.locator(".overview tbody tr").nth(1).locator("th, td").nth(index).locator("a").click()
    page.wait_for_url(f"**/rec02/report.html#{place}")
    top = page.locator(f"#{place}").evaluate("section => section.getBoundingClientRect().top")
    assert 0 <= top < 800


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_no_further_than_the_page(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    ratio = page.locator(".overview td.check a").first.evaluate(CONTRAST)
    assert ratio > 4.5


def test_without_scripts_the_table_is_whole(browser: Any, page_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.locator(".overview tbody tr").count() == 3
    assert page.locator(".filter").is_hidden()
    assert page.locator("button").count() == 0
    context.close()


CONTRAST = """element => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colours) => {
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const cell = getComputedStyle(element.closest("td")).backgroundColor;
  const paper = getComputedStyle(document.body).backgroundColor;
  const lights = [light([paper, cell]), light([getComputedStyle(element).color])].sort();
  return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
}"""
"""Contrast of a link's text with its cell, by WCAG 2.1."""
