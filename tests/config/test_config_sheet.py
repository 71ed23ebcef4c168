"""The sheet says on which line it is wrong, and what stands there."""

from __future__ import annotations

import pytest

from dspant.config.blocks import raw_files
from dspant.config.sheet import read_sheet, read_sheet_table
from dspant.errors import ConfigError

AT = "config/recordings.tsv:"

CASES = {
    "empty file": ("", "config/recordings.tsv: the sheet is empty"),
    "header alone": ("recording\tblock\n", "config/recordings.tsv: the sheet names no recording"),
    "commas": ("recording,block\nrec01,tank/rec01\n", f"{AT}1: columns are separated by commas"),
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
        f"{AT}1: a column has no name",
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
    "no block": ("recording\tblock\nrec01\t\n", f"{AT}2: block: names no folder"),
    "misspelt block": (
        "recording\tblock\nrec01\ttank/rec1\n",
        f"{AT}2: block: no folder tank/rec1; did you mean tank/rec01?",
    ),
    "misspelt tank": (
        "recording\tblock\nrec01\ttanks/rec01\n",
        f"{AT}2: block: no folder tanks/rec01; there is no tanks either",
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
        f"{AT}2: not UTF-8 text; save the sheet as UTF-8",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_place_is_one_line(case, house):
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
