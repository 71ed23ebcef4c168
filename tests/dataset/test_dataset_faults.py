"""What bad disks, full disks and killed jobs leave behind: the truth or an error, never less."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from small_datasets import finished, header_of, some_rows, write_epoc, write_stream

from dspant.dataset.atomic import to_json, write_json, written_whole
from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.publish import kept_provenance, put_back
from dspant.dataset.stream import Stream
from dspant.dataset.stream_writer import StreamWriter
from dspant.errors import DatasetError, DigestError

SAMPLES = np.random.default_rng(0).normal(size=(2, 40)).astype("float32")


def content(folder: DatasetFolder) -> tuple[object, ...]:
    """Everything a reader would compute with, after a full check."""
    if folder.name == "Stim":
        epoc = Epoc(folder.path)
        units = tuple(column.unit for column in epoc.metadata.base.columns.values())
        return epoc.table.to_pydict(), units
    stream = Stream(folder.path)
    stream.verify()
    values = stream.read()
    facts = (stream.fs_hz, stream.channels, stream.units, stream.scales, str(values.dtype))
    return values.tolist(), *facts


def written(place: Path, kind: str) -> DatasetFolder:
    if kind == "epoc":
        return write_epoc(place / "Stim.ant", some_rows(20))
    if kind == "counts":
        counts = np.arange(-40, 40, dtype="int16").reshape(2, 40)
        return write_stream(place / "Raw.ant", counts, scales=[1e-6, 2.5e-6])
    return write_stream(place / "Raw.ant", SAMPLES, compression=kind)


every_kind = pytest.mark.parametrize("kind", ["none", "zstd", "counts", "epoc"])


def assert_truth_or_refusal(folder: DatasetFolder, truth: object, what: str) -> None:
    try:
        found = content(folder)
    except DatasetError as error:
        assert str(folder.path) in str(error), what
    else:
        assert found == truth, what


@every_kind
def test_a_flipped_byte_of_the_data_file_never_gives_other_numbers(
    tmp_path: Path, kind: str
) -> None:
    folder = written(tmp_path, kind)
    truth, whole = content(folder), folder.data.read_bytes()
    rng = random.Random(1)
    ends = [*range(24), *range(len(whole) - 24, len(whole))]
    for position in {*ends, *rng.sample(range(len(whole)), min(260, len(whole)))}:
        flipped = bytearray(whole)
        flipped[position] ^= rng.choice([0x01, 0x10, 0x80, 0xFF])
        folder.data.write_bytes(flipped)
        assert_truth_or_refusal(folder, truth, f"byte {position} of {len(whole)}")


def test_a_flipped_byte_among_the_values_is_found_by_the_digest(tmp_path: Path) -> None:
    folder = written(tmp_path, "none")
    whole = folder.data.read_bytes()
    begin = whole.index(SAMPLES[1].tobytes())
    for position in range(begin, begin + 160, 7):
        flipped = bytearray(whole)
        flipped[position] ^= 0x40
        folder.data.write_bytes(flipped)
        for read in (Stream.verify, Stream.read):
            with pytest.raises(DigestError, match=f"^{folder.data} was altered"):
                read(Stream(folder.path))


@every_kind
def test_a_data_file_cut_at_any_length_is_refused(tmp_path: Path, kind: str) -> None:
    folder = written(tmp_path, kind)
    whole = folder.data.read_bytes()
    for length in {*range(0, len(whole), 13), *range(20), *range(len(whole) - 20, len(whole))}:
        folder.data.write_bytes(whole[:length])
        with pytest.raises(DatasetError, match=str(folder.data)):
            content(folder)


@every_kind
def test_a_flipped_byte_of_the_metadata_never_gives_other_numbers(
    tmp_path: Path, kind: str
) -> None:
    folder = written(tmp_path, kind)
    truth, whole = content(folder), folder.metadata.read_bytes()
    rng = random.Random(2)
    start_times = whole.find(b'"segments"'), whole.find(b'"digest"')
    for position in range(len(whole)):
        if start_times[0] <= position < start_times[1]:
            continue
        flipped = bytearray(whole)
        flipped[position] ^= rng.choice([0x01, 0x02, 0x04, 0x80])
        folder.metadata.write_bytes(flipped)
        assert_truth_or_refusal(folder, truth, f"{bytes(flipped)!r} at {position}")


@every_kind
def test_metadata_cut_at_any_length_are_refused(tmp_path: Path, kind: str) -> None:
    folder = written(tmp_path, kind)
    whole = folder.metadata.read_bytes()
    for length in range(len(whole) - 2):
        folder.metadata.write_bytes(whole[:length])
        with pytest.raises(DatasetError, match=str(folder.metadata)):
            content(folder)


def test_data_exchanged_between_datasets_are_found(tmp_path: Path) -> None:
    one = write_stream(tmp_path / "a" / "Raw.ant", SAMPLES)
    two = write_stream(tmp_path / "b" / "Raw.ant", SAMPLES + 1)
    shutil.copy(two.data, one.data)
    with pytest.raises(DigestError, match=str(one.data)):
        Stream(one.path).read()


def test_a_writer_that_fails_leaves_an_earlier_result_as_it_was(tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "Raw.ant", SAMPLES)
    before = {file.name: file.read_bytes() for file in folder.files}
    writer = StreamWriter(folder, header_of("Raw", SAMPLES), "none")
    with pytest.raises(KeyboardInterrupt), writer:
        writer.write(SAMPLES[:, :10])
        raise KeyboardInterrupt
    assert {file.name: file.read_bytes() for file in folder.path.iterdir() if file.is_file()} == (
        before
    )


def test_a_writer_that_fails_leaves_nothing_where_nothing_was(tmp_path: Path) -> None:
    folder = DatasetFolder(tmp_path / "Raw.ant")
    writer = StreamWriter(folder, header_of("Raw", SAMPLES), "none")
    with pytest.raises(ValueError, match="mine"), writer:
        writer.write(SAMPLES)
        raise ValueError("mine")
    assert list(folder.path.iterdir()) == []


@pytest.mark.parametrize("step", range(3))
def test_publishing_that_fails_leaves_no_file_of_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    from dspant.dataset import publish

    def fails(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    outcomes: Iterator[Callable[..., None]] = iter([fails] if step == 0 else [write_json, fails])

    def may_fail(*args: object) -> None:
        next(outcomes)(*args)

    name = "write_json" if step < 2 else "into_place"
    monkeypatch.setattr(publish, name, may_fail if step < 2 else fails)
    with pytest.raises(OSError, match="No space"):
        write_stream(tmp_path / "Raw.ant", SAMPLES)
    assert list((tmp_path / "Raw.ant").iterdir()) == []


@pytest.mark.parametrize("what", ["write", "put_back"])
def test_a_job_that_dies_at_any_step_leaves_nothing_false(tmp_path: Path, what: str) -> None:
    script = Path(__file__).with_name("dies_while_writing.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path, what], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 8


WRITES_FOREVER = """
import sys
from pathlib import Path
import numpy as np
from small_datasets import write_stream
turn = 0
while True:
    x = np.full((2, 300_000), turn, dtype="float32")
    write_stream(Path(sys.argv[1]), x, [100_000, 200_000], node=str(turn))
    turn += 1
    print(turn, flush=True)
