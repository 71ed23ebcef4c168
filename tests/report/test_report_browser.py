"""The recording's page in a browser, opened from disk: what the explorer draws and obeys."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from small_recording import SmallRecording, step

pytestmark = pytest.mark.xdist_group("browser")

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FS_HZ = 24414.0625
COUNTS = (400_000, 250_000)
STARTS_S = (0.5, 20.0)
GAP_S = (STARTS_S[0] + COUNTS[0] / FS_HZ, STARTS_S[1])
END_S = STARTS_S[1] + COUNTS[1] / FS_HZ
TRACE_RGB = (0x3D, 0x7F, 0xC1)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> SmallRecording:
    """Two channels with a gap, a slow one stored as counts, bursts and stimuli."""
    rng = np.random.default_rng(11)
    small = SmallRecording(tmp_path_factory.mktemp("browser") / "rec01")
    values = rng.normal(scale=2e-4, size=(2, sum(COUNTS))).astype(np.float32)
    segments = [(0, COUNTS[0], STARTS_S[0]), (COUNTS[0], COUNTS[1], STARTS_S[1])]
    small.stream("RawG", values, ["left", "right"], segments=segments, fs_hz=FS_HZ)
    slow = np.round(300 * np.sin(np.arange(30_000) / 90))[np.newaxis]
    small.stream("Resp", slow, ["airflow"], unit="mL/s", dtype="int16")
    made = {"segments": segments, "fs_hz": FS_HZ, "inputs": ("RawG",)}
    small.stream("filtered", values / 2, ["left", "right"], steps=(step("x"),), **made)
    onset = np.arange(1.0, 15.0, 1.0)
    rows = {"onset": onset, "offset": onset + 0.4, "channel": ["left"] * len(onset)}
    rows["peak"] = onset * 1e-4
    small.epoc("bursts", rows, {"peak": "V"}, inputs=("filtered",), steps=(step("x"),))
    small.page()
    return small


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium; tests/report/install_browser.sh installs it")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


class Opened:
    """The page in a tab, and all that it said and asked for."""

    def __init__(self, browser: Any, file: Path, hash_: str = "", **screen: Any) -> None:
        screen = {"viewport": {"width": 1200, "height": 900}, **screen}
        self.tab = browser.new_context(**screen).new_page()
        self.tab.set_default_timeout(20_000)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.tab.on("console", self._hear)
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.goto(file.absolute().as_uri() + hash_)
        self.settle()

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.said.append(message.text)

    def call(self, code: str) -> Any:
        """Call a function of the page's hook, once all is drawn."""
        return self.tab.evaluate(f"document.querySelector('#explorer').dspant.{code}")

    def settle(self) -> None:
        self.call("settled()")

    @property
    def window(self) -> tuple[float, float]:
        shown = self.call("window()")
        return shown["start"], shown["end"]

    def show(self, start_s: float, end_s: float) -> list[dict[str, Any]]:
        self.call(f"show({start_s}, {end_s})")
        self.settle()
        return self.call("visible()")

    @property
    def rows(self) -> Any:
        return self.tab.locator("#explorer .rows")

    def press(self, key: str) -> None:
        self.rows.press(key)
        self.settle()

    def at(self, part: float, row: int = 1) -> tuple[float, float]:
        """Where a part of the window is on the screen, on one of the rows."""
        box = self.tab.locator("#explorer .row .u-over").nth(row).bounding_box()
        return box["x"] + part * box["width"], box["y"] + box["height"] / 2


@pytest.fixture
def page(browser: Any, recording: SmallRecording) -> Iterator[Opened]:
    opened = Opened(browser, recording.folder / "report.html")
    yield opened
    opened.tab.context.close()
    assert opened.said == []


def stored(recording: SmallRecording, name: str) -> dict[str, np.ndarray]:
    table = pq.read_table(recording.folder / f"{name}.ant/data_{name}.parquet")
    return {column: table[column].to_numpy() for column in table.column_names}


def times_s(samples: np.ndarray) -> np.ndarray:
    late = samples >= COUNTS[0]
    since = np.where(late, samples - COUNTS[0], samples)
    return np.where(late, STARTS_S[1], STARTS_S[0]) + since / FS_HZ


def test_nothing_but_tiles_beside_the_page_is_asked_for(page, recording):
    page.show(3.0, 3.01)
    tiles = (recording.folder / "report_tiles").as_uri()
    first, *others = page.asked
    assert first == (recording.folder / "report.html").as_uri()
    assert others
    assert all(address.startswith(tiles) for address in others)


