"""What a new lab does first, on blocks that a TDT system wrote: scan, fill in, run, look."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from clone import Clone
from dspant import open_recording
from dspant.readers.scan import scan
from dspant.readers.tank import plan_scan

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("docs_first_hour")]

NODES = {
    "photometry_stub": {
        "slow": {"from": "Dv1A", "steps": [{"lowpass": {"cutoff_hz": 20, "order": 2}}]},
        "courses": {
            "from": "slow",
            "steps": [{"windows": {"length_s": 0.2, "step_s": 0.1, "features": ["mav", "rms"]}}],
        },
    },
    "ecog_512_stub": {
        "slow": {"from": "EEG2", "steps": [{"lowpass": {"cutoff_hz": 100, "order": 2}}]},
    },
}
"""What is added to the draft of each block."""

NOT_NEEDED = {"ecog_512_stub": ("EEG1", "Wav6")}


def filled_in(draft: str, name: str) -> dict:
    """The draft with units, with what the error about cut stores says to write, and with nodes."""
    text = draft.replace("unit:  # fill in, such as V", "unit: V")
    text = text.replace("kind: stream\n", "kind: stream\n    truncated: keep\n")
    config = yaml.safe_load(text)
    for store in NOT_NEEDED.get(name, ()):
        del config["stores"][store]
    return config | {"nodes": NODES[name]}


@pytest.fixture(scope="module", params=NODES)
def first_hour(request, recordings_folder, tmp_path_factory):
    """A clone in which a block was scanned, filled in and run; its name, and the config."""
    name = request.param
    block = recordings_folder / name
    if not block.is_dir():
        pytest.skip(f"no {name} in {recordings_folder}")
    clone = Clone.into(tmp_path_factory.mktemp(name))
    clone.run("scan", "--config", f"tank={block}")
    draft = clone.root / "config" / "scan" / name / "config.yaml"
    refused = clone.snakemake("--dry-run", "--configfile", str(draft))
    config = filled_in(draft.read_text(encoding="utf-8"), name)
    draft.write_text(yaml.safe_dump(config), encoding="utf-8")
    clone.run("--configfile", str(draft))
    return name, clone, config, refused


def test_the_draft_asks_for_each_unit(first_hour):
    _, _, config, refused = first_hour
    said = refused.stdout + refused.stderr

    assert refused.returncode
    for store in config["stores"]:
        assert f"stores.{store}.unit" in said


def test_a_folder_of_unlike_recordings_is_told_to_be_scanned_in_parts(
    recordings_folder, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in NODES:
        if not (recordings_folder / name).is_dir():
            pytest.skip(f"no {name} in {recordings_folder}")
    tank = plan_scan(recordings_folder)
    scan(tank)

    draft = tank.config.read_text(encoding="utf-8")
    assert yaml.safe_load(draft)["stores"] is None
    assert "scan folders of like recordings apart" in draft


def test_every_store_and_node_is_made_and_its_values_are_sound(first_hour):
    name, clone, config, _ = first_hour
    recording = open_recording(clone.results(name, name))

    assert set(recording.names) == {*config["stores"], *config["nodes"]}
    for dataset in recording.names:
        found = recording[dataset]
        getattr(found, "stream", found).verify()


def test_the_page_shows_what_is_odd(first_hour):
    name, clone, config, _ = first_hour
    page = clone.results(name, name, "report.html").read_text(encoding="utf-8")
    findings = (clone.root / "config" / "scan" / name / "findings.tsv").read_text(encoding="utf-8")

    for dataset in (*config["stores"], *config["nodes"]):
        assert dataset in page
    cut = next(
        line.split("\t")[2] for line in findings.splitlines() if "lie beyond the end" in line
    )
    assert re.search(r"\d+ of \d+ chunks lie beyond the end", cut)[0] in page


def test_the_page_opens_in_a_browser_without_a_complaint(first_hour, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        pytest.skip("no Chromium on this machine")
    name, clone, config, _ = first_hour
    said: list[str] = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: said.append(request.url))
        page.goto(clone.results(name, "report.html").as_uri())
        page.get_by_role("link", name=name).first.click()
        page.wait_for_load_state()
        shown = page.inner_text("body")
        browser.close()

    assert said == []
    assert all(node in shown for node in config["nodes"])


def test_folders_hold_nothing_of_the_blocks_place(first_hour, recordings_folder):
    name, clone, _, _ = first_hour
    for file in Path(clone.results(name, name)).glob("*.ant/metadata_*.json"):
        assert str(recordings_folder) not in file.read_text(encoding="utf-8")
