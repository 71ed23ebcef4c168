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

UNDECLARED_CHANNELS = 32
"""Channels assumed where neither the config nor the raw block names them."""

HIGHEST_FS_HZ = 50_000.0
"""Rate assumed where the raw block does not state it; TDT records at 48828.125 Hz or less."""

LIBRARIES_MB = 115
"""Python with NumPy and PyArrow loaded."""

DESIGN_MB = 115
"""What is loaded besides by steps that make samples or spectra."""

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

_BLOCKS_HELD = {
    "blank_artefact": 9,
    "subtract_artefact_template": 9,
    "r_peaks": 50,
    "remove_ecg": 16,
    "spectrum_interpolation": 6,
    "subtract_mains": 24,
    "rectify": 2,
    "tkeo": 5,
    "rms_envelope": 7,
    "mav_envelope": 7,
    "gaussian_envelope": 10,
    "hilbert_envelope": 14,
    "remove_offset": 7,
    "detrend": 5,
    "normalise": 6,
    "normalise_to": 7,
    "resample": 7,
    "decimate": 7,
    "fir": 10,
    "double_threshold": 2,
    "single_threshold": 2,
    "hodges_bui": 6,
    "bonato": 12,
    "aglr": 12,
    "change_points": 7,
    "evoked_average": 80,
    "burst_measures": 7,
    "peaks": 14,
    "match_events": 0,
    "paired_ratio": 0,
    "recruitment_curve": 0,
    "breath_phases": 7,
    "psth": 0,
    "evoked": 7,
    "windows": 6,
    "welch": 4,
    "multitaper": 6,
    "band_powers": 5,
    "fatigue": 8,
    "coherence": 5,
    "cocontraction": 5,
    "cross_correlation": 7,
    "phasors": 5,
    "select_channels": 3,
    "drop_channels": 3,
    "rename_channels": 2,
    "montage": 8,
    "bipolar": 3,
    "double_differential": 3,
    "reference": 4,
    "reference_signal": 4,
    "whiten": 6,
    "clipping": 4,
    "dropouts": 4,
    "mask": 5,
}
"""Blocks of samples that an operation holds, as measured; recursive filters hold other numbers."""

_REACHES_HELD = {
    "windows": 9,
    "welch": 3,
    "multitaper": 6,
    "band_powers": 3,
    "fatigue": 8,
    "coherence": 4,
    "cocontraction": 4,
    "cross_correlation": 4,
    "phasors": 6,
    "subtract_artefact_template": 9,
    "remove_ecg": 13,
    "spectrum_interpolation": 8,
    "subtract_mains": 9,
    "rms_envelope": 16,
    "mav_envelope": 16,
    "remove_offset": 20,
    "gaussian_envelope": 16,
    "hilbert_envelope": 20,
    "fir": 16,
}
"""How much of what it looks at an operation holds besides, as measured where that is much more than
a block; 1 of others."""

_LIKE_WHERE_IT_REACHES = {"rectify": "hilbert_envelope"}
"""What an operation is in those of its methods that look around."""

_WITHOUT_DESIGN = frozenset(
    {"rectify", "tkeo", "gaussian_envelope", "hilbert_envelope", "detrend", "normalise"}
    | {"double_threshold", "single_threshold", "hodges_bui", "bonato", "aglr", "change_points"}
    | {"evoked", "evoked_average", "burst_measures", "breath_phases", "peaks", "psth"}
    | {"match_events", "paired_ratio"}
    | {"select_channels", "drop_channels", "rename_channels", "bipolar", "double_differential"}
    | {"reference", "reference_signal", "clipping", "dropouts", "mask"}
)

_MB = 2**20


@dataclass(frozen=True)
class NodeMemory:
    """Memory of a node's jobs.

    Parameters
    ----------
    reaches_s
        Name of each step's operation, and how far it looks around, in seconds.
    makes
        ``stream`` or ``epoc``.
    """

    reaches_s: tuple[tuple[str, float], ...]
    makes: str

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Self:
        """Of a node with this resolved spec."""
        steps = bind(spec["steps"])
        reaches_s = ((s.operation.name, s.operation.reach_s(s.params)) for s in steps)
        return cls(tuple(reaches_s), steps[-1].operation.makes if steps else "stream")

    def mb(self, channels: int, fs_hz: float) -> int:
        """In MB, for an input of so many channels at this rate."""
        files = 3 if self.makes == "stream" else 1
        stored = files * row_group_rows(channels, _STORED) * _STORED
        gathered = _LANES // gcd(_LANES, min(channels, GROUP_CHANNELS))
        held = GRID_SAMPLES
        for name, reach_s in self.reaches_s:
            reach = round(reach_s * fs_hz)
            if reach:
                name = _LIKE_WHERE_IT_REACHES.get(name, name)  # noqa: PLW2901
            if name in _BLOCKS_HELD:
                held += _BLOCKS_HELD[name] * GRID_SAMPLES + _REACHES_HELD.get(name, 1) * reach
            else:
                held += (gathered + 4) * max(GRID_SAMPLES, reach) + (gathered + 1) * reach
        design_mb = 0 if {name for name, _ in self.reaches_s} <= _WITHOUT_DESIGN else DESIGN_MB
        return design_mb + _with_libraries(channels * (stored + _COMPUTED * held))


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
