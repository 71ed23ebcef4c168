"""The sheet says on which line it is wrong, and what stands there."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from dspant.config.blocks import raw_files
from dspant.config.sheet import read_sheet, read_sheet_table
from dspant.errors import ConfigError

AT = "config/recordings.tsv:"

NOBODY = 65534
"""A user with no rights of his own, where the tests are run by root."""

CASES = {
    "empty file": ("", "config/recordings.tsv: the sheet is empty"),
    "header alone": ("recording\tblock\n", "config/recordings.tsv: the sheet names no recording"),
    "commas": ("recording,block\nrec01,tank/rec01\n", f"{AT}1: columns are separated by commas"),
    "runs of spaces": (
        "recording    block\nrec01    tank/rec01\n",
        f"{AT}1: columns are separated by spaces; separate them by tabs",
    ),
    "spaces on one line": (
        "recording\tblock\nrec01    tank/rec01\n",
        f"{AT}2: 1 cells, but the header names 2 columns; separate cells by tabs",
    ),
    "missing column": (
        "recordings\tblock\nrec01\ttank/rec01\n",
        f"{AT}1: missing column 'recording'; rename 'recordings'",
    ),
    "column twice": (
        "recording\tblock\tblock\nrec01\ttank/rec01\tx\n",
        f"{AT}1: block: this column stands twice",
    ),
    "column without a name": (
        "recording\tblock\t\nrec01\ttank/rec01\tx\n",
        f"{AT}1: column 3 has no name; name it or delete the column",
    ),
    "column without a name between others": (
        "recording\t\tblock\nrec01\t\ttank/rec01\n",
        f"{AT}1: column 2 has no name",
    ),
    "column without a name to the right of the header": (
        "recording\tblock\nrec01\ttank/rec01\t\tx\n",
        f"{AT}2: 4 cells, but the header names 2 columns",
    ),
    "ragged line": (
        "recording\tblock\nrec01\ttank/rec01\nrec02\n",
        f"{AT}3: 1 cells, but the header names 2 columns",
    ),
    "recording twice": (
        "recording\tblock\nrec01\ttank/rec01\n\nrec01\ttank/rec02\n",
        f"{AT}4: recording: 'rec01' stands already on line 2",
    ),
    "recordings that differ by capitals": (
        "recording\tblock\nrec01\ttank/rec01\nRec01\ttank/rec02\n",
        f"{AT}3: recording: 'Rec01' and 'rec01' on line 2 are one folder",
    ),
    "recording without a name": (
        "recording\tblock\n\ttank/rec01\n",
        f"{AT}2: recording: must begin with a letter or digit",
    ),
    "recording outside the results": (
        "recording\tblock\n..\ttank/rec01\n",
        f"{AT}2: recording: must begin with a letter or digit",
    ),
    "recording with a folder": (
        "recording\tblock\na/b\ttank/rec01\n",
        f"{AT}2: recording: must begin with a letter or digit",
    ),
    "recording named as a file": (
        "recording\tblock\nreport.html\ttank/rec01\n",
        f"{AT}2: recording: 'report.html' is the name of a file the workflow writes",
    ),
    "block twice": (
        "recording\tblock\nrec01\ttank/rec01\nrec02\ttank/rec02\n\nrec03\ttank/rec01\n",
        f"{AT}5: block: tank/rec01 is the block of 'rec01' on line 2 as well, so both recordings "
        "would be the same data; name another block or delete one of the two lines",
    ),
    "missing block twice": (
        "recording\tblock\nrec02\ttank/rec02\nrec01\ttank/rec02/\n",
        f"{AT}3: block: tank/rec02 is the block of 'rec02' on line 2",
    ),
    "no block": ("recording\tblock\nrec01\t\n", f"{AT}2: block: names no folder"),
    "misspelt block": (
        "recording\tblock\nrec01\ttank/rec1\n",
        f"{AT}2: block: no folder tank/rec1; did you mean tank/rec01?",
    ),
    "misspelt tank": (
        "recording\tblock\nrec01\ttanks/rec01\n",
        f"{AT}2: block: no folder tanks/rec01; there is no tanks either",
    ),
    "home that a shell would expand": (
        "recording\tblock\nrec01\t~/tank/rec01\n",
        f"{AT}2: block: no folder ~/tank/rec01; ~ is not expanded, write the path in full: "
        "/home/ana/tank/rec01",
    ),
    "home of nobody": (
        "recording\tblock\nrec01\t~no-such-user/rec01\n",
        f"{AT}2: block: no folder ~no-such-user/rec01; ~no-such-user is not expanded, "
        "write the path in full",
    ),
    "variable that a shell would expand": (
        "recording\tblock\nrec01\t$HOME/tank/rec01\n",
        f"{AT}2: block: no folder $HOME/tank/rec01; $HOME is not expanded, write the path in full: "
        "/home/ana/tank/rec01",
    ),
    "tank instead of block": (
        "recording\tblock\nrec01\ttank\n",
        f"{AT}2: block: tank is no TDT block: it holds no .tsq; "
        "it holds blocks, name one of them: rec01, rec02",
    ),
    "folder that is no block": (
        "recording\tblock\nrec01\tconfig\n",
        f"{AT}2: block: config is no TDT block: it holds no .tsq; "
        "it holds config.yaml, recordings.tsv",
    ),
    "file instead of block": (
        "recording\tblock\nrec01\ttank/rec01/tank_rec01.tsq\n",
        f"{AT}2: block: tank/rec01/tank_rec01.tsq is a file; name the folder it lies in",
    ),
    "quote that is not closed": (
        'recording\tblock\n"rec01\ttank/rec01\n',
        "config/recordings.tsv: not a tab-separated table",
    ),
    "not UTF-8": (
        "recording\tblock\tsubject\nrec01\ttank/rec01\tJosé\n".encode("latin-1"),
        f"{AT}2: not UTF-8 text at column 21; save the sheet as UTF-8",
    ),
    "Unicode text as spreadsheets export it": (
        "recording\tblock\nrec01\ttank/rec01\n".encode("utf-16"),
        "config/recordings.tsv: UTF-16 or no text at all; save the sheet as UTF-8",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_place_is_one_line(case, house, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ana")
    text, expected = CASES[case]
    house.sheet.write_bytes(text if isinstance(text, bytes) else text.encode())

    _, problems = read_sheet("config/recordings.tsv")

    assert len(problems) == 1, problems
    assert problems[0].startswith(expected)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_order_cells_and_lines_are_kept(ending, mark, house):
    text = "recording\tblock\tsubject\n rec02 \ttank/rec02\t\n\nrec01\ttank/rec01\tJosé\n"
    house.sheet.write_bytes(mark + text.replace("\n", ending).encode())

    sheet, problems = read_sheet(house.sheet)

    assert problems == []
    assert sheet.recordings == ("rec02", "rec01")
    assert sheet.columns == ("recording", "block", "subject")
    assert sheet.cell("rec01", "subject") == "José"
    assert [row.line for row in sheet.rows] == [2, 4]


@pytest.mark.parametrize(
    "spelt", ["tank/rec01/", "tank//rec01", "./tank/rec01", "{here}/tank/rec01"]
)
def test_one_block_under_two_names_is_found_however_it_is_spelt(spelt, house):
    second = spelt.format(here=house.root)
    house.sheet.write_text(f"recording\tblock\na\ttank/rec01\nb\t{second}\n", encoding="utf-8")

    _, (problem,) = read_sheet("config/recordings.tsv")

    assert problem.startswith(f"{AT}3: block: ")
    assert "is the block of 'a' on line 2 as well" in problem


def test_empty_columns_that_a_spreadsheet_adds_are_not_there(house):
    text = "recording\tblock\tsubject\t\t\nrec01\ttank/rec01\t\t\t\nrec02\ttank/rec02\trat\t\t \t\n"
    house.sheet.write_text(text, encoding="utf-8")

    sheet, problems = read_sheet(house.sheet)

    assert problems == []
    assert sheet.columns == ("recording", "block", "subject")
    assert [row.cells["subject"] for row in sheet.rows] == ["", "rat"]


@contextmanager
def ordinary_user(root):
    """Root may read every folder, so the test is another user for a while."""
    if os.geteuid() != 0:
        yield
        return
    root.chmod(0o755)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="folders have other rights there")
@pytest.mark.parametrize(("folder", "mode"), [("rec02", 0o000), ("rec02", 0o444), ("", 0o000)])
def test_a_block_that_may_not_be_read_is_one_line_for_each_recording(folder, mode, house):
    closed = house.root / "tank" / folder
    closed.chmod(mode)
    try:
        with ordinary_user(house.root):
            _, problems = read_sheet("config/recordings.tsv")
    finally:
        closed.chmod(0o755)

    assert [problem.split(";")[0] for problem in problems] == [
        f"{AT}{line}: block: tank/rec0{line - 1} cannot be read: Permission denied"
        for line in ((3,) if folder else (2, 3))
    ]
    assert all("read and enter" in problem for problem in problems)


def test_a_block_on_a_broken_disk_is_one_line(house, monkeypatch):
    def broken(_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "iterdir", broken)

    _, problems = read_sheet("config/recordings.tsv")

    assert problems == [
        f"{AT}{line}: block: tank/rec0{line - 1} cannot be read: Input/output error; "
        "check the path and the disk it lies on"
        for line in (2, 3)
    ]


def test_an_unknown_recording_has_a_nearest_one(house):
    sheet, _ = read_sheet(house.sheet)

    with pytest.raises(ConfigError, match="no recording 'rec1'; did you mean 'rec"):
        sheet.cell("rec1", "block")


def test_reference_columns_name_recordings_of_the_sheet(house):
    house.write(("from: filtered", "from: [filtered, {node: AmpA, recording: mvc}]"))
    house.sheet.write_text(
        "recording\tblock\tmvc\nrec01\ttank/rec01\tred02\nrec02\ttank/rec02\t\n", encoding="utf-8"
    )

    found = [line for line in house.problems() if line.startswith(AT)]

    assert found[0].startswith(f"{AT}2: mvc: names no recording of this sheet, found 'red02'")
    assert "did you mean 'rec02'?" in found[0]
    assert found[1].startswith(f"{AT}3: mvc: names no recording of this sheet, found ''")


def test_block_folder_with_two_indices(house):
    (house.root / "tank/rec01/copy.tsq").touch()

    _, problems = read_sheet(house.sheet)

    assert problems == [f"{AT}2: block: tank/rec01 holds 2 .tsq files; a block has one"]


def test_a_link_to_nothing_beside_the_raw_files_does_no_harm(house):
    (house.root / "tank/rec01/a_note").symlink_to("gone")

    assert read_sheet(house.sheet)[1] == []


def test_raw_files_are_those_that_are_read(house):
    block = house.root / "tank/rec01"
    for name in ("notes.txt", "tank_rec01.tnt", "b_ch2.SEV", "a_ch1.sev", "tank_rec01.tin"):
        (block / name).touch()

    assert [file.name for file in raw_files(block)] == [
        "a_ch1.sev",
        "b_ch2.SEV",
        "notes.txt",
        "tank_rec01.Tbk",
        "tank_rec01.tev",
        "tank_rec01.tnt",
        "tank_rec01.tsq",
    ]


def test_the_table_holds_every_column_as_text(house):
    table = read_sheet_table(house.sheet)

    assert table.column_names == ["recording", "block", "mvc"]
    assert table["recording"].to_pylist() == ["rec01", "rec02"]
    assert {str(field.type) for field in table.schema} == {"string"}


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("recording\tblock\nrec01\ta\nrec01\tb\n", "recording"),
        ("recording\tblock\n../rec01\ta\n", "recording"),
        ("recording\tblock\nreport.html\ta\n", "recording"),
        ("recording\tblock\nrec01\t\n", "block"),
    ],
)
def test_the_table_keeps_to_its_schema(text, column, house):
    house.sheet.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        read_sheet_table(house.sheet)

    assert f"config/recordings.tsv: {column}: " in caught.value.problems[0]


def test_a_table_without_its_columns_is_refused(house):
    house.sheet.write_text("name\tblock\nrec01\ta\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="missing column 'recording'"):
        read_sheet_table(house.sheet)
