"""From a tank to a config that runs: what a new lab does first."""

from __future__ import annotations

import pytest
from small_experiment import copied

from clone import Clone

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory, tank):
    """A clone in which a tank was scanned; tests leave it as it is."""
    clone = Clone.into(tmp_path_factory.mktemp("scan"))
    clone.run("scan", "--config", f"tank={tank}")
    return clone


def drafts(clone):
    return clone.root / "config" / "scan" / "tank"


def test_drafts_and_findings(scanned):
    folder = drafts(scanned)
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.yaml",
        "findings.tsv",
        "recordings.tsv",
    ]
    sheet = (folder / "recordings.tsv").read_text(encoding="utf-8").splitlines()
    assert sheet[0].split("\t") == ["recording", "block", "start_utc", "duration_s"]
    assert [line.split("\t")[0] for line in sheet[1:]] == ["rec01", "rec02", "rec03"]
    assert (folder / "findings.tsv").read_text(encoding="utf-8") == "recording\tblock\tfinding\n"


def test_the_draft_is_refused_until_its_units_are_filled_in(scanned, tmp_path):
    clone = copied(scanned, tmp_path / "clone")
    draft = drafts(clone) / "config.yaml"
    done = clone.snakemake("--dry-run", "--configfile", str(draft))
    assert done.returncode
    text, said = draft.read_text(encoding="utf-8"), done.stdout + done.stderr
    assert "stores.RawG.unit: expected text, found nothing" in said
    assert said.count(".unit: expected text") == text.count("unit:")
    filled = draft.with_name("filled.yaml")
    filled.write_text(
        text.replace("unit:  #", "unit: V  #").replace("scale: fill in", "scale: 0.5"),
        encoding="utf-8",
    )
    clone.run("--configfile", str(filled), "--until", "ingest")
    assert (clone.results("tank", "rec03", "RawG.ant", "metadata_RawG.json")).is_file()


def test_a_second_scan_leaves_what_a_user_edited(scanned, tank, tmp_path):
    clone = copied(scanned, tmp_path / "clone")
    edited = drafts(clone) / "recordings.tsv"
    text = edited.read_text(encoding="utf-8").replace("rec01\t", "baseline\t")
    edited.write_text(text, encoding="utf-8")
    clone.run("scan", "--forcerun", "scan", "--config", f"tank={tank}")
    assert edited.read_text(encoding="utf-8") == text
    assert "rec01\t" in edited.with_name("recordings.new.tsv").read_text(encoding="utf-8")


def test_a_tank_that_is_not_there(scanned):
    done = scanned.snakemake("scan", "--config", "tank=nowhere")
    assert done.returncode
    assert "tank: nowhere is not a folder" in done.stdout + done.stderr


def test_lint_finds_nothing(scanned, tank):
    assert scanned.snakemake("--lint", "--config", f"tank={tank}").returncode == 0
