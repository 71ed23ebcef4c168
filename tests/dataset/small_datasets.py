"""Datasets of a few samples or rows, written as the library writes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from dspant.dataset.epoc_writer import EpocHeader, EpocWriter
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import EpocColumn
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter


def header_of(name: str, x: np.ndarray, **stated: Any) -> StreamHeader:
    usual = {
        "source": "test",
        "fs_hz": 24414.0625,
        "channels": [f"ch {i}.é" for i in range(len(x))],
        "units": ["V"] * len(x),
        "segments": [(0, x.shape[1], 0.0)] if x.shape[1] else [],
        "dtype": x.dtype.name,
    }
    return StreamHeader(name=name, **usual | stated)


def write_stream(
    path: Path,
    x: np.ndarray,
    cuts: Sequence[int] = (),
    compression: str = "none",
    **stated: Any,
) -> DatasetFolder:
    folder = DatasetFolder(path)
    edges = [0, *sorted({c for c in cuts if 0 < c < x.shape[1]}), x.shape[1]]
    with StreamWriter(folder, header_of(folder.name, x, **stated), compression) as writer:
        for start, stop in pairwise(edges):
            writer.write(x[:, start:stop])
        writer.finish(Provenance())
    return folder


TIMES = {
    "onset": EpocColumn(dtype="float64", unit="s", meaning="begin"),
    "offset": EpocColumn(dtype="float64", unit="s", meaning="end"),
}

COLUMNS = TIMES | {
    "data": EpocColumn(dtype="int64", unit="uA", meaning="current"),
    "channel": EpocColumn(dtype="string", unit="", meaning="channel"),
    "usable": EpocColumn(dtype="bool", unit="", meaning="whether"),
}


def some_rows(count: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    onset = rng.uniform(0, 100, count)
    words = np.array(["", "left", "rechts", "gauché µ", "\N{GRINNING FACE}"], dtype=object)
    return {
        "onset": onset,
        "offset": onset + rng.uniform(0, 1, count),
        "data": rng.integers(-(2**62), 2**62, count),
        "channel": words[rng.integers(0, len(words), count)],
        "usable": rng.integers(0, 2, count).astype(bool),
    }


def write_epoc(
    path: Path,
    rows: dict[str, np.ndarray],
    cuts: Sequence[int] = (),
    compression: str = "none",
    columns: dict[str, EpocColumn] | None = None,
    **stated: Any,
) -> DatasetFolder:
    folder = DatasetFolder(path)
    count = max(len(values) for values in rows.values())
    edges = [0, *sorted({c for c in cuts if 0 < c < count}), count]
    header = EpocHeader(
        source="test", name=folder.name, columns=COLUMNS if columns is None else columns, **stated
    )
    with EpocWriter(folder, header, compression) as writer:
        for start, stop in pairwise(edges):
            writer.write({name: values[start:stop] for name, values in rows.items()})
        writer.finish(Provenance())
    return folder


def finished(folder: DatasetFolder) -> list[str]:
    """Names of the files that look like a result."""
    return [file.name for file in folder.files if file.exists()]
