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
    done = clone.run("scan", "--config", f"tank={tank}")
    (clone.root / "said.txt").write_text(done.stdout, encoding="utf-8")
    return clone


SAID = """\
3 blocks, 0 refused, 0 findings
  config/scan/tank/{sheet}: the blocks
  config/scan/tank/config.yaml: the stores
  config/scan/tank/findings.tsv: what is odd
{remark}Fill in the units in config/scan/tank/config.yaml, then run
  snakemake --cores 2 --configfile config/scan/tank/config.yaml
"""
"""How a scan of three sound blocks ends."""


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


def test_a_scan_ends_with_what_it_wrote_and_what_comes_next(scanned):
    said = (scanned.root / "said.txt").read_text(encoding="utf-8")
    expected = SAID.format(sheet="recordings.tsv", remark="")
    assert said == expected
    log = (scanned.root / "logs" / "scan" / "tank.log").read_text(encoding="utf-8")
    assert log.endswith(expected)


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
    done = clone.run("scan", "--forcerun", "scan", "--config", f"tank={tank}")
    remark = "What you have edited is as it was: compare it with recordings.new.tsv.\n"
    assert done.stdout == SAID.format(sheet="recordings.new.tsv", remark=remark)
    assert edited.read_text(encoding="utf-8") == text
    assert "rec01\t" in edited.with_name("recordings.new.tsv").read_text(encoding="utf-8")


def test_a_tank_that_is_not_there(scanned):
    done = scanned.snakemake("scan", "--config", "tank=nowhere")
    assert done.returncode
    assert "tank: nowhere is not a folder" in done.stdout + done.stderr


def test_a_scan_of_no_tank_says_how_to_name_one(scanned, small):
    """Whether or not there is an experiment that could be run."""
    for clone in (scanned, small):
        done = clone.snakemake("scan")
        assert done.returncode
        said = done.stdout + done.stderr
        assert "tank? Name its folder: snakemake scan --cores 1 --config tank=PATH\n" in said
        assert "MissingRuleException" not in said


def test_lint_finds_nothing(scanned, tank):
    assert scanned.snakemake("--lint", "--config", f"tank={tank}").returncode == 0
