"""How much memory a job takes, known before it is started.

A job holds a few blocks of samples and never the recording, so its memory follows from the number
of channels and from how far each step looks around, whatever the length. What is declared here is
compared with what is taken by ``tests/slurm/campaign.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from typing import Any, Self

from dspant.dataset.layout import row_group_rows
from dspant.engine.chain import bind
from dspant.engine.source import GROUP_CHANNELS
from dspant.ops.blocks import GRID_SAMPLES
from dspant.ops.registry import Held

UNDECLARED_CHANNELS = 32
"""Channels assumed where neither the config nor the raw block names them."""

HIGHEST_FS_HZ = 50_000.0
"""Rate assumed where the raw block does not state it; TDT records at 48828.125 Hz or less."""

LIBRARIES_MB = 115
"""Python with NumPy and PyArrow loaded."""

SCIPY_MB = 115
"""What SciPy adds, which designs and spectra load."""

FREED = 1.15
"""What the allocator keeps of freed blocks, as a factor."""

INDEX_GROWTH = 115 / 40
"""Bytes held for each byte of a block's index."""

WINDOW_BYTES = 16 * 2**20
"""Raw samples that an ingest reads at once."""

PAGE_MB, PAGE_CHANNEL_MB = 310, 7
"""A job that draws: its libraries and pictures, and what each channel adds."""

_LANES = 4
"""Rows that a filter computes side by side; of fewer channels it gathers more blocks."""

_STORED, _COMPUTED = 4, 8
"""Bytes of a sample in a file and in a step."""

_MB = 2**20


@dataclass(frozen=True)
class NodeMemory:
    """Memory of a node's jobs.

    Parameters
    ----------
    steps
        What each step's operation holds, and how far it looks around, in seconds.
    makes
        ``stream`` or ``epoc``.
    """

    steps: tuple[tuple[Held | None, float], ...]
    makes: str

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Self:
        """Of a node with this resolved spec."""
        steps = bind(spec["steps"])
        held = tuple((s.operation.holds, s.operation.reach_s(s.params)) for s in steps)
        return cls(held, steps[-1].operation.makes if steps else "stream")

    def mb(self, channels: int, fs_hz: float) -> int:
        """In MB, for an input of so many channels at this rate."""
        files = 3 if self.makes == "stream" else 1
        stored = files * row_group_rows(channels, _STORED) * _STORED
        gathered = _LANES // gcd(_LANES, min(channels, GROUP_CHANNELS))
        held, scipy_mb = GRID_SAMPLES, 0
        for holds, reach_s in self.steps:
            reach = round(reach_s * fs_hz)
            if holds is None:
                held += (gathered + 4) * max(GRID_SAMPLES, reach) + (gathered + 1) * reach
                scipy_mb = SCIPY_MB
                continue
            here = holds.reaching or holds if reach else holds
            held += here.blocks * GRID_SAMPLES + here.reaches * reach
            scipy_mb = SCIPY_MB if here.scipy else scipy_mb
        return scipy_mb + _with_libraries(channels * (stored + _COMPUTED * held))


def node_memory_mb(spec: Mapping[str, Any], channels: int, fs_hz: float = HIGHEST_FS_HZ) -> int:
    """Memory of a node's job in MB.

    Parameters
    ----------
    spec
        The node's resolved spec.
    channels, fs_hz
        Of its first input.
    """
    return NodeMemory.of(spec).mb(channels, fs_hz)


def ingest_memory_mb(channels: Mapping[str, int], index_bytes: int = 0) -> int:
    """Memory of an ingest job in MB.

    Parameters
    ----------
    channels
        Number of channels of each stream store.
    index_bytes
        Size of the block's index, which is held whole.
    """
    buffers = sum(
        2 * count * row_group_rows(count, _STORED) * _STORED for count in channels.values()
    )
    return _with_libraries(buffers + WINDOW_BYTES + INDEX_GROWTH * index_bytes)


def report_memory_mb(channels: int) -> int:
    """Memory in MB of a page that shows streams of up to so many channels."""
    return PAGE_MB + PAGE_CHANNEL_MB * channels


def _with_libraries(held_bytes: float) -> int:
    return LIBRARIES_MB + round(FREED * held_bytes / _MB)
