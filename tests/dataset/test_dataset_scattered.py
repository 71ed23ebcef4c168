"""Values in pieces reach the file in their order, whatever the system takes in one call."""

from __future__ import annotations

import errno
import mmap
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_datasets import header_of

from dspant.dataset import scattered, stream_writer
from dspant.dataset.file_map import FileMap
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import Provenance
from dspant.dataset.scattered import Scattered, can_be_scattered
from dspant.dataset.stream import Stream
from dspant.dataset.stream_writer import StreamWriter

pytestmark = pytest.mark.skipif(
    not can_be_scattered(), reason="this system does not write pieces of memory"
)


def in_pieces(x: np.ndarray, piece: int, rng: np.random.Generator) -> Scattered:
    """The same values cut into pieces of some samples, which are shuffled over one memory."""
    pieces = x.reshape(len(x), -1, piece)
    places = rng.permutation(pieces.shape[0] * pieces.shape[1])
    gap = 3
    step = piece * x.itemsize + gap
    memory = rng.integers(0, 256, len(places) * step + gap).astype(np.uint8)
    offsets = (places * step + gap).reshape(pieces.shape[:2])
    for begin, values in zip(offsets.flat, pieces.reshape(-1, piece), strict=True):
        memory[begin : begin + piece * x.itemsize] = values.view(np.uint8)
    return Scattered.whole([memory] * len(x), offsets, piece * x.itemsize)


def taking_at_most(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system take few bytes in a call, as it may whenever a disk is slow or nearly full."""
    call = scattered._pwritev

    def some(file: int, vectors: np.ndarray, place: int) -> int:
        fewer = vectors[:3].copy()
        fewer["bytes"] = np.minimum(fewer["bytes"], limit)
        whole = int(np.argmax(np.r_[fewer["bytes"] < vectors["bytes"][:3], True]))
        return call(file, fewer[: whole + 1], place)

    monkeypatch.setattr(scattered, "_pwritev", some)


@given(
    channels=st.integers(1, 4),
    portions=st.lists(
        st.tuples(st.booleans(), st.integers(1, 9), st.integers(1, 40)), min_size=1, max_size=6
    ),
    most=st.integers(1, 120),
    limit=st.integers(1, 400),
    dtype=st.sampled_from(["float32", "float64", "int32", "int64"]),
    seed=st.integers(0, 2**32),
)
def test_pieces_and_rows_make_one_file(
    *,
    channels: int,
    portions: list[tuple[bool, int, int]],
    most: int,
    limit: int,
    dtype: str,
    seed: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rng = np.random.default_rng(seed)
    parts = [
        (together, piece, rng.integers(-99, 99, (channels, piece * number)).astype(dtype))
        for together, piece, number in portions
    ]
    x = np.concatenate([part for *_, part in parts], axis=1)
    folder = DatasetFolder(tmp_path_factory.mktemp("pieces") / "Raw.ant")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_writer, "row_group_rows", lambda *_: most)
        taking_at_most(limit, patch)
        with StreamWriter(folder, header_of("Raw", x), "none") as writer:
            for together, piece, part in parts:
                if together:
                    writer.write(part)
                else:
                    writer.write_scattered(in_pieces(part, piece, rng))
            writer.finish(Provenance())
    table = pq.read_table(folder.data)
    assert np.array_equal(np.stack([column.to_numpy() for column in table.columns]), x)
    groups = pq.read_metadata(folder.data)
    assert [groups.row_group(n).num_rows for n in range(groups.num_row_groups)] == [
        len(part) for part in np.split(x[0], range(most, x.shape[1], most))
    ]
    Stream(folder.path).verify()


def test_memory_of_a_file_that_was_cut_is_no_crash(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(8 * mmap.PAGESIZE))
    with source.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with source.open("r+b") as file:
        file.truncate(mmap.PAGESIZE)
    memory = np.frombuffer(mapped, np.uint8)
    values = Scattered.whole([memory], np.arange(8)[np.newaxis] * mmap.PAGESIZE, mmap.PAGESIZE)
    with (tmp_path / "target").open("wb") as target, pytest.raises(OSError) as caught:
        values.write(target.fileno(), [0])
    assert caught.value.errno == errno.EFAULT


def test_a_stream_tells_whether_it_takes_pieces(tmp_path: Path) -> None:
    for dtype, compression, expected in (
        ("float32", "none", True),
        ("float32", "zstd", False),
        ("int16", "none", False),
        ("float16", "none", False),
    ):
        header = header_of("Raw", np.ones((1, 10), dtype))
        with StreamWriter(DatasetFolder(tmp_path / "Raw.ant"), header, compression) as writer:
            assert writer.takes_scattered == expected


def test_a_map_of_a_file_that_was_cut_says_so_before_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(8 * mmap.PAGESIZE))
    before = source.stat()
    mapped = FileMap(source)
    assert mapped.fetch(5, 2 * mmap.PAGESIZE).tobytes() == bytes(2 * mmap.PAGESIZE - 5)
    mapped.forget(0, 2 * mmap.PAGESIZE)
    with source.open("r+b") as file:
        file.truncate(mmap.PAGESIZE)
    with pytest.raises(ValueError, match=f"it ends before byte {4 * mmap.PAGESIZE}"):
        mapped.fetch(0, 4 * mmap.PAGESIZE)
    monkeypatch.setattr(Path, "stat", lambda _: before)  # as if it was cut just afterwards
    with pytest.raises(OSError, match="Input/output error"):
        mapped.fetch(0, 4 * mmap.PAGESIZE)
