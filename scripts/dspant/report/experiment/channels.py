"""Raw channels that somebody should look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dspant.report.experiment.documents import Document
from dspant.report.experiment.heat import RANK
from dspant.report.verdict import GOOD

MOST_CHANNELS = 200
"""Of many, the page lists so many; the others are on the pages of their recordings."""


@dataclass(frozen=True)
class Odd:
    """A channel that is not good."""

    recording: str
    stream: str
    channel: str
    verdict: str
    reasons: list[str]


def odd_channels(documents: Sequence[Document]) -> list[Odd]:
    """Channels that are not good, the worst first, else in the order of the sheet."""
    found = [
        Odd(document["recording"], stream, channel, quality["verdict"], quality["reasons"])
        for document in documents
        for stream, channels in document["quality"].items()
        for channel, quality in channels.items()
        if quality["verdict"] != GOOD
    ]
    return sorted(found, key=lambda odd: -RANK.index(odd.verdict))
