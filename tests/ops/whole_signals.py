"""Operations applied to arrays, cut into blocks as a test likes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from dspant.dataset.epoc_schema import arrow_table
from dspant.ops import blocks, recursive, sliding
from dspant.ops.registry import operations
from dspant.ops.signal import Column, Events, Segment, Signal

TDT_FS_HZ = 24414.0625


def pieces(x: np.ndarray, cuts: Sequence[int] = ()) -> Iterator[np.ndarray]:
    edges = [0, *sorted({c for c in cuts if 0 < c < x.shape[1]}), x.shape[1]]
    return (x[:, a:b].copy() for a, b in pairwise(edges))


def signal_like(
    x: np.ndarray, fs_hz: float, units: Sequence[str] | None = None, start_s: float = 0.0
) -> Signal:
    names = tuple(f"ch{i}" for i in range(len(x)))
    return Signal(fs_hz, names, tuple(units or ["V"] * len(x)), (Segment(0, x.shape[1], start_s),))


def filtered(
    name: str,
    x: np.ndarray,
    fs_hz: float,
    cuts: Sequence[int] = (),
    further: Sequence[Any] = (),
    **params: Any,
) -> np.ndarray:
    """Result of a stream operation, in float64 as before it is stored."""
    (made,) = run_by_run(name, Runs([(0.0, x)], fs_hz, cuts), further, **params)
    return made


def run_by_run(
    name: str, source: Any, further: Sequence[Any] = (), **params: Any
) -> list[np.ndarray]:
    """Result of a stream operation for each unbroken run of a source, float64."""
    operation = operations()[name]
    model = operation.parameters(**params)
    learned = () if operation.learn is None else (operation.learn(source, list(further), model),)
    return [
        np.concatenate(
            list(operation.run(blocks, source.signal.only(segment), model, *learned)), axis=1
        )
        for segment, blocks in source.segments()
    ]


@dataclass
class Runs:
    """A signal source over arrays: one (start in seconds, channels x samples) per unbroken run."""

    runs: Sequence[tuple[float, np.ndarray]]
    fs_hz: float
    cuts: Sequence[int] = ()
    units: Sequence[str] | None = None

    @property
    def signal(self) -> Signal:
        segments, first = [], 0
        for start_s, x in self.runs:
            segments.append(Segment(first, x.shape[1], start_s))
            first += x.shape[1]
        return Signal(
            self.fs_hz,
            tuple(f"ch{i}" for i in range(len(self.runs[0][1]))),
            tuple(self.units or ["V"] * len(self.runs[0][1])),
            tuple(segments),
        )

    def segments(self) -> Iterator[tuple[Segment, Iterator[np.ndarray]]]:
        for segment, (_, x) in zip(self.signal.segments, self.runs, strict=True):
            yield segment, pieces(x, self.cuts)


def table_of(
    name: str, source: Runs | Events, events: Sequence[Events] = (), **params: Any
) -> dict[str, np.ndarray]:
    """Rows of an epoc operation, by column."""
    operation = operations()[name]
    model = operation.parameters(**params)
    about = source if isinstance(source, Events) else source.signal
    names = operation.columns(about, list(events), model)
    batches = list(operation.run(source, list(events), model))
    assert all(list(batch) == list(names) for batch in batches)
    return {
        column: np.concatenate([batch[column] for batch in batches] or [np.empty(0)])
        for column in names
    }


def stimuli(onset: Sequence[float], data: Sequence[float] | None = None) -> Events:
    onset = np.asarray(onset, dtype=np.float64)
    columns = {"onset": onset, "offset": onset}
    described = {name: Column("float64", "s", "time") for name in columns}
    if data is not None:
        columns["data"] = np.asarray(data, dtype=np.float64)
        described["data"] = Column("float64", "uA", "current")
    return Events("Stim", pa.table(columns), described)


def events_of(name: str, units: Mapping[str, str] | None = None, **columns: Any) -> Events:
    """Events with these columns, offset equal to onset where none is given; lists by row."""
    values = {key: np.asarray(column) for key, column in columns.items()}
    if "offset" not in values:
        values = {"onset": values["onset"], "offset": values["onset"], **values}
    known = {"f": "float64", "i": "int64", "b": "bool"}
    described = {}
    for key, column in values.items():
        dtype = known.get(column.dtype.kind, "string") + "".join(f"[{n}]" for n in column.shape[1:])
        described[key] = Column(dtype, (units or {}).get(key, ""), key)
    return Events(name, arrow_table(values), described)


@contextmanager
def short_grid(samples: int) -> Iterator[None]:
    """Make blocks so short that a small signal crosses many of their borders."""
    with (
        patch.object(blocks, "GRID_SAMPLES", samples),
        patch.object(recursive, "GRID_SAMPLES", samples),
        patch.object(sliding, "BATCH_SAMPLES", samples),
    ):
        yield


def cuttings(most: int = 6000) -> st.SearchStrategy[Sequence[int]]:
    """Places to cut a run at: a few anywhere, or after every sample."""
    return st.one_of(
        st.lists(st.integers(1, most), max_size=8),
        st.just(range(1, most)),
        st.integers(1, 400).map(lambda step: range(step, most, step)),
    )


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
