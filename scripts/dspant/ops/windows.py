"""Features in windows that move along the recording."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dspant.errors import OperationError
from dspant.ops.features import FEATURES, compute_features
from dspant.ops.features.parameters import FeatureChoice
from dspant.ops.registry import Held, epoc_operation
from dspant.ops.signal import Column, Events, Signal, SignalSource
from dspant.ops.sliding import (
    computed,
    moving_windows,
    realised_window,
    rows_together,
    window_columns,
    window_rows,
)

if TYPE_CHECKING:
    import numpy as np


class Windows(FeatureChoice):
    example = {
        "length_s": 0.25,
        "step_s": 0.05,
        "features": ["mav", "rms", "wl", "zc", "ssc", "mnf", "mdf"],
    }


def _unit(signal: Signal, feature: str) -> str:
    units = {FEATURES[feature].unit_for(unit) for unit in signal.units}
    if len(units) != 1:
        raise OperationError(
            f"channels {list(signal.channels)} have different units {list(signal.units)}, and the "
            f"column {feature!r} can state only one; give each unit its own node"
        )
    return units.pop()


def _columns(signal: Signal, _events: list[Events], params: Windows) -> dict[str, Column]:
    columns = window_columns()
    for name in params.features:
        feature = FEATURES[name]
        column = Column("float64", _unit(signal, name), feature.meaning)
        columns |= dict.fromkeys(feature.columns(params.of_features), column)
    return columns


@epoc_operation(
    Windows,
    version=2,
    side_by_side=True,
    columns=_columns,
    reach_s=lambda params: 2 * params.length_s,
    facts=realised_window,
    holds=Held(6, reaches=9),
)
@rows_together
def windows(
    source: SignalSource, _events: list[Events], params: Windows
) -> Iterator[dict[str, np.ndarray]]:
    """Compute features in windows of equal length at equal steps.

    Windows lie wholly inside an unbroken run; what is left at its end is shorter than a window.
    The k-th window begins at the sample nearest to k steps, so steps do not drift. A feature of
    several values has a column for each, named by it and a number.

    Source: A. Phinyomark et al., Expert Syst. Appl. 39 (2012) 7420; docs/features.md has the source
    of each feature.
    """
    signal = source.signal

    def rows(job: tuple[np.ndarray, np.ndarray]) -> dict[str, np.ndarray]:
        onset, batch = job
        length_s = batch.shape[-1] / signal.fs_hz
        values = compute_features(batch, signal.fs_hz, params.features, params.of_features)
        return window_rows(onset, length_s, signal.channels) | {
            name: column.reshape(-1) for name, column in values.items()
        }

    yield from computed(source, moving_windows(source, params), rows)
