"""Filters of every design against SciPy's: the coefficients, and the whole signal filtered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import signal as sp
from whole_signals import TDT_FS_HZ, cuttings, filtered, same_bits, short_grid, signal_like

from dspant.errors import OperationError
from dspant.ops.designs import band_sections, notch_section, steady_state
from dspant.ops.filters import DECAY, ROUNDING
from dspant.ops.poles import poles
from dspant.ops.prototypes import RIPPLED, STOPPED, prototype
from dspant.ops.recursive import settling_samples
from dspant.ops.registry import operations
from dspant.ops.rounding import rounding_error

DESIGNS = {
    "butterworth": sp.butter,
    "chebyshev1": sp.cheby1,
    "chebyshev2": sp.cheby2,
    "elliptic": sp.ellip,
    "bessel": sp.bessel,
}
BANDS = ["lowpass", "highpass", "bandpass", "bandstop"]


def scipy_sections(params: dict[str, Any], band: str) -> np.ndarray:
    design = params.get("design", "butterworth")
    limits = [params[name] for name in ("ripple_db", "stopband_db") if name in params]
    edges = [params["low_hz"], params["high_hz"]] if "low_hz" in params else params["cutoff_hz"]
    norm = {"norm": "mag"} if design == "bessel" else {}
    return DESIGNS[design](
        params["order"], *limits, edges, band, fs=TDT_FS_HZ, output="sos", **norm
    )


def whole(sos: np.ndarray, x: np.ndarray) -> np.ndarray:
    taps = 2 * len(sos) + 1 - min(int((sos[:, 2] == 0).sum()), int((sos[:, 5] == 0).sum()))
    return sp.sosfiltfilt(sos, x, axis=1, padlen=min(3 * taps, x.shape[1] - 1))


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


@st.composite
def designed(draw: st.DrawFn, lowest_hz: float, most: int) -> tuple[str, dict[str, Any]]:
    band, design = draw(st.sampled_from(BANDS)), draw(st.sampled_from(list(DESIGNS)))
    edge = st.floats(np.log(lowest_hz), np.log(12000)).map(lambda log: float(np.exp(log)))
    params: dict[str, Any] = {"design": design, "order": draw(st.integers(1, most))}
    if design in RIPPLED:
        params["ripple_db"] = draw(st.floats(0.05, 3))
    if design in STOPPED:
        params["stopband_db"] = draw(st.floats(20, 90))
    if band in ("lowpass", "highpass"):
        return band, params | {"cutoff_hz": draw(edge)}
    low_hz = draw(edge.filter(lambda hz: hz < 9000))
    width_hz = max(draw(st.floats(0.05, 1)) * (12100 - low_hz), low_hz / 10)
    return band, params | {"low_hz": low_hz, "high_hz": low_hz + width_hz}


@st.composite
def recordings(draw: st.DrawFn) -> np.ndarray:
    channels = draw(st.sampled_from([1, 2, 3, 4, 5, 8, 65]))
    samples = draw(st.one_of(st.integers(1, 60), st.integers(1, 4000 if channels < 9 else 300)))
    offset = draw(st.sampled_from([0.0, 1000.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=(channels, samples)) + offset


@settings(deadline=None, max_examples=400)
@given(designed(lowest_hz=0.1, most=12))
def test_sections_are_scipys_to_the_last_bit(designed: tuple[str, dict[str, Any]]) -> None:
    band, params = designed
    edges = (params["low_hz"], params["high_hz"]) if "low_hz" in params else (params["cutoff_hz"],)
    analogue = prototype(
        params["design"], params["order"], params.get("ripple_db"), params.get("stopband_db")
    )
    made, expected = band_sections(analogue, band, edges, TDT_FS_HZ), scipy_sections(params, band)
    assert np.array_equal(made, expected)
    assert np.array_equal(steady_state(expected), sp.sosfilt_zi(expected))


@pytest.mark.parametrize("frequency_hz", [0.1, 50.0, 60.0, 12000.0])
@pytest.mark.parametrize("q", [0.5, 30.0, 200.0])
def test_a_notch_is_scipys(frequency_hz: float, q: float) -> None:
    made = notch_section(frequency_hz, frequency_hz / q, TDT_FS_HZ)[0]
    assert made == pytest.approx(np.r_[sp.iirnotch(frequency_hz, q, fs=TDT_FS_HZ)], rel=1e-12)


@pytest.mark.against("scipy.signal.sosfiltfilt", "bandstop", "lowpass", "highpass", "bandpass")
@settings(deadline=None, max_examples=120)
@given(designed(lowest_hz=0.1, most=12), recordings(), cuttings(4000), st.integers(1, 700))
def test_a_zero_phase_filter_of_any_design_equals_scipy_however_the_run_is_cut(
    designed: tuple[str, dict[str, Any]], x: np.ndarray, cuts: Sequence[int], grid: int
) -> None:
    band, params = designed
    sos = scipy_sections(params, band)
    assume(rounding_error(sos) < ROUNDING)
    with short_grid(grid):
        y = filtered(band, x, TDT_FS_HZ, cuts, **params)
        uncut = filtered(band, x, TDT_FS_HZ, **params)
        alone = filtered(band, x[-1:], TDT_FS_HZ, **params)
    expected = whole(sos, x)
    assert np.abs(y - expected).max() <= 1e-6 * rms(expected) + 1e-12 * np.abs(x).max()
    assert same_bits(y, uncut)
    assert same_bits(y[-1:], alone)


@settings(deadline=None, max_examples=60)
@given(designed(lowest_hz=0.1, most=12), recordings(), cuttings(4000))
def test_a_causal_filter_of_any_design_equals_sosfilt(
    designed: tuple[str, dict[str, Any]], x: np.ndarray, cuts: Sequence[int]
) -> None:
    band, params = designed
    sos = scipy_sections(params, band)
    assume(rounding_error(sos) < ROUNDING)
    y = filtered(band, x, TDT_FS_HZ, cuts, phase="causal", **params)
    expected = sp.sosfilt(sos, x, axis=1)
    assert np.abs(y - expected).max() <= 1e-6 * rms(expected) + 1e-12 * np.abs(x).max()


def test_a_run_far_shorter_than_the_filter_remembers_needs_no_more_room_than_it_has() -> None:
    limits = {"ripple_db": 2.0, "stopband_db": 20.0}
    params = {"cutoff_hz": 1.0, "order": 9, "design": "elliptic"} | limits
    x = np.random.default_rng(4).normal(size=(3, 5000))
    sos = scipy_sections(params, "lowpass")
    assert settling_samples(sos, DECAY, most=5000) > 1e9
    y = filtered("lowpass", x, TDT_FS_HZ, range(1000, 5000, 1000), **params)
    assert np.abs(y - whole(sos, x)).max() <= 1e-9 * rms(x)


LONG = [
    ("highpass", {"cutoff_hz": 5.0, "order": 4, "design": "elliptic"}),
    ("lowpass", {"cutoff_hz": 6.0, "order": 4, "design": "chebyshev1"}),
    ("lowpass", {"cutoff_hz": 6.0, "order": 4, "design": "bessel"}),
    ("bandpass", {"low_hz": 20.0, "high_hz": 450.0, "order": 4, "design": "chebyshev2"}),
    ("bandstop", {"low_hz": 55.0, "high_hz": 65.0, "order": 4, "design": "butterworth"}),
    ("bandpass", {"low_hz": 20.0, "high_hz": 450.0, "order": 6, "design": "elliptic"}),
]


@pytest.mark.parametrize("channels", [1, 3, 384])
@pytest.mark.parametrize(("band", "params"), LONG, ids=str)
def test_a_run_of_several_blocks_equals_scipy_after_rounding(
    band: str, params: dict[str, Any], channels: int
) -> None:
    limits = {"ripple_db": 0.5} if params["design"] in RIPPLED else {}
    limits |= {"stopband_db": 60.0} if params["design"] in STOPPED else {}
    params = params | limits
    sos = scipy_sections(params, band)
    grid = 65536 if channels < 100 else 256
    samples = 2 * max(settling_samples(sos, 1e-12), grid) + 7001 if channels < 100 else 3001
    x = np.random.default_rng(1).normal(size=(channels, samples))
    with short_grid(grid):
        y = filtered(band, x, TDT_FS_HZ, range(100_000, samples, 100_000), **params)
    expected = whole(sos, x)
    assert np.abs(y.astype(np.float32) - expected).max() <= 1e-6 * rms(expected)


def test_a_notch_with_harmonics_is_its_notches_in_series() -> None:
    x = np.random.default_rng(2).normal(size=(2, 3000))
    y = filtered("notch", x, TDT_FS_HZ, frequency_hz=60.0, q=20.0, harmonics=4)
    notches = [np.r_[sp.iirnotch(60.0 * k, 20.0, fs=TDT_FS_HZ)] for k in (1, 2, 3, 4)]
    expected = whole(np.array(notches), x)
    assert np.abs(y - expected).max() <= 1e-9 * rms(expected)


def test_harmonics_above_nyquist_are_refused_with_the_number_that_fits() -> None:
    with pytest.raises(OperationError, match="choose harmonics of 8 or fewer"):
        filtered("notch", np.zeros((1, 100)), 1000.0, frequency_hz=60.0, harmonics=9)
    filtered("notch", np.zeros((1, 100)), 1000.0, frequency_hz=60.0, harmonics=8)


@pytest.mark.against("tones of known frequency", "comb")
def test_a_comb_removes_every_multiple_and_leaves_what_lies_between() -> None:
    t = np.arange(60_000) / 2000.0
    hum = sum(np.sin(2 * np.pi * 60 * k * t) for k in range(1, 17))
    between = np.sin(2 * np.pi * 330 * t)
    y = filtered("comb", (hum + between)[None], 2000.0, frequency_hz=60.0, width_hz=1.0)[0]
    middle = slice(20_000, 40_000)
    assert rms((y - between)[middle]) < 0.02
    signal = signal_like(t[None], 2000.0)
    operation = operations()["comb"]
    facts = operation.facts(signal, operation.parameters(frequency_hz=60.0))
    assert facts["effective_order"] == 2 * 16 * 2


def test_a_comb_up_to_a_frequency_leaves_higher_multiples() -> None:
    t = np.arange(20_000) / 2000.0
    kept = np.sin(2 * np.pi * 180 * t)[None]
    y = filtered("comb", kept, 2000.0, frequency_hz=60.0, up_to_hz=120.0)
    assert rms(y[:, 8000:12000]) == pytest.approx(rms(kept[:, 8000:12000]), rel=0.02)


@pytest.mark.parametrize(
    ("design", "limits", "edge_db"),
    [
        ("butterworth", {}, 6.02),
        ("bessel", {}, 6.02),
        ("chebyshev1", {"ripple_db": 0.5}, 1.0),
        ("elliptic", {"ripple_db": 0.5, "stopband_db": 60.0}, 1.0),
        ("chebyshev2", {"stopband_db": 40.0}, 80.0),
    ],
)
def test_metadata_state_the_attenuation_that_is_found_at_the_edge(
    design: str, limits: dict[str, float], edge_db: float
) -> None:
    params = {"cutoff_hz": 500.0, "order": 4, "design": design, **limits}
    operation = operations()["lowpass"]
    t = np.arange(200_000) / TDT_FS_HZ
    tone = np.sin(2 * np.pi * 500 * t)[None]
    facts = operation.facts(signal_like(tone, TDT_FS_HZ), operation.parameters(**params))
    middle = slice(50_000, 150_000)
    gain = rms(filtered("lowpass", tone, TDT_FS_HZ, **params)[:, middle]) / rms(tone[:, middle])
    assert facts == {"effective_order": 8, "attenuation_at_edge_db": edge_db}
    assert -20 * np.log10(gain) == pytest.approx(edge_db, abs=0.02)


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        (
            "lowpass",
            {"cutoff_hz": 9.0, "design": "elliptic", "ripple_db": 1.0},
            "needs stopband_db",
        ),
        ("lowpass", {"cutoff_hz": 9.0, "design": "chebyshev1"}, "chebyshev1 needs ripple_db"),
        ("lowpass", {"cutoff_hz": 9.0, "ripple_db": 1.0}, "ripple_db is for chebyshev1 and"),
        ("lowpass", {"cutoff_hz": 9.0, "stopband_db": 40.0}, "stopband_db is for chebyshev2 and"),
        ("lowpass", {"cutoff_hz": 9.0, "design": "chebyshov"}, "'butterworth', 'chebyshev1'"),
        ("comb", {"frequency_hz": 60.0, "width_hz": 60.0}, "must be below frequency_hz"),
        ("comb", {"frequency_hz": 60.0, "up_to_hz": 50.0}, "must not be below frequency_hz"),
        ("notch", {"frequency_hz": 60.0, "harmonics": 0}, "greater than or equal to 1"),
    ],
)
def test_limits_that_do_not_fit_are_refused(name: str, params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()[name].parameters(**params)


ANALOGUE = {
    "butterworth": lambda order, ripple_db, stopband_db: sp.buttap(order),
    "chebyshev1": lambda order, ripple_db, stopband_db: sp.cheb1ap(order, ripple_db),
    "chebyshev2": lambda order, ripple_db, stopband_db: sp.cheb2ap(order, stopband_db),
    "elliptic": sp.ellipap,
    "bessel": lambda order, ripple_db, stopband_db: sp.besselap(order, norm="mag"),
}


@pytest.mark.parametrize("order", range(1, 13))
@pytest.mark.parametrize("design", ANALOGUE)
@settings(deadline=None, max_examples=8)
@given(st.floats(0.05, 3), st.floats(20, 200))
def test_poles_without_an_array_library_are_scipys(
    design: str, order: int, ripple_db: float, stopband_db: float
) -> None:
    made = np.array(poles(design, order, ripple_db, stopband_db))
    expected = np.atleast_1d(ANALOGUE[design](order, ripple_db, stopband_db)[1])
    nearest = np.abs(made[:, None] - expected).argmin(axis=0)
    assert sorted(nearest) == list(range(order))
    accuracy = 1e-10 if design in {"bessel", "elliptic"} else 1e-12
    assert np.abs(made[nearest] / expected - 1).max() < accuracy


@settings(deadline=None, max_examples=60)
@given(designed(lowest_hz=5, most=8))
def test_the_declared_reach_is_what_the_filter_needs(
    designed: tuple[str, dict[str, Any]],
) -> None:
    band, params = designed
    assume(params.get("high_hz", params.get("cutoff_hz")) < 3000)  # it knows no rate to bend near
    sos = scipy_sections(params, band)
    assume(rounding_error(sos) < ROUNDING)
    operation = operations()[band]
    declared = operation.reach_s(operation.parameters(**params)) * TDT_FS_HZ
    assume(1000 < declared < 50_000)
    needed = settling_samples(sos, DECAY)  # found in steps of an eighth
    assert 0.85 * needed < declared < 1.05 * needed
