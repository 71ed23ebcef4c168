from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from page_reader import PageReader
from small_recording import SmallRecording, typical

from dspant.errors import ConfigError, DatasetError
from dspant.report.experiment_page import write_experiment_page

SHEET = """recording\tblock\tsubject\tsession
rec01\traw/one\t<i>rat</i>\tpre
rec02\traw/two\trat02\tpost
rec03\traw/three\trat03\tpre
"""
DATASETS = ["RawG", "AmpA", "filtered", "bursts", "mep", "features"]


def write_page(folder: Path, sheet: str = SHEET, **more: Any) -> str:
    (folder / "recordings.tsv").write_text(sheet, encoding="utf-8")
    summaries = [folder / f"rec0{number}" / "summary.json" for number in (1, 2, 3)]
    spec = {"experiment": "trial", "datasets": DATASETS}
    more = {"table": folder / "conditions.tsv"} | more
    write_experiment_page(
        summaries, folder / "recordings.tsv", spec, folder / "report.html", **more
    )
    return (folder / "report.html").read_text(encoding="utf-8")


def changed(folder: Path, **changes: Any) -> None:
    file = folder / "summary.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(document | changes), encoding="utf-8")


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three recordings with real pages; the second has 100 times the amplitude, and no bursts."""
    folder = tmp_path_factory.mktemp("trial")
    first = typical(folder / "rec01")
    first.page()
    for name in ("rec02", "rec03"):
        shutil.copytree(folder / "rec01", folder / name)
        changed(folder / name, recording=name)
    summary = first.summary
    quality = summary["quality"]
    quality["RawG"]["left"]["rms"] *= 100
    quality["RawG"]["<b>"] |= {
        "flat": 0.2,
        "verdict": "bad",
        "remarks": ["flat"],
        "reasons": ["flat: flat 20 % (from 5 % on)"],
    }
    datasets = {name: of for name, of in summary["datasets"].items() if name != "bursts"}
    measures = {name: of for name, of in summary["measures"].items() if name != "bursts"}
    for group in measures["mep"]["groups"]:
        group["of"]["peak_to_peak"][1] *= 4
    changed(folder / "rec02", quality=quality, datasets=datasets, measures=measures)
    return folder


def cells(page: PageReader, recording: str) -> dict[str, str]:
    """A recording's row of the heat map, by heading; of equal headings the first."""
    heading = page.row("recording")
    rows = zip(reversed(heading), reversed(page.row(recording)), strict=True)
    return dict(rows)


def test_counts_of_every_recording_stand_side_by_side(experiment: Path) -> None:
    page = PageReader(write_page(experiment))
    first, second = cells(page, "rec01"), cells(page, "rec02")
    assert first["RawG"] == "12.00 s"
    assert first["bursts"] == "8"
    assert first["mep"] == "36/40"
    assert first["features"] == "470"
    assert first["subject"] == "<i>rat</i>"
    assert first["remarks"] == "▲ 1 finding"
    assert second["bursts"] == "✕ missing"
    assert "3 recordings" in page.text


def test_numbers_far_from_the_others_and_limits_that_are_met_show_in_words_and_colour(
    experiment: Path,
) -> None:
    text = write_page(experiment)
    page = PageReader(text)
    first, second = cells(page, "rec01"), cells(page, "rec02")
    summary = json.loads((experiment / "rec01/summary.json").read_text(encoding="utf-8"))
    rms = summary["quality"]["RawG"]["left"]["rms"]
    assert first["RMS"] == f"{1e6 * rms:.1f} µV"
    assert second["RMS"] == f"{1e5 * rms:.2f} mV×100"
    assert "--heat:1.0" in text
    assert second["flat"].startswith("✕ 20 %")
    assert second["verdict"].startswith("✕ bad")
    assert "1 of 2" in second["verdict"]
    assert "✓ 2 good" in page.text
    assert ["rec02", "RawG", "<b>", "✕ bad", "flat: flat 20 % (from 5 % on)"] in page.rows


def test_every_link_leads_to_a_place_that_is_there(experiment: Path) -> None:
    page = PageReader(write_page(experiment))
    places = {name: PageReader((experiment / name / "report.html").read_text("utf-8")).identities
              for name in ("rec01", "rec02", "rec03")}  # fmt: skip
    assert "rec01/report.html#mep" in page.addresses
    assert "rec01/report.html#page-quality" in page.addresses
    for address in page.addresses:
        file, _, place = address.partition("#")
        if not file:
            assert place in page.identities
            continue
        assert (experiment / file).is_file(), address
        if place:
            assert place in places[file.split("/")[0]], address


