"""Raw files read again: put back by content, read where anything differs or was damaged."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from raw_blocks import stream, write

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.stream import Stream
from dspant.errors import RawDataError
from dspant.readers import READERS, fingerprint
from dspant.readers.fingerprint import RawContent
from dspant.readers.ingest import ingest
from dspant.simulate.tdt_stores import EpocStore

SPEC = {
    "reader": {"name": "tdt", "version": READERS["tdt"]},
    "stores": {"RawG": {"kind": "stream", "unit": "V"}, "AmpA": {"kind": "epoc", "unit": "uA"}},
    "storage": {"compression": "none"},
}
STROBES = np.array([100.0, 200.0])
EVENTS = EpocStore("AmpA", np.array([0.001, 0.002]), STROBES)


@pytest.fixture(params=[False, True], ids=["tev", "sev"])
def block(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write(tmp_path / "b", stream(steps=40, sev=request.param), epocs=[EVENTS])


@pytest.fixture
def recording(block: Path, tmp_path: Path) -> Path:
    """Results of a first reading of the block."""
    ingest(block, SPEC, tmp_path / "rec01", rule="ingest")
    return tmp_path / "rec01"


def provenance(recording: Path, name: str = "RawG") -> dict[str, Any]:
    return json.loads(DatasetFolder(recording / f"{name}.ant").provenance.read_text())


def inodes(recording: Path) -> list[int]:
    return [file.stat().st_ino for file in sorted(recording.glob("*.ant/data_*"))]


def sample_file(block: Path) -> Path:
    return sorted([*block.glob("*.sev"), *block.glob("*.tev")], key=lambda f: f.stat().st_size)[-1]


def flip(file: Path, position: int | None = None) -> None:
    """Change one byte, in the middle or elsewhere, of the file on disk that all its links share."""
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2 if position is None else position)
        value = opened.read(1)[0]
        opened.seek(-1, 1)
        opened.write(bytes([value ^ 1]))


def as_snakemake_leaves_it(recording: Path) -> None:
    """Delete what the job declares as its outputs, as happens before it starts."""
    (recording / "block.json").unlink()
    for folder in recording.glob("*.ant"):
        for file in DatasetFolder(folder).files:
            file.unlink()


def test_provenance_names_every_raw_file_with_size_and_digest(block, recording):
    for name in ("RawG", "AmpA"):
        stated = provenance(recording, name)["raw_files"]
        read = [path for path in block.iterdir() if path.suffix.lower() != ".tdx"]
        assert sorted(stated) == sorted(path.name for path in read)
        for path in read:
            content = path.read_bytes()
            assert stated[path.name] == {
                "bytes": len(content),
                "digest": "xxh3:" + xxhash.xxh3_128_hexdigest(content),
            }


@given(data=st.data(), piece_bytes=st.sampled_from([4096, 3 * 4096, 2**24]))
def test_files_are_read_right_and_fingerprinted_whatever_windows_look_at(
    tmp_path_factory, data, piece_bytes
):
    folder = tmp_path_factory.mktemp("raw")
    files = [folder / str(size) for size in (0, 1, 4096, 4097, 50_000)]
    for file in files:
        file.write_bytes(np.random.default_rng(0).bytes(int(file.name)))
    some = st.lists(st.sampled_from(files[1:]), unique=True)
    windows = [
        {
            file: tuple(sorted(data.draw(st.tuples(*2 * [st.integers(0, int(file.name))]))))
            for file in data.draw(some)
        }
        for _ in range(data.draw(st.integers(0, 6)))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "PIECE_BYTES", piece_bytes)
        patch.setattr(fingerprint, "SHARED_BYTES", 20_000)
        content = RawContent(files)
        views = content.alongside(windows)
        for window, view in zip(windows, views, strict=True):
            for file, (begin, stop) in window.items():
                assert view.bytes(file, begin, stop).tobytes() == file.read_bytes()[begin:stop]
        assert {name: file["digest"] for name, file in content.finish().items()} == {
            file.name: "xxh3:" + xxhash.xxh3_128_hexdigest(file.read_bytes()) for file in files
        }


def test_a_raw_file_that_shrinks_meanwhile_is_named(tmp_path):
    file = tmp_path / "a.tev"
    file.write_bytes(bytes(100_000))
    content = RawContent([file])
    file.write_bytes(bytes(10))
    with pytest.raises(RawDataError, match=r"a\.tev cannot be read at byte 0 of 100000"):
        content.finish()


def test_equal_raw_files_of_another_folder_and_time_are_put_back(block, recording, tmp_path):
    first, files, times = (recording / "block.json").read_bytes(), inodes(recording), []
    for folder in recording.glob("*.ant"):
        times += [DatasetFolder(folder).metadata.stat().st_mtime_ns]
    shutil.copytree(block, tmp_path / "elsewhere" / "b", copy_function=shutil.copyfile)
    as_snakemake_leaves_it(recording)

    ingest(tmp_path / "elsewhere" / "b", SPEC, recording)

    assert inodes(recording) == files
    assert (recording / "block.json").read_bytes() == first
    for folder in recording.glob("*.ant"):
        assert all(file.stat().st_mtime_ns > max(times) for file in DatasetFolder(folder).files)


def test_a_changed_raw_file_is_read(block, recording):
    before, files = Stream(recording / "RawG.ant").read(), inodes(recording)
    flip(sample_file(block))
    as_snakemake_leaves_it(recording)

    ingest(block, SPEC, recording)

    assert set(inodes(recording)).isdisjoint(files)
    assert np.count_nonzero(Stream(recording / "RawG.ant").read() != before) == 1


@pytest.mark.parametrize("stated", [{"unit": "mV"}, {"channels": ["a", "b"]}])
def test_another_request_is_read(block, recording, stated):
    files = inodes(recording)
    stores = SPEC["stores"] | {"RawG": SPEC["stores"]["RawG"] | stated}

    ingest(block, SPEC | {"stores": stores}, recording)

    assert set(inodes(recording)).isdisjoint(files)


@pytest.mark.parametrize("name", ["RawG", "AmpA"])
@pytest.mark.parametrize("kind", ["data", "metadata", "provenance"])
def test_damaged_last_results_are_read_again(block, recording, name, kind, caplog):
    expected = Stream(recording / "RawG.ant").read()
    damaged = getattr(DatasetFolder(recording / f"{name}.ant"), kind)
    stated = DatasetFolder(recording / f"{name}.ant").metadata.read_bytes()
    whole = damaged.read_bytes()
    # The middle of a table of two rows is no value, so what is changed there harms nobody.
    flip(damaged, whole.index(STROBES.tobytes()) if damaged.name == "data_AmpA.parquet" else None)
    as_snakemake_leaves_it(recording)

    with caplog.at_level(logging.INFO):
        ingest(block, SPEC, recording)

    assert "is back" not in caplog.text or kind == "provenance"
    assert ("its last result is damaged" in caplog.text) or kind == "provenance"
    assert np.array_equal(Stream(recording / "RawG.ant").read(), expected)
    assert DatasetFolder(recording / f"{name}.ant").metadata.read_bytes() == stated
    assert kind == "provenance" or damaged.read_bytes() == whole


def test_a_raw_file_more_is_another_recording(block, recording):
    files = inodes(recording)
    (block / "Notes.txt").write_text("Experiment: x\n", encoding="utf-8")

    ingest(block, SPEC, recording)

    assert set(inodes(recording)).isdisjoint(files)
    assert "Notes.txt" in provenance(recording)["raw_files"]
