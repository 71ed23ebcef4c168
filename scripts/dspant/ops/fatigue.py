"""How a muscle's spectrum moves while it tires."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from annotated_types import Len
from pydantic import Field

from dspant.errors import OperationError
from dspant.ops.features import compute_features
from dspant.ops.registry import Held, epoc_operation
from dspant.ops.signal import Column, Events, Signal, SignalSource
from dspant.ops.sliding import MovingWindow, moving_windows, realised_window

if TYPE_CHECKING:
    import numpy as np

MOST_WINDOWS = 4000
"""Slopes between all pairs of windows are looked at, which takes the square of their number."""

INDICES = {"mnf": "Hz", "mdf": "Hz", "finsm5": "1/Hz^6"}


class Fatigue(MovingWindow):
    example = {"length_s": 1, "step_s": 1, "band_hz": [5, 500]}

    band_hz: Annotated[list[Annotated[float, Field(ge=0)]], Len(2, 2)]
    """Lowest and highest frequency that is looked at, in Hz; 5 to 500 is usual for surface EMG."""
    confidence_share: float = Field(default=0.95, gt=0, lt=1)
    """Share of intervals that hold the true slope."""


def _columns(_signal: Signal, _events: list[Events], params: Fatigue) -> dict[str, Column]:
    columns = {
        "onset": Column("float64", "s", "first sample of the first window"),
        "offset": Column("float64", "s", "one sample after the last window"),
        "channel": Column("string", "", "channel the slopes are of"),
        "windows": Column("int64", "", "number of windows that have a spectrum"),
    }
    percent = f"{100 * params.confidence_share:g} %"
    for name, unit in INDICES.items():
        slope = f"{unit}/s" if unit == "Hz" else "1/(Hz^6 s)"
        columns[f"{name}_start"] = Column("float64", unit, "the line at the first window's middle")
        for method, words in (("", "least squares slope"), ("_robust", "Theil-Sen slope")):
            made = {
                f"{name}{method}_slope": f"{words} over time",
                f"{name}{method}_low": f"lower end of its {percent} interval",
                f"{name}{method}_high": f"upper end of its {percent} interval",
            }
            columns |= {key: Column("float64", slope, text) for key, text in made.items()}
    columns["finsm5_ratio"] = Column(
        "float64", "", "mean of finsm5 over the last tenth of windows over that of the first"
    )
    return columns


@epoc_operation(
    Fatigue,
    version=1,
    columns=_columns,
    reach_s=lambda params: 2 * params.length_s,
    facts=realised_window,
    holds=Held(8, reaches=8),
)
def fatigue(
    source: SignalSource, _events: list[Events], params: Fatigue
) -> Iterator[dict[str, np.ndarray]]:
    """Slopes of mean frequency, median frequency and FInsm5 over time, one row per channel.

    Least squares slopes come with Student's interval, Theil-Sen slopes with Sen's. Both take
    windows as independent: give a step_s of length_s or more, or intervals are too narrow. Flat
    windows are left out; with fewer than three others all is NaN. Lines go across gaps in time.

    Source: F. B. Stulen and C. J. De Luca, IEEE Trans. Biomed. Eng. 28 (1981) 515; G. V. Dimitrov
    et al., Med. Sci. Sports Exerc. 38 (2006) 1971; P. K. Sen, J. Am. Stat. Assoc. 63 (1968) 1379.
    """
    import numpy as np

    signal = source.signal
    onsets, values = (
        [np.empty(0)],
        {name: [np.empty((0, len(signal.channels)))] for name in INDICES},
    )
    length, count = 0, 0
    for onset, x in moving_windows(source, params):
        made = compute_features(x, signal.fs_hz, list(INDICES), {"band_hz": params.band_hz})
        for name, column in made.items():
            values[name].append(column)
        onsets.append(onset)
        length, count = x.shape[-1], count + len(onset)
        if count > MOST_WINDOWS:
            raise OperationError(
                f"more than {MOST_WINDOWS} windows begin before {onset[-1]:g} s; slopes between "
                f"all pairs are looked at, so raise step_s ({params.step_s:g})"
            )
    onset = np.concatenate(onsets)
    if not len(onset):
        return
    courses = {name: np.concatenate(parts) for name, parts in values.items()}
    middle_s = onset + length / 2 / signal.fs_hz
    rows = [
        _row(middle_s, {name: course[:, channel] for name, course in courses.items()}, params)
        for channel in range(len(signal.channels))
    ]
    yield {
        "onset": np.full(len(rows), onset[0]),
        "offset": np.full(len(rows), onset[-1] + length / signal.fs_hz),
        "channel": np.array(signal.channels, dtype=object),
    } | {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _row(
    middle_s: np.ndarray, courses: dict[str, np.ndarray], params: Fatigue
) -> dict[str, float | int]:
    import numpy as np

    known = np.isfinite(courses["mnf"]) & np.isfinite(courses["finsm5"])
    since_s = (middle_s - middle_s[0])[known]
    row: dict[str, float | int] = {"windows": int(known.sum())}
    for name, course in courses.items():
        row |= _slopes(name, since_s, course[known], params.confidence_share)
    index = courses["finsm5"][known]
    tenth = max(len(index) // 10, 1)
    enough = len(index) >= 3
    row["finsm5_ratio"] = index[-tenth:].mean() / index[:tenth].mean() if enough else np.nan
    return row


def _slopes(name: str, t: np.ndarray, y: np.ndarray, confidence: float) -> dict[str, float]:
    """Line through a course, and both kinds of slope with their intervals."""
    import numpy as np

    if len(y) < 3:
        found = [np.nan] * 7
    else:
        from scipy.stats import linregress, theilslopes
        from scipy.stats import t as student

        line = linregress(t, y)
        half = student.ppf((1 + confidence) / 2, len(y) - 2) * line.stderr
        robust = theilslopes(y, t, alpha=confidence)
        found = [line.intercept, line.slope, line.slope - half, line.slope + half]
        found += [robust.slope, robust.low_slope, robust.high_slope]
    ends = ["start", "slope", "low", "high", "robust_slope", "robust_low", "robust_high"]
    return {f"{name}_{end}": float(value) for end, value in zip(ends, found, strict=True)}
