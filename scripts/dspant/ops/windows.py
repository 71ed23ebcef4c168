"""Features in windows that move along the recording."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.blocks import window_batches
from dspant.ops.features import FEATURES, compute_features
from dspant.ops.registry import Parameters, epoc_operation
from dspant.ops.signal import Column, Events, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

BATCH_SAMPLES = 65536
"""Samples of a channel that are computed at once, in as many windows as they make."""

FeatureName = Literal[tuple(FEATURES)]


class Windows(Parameters):
    example = {
        "length_s": 0.25,
        "step_s": 0.05,
        "features": ["mav", "rms", "wl", "zc", "ssc", "mnf", "mdf"],
    }

    length_s: float = Field(gt=0)
    """Length of a window in seconds."""
    step_s: float = Field(gt=0)
    """From the start of one window to the start of the next, in seconds."""
    features: Annotated[list[FeatureName], Len(1)]
    """Columns of the result, in this order."""
    zc_threshold: float = Field(default=0.0, ge=0)
    """Least step of a zero crossing, in the signal's unit. A sample of exactly 0, as integer counts
    may have, has no sign: from +1 over 0 to -1 is no crossing."""
    ssc_threshold: float = Field(default=0.0, ge=0)
    """Least product of the two slopes of a turn, in the signal's unit squared."""
    wamp_threshold: float | None = Field(default=None, ge=0)
    """Step that counts for wamp, in the signal's unit; wamp needs it."""

    @property
    def thresholds(self) -> dict[str, float]:
        names = {FEATURES[name].threshold for name in self.features} - {None}
        return {name: getattr(self, name) for name in names}

    @model_validator(mode="after")
    def _features_complete(self) -> Self:
        if len(set(self.features)) != len(self.features):
            raise ValueError(f"features {self.features} name one twice")
        for name, value in self.thresholds.items():
            if value is None:
                feature = name.removesuffix("_threshold")
                raise ValueError(f"{feature} needs {name}, a step in the signal's unit")
        return self


def _units(signal: Signal, feature: str) -> str:
    template = FEATURES[feature].unit
    units = {template.format(unit=unit) for unit in signal.units}
    if len(units) != 1:
        raise OperationError(
            f"channels {list(signal.channels)} have different units {list(signal.units)}, and the "
            f"column {feature!r} can state only one; give each unit its own node"
        )
    return units.pop()


def _columns(signal: Signal, _events: list[Events], params: Windows) -> dict[str, Column]:
    return {
        "onset": Column("float64", "s", "first sample of the window"),
        "offset": Column("float64", "s", "one sample after the last of the window"),
        "channel": Column("string", "", "channel the window is of"),
        **{
            name: Column("float64", _units(signal, name), FEATURES[name].meaning)
            for name in params.features
        },
    }


def _realised(signal: Signal, params: Windows) -> dict[str, Any]:
    samples = round(params.length_s * signal.fs_hz)
    return {"window_samples": samples, "realised_length_s": samples / signal.fs_hz}


@epoc_operation(
    Windows,
    version=1,
    columns=_columns,
    reach_s=lambda params: 2 * params.length_s,
    facts=_realised,
)
def windows(
    source: SignalSource, _events: list[Events], params: Windows
) -> Iterator[dict[str, np.ndarray]]:
    """Compute features in windows of equal length at equal steps.

    Windows lie wholly inside an unbroken run; what is left at its end is shorter than a window.
    The k-th window begins at the sample nearest to k steps, so steps do not drift.
    """
    signal = source.signal
    length = round(params.length_s * signal.fs_hz)
    if length < 3:
        raise OperationError(
            f"length_s {params.length_s:g} is {length} samples at {signal.fs_hz:g} Hz; features "
            f"need 3 or more, so length_s of {3 / signal.fs_hz:g} s or more"
        )
    for segment, blocks in source.segments():
        starts = _starts(segment.count, length, params.step_s * signal.fs_hz)
        size = max(BATCH_SAMPLES // length, 1)
        for first, batch in window_batches(blocks, starts, length, size):
            onset = segment.start_s + starts[first : first + len(batch)] / signal.fs_hz
            yield _rows(signal, onset, batch, params)


def _starts(count: int, length: int, step: float) -> np.ndarray:
    import numpy as np

    if step < 1:
        raise OperationError(f"step_s is {step:g} samples; it must be at least one")
    steps = np.arange(int((count - length) / step) + 2 if count >= length else 0)
    starts = np.round(steps * step).astype(np.int64)
    return starts[starts + length <= count]


def _rows(
    signal: Signal, onset: np.ndarray, batch: np.ndarray, params: Windows
) -> dict[str, np.ndarray]:
    import numpy as np

    count = len(signal.channels)
    values = compute_features(batch, signal.fs_hz, params.features, params.thresholds)
    return {
        "onset": np.repeat(onset, count),
        "offset": np.repeat(onset + batch.shape[-1] / signal.fs_hz, count),
        "channel": np.tile(np.array(signal.channels, dtype=object), len(onset)),
        **{name: column.reshape(-1) for name, column in values.items()},
    }
