"""One broken recording costs neither the page of the others nor the knowledge of what to do."""

from __future__ import annotations

import shutil
from html import unescape
from pathlib import Path

import pytest
from small_experiment import CONFIG, copied, prepared, write_raw

from clone import Clone
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import EpocStore

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("failures")]

NODES = {
    "courses": {
        "from": "RawG",
        "steps": [{"windows": {"length_s": 0.5, "step_s": 0.5, "features": ["mav", "rms"]}}],
    }
}
OF_REC02 = {(rule, "rec02") for rule in ("ingest", "node_courses", "report_recording")}
THE_PAGE = ("report_experiment", "")


def write_broken(block: Path) -> None:
    """A block without the stream that the config asks for."""
    shutil.rmtree(block, ignore_errors=True)
    strobes = EpocStore("AmpA", [1.0, 2.0], [10.0, 20.0])
    write_block(block, tank="tank", start_unix_s=1.5e9, streams=[], epocs=[strobes])


def sheet_of(clone: Clone, *recordings: str) -> None:
    rows = [{"recording": name, "block": f"tank/{name}"} for name in recordings]
    clone.write_sheet("small.tsv", rows)


def text_of(clone: Clone) -> str:
    return unescape(clone.results("small", "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, int]:
    """A clone after its first run, in which the second of two recordings was broken."""
    clone = prepared(tmp_path_factory.mktemp("failures"))
    clone.write_config("config.yaml", CONFIG | {"nodes": NODES})
    write_broken(clone.root / "tank" / "rec02")
    sheet_of(clone, "rec01", "rec02")
    return clone, clone.snakemake("--keep-going").returncode


@pytest.fixture
def failed(first_run: tuple[Clone, int], tmp_path: Path) -> Clone:
    """A copy, for one test, of the clone after its first run."""
    return copied(first_run[0], tmp_path / "clone")


@pytest.fixture(scope="module")
def mended_run(first_run: tuple[Clone, int], tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A copy in which the second recording was mended, then all was run."""
    clone = copied(first_run[0], tmp_path_factory.mktemp("mended") / "clone")
    shutil.rmtree(clone.root / "tank" / "rec02")
    write_raw(clone.root / "tank" / "rec02", seed=2)
    clone.run("--keep-going")
    return clone


def test_the_page_shows_what_there_is_and_names_what_failed(first_run):
    clone, code = first_run
    text = text_of(clone)
    own_words = (clone.root / "logs/small/rec02/ingest.log").read_text().splitlines()[-1]

    assert code == 1
    assert "This page is unfinished" in text
    assert "1 of 2 recordings" in text
    assert 'href="rec01/report.html#courses"' in text
    assert 'href="rec02/report.html' not in text
    assert "✕ ingest" in text
    assert own_words.partition(": ")[2] in text
    assert "'RawG'" in own_words
    assert "--cores 2 --keep-going</code>" in text


def test_the_page_never_counts_as_finished(failed):
    assert failed.snakemake("--keep-going").returncode == 1
    assert "This page is unfinished" in text_of(failed)
    assert failed.planned() == OF_REC02 | {THE_PAGE}

    sheet_of(failed, "rec01")
    assert failed.planned() == {THE_PAGE}
    assert failed.planned("results/small/report.html") == {THE_PAGE}


def test_mended_the_same_command_goes_on_and_the_next_one_finds_nothing_to_do(
    first_run, mended_run
):
    clone = mended_run
    before, after = (
        one.results("small", "rec01", "report.html").stat() for one in (first_run[0], clone)
    )

    text = text_of(clone)
    assert "unfinished" not in text.partition("<script>")[0]
    assert "2 recordings" in text
    assert 'href="rec02/report.html#courses"' in text
    table = clone.results("small", "conditions.tsv").read_text(encoding="utf-8")
    assert {line.split("\t")[0] for line in table.splitlines()} == {"recording", "rec01", "rec02"}
    assert after.st_mtime_ns == before.st_mtime_ns
    assert clone.planned() == set()


def test_after_a_failure_only_the_page_is_left_when_all_else_is_as_it_was(mended_run, tmp_path):
    """Even where the record of an older, finished page would tell that nothing changed."""
    clone = copied(mended_run, tmp_path / "clone")
    block, away = clone.root / "tank" / "rec02", clone.root / "tank" / "away"
    finished = text_of(clone)
    block.rename(away)
    write_broken(block)

    assert clone.snakemake("results/small/rec02/block.json").returncode == 1
    assert text_of(clone) == finished, "this run was not to make the page"
    assert clone.snakemake("--keep-going").returncode == 1
    assert text_of(clone) != finished

    shutil.rmtree(block)
    away.rename(block)
    clone.run("--until", "report_recording")
    assert clone.planned() == {THE_PAGE}