@pytest.mark.parametrize("window_s", [(2.0, 2.004), (16.88, 16.8845), (25.0, 25.02)])
def test_single_samples_are_those_of_the_file(page, recording, window_s):
    shown = [row for row in page.show(*window_s) if row["stream"] in ("RawG", "filtered")]
    assert [row["channel"] for row in shown] == ["left", "right"] * 2
    for row in shown:
        values = stored(recording, row["stream"])[row["channel"]]
        samples = np.array(row["first"])
        expected = times_s(np.arange(len(values)))
        inside = np.flatnonzero((expected >= window_s[0]) & (expected <= window_s[1]))
        np.testing.assert_array_equal(samples, inside)
        assert row["bin_samples"] == 1
        np.testing.assert_array_equal(row["low"], values[samples].astype(np.float64))
        np.testing.assert_array_equal(row["low"], row["high"])
        np.testing.assert_allclose(row["time_s"], times_s(samples), rtol=0, atol=1e-9)


@pytest.mark.parametrize("window_s", [(0.0, END_S), (3.0, 9.0), (10.0, 10.5)])
def test_bins_span_the_smallest_to_the_largest_sample(page, recording, window_s):
    row = page.show(*window_s)[0]
    values = stored(recording, "RawG")["left"]
    size = row["bin_samples"]
    assert size > 1
    assert len(row["first"]) > 500
    for first, low, high in list(zip(row["first"], row["low"], row["high"], strict=True))[::37]:
        end = COUNTS[0] if first < COUNTS[0] else sum(COUNTS)
        own = values[first : min(first + size, end)]
        room = 2 * np.ptp(values) / 60_000
        assert own.min() - room <= low <= own.min() + 1e-12
        assert own.max() - 1e-12 <= high <= own.max() + room


def test_counts_are_shown_as_stored(page, recording):
    row = next(row for row in page.show(4.0, 4.1) if row["stream"] == "Resp")
    expected = stored(recording, "Resp")["airflow"][row["first"]]
    np.testing.assert_array_equal(row["low"], expected.astype(np.float64))
    assert row["unit"] == "mL/s"


def test_no_line_leads_over_a_gap(page):
    """Samples on both sides are drawn, and nothing in the trace's colour between them."""
    row = page.show(GAP_S[0] - 1, GAP_S[1] + 1)[0]
    time_s = np.array(row["time_s"])
    assert (time_s < GAP_S[0]).any()
    assert (time_s > GAP_S[1]).any()
    assert not ((time_s > GAP_S[0]) & (time_s < GAP_S[1])).any()
    painted = [_trace_pixels(page, part) for part in (0.1, 0.4, 0.5, 0.6, 0.95)]
    assert painted[0] > 0
    assert painted[1:4] == [0, 0, 0]
    assert painted[4] > 0


def _trace_pixels(page: Opened, part: float) -> int:
    """Pixels of the trace's colour in a few columns of the first signal's canvas."""
    return page.tab.evaluate(
        """([part, rgb]) => {
          const rows = [...document.querySelectorAll("#explorer .row")];
          const row = rows.find((one) => one.textContent.startsWith("RawG"));
          const canvas = row.querySelector("canvas");
          const over = row.querySelector(".u-over").getBoundingClientRect();
          const scale = canvas.width / canvas.getBoundingClientRect().width;
          const left = over.left - canvas.getBoundingClientRect().left + part * over.width;
          const { data } = canvas.getContext("2d").getImageData(left * scale, 0, 8, canvas.height);
          let found = 0;
          for (let i = 0; i < data.length; i += 4) {
            const alike = rgb.every((value, n) => Math.abs(data[i + n] - value) < 12);
            if (data[i + 3] > 100 && alike) found += 1;
          }
          return found;
        }""",
        [part, TRACE_RGB],
    )


def test_keys_move_and_zoom(page):
    page.show(4.0, 6.0)
    page.press("ArrowRight")
    assert page.window == pytest.approx((4.2, 6.2))
    page.press("Shift+ArrowLeft")
    assert page.window == pytest.approx((2.2, 4.2))
    page.press("+")
    assert page.window == pytest.approx((2.7, 3.7))
    page.press("-")
    page.press("0")
    assert page.window == pytest.approx((0.0, END_S))
    page.press("-")
    page.press("ArrowLeft")
    assert page.window == pytest.approx((0.0, END_S))


def test_a_drag_moves_and_with_shift_selects(page):
    page.show(4.0, 6.0)
    mouse = page.tab.mouse
    mouse.move(*page.at(0.75))
    mouse.down()
    mouse.move(*page.at(0.25), steps=4)
    mouse.up()
    assert page.window == pytest.approx((5.0, 7.0), abs=1e-6)
    page.tab.keyboard.down("Shift")
    mouse.move(*page.at(0.25))
    mouse.down()
    mouse.move(*page.at(0.5), steps=4)
    mouse.up()
    page.tab.keyboard.up("Shift")
    assert page.window == pytest.approx((5.5, 6.0), abs=0.005)
    mouse.dblclick(*page.at(0.5))
    assert page.window == pytest.approx((0.0, END_S))


