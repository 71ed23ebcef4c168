"""Events that are drawn over the signal they were found in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Overlay:
    """Events of one epoc as a stream's picture shows them.

    Parameters
    ----------
    name
        The epoc.
    onset_s, offset_s
        Shape (events,), in seconds from block start; equal where an event is a moment.
    channel
        The channel of each event, (events,); None where events concern all channels.
    """

    name: str
    onset_s: np.ndarray
    offset_s: np.ndarray
    channel: np.ndarray | None

    def within(self, start_s: float, end_s: float, channel: str) -> list[tuple[float, float]]:
        """Onset and offset of the channel's events that touch a stretch."""
        picked = (self.offset_s >= start_s) & (self.onset_s <= end_s)
        if self.channel is not None:
            picked &= self.channel == channel
        return list(zip(self.onset_s[picked].tolist(), self.offset_s[picked].tolist(), strict=True))
