from __future__ import annotations

import json
from pathlib import Path

import pytest
from page_reader import PageReader
from small_recording import SmallRecording, typical

from dspant.errors import ConfigError, DatasetError
from dspant.report.experiment_page import write_experiment_page

SHEET = "recording\tblock\tsubject\nrec01\traw/one\t<i>rat</i>\nrec02\traw/two\trat02\n"


def write_page(folder: Path, sheet: str = SHEET) -> str:
    (folder / "recordings.tsv").write_text(sheet, encoding="utf-8")
    summaries = [folder / f"rec0{number}" / "summary.json" for number in (1, 2)]
    spec = {"experiment": "trial", "datasets": ["RawG", "AmpA", "filtered", "bursts", "mep"]}
    write_experiment_page(summaries, folder / "recordings.tsv", spec, folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trial")
    recordings = [typical(folder / "rec01"), typical(folder / "rec02")]
    for recording in recordings:
        recording.page()
    summary = recordings[1].summary
    summary["quality"]["RawG"]["left"]["rms"] *= 100
    del summary["datasets"]["bursts"]
    (folder / "rec02/summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder


def test_counts_of_every_recording_stand_side_by_side(experiment: Path) -> None:
    page = PageReader(write_page(experiment))
    heading = page.row("recording")
    cells = dict(zip(heading, page.row("rec01"), strict=True))
    assert cells["RawG"] == "12.00 s12,000 samples"
    assert cells["bursts"] == "8rows"
    assert cells["mep"] == "36 / 40usable"
    assert cells["features"] == "470rows"
    assert cells["subject"] == "<i>rat</i>"
    assert cells["remarks"] == "1 finding"
    assert dict(zip(heading, page.row("rec02"), strict=True))["bursts"] == "–missing"


def test_recordings_link_to_their_pages(experiment: Path) -> None:
    page = PageReader(write_page(experiment))
    assert "rec01/report.html" in page.addresses
    for address in page.addresses:
        if not address.startswith("#"):
            assert (experiment / address.partition("#")[0]).is_file(), address


def test_quality_has_numbers_and_heat(experiment: Path) -> None:
    text = write_page(experiment)
    rows = [row for row in PageReader(text).rows if row[:2] == ["rec01", "left"]]
    summary = json.loads((experiment / "rec01/summary.json").read_text(encoding="utf-8"))
    rms = summary["quality"]["RawG"]["left"]["rms"]
    assert rows[0][2] == f"{1e6 * rms:.1f} µV"
    assert "--heat: 1.0" in text
    assert "--heat: 0.0" in text


def test_page_is_deterministic_and_refers_to_nothing_outside(experiment: Path) -> None:
    text = write_page(experiment)
    assert text == write_page(experiment)
    assert "http" not in text


def test_a_missing_summary_and_a_broken_sheet_are_refused(
    experiment: Path, small: SmallRecording
) -> None:
    with pytest.raises(ConfigError):
        write_page(experiment, "recording,block\n")
    spec = {"experiment": "trial", "datasets": []}
    with pytest.raises(DatasetError, match=r"summary\.json"):
        write_experiment_page(
            [small.folder / "summary.json"],
            experiment / "recordings.tsv",
            spec,
            small.folder / "report.html",
        )