"""


def test_a_job_killed_at_a_random_moment_leaves_nothing_false(tmp_path: Path) -> None:
    folder = DatasetFolder(tmp_path / "Raw.ant")
    here = str(Path(__file__).parent)
    rng = random.Random(time.time_ns())
    for _ in range(5):
        job = subprocess.Popen(
            [sys.executable, "-c", WRITES_FOREVER, folder.path],
            env=os.environ | {"PYTHONPATH": here},
            stdout=subprocess.PIPE,
        )
        job.stdout.readline()
        time.sleep(rng.uniform(0, 0.3))
        job.send_signal(signal.SIGKILL)
        job.communicate()
        if folder.metadata.exists():
            stream = Stream(folder.path)
            assert np.all(stream.read() == float(stream.metadata.dspant.node))
        if kept_provenance(folder):
            put_back(folder)
            stream = Stream(folder.path)
            assert np.all(stream.read() == float(stream.metadata.dspant.node))
        else:
            assert not folder.metadata.exists() or Stream(folder.path)


def test_what_a_killed_job_left_unfinished_is_gone_after_the_next(tmp_path: Path) -> None:
    folder = DatasetFolder(tmp_path / "Raw.ant")
    folder.path.mkdir()
    (folder.path / ".tmp-1234-data_Raw.parquet").write_bytes(b"half")
    write_stream(folder.path, SAMPLES)
    assert sorted(file.name for file in folder.path.iterdir()) == sorted(
        [".last", *(file.name for file in folder.files)]
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if (
        shutil.which("mount") is None
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("a disk to fill can only be mounted by root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_leaves_nothing_that_looks_finished(small_disk: Path) -> None:
    folder = DatasetFolder(small_disk / "Raw.ant")
    with pytest.raises(OSError, match=r"(?i)no space left"):
        write_stream(folder.path, np.ones((2, 300_000), dtype="float32"), [150_000])
    assert list(folder.path.iterdir()) == []


def test_a_disk_that_is_full_at_any_moment_leaves_the_truth_or_nothing(small_disk: Path) -> None:
    folder = DatasetFolder(small_disk / "Raw.ant")
    outcomes = set()
    for free in range(0, 60_000, 4096):
        filler = small_disk / "filler"
        space = shutil.disk_usage(small_disk).free
        filler.write_bytes(bytes(max(space - free, 0)))
        try:
            write_stream(folder.path, SAMPLES)
            outcomes.add("written")
            assert np.array_equal(Stream(folder.path).read(), SAMPLES)
        except OSError:
            outcomes.add("refused")
            assert finished(folder) == []
        filler.unlink()
        shutil.rmtree(folder.path, ignore_errors=True)
    assert outcomes == {"written", "refused"}


def test_a_file_system_without_hard_links_only_loses_the_kept_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stream(tmp_path / "Raw.ant", SAMPLES)

    def no_links(*_args: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    folder = write_stream(tmp_path / "Raw.ant", SAMPLES + 1)
    assert np.array_equal(Stream(folder.path).read(), SAMPLES + 1)
    assert kept_provenance(folder) == {}


def test_a_result_is_put_back_whole_after_its_files_were_deleted(tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "Raw.ant", SAMPLES)
    before = {file.name: file.read_bytes() for file in folder.files}
    for file in folder.files:
        file.unlink()
    put_back(folder)
    assert {file.name: file.read_bytes() for file in folder.files} == before


@pytest.mark.parametrize("text", ["", "[]", "3", "{", "\udcff"])
def test_broken_kept_provenance_counts_as_none(tmp_path: Path, text: str) -> None:
    folder = write_stream(tmp_path / "Raw.ant", SAMPLES)
    kept = folder.kept / folder.provenance.name
    kept.unlink()
    kept.write_bytes(text.encode(errors="surrogateescape"))
    assert kept_provenance(folder) == {}


def test_a_document_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b.json"
    write_json(file, {"µ": [1, 2.5, None]})
    assert json.loads(file.read_text(encoding="utf-8")) == {"µ": [1, 2.5, None]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(file, {"a": float("nan")})
    with pytest.raises(RuntimeError), written_whole(file) as draft:
        draft.write_text("half")
        raise RuntimeError
    assert file.read_text(encoding="utf-8") == to_json({"µ": [1, 2.5, None]})
    assert list(file.parent.iterdir()) == [file]
