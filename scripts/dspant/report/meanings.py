"""What the measures of signal quality mean and where their limits are, as a page tells it."""

from __future__ import annotations

from dataclasses import dataclass

from dspant.report.numbers import NOTHING
from dspant.report.quality import DROPOUT_S, FLAT_SAMPLES
from dspant.report.spectrum import HUM_HALF_WIDTH_HZ, NEIGHBOURS_HALF_WIDTH_HZ
from dspant.report.verdict import LIMITS, Limit
from dspant.report.window_levels import ACTIVE, LEVEL_WINDOW_S, QUIET

ANY = 1e-9
"""A limit so low that every case meets it."""

_SNR = (
    "root mean square of the active over that of the quiet parts, in windows of "
    f"{LEVEL_WINDOW_S:g} s freed of their mean: their {100 * ACTIVE:g} % over their "
    f"{100 * QUIET:g} % quantile. Noise is whatever the quiet parts hold, and a signal that never "
    "rests has a low one"
)


@dataclass(frozen=True)
class Meaning:
    """A measure: its name as the table heads it, what it is, and its limits in words."""

    name: str
    meaning: str
    check: str
    bad: str
    source: str


def meanings(line_hz: float | None) -> list[Meaning]:
    """One per column of the table of quality.

    Parameters
    ----------
    line_hz
        Frequency of the mains; None where the config does not state it.
    """
    line = "the mains (the config states no frequency)" if line_hz is None else f"{line_hz:g} Hz"
    hum = (
        f"mean power within {HUM_HALF_WIDTH_HZ:g} Hz of {line} over that within "
        f"{NEIGHBOURS_HALF_WIDTH_HZ:g} Hz without this centre; near 1 without hum"
    )
    return [
        _without("RMS", "root mean square, the offset included"),
        _with("offset", "mean; its limit is in standard deviations", "offset_ratio"),
        _without("largest", "largest absolute value"),
        _with("SNR", _SNR, "snr_db"),
        _without(
            "kurtosis",
            "fourth moment over the squared variance: 3 for Gaussian noise, 1.5 for a sine, large "
            "where a signal is mostly quiet; so it has no limit",
        ),
        _with("mains ratio", hum, "mains_ratio"),
        _with("flat", f"samples equal to the {FLAT_SAMPLES - 1} before them", "flat"),
        _with("dropout", f"samples in stretches of one value, {DROPOUT_S:g} s or more", "dropout"),
        _with("at the extremes", "samples at the smallest or the largest value", "extremes"),
        _with("not finite", "samples that are NaN or infinite, left out of all else", "missing"),
    ]


def _without(name: str, meaning: str) -> Meaning:
    return Meaning(name, meaning, NOTHING, NOTHING, NOTHING)


def _with(name: str, meaning: str, measure: str) -> Meaning:
    limit = LIMITS[measure]
    return Meaning(name, meaning, _edge(limit, limit.check), _edge(limit, limit.bad), limit.source)


def _edge(limit: Limit, value: float | None) -> str:
    if value is None:
        return NOTHING
    sign = "≤" if limit.below else "≥"
    return "any" if value <= ANY else f"{sign} {limit.text(value)}"
