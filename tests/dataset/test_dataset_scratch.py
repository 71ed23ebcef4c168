"""Results written by way of another disk are those written in place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from small_datasets import header_of, some_rows, write_epoc, write_stream

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import Provenance
from dspant.dataset.scratch import SCRATCH
from dspant.dataset.stream_writer import StreamWriter
from dspant.errors import DiskError


@pytest.fixture(params=[Path("/", "dev", "shm"), None], ids=["another disk", "the same disk"])
def scratch(request, tmp_path: Path) -> Iterator[Path]:
    if request.param and not request.param.is_dir():
        pytest.skip("this machine has no file system in memory")
    with tempfile.TemporaryDirectory(dir=request.param or tmp_path) as folder:
        yield Path(folder)


def written(folder: Path) -> dict[str, bytes]:
    """All files but provenance of a stream and an epoc, by name."""
    x = np.random.default_rng(1).standard_normal((3, 70_000), dtype=np.float32)
    datasets = [
        write_stream(folder / "Raw.ant", x),
        write_epoc(folder / "Stim.ant", some_rows(500)),
    ]
    files = [file for dataset in datasets for file in (dataset.data, dataset.metadata)]
    return {file.name: file.read_bytes() for file in files}


def test_results_by_way_of_a_scratch_folder_are_the_same_bytes(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_place = written(tmp_path / "in place")
    monkeypatch.setenv("PLACE_OF_THE_NODE", str(scratch))
    monkeypatch.setenv(SCRATCH, "$PLACE_OF_THE_NODE")
    assert written(tmp_path / "by way") == in_place
    assert list(scratch.iterdir()) == []
    assert list(tmp_path.rglob(".tmp-*")) == []


def test_samples_are_held_in_the_scratch_folder_until_they_are_whole(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SCRATCH, str(scratch))
    x = np.zeros((1, 10))
    folder = DatasetFolder(tmp_path / "Raw.ant")
    with StreamWriter(folder, header_of("Raw", x), "none") as writer:
        writer.write(x)
        (draft,) = scratch.iterdir()
        assert draft.name.endswith("data_Raw.parquet")
        assert not folder.data.exists()
        writer.finish(Provenance())
    assert folder.data.exists()


def test_a_job_that_fails_leaves_nothing_in_the_scratch_folder(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SCRATCH, str(scratch))
    header = header_of("Raw", np.zeros((1, 10)))
    with (
        pytest.raises(RuntimeError, match="on the way"),
        StreamWriter(DatasetFolder(tmp_path / "Raw.ant"), header, "none"),
    ):
        raise RuntimeError("on the way")
    assert list(scratch.iterdir()) == []


def test_a_scratch_folder_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SCRATCH, str(tmp_path / "nowhere"))
    with pytest.raises(DiskError, match=r"DSPANT_SCRATCH names .*nowhere, which is no folder"):
        write_stream(tmp_path / "Raw.ant", np.zeros((1, 10)))
