"""How the steps of a node pass each frequency, from the filters that they are computed with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from dspant.dataset.stream import Stream
from dspant.engine.chain import bind
from dspant.engine.source import signal_of
from dspant.ops.filters import realised_sections
from dspant.ops.fir import realised_taps
from dspant.ops.rates import conversion_of
from dspant.ops.registry import operations
from dspant.ops.signal import Signal

RECURSIVE = ("lowpass", "highpass", "bandpass", "bandstop", "notch", "comb")
RATES = ("resample", "decimate")
FILTERS = (*RECURSIVE, "fir", *RATES)
"""Operations with a frequency response that is the same for every signal."""

Gain = Callable[[np.ndarray], np.ndarray]

HALF_POWER_DB = -10 * np.log10(2)

LOWEST_DB = -300.0
"""What is smaller than this is told as this: there is no logarithm of nothing."""

HALVINGS = 14
"""After so many, a point is known to four digits of the step."""

MOST_WORK = 3e7
"""Taps times frequencies: the gain of a very long filter is told at fewer frequencies."""

FEWEST_POINTS = 24

MOST_NAMED = 40
"""Named frequencies with a closer grid around them."""


@dataclass(frozen=True, eq=False)
class Response:
    """Gain of steps that follow one another without one between them that bends frequencies.

    Parameters
    ----------
    operations
        Names of the steps.
    frequency_hz, gain_db
        Shape (frequencies,), the first rising.
    half_power_hz
        Where the gain goes through -3.01 dB (half the power), rising.
    """

    operations: list[str]
    frequency_hz: np.ndarray
    gain_db: np.ndarray
    half_power_hz: list[float]


def responses(parent: Stream, steps: Sequence[Mapping[str, Any]], points: int) -> list[Response]:
    """Gain of each chain of filters among a node's steps.

    A zero-phase step runs forward and backward, so its gain counts twice. Other operations, such
    as ``rectify``, end a chain: what a filter after them passes is no frequency of the input.

    Parameters
    ----------
    parent
        The stream the first step is given.
    points
        About how many frequencies.
    """
    signal, chains = signal_of(parent), [[]]
    for step in bind(_known(steps)):
        if step.operation.name in FILTERS:
            chains[-1].append((step.operation.name, step.params, signal))
        elif not _keeps_frequencies(step.operation):
            chains.append([])
        signal = step.operation.describe(signal, step.params)
    return [_response(chain, points) for chain in chains if chain]


def _known(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The stream steps up to the first that is not known here as it was when it was run."""
    known = operations()
    found = []
    for step in steps:
        operation = known.get(step["op"])
        if operation is None or operation.version != step["version"] or operation.makes != "stream":
            break
        found.append(dict(step))
    return found


def gain_of(operation: str, signal: Signal, params: Any) -> Gain:
    """What an operation of :data:`FILTERS` multiplies sines with: a function of their frequencies
    in Hz, shape (frequencies,), with results of that shape, not negative.
    """
    if operation in RATES:
        conversion = conversion_of(signal, params)
        if conversion.same:
            return np.ones_like
        fs_hz = signal.fs_hz * conversion.up
        return partial(_of_taps, conversion.taps() / conversion.up, fs_hz)
    if operation == "fir":
        return partial(_of_taps, realised_taps(signal, params), signal.fs_hz)
    passes = 2 if params.phase == "zero" else 1
    return partial(_of_sections, realised_sections(operation, signal, params), signal.fs_hz, passes)


def _keeps_frequencies(operation: Any) -> bool:
    """Whether an operation only picks, names or mixes channels, or takes away a constant."""
    return operation.name in (
        "select_channels",
        "drop_channels",
        "rename_channels",
        "remove_offset",
    )


def _of_sections(
    sos: np.ndarray, fs_hz: float, passes: int, frequency_hz: np.ndarray
) -> np.ndarray:
    z = np.exp(-2j * np.pi * frequency_hz / fs_hz)
    powers = np.stack([np.ones_like(z), z, z * z])
    once = np.prod((sos[:, :3] @ powers) / (sos[:, 3:] @ powers), axis=0)
    return np.abs(once) ** passes


def _of_taps(taps: np.ndarray, fs_hz: float, frequency_hz: np.ndarray) -> np.ndarray:
    """Of a symmetric filter of finite length."""
    place = (np.arange(len(taps)) - (len(taps) - 1) / 2) * (2 * np.pi / fs_hz)
    return np.array([abs(np.cos(f * place) @ taps) for f in frequency_hz])


def _response(chain: list[tuple[str, Any, Signal]], points: int) -> Response:
    gains = [gain_of(operation, signal, params) for operation, params, signal in chain]
    longest = max((gain.args[0].size for gain in gains if isinstance(gain, partial)), default=1)
    points = int(np.clip(MOST_WORK / longest, FEWEST_POINTS, points))
    frequency_hz = _grid(chain, min(signal.nyquist_hz for _, _, signal in chain), points)
    names = [operation for operation, _, _ in chain]
    gain_db = _gain_db(gains, frequency_hz)
    return Response(names, frequency_hz, gain_db, _half_power_hz(gains, frequency_hz, gain_db))


def _gain_db(gains: Sequence[Gain], frequency_hz: np.ndarray) -> np.ndarray:
    whole = np.prod([gain(frequency_hz) for gain in gains], axis=0)
    return 20 * np.log10(np.maximum(whole, 10 ** (LOWEST_DB / 20)))


def _grid(chain: list[tuple[str, Any, Signal]], top_hz: float, points: int) -> np.ndarray:
    """Frequencies on a log axis, closer around what the steps name, so that no notch is missed."""
    named = _named_hz(chain, top_hz)
    lowest_hz = min([*named, top_hz / 1000]) / 20
    away = np.geomspace(1e-5, 0.3, max(points // 8, 6))
    around = [f * factor for f in named[:MOST_NAMED] for factor in (*(1 - away), 1.0, *(1 + away))]
    grid = np.concatenate([np.geomspace(lowest_hz, top_hz, points), around])
    return np.unique(grid[(grid > 0) & (grid <= top_hz)])


def _named_hz(chain: list[tuple[str, Any, Signal]], top_hz: float) -> list[float]:
    named: list[float] = []
    for operation, params, signal in chain:
        found = params.model_dump()
        edges = [found[k] for k in ("cutoff_hz", "low_hz", "high_hz") if found.get(k)]
        base_hz = found.get("frequency_hz")
        if operation in ("notch", "comb"):
            last_hz = found.get("up_to_hz") or found.get("harmonics", 1e9) * base_hz
            edges = np.arange(base_hz, min(last_hz, top_hz) * (1 + 1e-9), base_hz).tolist()
        if operation in RATES:
            conversion = conversion_of(signal, params)
            edges = [conversion.end_hz - conversion.transition_hz / 2]
        named += edges
    return sorted(f for f in named if f < top_hz)


def _half_power_hz(
    gains: Sequence[Gain], frequency_hz: np.ndarray, gain_db: np.ndarray
) -> list[float]:
    """Where the gain goes through half power, by halving the steps of the grid it lies in."""
    above = gain_db >= HALF_POWER_DB
    at = np.flatnonzero(above[1:] != above[:-1])
    low, high = frequency_hz[at], frequency_hz[at + 1]
    for _ in range(HALVINGS if len(at) else 0):
        middle = (low + high) / 2
        as_low = (_gain_db(gains, middle) >= HALF_POWER_DB) == above[at]
        low, high = np.where(as_low, middle, low), np.where(as_low, high, middle)
    return ((low + high) / 2).tolist()