def test_the_wheel_zooms_only_with_focus_or_control(page):
    page.show(4.0, 6.0)
    page.tab.mouse.move(*page.at(0.25))
    before = page.tab.evaluate("scrollY")
    page.tab.mouse.wheel(0, 120)
    page.tab.wait_for_function(f"scrollY > {before}")
    assert page.window == pytest.approx((4.0, 6.0))
    page.tab.mouse.wheel(0, -120)
    page.tab.wait_for_function(f"scrollY === {before}")
    page.tab.keyboard.down("Control")
    page.tab.mouse.wheel(0, -200)
    page.tab.keyboard.up("Control")
    page.settle()
    start_s, end_s = page.window
    assert end_s - start_s < 1.5
    assert start_s + (end_s - start_s) / 4 == pytest.approx(4.5, abs=1e-6)
    page.rows.evaluate("rows => rows.focus({preventScroll: true})")
    page.tab.mouse.wheel(0, 200)
    page.settle()
    assert page.window == pytest.approx((4.0, 6.0), abs=0.01)
    assert page.tab.evaluate("scrollY") == before


def test_two_fingers_zoom(browser, recording):
    page = Opened(browser, recording.folder / "report.html", has_touch=True)
    page.show(4.0, 6.0)
    client = page.tab.context.new_cdp_session(page.tab)

    def touch(kind: str, *parts: float) -> None:
        points = [
            dict(zip("xy", page.at(part), strict=True)) | {"id": n} for n, part in enumerate(parts)
        ]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.4, 0.6)
    touch("touchMove", 0.3, 0.7)
    touch("touchMove", 0.2, 0.8)
    touch("touchEnd")
    page.settle()
    start_s, end_s = page.window
    assert end_s - start_s == pytest.approx(2 / 3, rel=0.1)
    assert (start_s + end_s) / 2 == pytest.approx(5.0, abs=0.1)
    page.tab.context.close()


def test_a_link_leads_to_a_moment(browser, recording, page):
    file = recording.folder / "report.html"
    linked = Opened(browser, file, "#t=12.3,12.5")
    assert linked.window == pytest.approx((12.3, 12.5))
    linked.press("+")
    linked.tab.wait_for_function("location.hash !== '#t=12.3,12.5'")
    start_s, end_s = map(float, re.fullmatch(r".*#t=([\d.]+),([\d.]+)", linked.tab.url).groups())
    assert (start_s, end_s) == pytest.approx((12.35, 12.45), abs=1e-5)
    linked.tab.reload()
    linked.settle()
    assert linked.window == pytest.approx((12.35, 12.45), abs=1e-5)
    assert linked.said == []
    linked.tab.context.close()
    page.tab.evaluate("location.hash = '#t=7,8'")
    page.tab.wait_for_function("document.querySelector('#explorer').dspant.window().start === 7")


def test_the_cursor_tells_time_and_values(page, recording):
    row = page.show(2.0, 2.002)[0]
    place = 20
    part = (row["time_s"][place] - 2.0) / 0.002
    page.tab.mouse.move(*page.at(part))
    page.settle()
    head = page.tab.locator("#explorer .row", has_text="RawG: left").locator(".said").inner_text()
    value, unit = head.split(" ")
    assert float(value) * {"µV": 1e-6, "nV": 1e-9}[unit] == pytest.approx(
        row["low"][place], rel=1e-5
    )
    time_s = float(page.tab.locator("#explorer .status").inner_text().removesuffix(" s"))
    assert time_s == pytest.approx(row["time_s"][place], abs=2e-6)


def test_events_are_told_and_gone_to(page):
    page.show(4.2, 6.2)
    page.press("n")
    assert sum(page.window) / 2 == pytest.approx(6.0)
    page.press("p")
    assert sum(page.window) / 2 == pytest.approx(5.0)
    start_s, end_s = page.window
    page.tab.mouse.move(*page.at((5.2 - start_s) / (end_s - start_s), row=0))
    page.settle()
    told = page.tab.locator("#explorer .tip").inner_text()
    assert "5.000 to 5.400 s" in told
    assert "peak 500.0 µV" in told


def test_streams_are_chosen(page):
    names = [(row["stream"], row["channel"]) for row in page.call("visible()")]
    assert names[:3] == [("RawG", "left"), ("RawG", "right"), ("Resp", "airflow")]
    page.tab.locator("#explorer summary").click()
    page.tab.get_by_label("airflow").uncheck()
    page.tab.get_by_label("RawG", exact=True).uncheck()
    page.settle()
    assert [row["stream"] for row in page.call("visible()")] == ["filtered"] * 2
    page.tab.get_by_label("bursts (14)").uncheck()
    page.settle()
    assert page.tab.locator("#explorer .lane").count() == 0


