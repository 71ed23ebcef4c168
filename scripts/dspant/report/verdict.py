"""Is a raw channel good? The one place of the limits, and why a channel meets them or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dspant.report.numbers import share, significant

if TYPE_CHECKING:
    from dspant.report.quality import Quality

GOOD, CHECK, BAD = "good", "check", "bad"

MNE = "bad: MNE-Python; check: chosen here"
"""``bad_percent`` of ``annotate_amplitude``; A. Gramfort et al., Front. Neurosci. 7 (2013) 267."""

OWN = "chosen here"


@dataclass(frozen=True)
class Limit:
    """Where a measure of a channel makes somebody look, and where the channel is not usable.

    Parameters
    ----------
    remark
        A word or two for it.
    measure
        Which number, as the page's table heads it.
    check, bad
        From this value on; ``bad`` is None where the measure alone condemns no channel.
    below
        Values below the limit are the bad ones, not those above.
    fraction
        The measure is a fraction, told in per cent.
    source
        Where the limits are from.
    """

    remark: str
    measure: str
    check: float
    bad: float | None = None
    below: bool = False
    fraction: bool = False
    unit: str = ""
    source: str = OWN

    def verdict(self, value: float | None) -> str:
        if value is None:
            return GOOD
        sign = -1 if self.below else 1
        if self.bad is not None and sign * value >= sign * self.bad:
            return BAD
        return CHECK if sign * value >= sign * self.check else GOOD

    def words(self, value: float) -> str:
        """Why a channel is not good: the measure, its value, and the limit it meets."""
        limit = self.bad if self.verdict(value) == BAD and self.bad is not None else self.check
        side = "at most" if self.below else "from"
        end = "" if self.below else " on"
        return f"{self.remark}: {self.measure} {self.text(value)} ({side} {self.text(limit)}{end})"

    def text(self, value: float) -> str:
        """A value of this measure, as people read it."""
        return share(value) if self.fraction else f"{significant(value)} {self.unit}".rstrip()


LIMITS = {
    "missing": Limit("not finite", "not finite", 1e-12, 0.05, fraction=True, source=MNE),
    "mains_ratio": Limit("hum", "mains ratio", 10.0, 1000.0),
    "offset_ratio": Limit("offset", "offset over standard deviation", 10.0),
    "flat": Limit("flat", "flat", 0.01, 0.05, fraction=True, source=MNE),
    "dropout": Limit("dropout", "dropout", 1e-3, 0.05, fraction=True, source=MNE),
    "extremes": Limit("saturated", "at the extremes", 1e-3, 0.05, fraction=True, source=MNE),
    "snr_db": Limit("low SNR", "SNR", 3.0, below=True, unit="dB"),
}
"""By the name of the number in :meth:`dspant.report.quality.Quality.measures`."""

CONSTANT = "no variation"


@dataclass(frozen=True)
class Finding:
    """One thing that stands out on a channel."""

    remark: str
    verdict: str
    reason: str


def findings(quality: Quality) -> list[Finding]:
    """What stands out, in the order of the limits; empty where the channel is good."""
    measures = quality.measures()
    found = []
    if quality.extremes == 1.0:
        found.append(
            Finding(CONSTANT, BAD, f"{CONSTANT}: every sample has one value, or one of two")
        )
    for name, limit in LIMITS.items():
        value = measures[name]
        verdict = limit.verdict(value)
        if value is None or verdict == GOOD or (name == "extremes" and value == 1.0):
            continue
        found.append(Finding(limit.remark, verdict, limit.words(value)))
    return found


def worst(verdicts: list[str]) -> str:
    """The worst of some verdicts; good where there is none."""
    return max(verdicts, key=(GOOD, CHECK, BAD).index, default=GOOD)
