"""A page made again: put back where nothing it shows changed, drawn where anything did."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_recording import SmallRecording

from dspant.dataset.folder import DatasetFolder
from dspant.report import kept, recording_page
from dspant.report.kept import make_recording_page

OUTPUTS = {"page": "report.html", "summary": "summary.json", "provenance": "provenance.json"}

LONG_AGO_S = 1e9
"""A time of files; two moments of one test may be the same to a file system."""


class Counted:
    """Makes pages of one recording and counts how often they were drawn."""

    def __init__(self, recording: SmallRecording, monkeypatch: pytest.MonkeyPatch) -> None:
        self.recording = recording
        self.folder = recording.folder
        self.spec = {
            "experiment": "trial",
            "datasets": recording.names,
            "line_frequency_hz": 60.0,
            "samples_mb": 500.0,
        }
        self.drawn = 0
        draw = recording_page.write_recording_page

        def counting(*args: Any, **outputs: Any) -> None:
            self.drawn += 1
            draw(*args, **outputs)

        monkeypatch.setattr(recording_page, "write_recording_page", counting)

    def make(self) -> dict[str, bytes]:
        """Make the page as a job does, whose outputs were deleted; gives what was written."""
        files = {name: self.folder / file for name, file in OUTPUTS.items()}
        for file in files.values():
            file.unlink(missing_ok=True)
        block = self.folder / "block.json"
        folders = {name: self.folder / f"report_{name}" for name in ("tiles", "figures")}
        for folder in folders.values():
            shutil.rmtree(folder, ignore_errors=True)
        make_recording_page(block, self.recording.datasets, self.spec, **files, **folders)
        drawn = {file.name: file.read_bytes() for file in folders["figures"].iterdir()}
        return {name: file.read_bytes() for name, file in files.items()} | drawn


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    recording = SmallRecording(tmp_path / "rec01")
    recording.stream("RawG", np.random.default_rng(0).normal(size=(1, 3000)), ["left"])
    recording.block = {"block": "b", "stores": {}}
    recording.folder.mkdir(exist_ok=True)
    (recording.folder / "block.json").write_text(json.dumps(recording.block), encoding="utf-8")
    return Counted(recording, monkeypatch)


def test_the_same_page_again_is_put_back(pages):
    first = pages.make()
    file = pages.folder / "report.html"
    os.utime(file, (LONG_AGO_S, LONG_AGO_S))
    before = file.stat()

    assert pages.make() == first
    again = file.stat()
    assert pages.drawn == 1
    assert again.st_ino == before.st_ino
    assert again.st_mtime > LONG_AGO_S


def other_spec(pages: Counted) -> None:
    pages.spec["line_frequency_hz"] = 50.0


def other_block(pages: Counted) -> None:
    (pages.folder / "block.json").write_text('{"block": "c", "stores": {}}', encoding="utf-8")


def other_values(pages: Counted) -> None:
    pages.recording.names.clear()
    pages.recording.stream("RawG", np.random.default_rng(1).normal(size=(1, 3000)), ["left"])


def other_provenance(pages: Counted) -> None:
    file = DatasetFolder(pages.folder / "RawG.ant").provenance
    file.write_text(json.dumps(json.loads(file.read_text()) | {"warnings": ["a doubt"]}))


def damaged_page(pages: Counted) -> None:
    (pages.folder / ".last" / "report.html").write_text("not this", encoding="utf-8")


def lost_summary(pages: Counted) -> None:
    (pages.folder / ".last" / "summary.json").unlink()


@pytest.mark.parametrize(
    "change",
    [other_spec, other_block, other_values, other_provenance, damaged_page, lost_summary],
)
def test_a_change_draws_the_page(pages, change: Callable[[Counted], None]):
    pages.make()
    change(pages)
    made = pages.make()

    assert pages.drawn == 2
    assert b"not this" not in made["page"]
    assert json.loads(made["summary"])


def test_other_templates_or_code_draw_the_page(pages, monkeypatch, tmp_path):
    pages.make()
    (tmp_path / "recording.html.j2").write_text("new", encoding="utf-8")
    monkeypatch.setattr(kept, "TEMPLATES", tmp_path)
    pages.make()

    assert pages.drawn == 2


def test_a_page_that_fails_leaves_nothing_to_put_back(pages, monkeypatch):
    pages.make()
    other_spec(pages)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(recording_page, "write_page", _interrupt)
        pages.make()
    pages.make()

    assert pages.drawn == 3
    assert b"<html" in (pages.folder / "report.html").read_bytes()


def _interrupt(*_args: object) -> None:
    raise KeyboardInterrupt
