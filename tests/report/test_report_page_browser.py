"""What a recording's page is like in a browser: on a desk, on a phone, in the dark, on paper."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_recording import SmallRecording

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
    pytest.mark.xdist_group("page_browser"),
]

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1200, "height": 900}

LEAST_CONTRAST = 4.5
"""Of text, after success criterion 1.4.3 of WCAG 2.2, level AA."""

CONTRASTS = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const c = [r, g, b].map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parts(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const e of document.querySelectorAll("main *, nav *")) {
    if (e.closest("#page-explorer")) continue;
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const ink = light(parts(e instanceof SVGElement ? style.fill : style.color));
    const paper = light(behind(e instanceof SVGElement ? e.closest("figure, .scrolled") : e));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    const text = e.textContent.trim().slice(0, 30);
    found.push([ratio, `${e.tagName}.${e.className.baseVal ?? e.className}: ${text}`]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def page_file(typical_recording: SmallRecording) -> Path:
    typical_recording.page()
    return typical_recording.folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as started:
        launched = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Any, page_file: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page as a visitor with these settings sees it, and what the browser complains of."""
    context = browser.new_context(**getattr(request, "param", {"viewport": DESK}))
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda told: told.type == "error" and page.complaints.append(told.text))
    page.goto(page_file.as_uri())
    page.wait_for_load_state()
    yield page
    context.close()


BOTH = [{"viewport": DESK}, {"viewport": PHONE}, {"viewport": DESK, "color_scheme": "dark"}]


@pytest.mark.parametrize("opened", BOTH, ids=["desk", "phone", "dark"], indirect=True)
def test_nothing_goes_wrong_and_nothing_overflows(opened: Any) -> None:
    width, room = opened.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= room
    outside = opened.evaluate(
        """() => [...document.querySelectorAll("main *")]
          .filter((e) => !e.closest(".scrolled, #page-explorer, svg"))
          .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
          .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert outside == []
    assert opened.complaints == []


def test_headings_go_down_by_one_step_and_sections_have_one(opened: Any) -> None:
    levels = opened.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    without = opened.evaluate(
        "document.querySelectorAll('main > section:not([aria-label]):not(:has(h2))').length"
    )
    assert without == 0


def test_the_first_key_leads_to_the_content_and_focus_is_seen(opened: Any) -> None:
    opened.keyboard.press("Tab")
    link = opened.evaluate(
        """() => { const e = document.activeElement, box = e.getBoundingClientRect();
          return [e.textContent, e.getAttribute("href"), box.left >= 0 && box.top >= 0]; }"""
    )
    assert link == ["Skip to the content", "#main", True]
    opened.keyboard.press("Enter")
    opened.keyboard.press("Tab")
    inside, outline = opened.evaluate(
        """() => [document.querySelector("main").contains(document.activeElement),
          getComputedStyle(document.activeElement).outlineStyle]"""
    )
    assert inside
    assert outline != "none"


def test_no_place_in_the_order_of_tabs_is_forced(opened: Any) -> None:
    places = opened.evaluate(
        "[...document.querySelectorAll('[tabindex]')].map((e) => e.getAttribute('tabindex'))"
    )
    assert set(places) <= {"0", "-1"}


def test_figures_and_tables_say_what_they_are(opened: Any) -> None:
    drawings = opened.evaluate(
        """() => [...document.querySelectorAll("figure")].map((f) => [
          f.querySelector("svg.plot").getAttribute("role"),
          f.querySelector("svg.plot").getAttribute("aria-label"),
          f.querySelector("figcaption").textContent])"""
    )
    assert len(drawings) > 8
    for role, label, caption in drawings:
        assert role == "img"
        assert label
        assert len(caption) > len(label) + 10
    bare = opened.evaluate(
        """() => [...document.querySelectorAll("main table")]
          .filter((t) => !t.closest("[aria-label]") || !t.querySelector("thead th[scope=col]"))
          .map((t) => t.outerHTML.slice(0, 80))"""
    )
    assert bare == []


@pytest.mark.parametrize(
    "opened",
    [{"viewport": DESK}, {"viewport": DESK, "color_scheme": "dark"}],
    ids=["light", "dark"],
    indirect=True,
)
def test_text_stands_out_from_what_is_behind_it(opened: Any) -> None:
    found = opened.evaluate(CONTRASTS)
    assert len(found) > 100
    assert [what for ratio, what in found if ratio < LEAST_CONTRAST] == []


def test_whole_recordings_are_drawn_on_paper_and_in_the_explorer_on_a_screen(opened: Any) -> None:
    shown = "[...document.querySelectorAll('figure.whole')].map((f) => f.getClientRects().length)"
    explored = opened.evaluate("document.documentElement.classList.contains('explored')")
    assert explored
    assert set(opened.evaluate(shown)) == {0}
    opened.emulate_media(media="print", color_scheme="dark")
    assert 0 not in opened.evaluate(shown)
    paper = opened.evaluate(
        "getComputedStyle(document.body).backgroundColor + getComputedStyle(document.body).color"
    )
    assert paper == "rgb(255, 255, 255)rgb(0, 0, 0)"


def test_without_scripts_the_pictures_are_all_there(browser: Any, page_file: Path) -> None:
    context = browser.new_context(viewport=DESK, java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    figures = page.locator("figure")
    assert figures.count() > 8
    assert all(figures.nth(n).is_visible() for n in range(figures.count()))
    context.close()


def test_paper_takes_few_pages_and_no_table_is_cut(opened: Any, tmp_path: Path) -> None:
    opened.set_viewport_size({"width": 703, "height": 1000})  # A4 without margins of 12 mm
    opened.emulate_media(media="print")
    assert opened.evaluate("document.documentElement.scrollWidth") <= 703
    opened.pdf(path=tmp_path / "page.pdf", format="A4")
    assert 2 < len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "page.pdf").read_bytes())) < 20
