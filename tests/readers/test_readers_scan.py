"""Tanks: which blocks there are, what they would be called, and the drafts made of them."""

import csv
import logging

import pytest
import yaml
from raw_blocks import stream, without_steps, write

from dspant.errors import RawDataError
from dspant.readers.scan import recording_names, scan
from dspant.readers.tank import folder_name, plan_scan


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture
def tank(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    counts = stream("Resp", dtype="int16")
    write(tmp_path / "my tank" / "day1" / "rat-1", stream(), counts)
    write(tmp_path / "my tank" / "day2" / "rat-1", stream(steps=9), counts, edit=without_steps(3))
    write(tmp_path / "my tank" / "rat-2", stream(), counts, stream("Only"))
    (tmp_path / "my tank" / "cut").mkdir()
    (tmp_path / "my tank" / "cut" / "x.tsq").write_bytes(bytes(39))
    return plan_scan("my tank")


def test_drafts(tank):
    scan(tank)
    assert tank.folder.as_posix() == "config/scan/my_tank"
    sheet = rows(tank.sheet)
    assert [row["recording"] for row in sheet] == ["rat-1", "day2_rat-1", "rat-2"]
    assert [row["block"] for row in sheet] == [
        "my tank/day1/rat-1",
        "my tank/day2/rat-1",
        "my tank/rat-2",
    ]
    text = tank.config.read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    assert config == {
        "experiment": "my_tank",
        "recordings": "config/scan/my_tank/recordings.tsv",
        "stores": {
            "RawG": {"kind": "stream", "unit": None},
            "Resp": {"kind": "stream", "unit": None, "scale": "fill in"},
        },
    }
    words = "stream, 2 channels, at 24414.0625 Hz, float32, 384 samples (2x), 512 samples (1x)"
    assert words in text
    assert "in 1 of 3 recordings, so it is left out here" in text
    findings = {row["recording"]: row["finding"] for row in rows(tank.findings)}
    assert "left out of the sheet" in findings["cut"]
    assert "1 gap" in findings["day2_rat-1"]


def test_what_a_user_edited_is_never_written_over(tank, caplog):
    scan(tank)
    tank.config.write_text("mine", encoding="utf-8")
    with caplog.at_level(logging.INFO, logger="dspant.scan"):
        scan(tank)
    assert tank.config.read_text(encoding="utf-8") == "mine"
    assert "stores:" in tank.config.with_name("config.new.yaml").read_text(encoding="utf-8")
    assert not tank.sheet.with_name("recordings.new.tsv").exists()
    assert any("config.new.yaml" in record.getMessage() for record in caplog.records)


def test_it_tells_what_was_found_and_what_comes_next(tank, tmp_path):
    said = scan(tank).splitlines()
    findings = rows(tank.findings)
    assert said[0] == f"4 blocks, 1 refused, {len(findings)} findings"
    for file in (tank.sheet, tank.config, tank.findings):
        assert any(line.startswith(f"  {file.as_posix()}: ") for line in said)
    assert f"#   {said[-1].strip()}" in tank.config.read_text(encoding="utf-8").splitlines()
    alone = scan(plan_scan(tmp_path / "my tank" / "cut"))
    assert alone.startswith("1 block, 1 refused, 1 finding\n")
    assert alone.endswith("No block can be read.")


def test_names_differ_by_more_than_capitals(tmp_path):
    blocks = [tmp_path / "a" / "Rat", tmp_path / "b" / "rat", tmp_path / "c d" / "rat"]
    assert recording_names(blocks) == ["Rat", "b_rat", "c_d_rat"]


@pytest.mark.parametrize(
    ("text", "name"),
    [("my tank (2)", "my_tank_2_"), ("._x", "x"), ("ü", "tank"), ("a.b-c", "a.b-c")],
)
def test_folder_names(text, name):
    assert folder_name(text) == name


def test_no_tank(tmp_path):
    with pytest.raises(RawDataError, match="is not a folder"):
        plan_scan(tmp_path / "nowhere")
    with pytest.raises(RawDataError, match="no folder in"):
        plan_scan(tmp_path)


def test_a_block_is_a_tank_of_its_own(tmp_path):
    folder = write(tmp_path / "b", stream())
    assert plan_scan(folder).blocks == (folder,)
