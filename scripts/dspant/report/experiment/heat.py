"""How far a number is from those of the other recordings, and which channel stands out most."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from dspant.report.numbers import quantity, share, significant
from dspant.report.verdict import BAD, CHECK, GOOD, LIMITS

HEAT_DECADES = 1.0
"""A number this many powers of ten from the median over recordings has the full colour."""

TOLD_TIMES = 3.0
"""From this many times the median on, up or down, the cell says so in words."""

FEWEST = 3
"""Fewer numbers have no median worth a colour."""

LEAST_FRACTION = 1e-4
"""Smaller fractions are coloured alike."""

LEAST_OFFSET = 0.1
"""Offsets below this part of the channel's root mean square are coloured alike."""

FRACTIONS = ("flat", "dropout", "extremes")
LEVELS = ("snr_db",)
"""Logarithms already; they have a limit and no colour of their own."""

RANK = (GOOD, CHECK, BAD)

Channel = Mapping[str, Any]


def typical(sizes: Iterable[float | None]) -> float | None:
    """The median of what is known and not zero; None where that is too little."""
    known = [size for size in sizes if size]
    return median(known) if len(known) >= FEWEST else None


def heat(size: float | None, middle: float | None) -> float:
    """From 0 to 1: how many powers of ten a size is from the median."""
    if not size or not middle:
        return 0.0
    return round(min(abs(math.log10(size / middle)) / HEAT_DECADES, 1.0), 2)


def times(size: float | None, middle: float | None) -> str:
    """How many times the median a size is, such as ``×12`` or ``÷4``; empty where it is near."""
    if not size or not middle:
        return ""
    factor = size / middle
    if factor >= TOLD_TIMES:
        return f"×{significant(factor, 2)}"
    return f"÷{significant(1 / factor, 2)}" if factor <= 1 / TOLD_TIMES else ""


def size_of(channel: Channel, measure: str) -> float | None:
    """How large a measure is to the eye: what is too small to matter counts as equally small."""
    value = channel[measure]
    if value is None or measure in LEVELS:
        return None
    if measure in FRACTIONS:
        return max(value, LEAST_FRACTION)
    if measure == "offset":
        return max(abs(value), LEAST_OFFSET * channel["rms"])
    return abs(value)


def mark_of(channel: Channel, measure: str) -> str:
    """``good``, ``check`` or ``bad`` by the limit of this measure alone."""
    if measure == "offset":
        sd, offset = channel["sd"], channel["offset"]
        return LIMITS["offset_ratio"].verdict(abs(offset) / sd if sd else None)
    limit = LIMITS.get(measure)
    return GOOD if limit is None else limit.verdict(channel[measure])


def most_striking(
    channels: Mapping[str, Channel], measure: str, middles: Mapping[str, float | None]
) -> tuple[str, Channel]:
    """The channel that is worst by its limit, else the one farthest from its median.

    Among equals it is the first.

    Parameters
    ----------
    channels
        Of one recording, by name.
    middles
        Median over the recordings, by channel.
    """
    limit = LIMITS.get(measure)

    def strikes(item: tuple[str, Channel]) -> tuple[int, float]:
        name, channel = item
        rank = RANK.index(mark_of(channel, measure))
        value = channel[measure]
        if limit is not None and value is not None:
            return rank, -value if limit.below else value
        return rank, heat(size_of(channel, measure), middles.get(name))

    return max(channels.items(), key=strikes)


def text_of(channel: Channel, measure: str) -> str:
    """The measure as people read it."""
    value = channel[measure]
    if measure in FRACTIONS:
        return share(value)
    if measure in LEVELS:
        return quantity(value, "dB")
    if measure in ("mains_ratio", "kurtosis"):
        return significant(value)
    return quantity(value, channel["unit"])
