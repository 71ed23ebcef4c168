"""What two channels have in common: coherence, co-contraction, cross-correlation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.pairs import OfPairs, pair_columns, pair_rows, places_of
from dspant.ops.registry import Held, epoc_operation
from dspant.ops.runs import common_unit
from dspant.ops.signal import Column, Events, Signal, SignalSource
from dspant.ops.sliding import MovingWindow, moving_windows, realised_window, rows_together

if TYPE_CHECKING:
    import numpy as np


class Coherence(OfPairs):
    example = {"segment_s": 1, "pairs": [["agonist", "antagonist"]]}

    segment_s: float = Field(gt=0)
    """Length of the segments that spectra are the mean of, in seconds; frequencies lie
    1 / segment_s apart."""
    confidence_share: float = Field(default=0.95, gt=0, lt=1)
    """Share of frequencies at which channels that have nothing in common stay below the limit."""


class CoContraction(MovingWindow, OfPairs):
    example = {"length_s": 0.5, "step_s": 0.5}

    rectify: bool = False
    """Take |x| first, where the input is no envelope yet."""


class CrossCorrelation(MovingWindow, OfPairs):
    example = {"length_s": 1, "step_s": 0.5, "max_lag_s": 0.1}

    max_lag_s: float = Field(ge=0)
    """Largest lag that is looked at, in seconds."""

    @model_validator(mode="after")
    def _lags_inside(self) -> Self:
        if self.max_lag_s > self.length_s / 2:
            raise ValueError(
                f"max_lag_s ({self.max_lag_s:g}) must not be above half of length_s "
                f"({self.length_s:g})"
            )
        return self


def _coherence_samples(signal: Signal, params: Coherence) -> int:
    return round(params.segment_s * signal.fs_hz)


def _coherence_columns(
    signal: Signal, _events: list[Events], params: Coherence
) -> dict[str, Column]:
    samples = _coherence_samples(signal, params)
    step_hz = signal.fs_hz / max(samples, 1)
    where = f"at 0 Hz and every {step_hz:g} Hz"
    columns = pair_columns() | {
        "peak": Column("float64", "", "largest coherence above 0 Hz"),
        "peak_hz": Column("float64", "Hz", "frequency of the largest coherence"),
        "limit": Column("float64", "", "what coherence stays below where nothing is in common"),
        "segments": Column("int64", "", "number of segments"),
        "coherence": Column(f"float64[{samples // 2 + 1}]", "", f"magnitude squared, {where}"),
    }
    columns["onset"] = Column("float64", "s", "first sample of the recording")
    columns["offset"] = Column("float64", "s", "one sample after the last segment")
    return columns


def _coherence_facts(signal: Signal, params: Coherence) -> dict[str, Any]:
    samples = _coherence_samples(signal, params)
    return {
        "segment_samples": samples,
        "first_frequency_hz": 0.0,
        "frequency_step_hz": signal.fs_hz / max(samples, 1),
        "frequencies": samples // 2 + 1,
    }


@epoc_operation(
    Coherence,
    version=1,
    columns=_coherence_columns,
    facts=_coherence_facts,
    reach_s=lambda params: 4 * params.segment_s,
    holds=Held(5, reaches=4),
)
def coherence(
    source: SignalSource, _events: list[Events], params: Coherence
) -> Iterator[dict[str, np.ndarray]]:
    """Magnitude squared coherence |S_xy|^2 / (S_xx S_yy) over the recording, one row per pair.

    Spectra are means over Hann-tapered segments that do not overlap, so the limit 1 -
    (1 - confidence)^(1 / (L - 1)) holds for L of them. None spans a gap. Fewer than two segments
    are refused, as one alone has a coherence of 1 everywhere.

    Source: J. R. Rosenberg et al., Prog. Biophys. Mol. Biol. 53 (1989) 1.
    """
    import numpy as np
    from scipy.fft import rfft

    signal = source.signal
    places = places_of(signal, params)
    first, second = (list(side) for side in zip(*places, strict=True))
    moving = MovingWindow(length_s=params.segment_s, step_s=params.segment_s)
    powers: Any = 0.0
    cross: Any = 0.0
    count, samples, end_s = 0, 0, 0.0
    for onset, x in moving_windows(source, moving, least=4):
        samples = x.shape[-1]
        taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(samples) / samples)
        varies = np.ptp(x, axis=-1, keepdims=True) > 0
        spectra = rfft((x - x.mean(axis=-1, keepdims=True)) * (taper * varies), axis=-1)
        for of_segment in spectra:
            powers = powers + of_segment.real**2 + of_segment.imag**2
            cross = cross + of_segment[first] * of_segment[second].conj()
        count, end_s = count + len(x), onset[-1] + samples / signal.fs_hz
    if count < 2:
        raise OperationError(
            f"coherence needs two segments or more, and the recording has {count} of "
            f"{params.segment_s:g} s; shorten segment_s"
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (cross.real**2 + cross.imag**2) / (powers[first] * powers[second])
    above = np.where(np.isfinite(found[:, 1:]), found[:, 1:], -1.0)
    best = above.argmax(axis=1)
    flat = above.max(axis=1) < 0
    rows = pair_rows(signal, places, np.array([signal.segments[0].start_s]), samples)
    rows["offset"] = np.full(len(places), end_s)
    limit = 1 - (1 - params.confidence_share) ** (1 / (count - 1))
    yield rows | {
        "peak": np.where(flat, np.nan, above.max(axis=1)),
        "peak_hz": np.where(flat, np.nan, (best + 1) * (signal.fs_hz / samples)),
        "limit": np.full(len(places), limit),
        "segments": np.full(len(places), count),
        "coherence": found,
    }


def _cocontraction_columns(
    signal: Signal, _events: list[Events], _params: CoContraction
) -> dict[str, Column]:
    return pair_columns() | {
        "falconer_winter": Column("float64", "%", "200 sum min(a, b) / sum (a + b)"),
        "rudolph": Column("float64", common_unit(signal), "mean of min / max times (min + max)"),
    }


@epoc_operation(
    CoContraction,
    version=1,
    columns=_cocontraction_columns,
    reach_s=lambda params: 2 * params.length_s,
    facts=realised_window,
    holds=Held(5, reaches=4),
)
@rows_together
def cocontraction(
    source: SignalSource, _events: list[Events], params: CoContraction
) -> Iterator[dict[str, np.ndarray]]:
    """Co-contraction of two envelopes in windows: 200 sum min(a, b) / sum (a + b), and Rudolph's.

    Rudolph's index is the mean of min / max (min + max). Envelopes should be normalised, each to
    its own reference; values below 0 are refused, as an envelope has none. Where both envelopes
    are 0 there is no index: NaN, and a sample of 0 and 0 adds nothing to Rudolph's.

    Source: K. Falconer and D. A. Winter, Electromyogr. Clin. Neurophysiol. 25 (1985) 135; K. S.
    Rudolph et al., Knee Surg. Sports Traumatol. Arthrosc. 8 (2000) 262.
    """
    import numpy as np

    signal = source.signal
    places = places_of(signal, params)
    for onset, x in moving_windows(source, params):
        size = abs(x) if params.rectify else x
        _not_negative(size, onset, signal)
        indices = [_indices(size[:, a], size[:, b]) for a, b in places]
        winter, rudolph = (
            np.stack(index, axis=1).reshape(-1) for index in zip(*indices, strict=True)
        )
        yield pair_rows(signal, places, onset, x.shape[-1]) | {
            "falconer_winter": winter,
            "rudolph": rudolph,
        }


def _indices(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both indices of two envelopes, windows x samples."""
    import numpy as np

    low, high = np.minimum(a, b), np.maximum(a, b)
    both = (low + high).sum(axis=-1)
    ratio = np.divide(low, high, out=np.zeros_like(low), where=high > 0)
    with np.errstate(invalid="ignore"):
        winter = 200 * low.sum(axis=-1) / both
    return winter, np.where(both > 0, (ratio * (low + high)).mean(axis=-1), np.nan)