def _ink(page: Opened) -> float:
    """Mean brightness of what is drawn on the time axis, 0 to 255."""
    return page.tab.evaluate(
        """() => {
          const canvas = document.querySelector("#explorer .time-axis canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let [sum, count] = [0, 0];
          for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 200) { sum += (data[i] + data[i + 1] + data[i + 2]) / 3; count += 1; }
          return sum / count;
        }"""
    )


def _choose_scheme(page: Opened, scheme: str) -> None:
    page.tab.emulate_media(color_scheme=scheme)
    page.tab.wait_for_function(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
    page.settle()


def _ink_becomes(page: Opened, wanted: Callable[[float], bool]) -> bool:
    """Whether the page is drawn again so; it is told of a scheme some time after it is chosen."""
    deadline = monotonic() + 10
    while not wanted(_ink(page)):
        if monotonic() > deadline:
            return False
        sleep(0.05)
    return True


def test_the_page_follows_the_colour_scheme(page):
    _choose_scheme(page, "light")
    assert _ink_becomes(page, lambda ink: ink < 128)
    _choose_scheme(page, "dark")
    assert _ink_becomes(page, lambda ink: ink > 128)


def test_paper_gets_the_window_in_its_own_width(page):
    page.show(4.0, 6.0)
    widths = "[...document.querySelectorAll('#explorer .uplot')].map((u) => u.clientWidth)"
    _choose_scheme(page, "dark")
    page.tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.settle()
    assert max(page.tab.evaluate(widths)) <= 700
    assert _ink_becomes(page, lambda ink: ink < 128)
    page.tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.settle()
    assert min(page.tab.evaluate(widths)) > 700
    assert page.window == pytest.approx((4.0, 6.0))


def test_a_phone_has_no_sideways_scroll(browser, recording):
    page = Opened(browser, recording.folder / "report.html", viewport={"width": 390, "height": 800})
    page.tab.locator("#explorer summary").click()
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= 390
    for row in page.show(2.0, 2.001):
        assert row["bin_samples"] == 1
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= 390
    page.tab.context.close()


def test_tiles_far_away_are_dropped_from_memory(page, recording):
    page.call("keepAtMost(1000000)")
    for start_s in (1.0, 5.0, 9.0, 13.0, 21.0, 25.0, 29.0):
        page.show(start_s, start_s + 0.01)
    rows = page.tab.locator("#explorer .row").count()
    assert 0 < page.call("held()") <= max(1_000_000, 4 * rows * 65536 * 4)
    row = page.show(1.0, 1.01)[0]
    values = stored(recording, "RawG")["left"]
    np.testing.assert_array_equal(row["low"], values[row["first"]].astype(np.float64))


def test_a_page_alone_says_what_it_lacks(browser, recording, tmp_path):
    shutil.copy(recording.folder / "report.html", tmp_path)
    page = Opened(browser, tmp_path / "report.html")
    assert len(page.call("visible()")[0]["first"]) > 500
    assert page.tab.locator("#explorer .note").is_hidden()
    row = page.show(3.0, 3.01)[0]
    assert row["bin_samples"] > 100
    assert "report_tiles" in page.tab.locator("#explorer .note").inner_text()
    page.tab.context.close()


@pytest.fixture
def short_of_space(small: SmallRecording) -> SmallRecording:
    """A stream of 300 runs, rounded for lack of space, and one that does not fit at all."""
    rng = np.random.default_rng(12)
    segments = [(400 * n, 400, 0.5 * n) for n in range(300)]
    small.stream("RawG", rng.normal(size=(1, 120_000)), ["a"], segments=segments)
    small.stream("wide", rng.normal(size=(1, 150_000)), ["a"])
    small.page(samples_mb=0.45)
    return small


def test_many_runs_and_too_little_space(browser, short_of_space):
    page = Opened(browser, short_of_space.folder / "report.html")
    assert "wide: zoom ends at the smallest and largest of 8 samples" in page.tab.inner_text("main")
    page.tab.locator("#explorer summary").click()
    page.tab.get_by_label("wide", exact=True).check()
    row, left_out = page.show(100.1, 100.9)
    values = stored(short_of_space, "RawG")["a"]
    assert row["first"] == [*range(80_100, 80_400), *range(80_400, 80_800)][: len(row["first"])]
    assert len(row["first"]) > 600
    room = np.ptp(values) / 60_000
    np.testing.assert_allclose(row["low"], values[row["first"]], rtol=0, atol=room)
    assert left_out["bin_samples"] == 8
    page.tab.context.close()
    assert page.said == []
