"""Power spectra of windows that move along the recording, and the power of bands over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops import sliding
from dspant.ops.blocks import window_batches
from dspant.ops.registry import Held, epoc_operation, stream_operation
from dspant.ops.runs import common_unit
from dspant.ops.signal import Column, Events, Segment, Signal, SignalSource
from dspant.ops.sliding import (
    MovingWindow,
    moving_windows,
    realised_window,
    rows_together,
    window_columns,
    window_rows,
)

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks

Band = Annotated[list[Annotated[float, Field(ge=0)]], Len(2, 2)]


class Welch(MovingWindow):
    example = {"length_s": 5, "step_s": 5, "segment_s": 0.5}

    segment_s: float = Field(gt=0)
    """Length of the segments that a window's spectrum is the mean of, in seconds; frequencies lie
    1 / segment_s apart."""
    overlap_share: float = Field(default=0.5, ge=0, lt=1)
    """Share of a segment that the next one shares with it."""

    @model_validator(mode="after")
    def _segments_fit(self) -> Self:
        if self.segment_s > self.length_s:
            raise ValueError(
                f"segment_s ({self.segment_s:g}) must not be above length_s ({self.length_s:g})"
            )
        return self


class Multitaper(MovingWindow):
    example = {"length_s": 1, "step_s": 0.5, "half_bandwidth_hz": 4}

    half_bandwidth_hz: float = Field(gt=0)
    """Half of the width over which a spectrum is smoothed, in Hz; times length_s it is NW, and
    2 NW - 1 tapers are used."""


class BandPowers(MovingWindow):
    example = {
        "length_s": 0.25,
        "step_s": 0.05,
        "bands_hz": {"low": [20, 80], "high": [80, 250]},
    }

    bands_hz: Annotated[dict[str, Band], Len(1)]
    """Bands by name, each from a frequency in Hz up to, not including, another; the name is
    appended to the channel's."""

    @model_validator(mode="after")
    def _bands_rise(self) -> Self:
        for name, band in self.bands_hz.items():
            if not name or band[0] >= band[1]:
                raise ValueError(f"band {name!r} needs a name and must rise, not {band}")
        return self


def _samples_of(params: Any, signal: Signal) -> int:
    """Samples that are transformed at once."""
    length_s = params.segment_s if isinstance(params, Welch) else params.length_s
    return round(length_s * signal.fs_hz)


def _per_hz(unit: str) -> str:
    return f"{unit if unit.isalpha() else f'({unit})'}^2/Hz"


def _columns(signal: Signal, _events: list[Events], params: Any) -> dict[str, Column]:
    samples = _samples_of(params, signal)
    count, step_hz = samples // 2 + 1, signal.fs_hz / max(samples, 1)
    unit = _per_hz(common_unit(signal))
    return window_columns() | {
        "power": Column("float64", unit.removesuffix("/Hz"), "integral of psd over frequency"),
        "psd": Column(
            f"float64[{count}]", unit, f"one-sided power density at 0 Hz and every {step_hz:g} Hz"
        ),
    }


def _realised(signal: Signal, params: Any) -> dict[str, Any]:
    samples = _samples_of(params, signal)
    return realised_window(signal, params) | {
        "first_frequency_hz": 0.0,
        "frequency_step_hz": signal.fs_hz / max(samples, 1),
        "frequencies": samples // 2 + 1,
    }


def _reach_s(params: MovingWindow) -> float:
    return 4 * params.length_s


def _rows(
    signal: Signal, onset: np.ndarray, length: int, density: np.ndarray, step_hz: float
) -> dict[str, np.ndarray]:
    """Rows of windows whose spectra have the shape windows x channels x frequencies."""
    rows = window_rows(onset, length / signal.fs_hz, signal.channels)
    return rows | {
        "power": (density.sum(axis=-1) * step_hz).reshape(-1),
        "psd": density.reshape(-1, density.shape[-1]),
    }


