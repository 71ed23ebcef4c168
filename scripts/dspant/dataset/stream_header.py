"""What a stream states besides its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import StreamMetadata, build


@dataclass(frozen=True)
class StreamHeader:
    """What a stream states besides its values.

    Parameters
    ----------
    segments
        First sample, number of samples and start (seconds from block start) of each unbroken run.
    dtype
        Dtype of stored values, of all channels.
    scales
        What one stored count is in the channel's unit; None where values are in the unit.
    """

    source: str
    name: str
    fs_hz: float
    channels: Sequence[str]
    units: Sequence[str]
    segments: Sequence[tuple[int, int, float]]
    dtype: str = "float32"
    scales: Sequence[float] | None = None
    other: dict[str, Any] = field(default_factory=dict)
    node: str | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        return sum(count for _, count, _ in self.segments)

    def metadata(self, where: DatasetFolder, digest: str) -> StreamMetadata:
        """Complete metadata; raises MetadataError where something required is missing."""
        count = len(self.channels)
        return build(
            StreamMetadata,
            where.metadata,
            source=self.source,
            base={
                "name": self.name,
                "fs": self.fs_hz,
                "number_of_samples": self.samples,
                "data_shape": [count, self.samples],
                "channel_numbers": count,
                "channel_names": list(self.channels),
                "channel_types": [self.dtype] * count,
                "channel_units": list(self.units),
                "channel_scales": None if self.scales is None else list(self.scales),
            },
            other=self.other,
            dspant={
                "kind": "stream",
                "segments": list(self.segments),
                "digest": digest,
                "node": self.node,
                "steps": self.steps,
                "inputs": self.inputs,
            },
        )
