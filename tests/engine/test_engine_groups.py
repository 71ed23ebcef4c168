"""Groups of channels that run side by side give what all channels together give."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from small_nodes import noise, store

from dspant.config import resolve_steps
from dspant.dataset.stream import Stream
from dspant.engine import source as engine_source
from dspant.engine.chain import bind
from dspant.engine.source import StreamSource
from dspant.ops import blocks, recursive

STEPS = [
    {"bandpass": {"low_hz": 300, "high_hz": 4000, "order": 2}},
    "rectify",
    {"rms_envelope": {"window_s": 0.001}},
]


def values(stream: Stream, threads: int, channels: slice = slice(None)) -> np.ndarray:
    source = StreamSource(stream, bind(resolve_steps(STEPS)), threads)
    parts = [block for _, run in source.segments(channels) for block in run]
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("channels", [1, 3, 5, 9, 18])
def test_groups_of_unlike_size_stay_in_step(tmp_path: Path, channels: int) -> None:
    segments = [(0, 4000, 0.0), (4000, 777, 9.0)]
    stream = Stream(store(tmp_path / "Raw.ant", noise(channels, 4777), segments, block=1000))
    short = (
        patch.object(engine_source, "BLOCK_SAMPLES", 190),
        patch.object(blocks, "GRID_SAMPLES", 256),
        patch.object(recursive, "GRID_SAMPLES", 256),
    )
    with short[0], short[1], short[2]:
        with patch.object(engine_source, "GROUP_CHANNELS", channels):
            whole = values(stream, 1)
        for threads in (1, 2, 4, 7):
            assert values(stream, threads).tobytes() == whole.tobytes()
        assert values(stream, 2, slice(channels - 1, None)).tobytes() == whole[-1:].tobytes()
    assert whole.shape == (channels, 4777)
