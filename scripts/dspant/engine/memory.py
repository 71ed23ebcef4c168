"""How much memory a job takes, known from the config alone.

A job holds a few blocks of samples and never the recording, so its memory follows from the number
of channels and from how far each step looks around, whatever the length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dspant.dataset.layout import row_group_rows
from dspant.engine.chain import bind
from dspant.ops.blocks import GRID_SAMPLES

UNDECLARED_CHANNELS = 32
"""Channels assumed for a store whose config does not name them."""

HIGHEST_FS_HZ = 50_000.0
"""Rate assumed before the raw block is read; TDT records signals at 48828.125 Hz or less."""

LIBRARIES_MB = 300
"""Python with NumPy, SciPy, PyArrow and pandera loaded."""

REPORT_MB = 1000
"""A job that draws: it reads a stream block by block, and holds pictures."""

_FLOAT64 = 8
_MB = 2**20


def node_memory_mb(spec: Mapping[str, Any], channels: int) -> int:
    """Memory of a node's job in MB.

    Parameters
    ----------
    spec
        The node's resolved spec.
    channels
        Channels of its first input.
    """
    rows = row_group_rows(channels, 4)
    held = 4 * rows
    for step in bind(spec["steps"]):
        reach = round(step.operation.reach_s(step.params) * HIGHEST_FS_HZ)
        held += 3 * (max(GRID_SAMPLES, reach) + reach + rows)
    return LIBRARIES_MB + channels * _FLOAT64 * held // _MB


def ingest_memory_mb(channels: Mapping[str, int]) -> int:
    """Memory of an ingest job in MB.

    Parameters
    ----------
    channels
        Number of channels of each store.
    """
    held = sum(
        3 * count * _FLOAT64 * row_group_rows(count, _FLOAT64) for count in channels.values()
    )
    return LIBRARIES_MB + held // _MB