@epoc_operation(
    Welch, version=1, columns=_columns, reach_s=_reach_s, facts=_realised, holds=Held(4, reaches=3)
)
@rows_together
def welch(
    source: SignalSource, _events: list[Events], params: Welch
) -> Iterator[dict[str, np.ndarray]]:
    """Power density of windows: mean of the Hann periodograms of their overlapping segments.

    One row per window and channel. Each segment's mean is taken away; what is left at a window's
    end is shorter than a segment and not used. Units: the signal's, squared, per Hz.

    Source: P. D. Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70.
    """
    import numpy as np

    from dspant.ops.features.batch import spectral_power

    signal = source.signal
    samples = _segment_samples(signal, params.segment_s)
    step = max(samples - int(samples * params.overlap_share), 1)
    step_hz = signal.fs_hz / samples
    for onset, x in moving_windows(source, params):
        cut = np.lib.stride_tricks.sliding_window_view(x, samples, axis=-1)[..., ::step, :]
        density = np.zeros((*x.shape[:-1], samples // 2 + 1))
        for number in range(cut.shape[-2]):
            part = cut[..., number, :]
            density += spectral_power(part - part.mean(axis=-1, keepdims=True))
        density /= cut.shape[-2] * step_hz
        yield _rows(signal, onset, x.shape[-1], density, step_hz)


def _segment_samples(signal: Signal, segment_s: float) -> int:
    samples = round(segment_s * signal.fs_hz)
    if samples < 4:
        raise OperationError(
            f"segment_s {segment_s:g} is {samples} samples at {signal.fs_hz:g} Hz; a spectrum "
            f"needs 4 or more, so segment_s of {4 / signal.fs_hz:g} s or more"
        )
    return samples


@epoc_operation(
    Multitaper,
    version=1,
    columns=_columns,
    reach_s=_reach_s,
    facts=_realised,
    holds=Held(6, reaches=6),
)
@rows_together
def multitaper(
    source: SignalSource, _events: list[Events], params: Multitaper
) -> Iterator[dict[str, np.ndarray]]:
    """Power density of windows: mean of periodograms under 2 NW - 1 Slepian (DPSS) tapers.

    One row per window and channel; the window's mean is taken away. Units: the signal's,
    squared, per Hz. NW below 1, less than one taper, is refused.

    Source: D. J. Thomson, Proc. IEEE 70 (1982) 1055.
    """
    import numpy as np
    from scipy.fft import rfft
    from scipy.signal.windows import dpss

    signal = source.signal
    tapers: np.ndarray | None = None
    for onset, x in moving_windows(source, params):
        samples = x.shape[-1]
        if tapers is None:
            product = _time_bandwidth(signal, params, samples)
            tapers = dpss(samples, product, Kmax=int(2 * product + 1e-9) - 1)
        centred = x - x.mean(axis=-1, keepdims=True)
        density = np.zeros((*x.shape[:-1], samples // 2 + 1))
        for taper in tapers:
            found = rfft(centred * taper, axis=-1)
            density += found.real**2 + found.imag**2
        density *= 2 / (len(tapers) * signal.fs_hz)
        density[..., 0] /= 2
        if samples % 2 == 0:
            density[..., -1] /= 2
        yield _rows(signal, onset, samples, density, signal.fs_hz / samples)


def _time_bandwidth(signal: Signal, params: Multitaper, samples: int) -> float:
    product = params.half_bandwidth_hz * samples / signal.fs_hz
    if not 1 <= product + 1e-9 < samples / 2:
        raise OperationError(
            f"half_bandwidth_hz {params.half_bandwidth_hz:g} times length_s {params.length_s:g} is "
            f"NW = {product:g}, which must be 1 or more and less than {samples / 2:g}; widen the "
            f"band or lengthen the window"
        )
    return product


def _step(signal: Signal, params: BandPowers) -> int:
    return max(round(params.step_s * signal.fs_hz), 1)


def _described(signal: Signal, params: BandPowers) -> Signal:
    length, step = round(params.length_s * signal.fs_hz), _step(signal, params)
    segments, first = [], 0
    for run in signal.segments:
        if run.count < length:
            raise OperationError(
                f"the run from {run.start_s:g} s has {run.count} samples, fewer than a window of "
                f"length_s {params.length_s:g} ({length}); shorten the window"
            )
        count = (run.count - length) // step + 1
        segments.append(Segment(first, count, run.start_s + (length - 1) / 2 / signal.fs_hz))
        first += count
    units = tuple(_per_hz(unit).removesuffix("/Hz") for unit in signal.units)
    bands = len(params.bands_hz)
    return replace(
        signal,
        fs_hz=signal.fs_hz / step,
        channels=tuple(f"{name}_{band}" for name in signal.channels for band in params.bands_hz),
        units=tuple(unit for unit in units for _ in range(bands)),
        segments=tuple(segments),
    )


def _realised_bands(signal: Signal, params: BandPowers) -> dict[str, Any]:
    samples = round(params.length_s * signal.fs_hz)
    return realised_window(signal, params) | {
        "realised_step_s": _step(signal, params) / signal.fs_hz,
        "frequency_step_hz": signal.fs_hz / max(samples, 1),
    }


@stream_operation(
    BandPowers,
    version=1,
    describe=_described,
    facts=_realised_bands,
    reach_s=_reach_s,
    mixes_channels=True,
    holds=Held(5, reaches=3),
)
def band_powers(blocks: Blocks, signal: Signal, params: BandPowers) -> Blocks:
    """Power of bands at the windows' rate: sum of a Hann periodogram's power in each band.

    A channel for each channel and band, in the signal's unit squared: all bands from 0 Hz to
    Nyquist add up to the window's variance under the taper. A sample stands at the middle of its
    window; steps are whole numbers of samples. Each window's mean is taken away.

    Source: short-time Fourier transform; J. B. Allen, IEEE Trans. Acoust. Speech Signal Process.
    25 (1977) 235.
    """
    import numpy as np

    from dspant.ops.features.batch import spectral_power

    length, step = round(params.length_s * signal.fs_hz), _step(signal, params)
    (run,) = signal.segments
    starts = np.arange((run.count - length) // step + 1) * step
    bins = [_bins(name, band, length, signal) for name, band in params.bands_hz.items()]
    for _, x in window_batches(blocks, starts, length, max(sliding.BATCH_SAMPLES // length, 1)):
        power = spectral_power(x - x.mean(axis=-1, keepdims=True))
        bands = [power[..., first:last].sum(axis=-1) for first, last in bins]
        yield np.ascontiguousarray(np.stack(bands, axis=-1).reshape(len(x), -1).T)


def _bins(name: str, band: list[float], length: int, signal: Signal) -> tuple[int, int]:
    import numpy as np

    frequency_hz = np.arange(length // 2 + 1) * (signal.fs_hz / length)
    first, last = (int(np.searchsorted(frequency_hz, edge_hz)) for edge_hz in band)
    if band[1] > signal.nyquist_hz:
        raise OperationError(
            f"band {name!r} ends at {band[1]:g} Hz, above the Nyquist frequency "
            f"{signal.nyquist_hz:g} Hz; lower it"
        )
    if first == last:
        raise OperationError(
            f"band {name!r} {band} holds no frequency of a window of {length} samples, which lie "
            f"{signal.fs_hz / length:g} Hz apart; widen it or lengthen length_s"
        )
    return first, last