def _not_negative(x: np.ndarray, onset: np.ndarray, signal: Signal) -> None:
    import numpy as np

    if x.min(initial=0.0) < 0:
        window, channel, sample = np.argwhere(x < 0)[0]
        raise OperationError(
            f"channel {signal.channels[channel]} is {x[window, channel, sample]:g} at "
            f"{onset[window] + sample / signal.fs_hz:.6f} s; co-contraction is of envelopes, which "
            f"are never below 0: rectify and smooth first, or give rectify: true"
        )


def _correlation_columns(
    _signal: Signal, _events: list[Events], _params: CrossCorrelation
) -> dict[str, Column]:
    return pair_columns() | {
        "peak": Column("float64", "", "cross-correlation that is largest in size, -1 to 1"),
        "lag_s": Column("float64", "s", "its lag; above 0 where the second channel is later"),
        "at_zero": Column("float64", "", "cross-correlation without lag"),
    }


@epoc_operation(
    CrossCorrelation,
    version=1,
    columns=_correlation_columns,
    reach_s=lambda params: 4 * params.length_s,
    facts=realised_window,
    holds=Held(7, reaches=4),
)
@rows_together
def cross_correlation(
    source: SignalSource, _events: list[Events], params: CrossCorrelation
) -> Iterator[dict[str, np.ndarray]]:
    """Peak of r[k] = sum a[n] b[n+k] / sqrt(sum a^2 sum b^2) of two channels in windows.

    Means are taken away first; lags are whole samples up to max_lag_s. A flat channel has no
    correlation: NaN.

    Source: J. S. Bendat and A. G. Piersol, Random Data (Wiley, 2010), 5.1.
    """
    import numpy as np
    from scipy.fft import irfft, next_fast_len, rfft

    signal = source.signal
    places = places_of(signal, params)
    lags = int(params.max_lag_s * signal.fs_hz + 1e-9)
    for onset, x in moving_windows(source, params):
        size = next_fast_len(x.shape[-1] + lags, real=True)
        varies = np.ptp(x, axis=-1) > 0
        centred = x - x.mean(axis=-1, keepdims=True)
        energy = np.where(varies, (centred * centred).sum(axis=-1), np.nan)
        spectra = rfft(centred, size, axis=-1)
        made = {name: np.empty((len(x), len(places))) for name in ("peak", "lag_s", "at_zero")}
        for pair, (a, b) in enumerate(places):
            found = irfft(spectra[:, a].conj() * spectra[:, b], size, axis=-1)
            found = np.concatenate([found[:, size - lags :], found[:, : lags + 1]], axis=-1)
            found /= np.sqrt(energy[:, a] * energy[:, b])[:, np.newaxis]
            best = abs(found).argmax(axis=-1)
            peak = np.take_along_axis(found, best[:, np.newaxis], axis=-1)[:, 0]
            made["peak"][:, pair] = peak
            made["lag_s"][:, pair] = np.where(
                np.isfinite(peak), (best - lags) / signal.fs_hz, np.nan
            )
            made["at_zero"][:, pair] = found[:, lags]
        yield pair_rows(signal, places, onset, x.shape[-1]) | {
            name: values.reshape(-1) for name, values in made.items()
        }
