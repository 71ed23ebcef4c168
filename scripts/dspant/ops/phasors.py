"""Sizes of channels as phasors, one direction for each electrode of a ring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dspant.ops.pairs import OfPairs, pair_columns, pair_rows, places_of
from dspant.ops.registry import Held, epoc_operation
from dspant.ops.runs import common_unit
from dspant.ops.signal import Column, Events, Signal, SignalSource
from dspant.ops.sliding import MovingWindow, moving_windows, realised_window, rows_together

if TYPE_CHECKING:
    import numpy as np


class Phasors(MovingWindow, OfPairs):
    example = {"length_s": 0.25, "step_s": 0.05}


def _phasor_columns(signal: Signal, _events: list[Events], _params: Phasors) -> dict[str, Column]:
    unit = common_unit(signal)
    columns = pair_columns()
    for name, what in (("rms", "root mean squares"), ("wl", "waveform lengths")):
        text = f"ln distance of the {what} as phasors"
        columns[f"{name}_phasor"] = Column("float64", f"ln({unit})", text)
        columns[f"{name}_phasor_ratio"] = Column("float64", "", f"{text}, over that of the steps'")
    return columns


@epoc_operation(
    Phasors,
    version=1,
    columns=_phasor_columns,
    reach_s=lambda params: 2 * params.length_s,
    facts=realised_window,
    holds=Held(5, reaches=6),
)
@rows_together
def phasors(
    source: SignalSource, _events: list[Events], params: Phasors
) -> Iterator[dict[str, np.ndarray]]:
    """Distance ln |r_c e^(2 pi i c / C) - r_d e^(2 pi i d / C)| of channels c and d of C.

    r is the root mean square or the waveform length of a window; the ratio's logarithm is of this
    distance over the one for the steps from sample to sample.

    Source: F. Onay and A. Mert, Biomed. Signal Process. Control 59 (2020) 101881.
    """
    import numpy as np

    signal = source.signal
    places = places_of(signal, params)
    turn = 2 * np.pi * np.arange(len(signal.channels)) / len(signal.channels)
    for onset, x in moving_windows(source, params):
        steps = np.diff(x, axis=-1)
        sizes = {
            "rms": [np.sqrt((y * y).mean(axis=-1)) for y in (x, steps)],
            "wl": [abs(np.diff(y, axis=-1)).sum(axis=-1) for y in (x, steps)],
        }
        rows = pair_rows(signal, places, onset, x.shape[-1])
        for name, found in sizes.items():
            apart = [np.log(_apart(r, turn, places)) for r in found]
            rows[f"{name}_phasor"] = apart[0].reshape(-1)
            rows[f"{name}_phasor_ratio"] = (apart[0] - apart[1]).reshape(-1)
        yield rows


def _apart(r: np.ndarray, turn: np.ndarray, places: list[tuple[int, int]]) -> np.ndarray:
    """Distances in the plane, NaN where there is none; shape windows x pairs."""
    import numpy as np

    first, second = (list(side) for side in zip(*places, strict=True))
    across, up = r * np.cos(turn), r * np.sin(turn)
    apart = np.hypot(across[:, first] - across[:, second], up[:, first] - up[:, second])
    return np.where(apart > 0, apart, np.nan)
