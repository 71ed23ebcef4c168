"""Clocks that were wrong: times of files in the future, or further back than they should be."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from soundness import contents, datasets, differences

from dspant.clock import OLDEST_S, forget_future_times
from dspant.simulate.spec import parse_spec
from dspant.simulate.tank import make_tank

YEAR_S = 365 * 86400


def set_times(folder: Path, offset_s: float) -> None:
    """Give all files of a folder the present time plus an offset."""
    then = time.time() + offset_s
    for file in folder.rglob("*"):
        if file.is_file():
            os.utime(file, (then, then))


@pytest.fixture
def own_tank(finished_run, killed) -> Path:
    """The finished run with a raw block of its own, run again on it."""
    made = killed.clone.root.parent / "tank" / "rec01"
    block = shutil.copytree(made, finished_run.root / "tank" / "rec01")
    finished_run.write_sheet("one.tsv", [{"recording": "rec01", "block": str(block)}])
    return block


def other_block(block: Path, aside: Path) -> None:
    """Exchange the raw files for those of another recording, as old as before."""
    spec = {"duration_s": 4.0, "fs_hz": 6103.515625, "airflow_fs_hz": 1017.2526, "seed": 2}
    for _ in make_tank({"rec01": parse_spec(spec, where="tests")}, aside):
        pass
    for file in (aside / "rec01").iterdir():
        then = (block / file.name).stat().st_mtime - YEAR_S
        shutil.copyfile(file, block / file.name)
        os.utime(block / file.name, (then, then))


@pytest.mark.workflow
@pytest.mark.xdist_group("crashes")
def test_raw_files_exchanged_for_older_ones_are_noticed(finished_run, last, own_tank, tmp_path):
    finished_run.run(*last)
    before = datasets(contents(finished_run.results()))
    other_block(own_tank, tmp_path / "tank")

    finished_run.run(*last)

    found = datasets(contents(finished_run.results()))
    changed = {name.split(":")[0] for name in differences(found, before)}
    assert "kills/rec01/RawG.ant/metadata_RawG.json" in changed
    assert "kills/rec01/bursts.ant/metadata_bursts.json" in changed
    assert finished_run.planned(*last) == set()


@pytest.mark.workflow
@pytest.mark.xdist_group("crashes")
def test_raw_files_from_the_future_are_read_once(finished_run, last, own_tank, expected):
    set_times(own_tank, YEAR_S)

    finished_run.run(*last)

    assert differences(datasets(contents(finished_run.results())), expected) == []
    assert finished_run.planned(*last) == set()


@pytest.mark.workflow
@pytest.mark.xdist_group("crashes")
def test_results_from_the_future_do_not_hide_a_change(finished_run, last, killed):
    """The change is made on its own, so that what follows is left with its time in the future."""
    target, *_ = last
    changed = "--configfile", killed.configs["first"]
    set_times(finished_run.results(), YEAR_S)

    finished_run.run(*changed, "--until", "node_filtered")
    finished_run.run(target, *changed)

    found = datasets(contents(finished_run.results()))
    assert differences(found, datasets(killed.expected["first"])) == []
    assert finished_run.planned(target, *changed) == set()


@pytest.mark.workflow
@pytest.mark.xdist_group("crashes")
def test_a_sheet_exchanged_for_an_older_one_is_noticed(finished_run, last, killed):
    block = str(killed.clone.root.parent / "tank" / "rec01")
    row = {"recording": "rec01", "block": block, "subject": "rat"}
    finished_run.write_sheet("one.tsv", [row])
    set_times(finished_run.root / "config", -YEAR_S)

    assert finished_run.planned(*last[1:]) == {("report_experiment", "")}


def test_only_results_from_the_future_become_old(tmp_path, caplog):
    recording = tmp_path / "demo" / "rec01"
    own, other = recording / "a.ant" / "metadata_a.json", recording / "b.ant" / "metadata_b.json"
    pages = recording / "report.html", tmp_path / "demo" / "report.html"
    taken = tmp_path / "demo" / "rec02" / "a.ant" / "metadata_a.json"
    untouched = tmp_path / "demo" / "rec02" / "report.html"
    for file in (own, other, *pages, taken, untouched):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
    future_s = time.time() + YEAR_S
    for file in (other, *pages, taken, untouched):
        os.utime(file, (future_s, future_s))
    present_s = own.stat().st_mtime

    forget_future_times([own], [taken])

    assert [f.stat().st_mtime for f in (other, *pages, taken)] == [OLDEST_S] * 4
    assert own.stat().st_mtime == present_s
    assert untouched.stat().st_mtime == pytest.approx(future_s)
    assert "4 results" in caplog.text
