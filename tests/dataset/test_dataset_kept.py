"""The last result that is kept beside a dataset: put back only while it is what was published."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from small_datasets import some_rows, write_epoc, write_stream

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import read_metadata
from dspant.dataset.provenance import COMMAND, Provenance, make_again
from dspant.dataset.publish import is_kept_whole, publish, put_back
from dspant.dataset.stream import Stream
from dspant.errors import DatasetError

SAMPLES = np.random.default_rng(0).normal(size=(2, 4000)).astype("float32")

LONG_AGO_S = 1e9
"""A time of files; two moments of one test may be the same to a file system."""


@pytest.fixture(params=["stream", "zstd", "epoc"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> DatasetFolder:
    if request.param == "epoc":
        return write_epoc(tmp_path / "Stim.ant", some_rows(500))
    compression = "zstd" if request.param == "zstd" else "none"
    return write_stream(tmp_path / "Raw.ant", SAMPLES, compression=compression)


def overwritten(file: Path, content: bytes) -> None:
    """Change a file where it lies, as bad disks do: all its links change."""
    with file.open("r+b") as opened:
        opened.truncate(len(content))
        opened.write(content)


def test_an_untouched_result_is_whole_and_new_once_put_back(folder: DatasetFolder) -> None:
    before = [(file.read_bytes(), file.stat().st_ino) for file in folder.files]
    for file in folder.files:
        os.utime(file, (LONG_AGO_S, LONG_AGO_S))

    assert is_kept_whole(folder)
    put_back(folder)

    assert [(file.read_bytes(), file.stat().st_ino) for file in folder.files] == before
    assert all(file.stat().st_mtime > LONG_AGO_S for file in folder.files)
    assert is_kept_whole(folder)


def test_flipped_values_and_cut_files_are_not_whole(folder: DatasetFolder) -> None:
    whole = folder.data.read_bytes()
    for position in range(len(whole) // 4, len(whole) // 2, len(whole) // 23):
        flipped = bytearray(whole)
        flipped[position] ^= 0x10
        overwritten(folder.data, bytes(flipped))
        assert not is_kept_whole(folder), position
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        overwritten(folder.data, whole[:length])
        assert not is_kept_whole(folder), length
    overwritten(folder.data, whole)
    assert is_kept_whole(folder)


def test_any_other_byte_of_the_metadata_is_not_whole(folder: DatasetFolder) -> None:
    whole = folder.metadata.read_bytes()
    for position in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[position] ^= 0x01
        overwritten(folder.metadata, bytes(flipped))
        assert not is_kept_whole(folder), position


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff"])
def test_without_its_provenance_nothing_is_whole(folder: DatasetFolder, content: bytes) -> None:
    overwritten(folder.provenance, content)
    assert not is_kept_whole(folder)


def test_nothing_kept_is_not_whole(tmp_path: Path) -> None:
    assert not is_kept_whole(DatasetFolder(tmp_path / "Raw.ant"))


def republished(folder: DatasetFolder, **facts: str) -> None:
    """Publish the same data again with a provenance that states more."""
    draft = folder.path / "draft"
    draft.write_bytes(folder.data.read_bytes())
    publish(folder, draft, read_metadata(folder.metadata), Provenance(**facts))


def test_a_damaged_dataset_names_the_command_of_the_run_else_that_of_its_making(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_stream(tmp_path / "Raw.ant", SAMPLES)
    monkeypatch.setenv(COMMAND, "snakemake --cores 2")
    republished(folder, rule="ingest")
    monkeypatch.delenv(COMMAND)
    assert make_again(folder) == "make it again with: snakemake --cores 2 -R ingest"
    monkeypatch.setenv(COMMAND, "snakemake --cores 1 --configfile mine.yaml")
    expected = "make it again with: snakemake --cores 1 --configfile mine.yaml -R ingest"
    assert make_again(folder) == expected
    for verifying in ("snakemake verify --cores 1", "snakemake --cores 1 -- verify"):
        monkeypatch.setenv(COMMAND, verifying)
        assert make_again(folder) == "make it again with: snakemake --cores 1 -R ingest"
    monkeypatch.setenv(COMMAND, "snakemake --cores 1 --configfile mine.yaml")
    overwritten(folder.data, folder.data.read_bytes()[:100])
    with pytest.raises(DatasetError, match=f"{expected}$"):
        Stream(folder.path)


def test_a_damaged_dataset_of_no_workflow_is_to_be_deleted(tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "Raw.ant", SAMPLES)
    assert "rule" not in json.loads(folder.provenance.read_text(encoding="utf-8"))
    assert make_again(folder) == f"delete {folder.path} and run the workflow again"
