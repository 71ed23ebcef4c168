"""TDT blocks for tests: whole ones, and ones damaged on purpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dspant.simulate.tdt_block import write_files
from dspant.simulate.tdt_index import TSQ_DTYPE, build_index, is_in_tev, lay_out, payload_bytes
from dspant.simulate.tdt_stores import Block, EpocStore, Note, ScalarStore, SnipStore, StreamStore

START_UNIX_S = 1_600_000_000.0 - 2.0**-20
FS_HZ = 24414.0625
CHUNK = 64
CHUNK_S = CHUNK / FS_HZ

Edit = Callable[[NDArray[np.void]], NDArray[np.void]]


def random_samples(dtype: str, shape: tuple[int, int], seed: int = 0) -> NDArray[Any]:
    """Samples over the whole range of integers, or about 1 for floats."""
    rng = np.random.default_rng(seed)
    if np.issubdtype(dtype, np.floating):
        return rng.standard_normal(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def stream(
    name: str = "RawG", *, rows: int = 2, steps: int = 6, dtype: str = "float32", **settings: Any
) -> StreamStore:
    chunk = settings.pop("chunk_samples", CHUNK)
    data = random_samples(dtype, (rows, chunk * steps))
    return StreamStore(name, data, settings.pop("fs_hz", FS_HZ), chunk_samples=chunk, **settings)


def write(
    folder: Path,
    *streams: StreamStore,
    epocs: Sequence[EpocStore] = (),
    scalars: Sequence[ScalarStore] = (),
    snips: Sequence[SnipStore] = (),
    notes: Sequence[Note] = (),
    edit: Edit = lambda index: index,
) -> Path:
    """Write a block whose index was changed by ``edit`` after it was laid out."""
    block = Block(START_UNIX_S, streams, epocs, scalars, snips, notes)
    return write_files(folder, block, edit(lay_out(build_index(block))), tank="tank")


def without_steps(*steps: int, row: int | None = None) -> Edit:
    """Leave chunks out of the index: of all rows, or of one."""

    def edit(index: NDArray[np.void]) -> NDArray[np.void]:
        dropped = (index["source"] == 0) & np.isin(index["step"], steps)
        return index[~(dropped & (index["row"] == row))] if row is not None else index[~dropped]

    return edit


def moved(step: int, by_s: float) -> Edit:
    """Shift all chunks from a step on in time."""

    def edit(index: NDArray[np.void]) -> NDArray[np.void]:
        index["timestamp"][(index["source"] == 0) & (index["step"] >= step)] += by_s
        return index

    return edit


def scattered(rng: np.random.Generator) -> Edit:
    """Put the chunks of the .tev and the records of the index into any order."""

    def edit(index: NDArray[np.void]) -> NDArray[np.void]:
        rows = rng.permutation(np.flatnonzero(is_in_tev(index)))
        sizes = -(-payload_bytes(index)[rows] // 8) * 8
        index["offset"][rows] = 80 + np.cumsum(sizes) - sizes
        return np.concatenate([index[:1], rng.permutation(index[1:-1]), index[-1:]])

    return edit


def index_changed(folder: Path, edit: Edit) -> Path:
    """Change the index of a block, and nothing else of it."""
    path = only_file(folder, ".tsq")
    path.write_bytes(edit(np.fromfile(path, TSQ_DTYPE)).tobytes())
    return folder


def only_file(folder: Path, suffix: str) -> Path:
    (found,) = folder.glob(f"*{suffix}")
    return found


def cut(path: Path, size_bytes: int) -> None:
    """Shorten a file."""
    with path.open("r+b") as file:
        file.truncate(size_bytes)


def clock(time_s: Any) -> Any:
    """What is left of a time once the start has been added and taken away in float64."""
    return (START_UNIX_S + time_s) - START_UNIX_S
