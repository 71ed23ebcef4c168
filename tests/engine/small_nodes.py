"""Nodes made from arrays, by way of real datasets in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dspant.config import resolve_steps
from dspant.dataset.epoc_writer import EpocHeader, EpocWriter
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import EpocColumn
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter
from dspant.engine.node import make_node

FS_HZ = 24414.0625


def store(
    path: Path,
    x: np.ndarray,
    segments: Sequence[tuple[int, int, float]] | None = None,
    compression: str = "none",
    block: int = 100_000,
    **stated: Any,
) -> Path:
    """Write an array as a raw stream."""
    folder = DatasetFolder(path)
    header = StreamHeader(
        source="test",
        name=folder.name,
        fs_hz=stated.pop("fs_hz", FS_HZ),
        channels=[f"ch{i}" for i in range(len(x))],
        units=stated.pop("units", ["V"] * len(x)),
        segments=[(0, x.shape[1], 0.0)] if segments is None else segments,
        dtype=x.dtype.name,
        **stated,
    )
    with StreamWriter(folder, header, compression) as writer:
        for start in range(0, x.shape[1], block):
            writer.write(x[:, start : start + block])
        writer.finish(Provenance())
    return path


def strobes(path: Path, onset: Sequence[float]) -> Path:
    """Write stimuli as a raw epoc; each one's value is its number."""
    folder = DatasetFolder(path)
    seconds = EpocColumn(dtype="float64", unit="s", meaning="time")
    columns = {
        "onset": seconds,
        "offset": seconds,
        "data": EpocColumn(dtype="float64", unit="uA", meaning="current"),
    }
    at = np.array(onset, dtype=np.float64)
    with EpocWriter(folder, EpocHeader("test", folder.name, columns), "none") as writer:
        writer.write({"onset": at, "offset": at + 0.001, "data": np.arange(len(at), dtype=float)})
        writer.finish(Provenance())
    return path


def spec_of(steps: list[Any], makes: str = "stream", **changes: Any) -> dict[str, Any]:
    """A node's spec as a plan resolves it."""
    return {
        "node": "made",
        "makes": makes,
        "inputs": [{"recording": None}],
        "steps": resolve_steps(steps),
        "storage": {"compression": "none"},
    } | changes


def node(
    path: Path, inputs: Sequence[Path], steps: list[Any], makes: str = "stream", **more: Any
) -> Path:
    """Make a node's dataset."""
    threads = more.pop("threads", 1)
    spec = spec_of(steps, makes, **more) | {"inputs": [{"recording": None} for _ in inputs]}
    make_node(spec, inputs, path, threads=threads)
    return path


def outputs_unlinked(path: Path) -> None:
    """Do what a scheduler does before it starts a job."""
    for file in DatasetFolder(path).files:
        file.unlink(missing_ok=True)


def noise(channels: int, samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(channels, samples)).astype("float32")