def test_conditions_across_recordings_are_means_of_recordings(experiment: Path) -> None:
    """Peaks of the first and third are 100 and 200 µV in every trial, of the second four times."""
    page = PageReader(write_page(experiment))
    rows = [row for row in page.rows if row[:3] == ["all", "-100", "left"]]
    assert rows == [["all", "-100", "left", "3", "200.0", "173", "100.0", "27"]]
    by_sheet = [row for row in page.rows if row[1:3] == ["-200", "<b>"]]
    assert ["session: pre", "-200", "<b>", "2", "200.0", "0", "200.0", "18"] in by_sheet
    assert ["session: post", "-200", "<b>", "1", "800.0", "–", "800.0", "9"] in by_sheet
    assert not any("subject" in row[0] for row in by_sheet), "no value of it stands twice"
    assert "No dataset: rec02." in page.text


def test_the_table_has_every_recordings_own_numbers(experiment: Path) -> None:
    write_page(experiment)
    with (experiment / "conditions.tsv").open(encoding="utf-8", newline="") as opened:
        lines = list(csv.DictReader(opened, delimiter="\t"))
    mep = [line for line in lines if line["node"] == "mep"]
    assert len(mep) == 3 * 2 * 2
    wanted = {
        **{"recording": "rec03", "subject": "rat03", "session": "pre", "node": "mep"},
        **{"condition": "data", "condition_value": "-100", "condition_unit": "uA"},
        **{"channel": "left", "measure": "peak_to_peak", "unit": "V", "rows": "10"},
        **{"usable": "9", "n": "9", "mean": "0.0001", "sd": "0.0", "median": "0.0001"},
    }
    assert wanted in mep
    assert {line["recording"] for line in lines if line["node"] == "bursts"} == {"rec01", "rec03"}


def test_a_sheets_column_named_like_one_of_the_table_keeps_apart(experiment: Path) -> None:
    write_page(experiment, SHEET.replace("session", "channel"))
    header = (experiment / "conditions.tsv").read_text(encoding="utf-8").partition("\n")[0]
    assert header.split("\t")[:3] == ["recording", "subject", "sheet_channel"]
    assert len(set(header.split("\t"))) == len(header.split("\t"))


def test_run_times_change_nothing_but_their_own_part(experiment: Path, tmp_path: Path) -> None:
    for recording, seconds, memory in (("rec01", 3, "120.5"), ("rec02", 1, "NA")):
        folder = tmp_path / recording
        folder.mkdir()
        text = f"s\tmax_rss\n99\t999\n{seconds}\t{memory}\n"
        (folder / "node_mep.tsv").write_text(text, encoding="utf-8")
    without = write_page(experiment)
    text = write_page(experiment, benchmarks=tmp_path, asked_mb={"node_mep": 300})
    row = PageReader(text).row("node_mep")
    assert row == ["node_mep", "2", "4.00 s", "100 %", "2.00 s", "120 MB", "300 MB"]
    start, end = text.index('<section id="page-runs">'), text.index("<script>")
    left = text[:start] + text[end:]
    assert "".join(left.split()).replace('<li><ahref="#page-runs">Runtime</a></li>', "") == "".join(
        without.split()
    )


def test_page_is_deterministic_and_refers_to_nothing_outside(experiment: Path) -> None:
    text = write_page(experiment)
    assert text == write_page(experiment)
    assert "http" not in text


def test_a_hundred_recordings_stay_small(experiment: Path, tmp_path: Path) -> None:
    summary = json.loads((experiment / "rec01/summary.json").read_text(encoding="utf-8"))
    page_bytes = (experiment / "rec01/report.html").stat().st_size
    nodes = {f"mep{n}": summary["measures"]["mep"] for n in range(8)}
    tables = dict.fromkeys(nodes, summary["datasets"]["mep"])
    lines = ["recording\tblock\tsubject\tsession"]
    summaries = []
    for number in range(100):
        name = f"rec{number:03}"
        lines.append(f"{name}\traw\trat{number // 2}\t{'pre' if number % 2 else 'post'}")
        document = summary | {
            "recording": name,
            "datasets": summary["datasets"] | tables,
            "measures": summary["measures"] | nodes,
        }
        summaries.append(tmp_path / f"{name}.json")
        summaries[-1].write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "recordings.tsv").write_text("\n".join(lines), encoding="utf-8")
    spec = {"experiment": "large", "datasets": [*DATASETS, *nodes]}
    write_experiment_page(summaries, tmp_path / "recordings.tsv", spec, tmp_path / "report.html")
    assert len(PageReader((tmp_path / "report.html").read_text("utf-8")).rows) > 100
    assert (tmp_path / "report.html").stat().st_size < 1e6
    assert 100 * page_bytes + (tmp_path / "report.html").stat().st_size < 50e6


def test_a_missing_summary_and_a_broken_sheet_are_refused(
    experiment: Path, small: SmallRecording
) -> None:
    with pytest.raises(ConfigError):
        write_page(experiment, "recording,block\n")
    write_page(experiment)
    spec = {"experiment": "trial", "datasets": []}
    with pytest.raises(DatasetError, match=r"summary\.json"):
        write_experiment_page(
            [small.folder / "summary.json"],
            experiment / "recordings.tsv",
            spec,
            small.folder / "report.html",
        )
