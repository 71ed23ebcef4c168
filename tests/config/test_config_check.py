"""A config is checked without Snakemake, which does not tell where a file is no YAML."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dspant.config.__main__ import main

CONFIG = "config/config.yaml"

BROKEN = {
    "tab": (b"    from: RawG", b"\tfrom: RawG", ":9: not valid YAML", "spaces, not tabs"),
    "open bracket": (b"[rectify, {", b"[rectify {", ":15: not valid YAML", "close the bracket"),
    "Latin-1": (b"experiment", b"# gr\xf6\xdfe\nexperiment", ":1: not UTF-8 text", "save the file"),
    "UTF-16": (b"experiment", b"\xff\xfeexperiment", ": UTF-16 or no text", "save the file"),
    "unknown key": (b"order: 2", b"ordre: 2", ":15: nodes.envelope", "did you mean 'order'?"),
    "missing block": (b"recordings.tsv", b"lost.tsv", "", "config/lost.tsv: cannot be read"),
}
"""What is replaced by what; where it is found, and what is said of it."""


def test_a_sound_config_is_one_line(house, capsys):
    assert main([CONFIG]) == 0

    told = capsys.readouterr()
    assert told.out == f"{CONFIG}: ok, 2 recordings, 3 nodes; no block was read\n"
    assert told.err == ""


@pytest.mark.parametrize("case", BROKEN)
def test_a_wrong_place_is_named_as_in_a_run(case, house, capsys):
    old, new, place, remedy = BROKEN[case]
    text = house.config.read_bytes()
    assert old in text
    start = text.index(old)
    # An encoding is seen by the first bytes; all else is replaced where it stands.
    house.config.write_bytes(text[:start] + new + text[start + len(old) :])

    assert main([CONFIG]) == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("1 problem in the configuration:\n")
    assert (f"{CONFIG}{place}" if place else remedy) in told.err
    assert remedy in told.err


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "- a\n", "{}\n"])
def test_a_file_without_keys_is_no_config(text, house, capsys):
    house.config.write_text(text, encoding="utf-8")

    assert main([CONFIG]) == 1
    assert f"{CONFIG}: holds no keys" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(house, capsys):
    assert main(["config/mien.yaml"]) == 1
    assert "config/mien.yaml: cannot be read: No such file" in capsys.readouterr().err


def test_it_is_a_command(house):
    house.config.write_text("a: 1\n\tb: 2\n", encoding="utf-8")
    known = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    done = subprocess.run(
        [sys.executable, "-m", "dspant.config", CONFIG],
        cwd=house.root,
        env=known,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"{CONFIG}:2: not valid YAML" in done.stderr
    assert "Traceback" not in done.stderr
