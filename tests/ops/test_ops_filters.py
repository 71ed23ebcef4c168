"""Filters in blocks against SciPy on the whole signal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import signal as sp
from whole_signals import TDT_FS_HZ, cuttings, filtered, same_bits, short_grid, signal_like

from dspant.errors import OperationError
from dspant.ops.recursive import settling_samples
from dspant.ops.registry import operations


def design(name: str, params: dict[str, Any], fs_hz: float = TDT_FS_HZ) -> np.ndarray:
    if name == "notch":
        b, a = sp.iirnotch(params["frequency_hz"], params["q"], fs=fs_hz)
        return np.r_[b, a][np.newaxis]
    edges = [params["low_hz"], params["high_hz"]] if name == "bandpass" else params["cutoff_hz"]
    return sp.butter(params["order"], edges, name, fs=fs_hz, output="sos")


def scipy_padding(sos: np.ndarray) -> int:
    taps = 2 * len(sos) + 1 - min(int((sos[:, 2] == 0).sum()), int((sos[:, 5] == 0).sum()))
    return 3 * taps


def whole(sos: np.ndarray, x: np.ndarray) -> np.ndarray:
    padding = scipy_padding(sos)
    if x.shape[1] > padding:
        return sp.sosfiltfilt(sos, x, axis=1)
    return sp.sosfiltfilt(sos, x, axis=1, padlen=x.shape[1] - 1)


def whole_in_extended_precision(sos: np.ndarray, x: np.ndarray) -> np.ndarray:
    pad = scipy_padding(sos)
    x, sos_long = x.astype(np.longdouble), sos.astype(np.longdouble)
    zi = sp.sosfilt_zi(sos).astype(np.longdouble)[:, None, :]
    ahead, behind = 2 * x[:, :1] - x[:, pad:0:-1], 2 * x[:, -1:] - x[:, -2 : -(pad + 2) : -1]
    y = np.concatenate([ahead, x, behind], axis=1)
    for _ in range(2):
        y, _ = sp.sosfilt(sos_long, y, axis=1, zi=zi * y[None, :, :1])
        y = y[:, ::-1]
    return y[:, pad:-pad]


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


edge_hz = st.floats(np.log(0.1), np.log(12200)).map(lambda log: float(np.exp(log)))


@st.composite
def filters(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    name = draw(st.sampled_from(["lowpass", "highpass", "bandpass", "notch"]))
    if name == "notch":
        frequency_hz = draw(edge_hz)
        least = max(0.5, 1.01 * frequency_hz / (TDT_FS_HZ / 2))
        return name, {"frequency_hz": frequency_hz, "q": draw(st.floats(least, 100))}
    order = draw(st.integers(1, 6))
    if name == "bandpass":
        low_hz = draw(edge_hz.filter(lambda hz: hz < 9000))
        high_hz = low_hz + max(draw(st.floats(0.05, 1)) * (12200 - low_hz), low_hz / 20)
        return name, {"low_hz": low_hz, "high_hz": high_hz, "order": order}
    return name, {"cutoff_hz": draw(edge_hz), "order": order}


@st.composite
def recordings(draw: st.DrawFn) -> np.ndarray:
    samples = draw(st.one_of(st.integers(1, 60), st.integers(1, 6000)))
    channels = draw(st.integers(1, 3))
    offset = draw(st.sampled_from([0.0, 1000.0, -1000.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=(channels, samples)) + offset


@pytest.mark.against("scipy.signal.sosfiltfilt", "lowpass", "highpass", "bandpass", "notch")
@settings(deadline=None, max_examples=150)
@given(filters(), recordings(), cuttings(), st.integers(1, 700))
def test_a_zero_phase_filter_equals_scipy_however_the_run_is_cut(
    designed: tuple[str, dict[str, Any]], x: np.ndarray, cuts: Sequence[int], grid: int
) -> None:
    name, params = designed
    with short_grid(grid):
        y = filtered(name, x, TDT_FS_HZ, cuts, **params)
        uncut = filtered(name, x, TDT_FS_HZ, **params)
    expected = whole(design(name, params), x)
    assert np.abs(y - expected).max() <= 1e-9 * rms(expected) + 1e-15 * np.abs(x).max()
    assert same_bits(y, uncut)


@settings(deadline=None, max_examples=100)
@given(filters(), recordings(), cuttings())
def test_a_causal_filter_equals_sosfilt_however_the_run_is_cut(
    designed: tuple[str, dict[str, Any]], x: np.ndarray, cuts: Sequence[int]
) -> None:
    name, params = designed
    y = filtered(name, x, TDT_FS_HZ, cuts, phase="causal", **params)
    assert np.array_equal(y, sp.sosfilt(design(name, params), x, axis=1))


LONG = [
    ("lowpass", {"cutoff_hz": 6.0, "order": 2}),
    ("lowpass", {"cutoff_hz": 12200.0, "order": 8}),
    ("lowpass", {"cutoff_hz": 300.0, "order": 12}),
    ("highpass", {"cutoff_hz": 5.0, "order": 4}),
    ("highpass", {"cutoff_hz": 20.0, "order": 12}),
    ("highpass", {"cutoff_hz": 12200.0, "order": 3}),
    ("bandpass", {"low_hz": 20.0, "high_hz": 450.0, "order": 4}),
    ("bandpass", {"low_hz": 20.0, "high_hz": 450.0, "order": 12}),
    ("bandpass", {"low_hz": 10.0, "high_hz": 12200.0, "order": 4}),
    ("bandpass", {"low_hz": 300.0, "high_hz": 301.0, "order": 2}),
    ("notch", {"frequency_hz": 60.0, "q": 30.0}),
    ("notch", {"frequency_hz": 12000.0, "q": 5.0}),
]


@pytest.mark.parametrize("offset", [0.0, 1000.0])
@pytest.mark.parametrize(("name", "params"), LONG, ids=str)
def test_a_run_of_several_blocks_equals_scipy(
    name: str, params: dict[str, Any], offset: float
) -> None:
    sos = design(name, params)
    samples = 2 * max(settling_samples(sos, 1e-12), 65536) + 70001
    x = np.random.default_rng(1).normal(size=(1, samples)) + offset
    expected = whole(sos, x)
    y = filtered(name, x, TDT_FS_HZ, range(100_000, samples, 100_000), **params)
    assert np.abs(y - expected).max() <= 1e-9 * rms(expected)
    assert np.abs(y.astype(np.float32) - expected).max() <= 1e-6 * rms(expected)


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="no extended precision here")
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("highpass", {"cutoff_hz": 0.1, "order": 2}),
        ("lowpass", {"cutoff_hz": 0.1, "order": 2}),
        ("bandpass", {"low_hz": 0.1, "high_hz": 12000.0, "order": 2}),
    ],
    ids=str,
)
def test_at_a_tenth_of_a_hertz_the_result_is_as_exact_as_scipys_own(
    name: str, params: dict[str, Any]
) -> None:
    # here float64 itself is the limit: SciPy is some 1e-9 of RMS from what 64-bit mantissas give
    sos = design(name, params)
    samples = 2 * settling_samples(sos, 1e-12) + 70001
    x = np.random.default_rng(2).normal(size=(1, samples)) + 1000
    exact = whole_in_extended_precision(sos, x)
    scale = rms(exact)
    y = filtered(name, x, TDT_FS_HZ, range(262_144, samples, 262_144), **params)
    own = np.abs(whole(sos, x) - exact).max() / scale
    assert np.abs(y - exact).max() / scale <= 1e-9 + 3 * own
    assert np.abs(y.astype(np.float32) - exact).max() / scale <= 1e-6


def test_an_artefact_of_a_volt_does_not_reach_beyond_what_scipy_says() -> None:
    x = np.random.default_rng(3).normal(scale=4e-6, size=(1, 400_000))
    x[0, 150_000:150_030] += 1.0
    params = {"low_hz": 20.0, "high_hz": 450.0, "order": 4}
    expected = whole(design("bandpass", params), x)
    y = filtered("bandpass", x, TDT_FS_HZ, [131_072, 262_144], **params)
    far = slice(300_000, None)
    assert np.abs(y - expected)[:, far].max() <= 1e-6 * rms(expected[:, far])


@pytest.mark.parametrize("samples", [1, 2, 3, 14, 15, 16, 17])
def test_a_run_shorter_than_scipys_padding_is_extended_by_all_it_has(samples: int) -> None:
    params = {"low_hz": 20.0, "high_hz": 450.0, "order": 2}
    x = np.random.default_rng(samples).normal(size=(2, samples))
    expected = sp.sosfiltfilt(design("bandpass", params), x, axis=1, padlen=min(15, samples - 1))
    assert np.array_equal(filtered("bandpass", x, TDT_FS_HZ, [1, 2], **params), expected)


def test_a_lowpass_keeps_a_constant_and_a_highpass_removes_it() -> None:
    x = np.full((1, 200_000), 3.25)
    low = filtered("lowpass", x, TDT_FS_HZ, cutoff_hz=50.0)
    high = filtered("highpass", x, TDT_FS_HZ, cutoff_hz=50.0)
    assert np.abs(low - 3.25).max() < 1e-9
    assert np.abs(high).max() < 1e-9


def test_a_notch_removes_its_tone_and_leaves_a_distant_one_in_phase() -> None:
    t = np.arange(300_000) / TDT_FS_HZ
    hum, signal = np.sin(2 * np.pi * 60 * t), np.sin(2 * np.pi * 200 * t)
    y = filtered("notch", (hum + signal)[np.newaxis], TDT_FS_HZ, frequency_hz=60.0, q=30.0)[0]
    middle = slice(60_000, 240_000)
    assert np.abs(y - signal)[middle].max() < 0.01


def test_half_power_of_one_pass_is_at_the_cut_off() -> None:
    t = np.arange(200_000) / TDT_FS_HZ
    tone = np.sin(2 * np.pi * 500 * t)[np.newaxis]
    middle = slice(50_000, 150_000)
    for phase, gain in (("causal", 0.5**0.5), ("zero", 0.5)):
        y = filtered("lowpass", tone, TDT_FS_HZ, cutoff_hz=500.0, order=4, phase=phase)
        assert rms(y[0, middle]) / rms(tone[0, middle]) == pytest.approx(gain, rel=1e-3)


def test_no_warning_of_the_design_reaches_the_user(recwarn: pytest.WarningsRecorder) -> None:
    x = np.ones((1, 100))
    filtered("lowpass", x, TDT_FS_HZ, cutoff_hz=0.1, order=4)
    filtered("lowpass", x, TDT_FS_HZ, cutoff_hz=5.0, order=8)
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("lowpass", {"cutoff_hz": 500.0}, "cutoff_hz is 500 Hz"),
        ("highpass", {"cutoff_hz": 600.0}, "cutoff_hz is 600 Hz"),
        ("bandpass", {"low_hz": 20.0, "high_hz": 500.0}, "high_hz is 500 Hz"),
        ("bandpass", {"low_hz": 700.0, "high_hz": 800.0}, "low_hz is 700 Hz"),
        ("notch", {"frequency_hz": 500.0}, "frequency_hz is 500 Hz"),
    ],
)
def test_a_band_above_nyquist_is_refused_with_the_rate(
    name: str, params: dict[str, Any], said: str
) -> None:
    with pytest.raises(OperationError, match=f"{said}, but this signal has 1000 samples per"):
        filtered(name, np.zeros((1, 100)), 1000.0, **params)


def test_a_notch_as_wide_as_the_signals_range_is_refused_since_it_would_not_be_stable() -> None:
    _b, a = sp.iirnotch(400.0, 0.5, fs=1000.0)
    assert np.abs(np.roots(a)).max() > 1
    with pytest.raises(OperationError, match=r"800 Hz wide, .* 500 Hz; choose q above 0\.8"):
        filtered("notch", np.zeros((1, 100)), 1000.0, frequency_hz=400.0, q=0.5)


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("bandpass", {"low_hz": 400.0, "high_hz": 20.0}, r"low_hz \(400\) must be below"),
        ("bandpass", {"low_hz": 20.0, "high_hz": 20.0}, "must be below"),
        ("lowpass", {"cutoff_hz": 0.0}, "greater than 0"),
        ("lowpass", {"cutoff_hz": float("nan")}, "finite"),
        ("lowpass", {"cutoff_hz": "6"}, "valid number"),
        ("lowpass", {"cutoff_hz": 6.0, "order": 0}, "greater than or equal to 1"),
        ("lowpass", {"cutoff_hz": 6.0, "order": 2.5}, "integer"),
        ("lowpass", {"cutoff_hz": 6.0, "phase": "linear"}, "'zero' or 'causal'"),
        ("lowpass", {"cutoff": 6.0}, "Field required"),
        ("notch", {"frequency_hz": 60.0, "q": 0.0}, "greater than 0"),
    ],
)
def test_wrong_filter_parameters_are_refused(name: str, params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()[name].parameters(**params)


def test_metadata_state_the_effective_order() -> None:
    signal = signal_like(np.zeros((1, 10)), 1000.0)
    for name, params, order in (
        ("lowpass", {"cutoff_hz": 6.0, "order": 2}, 4),
        ("lowpass", {"cutoff_hz": 6.0, "order": 2, "phase": "causal"}, 2),
        ("notch", {"frequency_hz": 60.0}, 4),
    ):
        operation = operations()[name]
        facts = operation.facts(signal, operation.parameters(**params))
        assert facts["effective_order"] == order
