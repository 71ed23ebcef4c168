"""Spikes: single peaks that stand out of the noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops import blocks as cutting
from dspant.ops.blocks import on_grid
from dspant.ops.registry import Held, Parameters, epoc_operation
from dspant.ops.runs import Track, common_unit
from dspant.ops.signal import Column, Events, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

MEDIAN_OF_NORMAL = 0.6745
"""Median of |x| for a normal x of deviation 1."""

SIGNS = {"negative": (-1.0,), "positive": (1.0,), "both": (-1.0, 1.0)}

NOISE_SAMPLES = 2**18
"""About how many samples, evenly spaced, tell a channel's noise."""


class Peaks(Parameters):
    example = {"noise_multiple": 4, "sign": "negative", "refractory_s": 0.001}

    noise_multiple: float | None = Field(default=None, gt=0)
    """A spike must reach this many times the channel's noise, the median of |x| / 0.6745."""
    level: float | None = Field(default=None, gt=0)
    """A spike must reach this size, in the signal's unit; instead of ``noise_multiple``."""
    sign: Literal["negative", "positive", "both"] = "negative"
    """Direction of the spikes that are looked for."""
    refractory_s: float = Field(default=0.001, ge=0)
    """Of spikes nearer to each other than this, in seconds, the larger one is kept."""
    noise_s: Annotated[list[float], Len(2, 2)] | None = None
    """Start and end of the stretch that tells the noise, in seconds from block start; all of the
    recording where not given."""

    @model_validator(mode="after")
    def _one_level(self) -> Self:
        if (self.noise_multiple is None) == (self.level is None):
            raise ValueError("give either noise_multiple or level")
        if self.noise_s is not None and self.noise_s[0] >= self.noise_s[1]:
            raise ValueError(f"noise_s must rise, not {self.noise_s}")
        if self.noise_s is not None and self.level is not None:
            raise ValueError("noise_s goes with noise_multiple, not with level")
        return self


def _columns(signal: Signal, _events: list[Events], _params: Any) -> dict[str, Column]:
    unit = common_unit(signal)
    return {
        "onset": Column("float64", "s", "the spike's peak"),
        "offset": Column("float64", "s", "the spike's peak"),
        "channel": Column("string", "", "channel the spike is on"),
        "peak": Column("float64", unit, "value at the peak"),
        "threshold": Column("float64", unit, "size that the channel's spikes must reach"),
    }


@epoc_operation(Peaks, version=1, columns=_columns, holds=Held(14, scipy=False))
def peaks(
    source: SignalSource, _events: list[Events], params: Peaks
) -> Iterator[dict[str, np.ndarray]]:
    """Find spikes: the peak of every excursion beyond a robust threshold of each channel.

    The threshold is ``noise_multiple`` times median(|x|) / 0.6745, which spikes hardly change; a
    channel's median is over about 262,144 samples, evenly spaced. Within ``refractory_s`` the
    largest peak is kept, of equal ones the first. No spike is looked for across a gap.

    Source: R. Quian Quiroga, Z. Nadasdy and Y. Ben-Shaul, Neural Comput. 16 (2004) 1661.
    """
    import numpy as np

    signal = source.signal
    level = _levels(source, params)
    parts: list[tuple[np.ndarray, ...]] = []
    for segment, blocks in source.segments():
        for channel, (at, value) in enumerate(
            _excursions(blocks, level, signal.fs_hz, SIGNS[params.sign])
        ):
            kept = largest_apart(at, np.abs(value), params.refractory_s * signal.fs_hz)
            time_s = segment.start_s + at[kept] / signal.fs_hz
            parts.append((time_s, np.full(len(kept), channel), value[kept]))
    if not parts:
        return
    time_s, channel, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((channel, time_s))
    yield {
        "onset": time_s[order],
        "offset": time_s[order],
        "channel": np.array(signal.channels, dtype=object)[channel[order]],
        "peak": value[order],
        "threshold": level[channel[order]],
    }


def _levels(source: SignalSource, params: Peaks) -> np.ndarray:
    import numpy as np

    if params.level is not None:
        return np.full(len(source.signal.channels), params.level)
    kept = _spaced(source, params.noise_s or [-np.inf, np.inf])
    if not kept.shape[1]:
        raise OperationError(
            f"noise_s {params.noise_s} holds no samples; choose a stretch inside the recording"
        )
    level = params.noise_multiple * np.median(np.abs(kept), axis=1) / MEDIAN_OF_NORMAL
    for name, value in zip(source.signal.channels, level, strict=True):
        if value == 0:
            raise OperationError(
                f"channel {name} is zero more than half of the time, so its noise is not known; "
                f"give level instead of noise_multiple"
            )
    return level


def _spaced(source: SignalSource, stretch_s: Sequence[float]) -> np.ndarray:
    """Evenly spaced samples of a stretch, channels x samples."""
    import numpy as np

    fs_hz = source.signal.fs_hz
    spans = [
        np.clip((np.array(stretch_s) - s.start_s) * fs_hz, 0, s.count).round().astype(int)
        for s in source.signal.segments
    ]
    step = max(int(sum(b - a for a, b in spans)) // NOISE_SAMPLES, 1)
    parts = [np.empty((len(source.signal.channels), 0))]
    for (start, stop), (_, blocks) in zip(spans, source.segments(), strict=True):
        position, following = 0, int(start)
        for block in blocks:
            end = min(position + block.shape[1], int(stop))
            if following < end:
                parts.append(block[:, following - position : end - position : step].copy())
                following += parts[-1].shape[1] * step
            position += block.shape[1]
    return np.concatenate(parts, axis=1)


def _excursions(
    blocks: Blocks, level: np.ndarray, fs_hz: float, signs: Sequence[float]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sample and value of the peak of each excursion of a run, for each channel, in order."""
    import numpy as np

    tracks = [
        [Track(fs_hz, merge_gap_s=0, min_duration_s=0, least_peak=-np.inf) for _ in signs]
        for _ in level
    ]
    first = 0
    for block in on_grid(blocks, cutting.GRID_SAMPLES):
        for row, least, own in zip(block, level, tracks, strict=True):
            for sign, track in zip(signs, own, strict=True):
                track.follow(sign * row, sign * row >= least, first)
        first += block.shape[1]
    found = []
    for own in tracks:
        runs = [
            (run.peak_at, sign * run.peak)
            for sign, track in zip(signs, own, strict=True)
            for run in track.finish()
        ]
        runs.sort()
        at, value = np.array(runs, dtype=np.float64).reshape(-1, 2).T
        found.append((at.astype(np.int64), value))
    return found


def largest_apart(at: np.ndarray, size: np.ndarray, distance: float) -> np.ndarray:
    """Which of some peaks stay if of two that are nearer than ``distance`` the larger one does.

    Parameters
    ----------
    at
        Their places, rising.

    Returns
    -------
    kept
        Positions, rising.
    """
    import numpy as np

    kept = np.ones(len(at), dtype=bool)
    for index in np.lexsort((at, -size)).tolist():
        if not kept[index]:
            continue
        for step in (-1, 1):
            other = index + step
            while 0 <= other < len(at) and abs(at[other] - at[index]) < distance:
                kept[other] = False
                other += step
    return np.flatnonzero(kept)
