"""Disks that are full or may not be written to: said plainly, nothing false, and one can go on."""

from __future__ import annotations

import errno
import os
import subprocess

import numpy as np
import pytest
from soundness import contents, datasets, differences, drafts, wrong_files

from dspant.dataset.atomic import refusals_told, write_json
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.scattered import Scattered
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter
from dspant.errors import DiskError, DspantError


@pytest.mark.workflow
@pytest.mark.xdist_group("crashes")
def test_a_full_disk_is_said_and_a_larger_one_ends_right(finished_run, last, small_disk, expected):
    done = finished_run.snakemake(*last)

    told = done.stdout + done.stderr
    assert done.returncode == 1
    assert "DiskError: results/kills/rec01/filtered.ant/data_filtered.parquet cannot" in told
    assert "No space left on device; free space on the disk of results/kills/rec01" in told
    assert wrong_files(small_disk) == []
    assert drafts(small_disk) == []
    assert not list(small_disk.rglob("filtered.ant/*filtered*"))

    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    finished_run.run(*last)
    assert differences(datasets(contents(small_disk)), expected) == []


@pytest.mark.workflow
@pytest.mark.xdist_group("crashes")
def test_a_folder_that_may_not_be_written_to_is_named(finished_run, last, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    done = finished_run.snakemake(*last)

    told = done.stdout + done.stderr
    assert done.returncode == 1
    assert "results/kills" in told
    assert "Read-only file system" in told
    assert list(small_disk.iterdir()) == []


@pytest.mark.workflow
@pytest.mark.xdist_group("crashes")
@pytest.mark.parametrize("reserves", [True, False])
def test_a_disk_that_is_too_small_for_pieces_of_memory_is_said(small_disk, monkeypatch, reserves):
    if not reserves:  # as on file systems that cannot keep room
        monkeypatch.setattr("dspant.dataset.mapped_file.reserve", os.ftruncate)
    piece = np.zeros(4096, np.float32).view(np.uint8)
    pieces = Scattered.whole([piece], np.zeros((1, 100), np.int64), piece.size)
    header = StreamHeader("test", "Raw", 1000.0, ["0"], ["V"], [(0, 409_600, 0.0)])
    folder = DatasetFolder(small_disk / "Raw.ant")

    with (
        pytest.raises(DiskError, match=r"Raw\.ant/data_Raw\.parquet cannot .*: No space left"),
        StreamWriter(folder, header, "none") as writer,
    ):
        assert not reserves
        writer.write_scattered(pieces)

    assert drafts(small_disk) == []
    assert not folder.data.exists()


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free space on the disk of"),
        (errno.EDQUOT, "within the quota"),
        (errno.EROFS, "writable"),
        (errno.EACCES, "writable for the user"),
        (errno.EIO, "look after the disk"),
    ],
)
def test_what_a_disk_refuses_tells_file_cause_and_remedy(tmp_path, number, remedy):
    file = tmp_path / "a.json"
    with pytest.raises(DiskError, match=remedy) as caught, refusals_told(file):
        raise OSError(number, "short")
    assert str(file) in str(caught.value)
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value, DspantError)


def test_errors_that_are_not_about_the_disk_stay_as_they_are(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"), refusals_told(tmp_path):
        raise FileNotFoundError(errno.ENOENT, "missing")


def test_a_draft_that_a_killed_job_left_is_gone_after_the_next_write(tmp_path):
    (tmp_path / ".tmp-99-a.json").write_text("{")
    (tmp_path / ".tmp-99-b.json").write_text("{")
    write_json(tmp_path / "a.json", {})
    assert sorted(file.name for file in tmp_path.iterdir()) == [".tmp-99-b.json", "a.json"]
