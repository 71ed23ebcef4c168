"""Envelopes against their formulas, SciPy on the whole signal, and signals of known envelope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import ndimage
from scipy import signal as sp
from whole_signals import (
    TDT_FS_HZ,
    cuttings,
    filtered,
    same_bits,
    short_grid,
    signal_like,
)

from dspant.errors import OperationError
from dspant.ops.analytic import hilbert_taps
from dspant.ops.registry import operations


def moving(x: np.ndarray, half: int) -> np.ndarray:
    """Mean of the samples that exist around each."""
    columns = [np.mean(x[:, max(n - half, 0) : n + half + 1], axis=1) for n in range(x.shape[1])]
    return np.stack(columns, axis=1)


@st.composite
def small_signals(draw: st.DrawFn) -> np.ndarray:
    shape = draw(st.integers(1, 5)), draw(st.integers(1, 400))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=shape) + draw(st.sampled_from([0.0, 1000.0]))


def cut_and_uncut(
    name: str, x: np.ndarray, cuts: Sequence[int], grid: int, **params: Any
) -> np.ndarray:
    with short_grid(grid):
        y = filtered(name, x, 1000.0, cuts, **params)
        assert same_bits(y, filtered(name, x, 1000.0, **params))
        assert same_bits(y[-1:], filtered(name, x[-1:], 1000.0, **params))
    return y


@pytest.mark.against("numpy.mean of each window", "rms_envelope", "mav_envelope")
@settings(deadline=None, max_examples=80)
@given(small_signals(), cuttings(400), st.integers(1, 90), st.integers(0, 60))
def test_moving_means_are_of_the_samples_that_exist(
    x: np.ndarray, cuts: Sequence[int], grid: int, half: int
) -> None:
    window_s = (2 * half + 1) / 1000
    rms = cut_and_uncut("rms_envelope", x, cuts, grid, window_s=window_s)
    mav = cut_and_uncut("mav_envelope", x, cuts, grid, window_s=window_s)
    assert np.allclose(rms, np.sqrt(moving(x**2, half)), rtol=1e-12, atol=0)
    assert np.allclose(mav, moving(np.abs(x), half), rtol=1e-12, atol=0)


@pytest.mark.parametrize("window_s", [0.001, 0.05, 4.0])
def test_an_artefact_of_a_volt_leaves_the_noise_beside_it_as_it_was(window_s: float) -> None:
    x = np.random.default_rng(5).normal(scale=4e-6, size=(1, 140_000))
    x[0, 20_000:45_000] += 1.0
    half = int(window_s * TDT_FS_HZ / 2)
    rms = filtered("rms_envelope", x, TDT_FS_HZ, window_s=window_s)
    mav = filtered("mav_envelope", x, TDT_FS_HZ, window_s=window_s)
    for n in (0, 19_999 - half, 45_000 + half, 66_000, 66_001 + half, 139_999):
        at = min(max(n, 0), 139_999)
        window = x[0, max(at - half, 0) : at + half + 1]
        assert rms[0, at] == pytest.approx(np.sqrt(np.mean(window**2)), rel=1e-9)
        assert mav[0, at] == pytest.approx(np.mean(np.abs(window)), rel=1e-9)


@pytest.mark.parametrize(
    ("window_s", "samples"), [(0.0001, 1), (0.011, 11), (0.0109, 11), (0.0119, 11), (0.0125, 13)]
)
def test_the_window_is_the_nearest_odd_number_of_samples(window_s: float, samples: int) -> None:
    impulse = np.zeros((1, 101))
    impulse[0, 50] = 1
    y = filtered("rms_envelope", impulse, 1000.0, window_s=window_s)
    assert np.flatnonzero(y[0]).tolist() == list(range(50 - samples // 2, 51 + samples // 2))


@pytest.mark.against("a tone's closed form", "rms_envelope")
def test_rms_of_a_tone_is_its_amplitude_over_root_two() -> None:
    x = 3 * np.sin(2 * np.pi * np.arange(5000) / 50)[np.newaxis]
    y = filtered("rms_envelope", x, 1000.0, window_s=0.501)
    assert y[0, 1000:4000] == pytest.approx(3 / np.sqrt(2), rel=1e-2)


@pytest.mark.against("scipy.ndimage.gaussian_filter1d", "gaussian_envelope")
@settings(deadline=None, max_examples=60)
@given(small_signals(), cuttings(400), st.integers(1, 90), st.floats(0.2, 40.0))
def test_a_gaussian_envelope_is_scipys_over_the_samples_that_exist(
    x: np.ndarray, cuts: Sequence[int], grid: int, sigma: float
) -> None:
    y = cut_and_uncut("gaussian_envelope", x, cuts, grid, sigma_s=sigma / 1000)
    reach = {"radius": int(np.ceil(6 * sigma)), "mode": "constant", "axis": 1}
    held = ndimage.gaussian_filter1d(np.ones_like(x), sigma, **reach)
    expected = ndimage.gaussian_filter1d(np.abs(x), sigma, **reach) / held
    assert np.allclose(y, expected, rtol=1e-10, atol=1e-12)


def test_a_gaussian_is_as_wide_at_half_its_height_as_asked() -> None:
    impulse = np.zeros((1, 401))
    impulse[0, 200] = 1
    y = filtered("gaussian_envelope", impulse, 1000.0, fwhm_s=0.04)[0]
    assert y[180] == pytest.approx(y[200] / 2, rel=1e-9)
    assert y[220] == pytest.approx(y[200] / 2, rel=1e-9)


@pytest.mark.parametrize("params", [{}, {"sigma_s": 0.1, "fwhm_s": 0.1}])
def test_a_gaussian_has_one_width(params: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="either sigma_s or fwhm_s"):
        operations()["gaussian_envelope"].parameters(**params)


def band_noise(samples: int) -> np.ndarray:
    noise = np.random.default_rng(8).normal(size=(3, samples))
    return sp.sosfiltfilt(sp.butter(4, [60, 300], "bandpass", fs=1000.0, output="sos"), noise)


@pytest.mark.against("scipy.signal.hilbert", "hilbert_envelope")
def test_a_hilbert_envelope_is_scipys_where_the_ends_are_at_rest() -> None:
    x = band_noise(30_000) * sp.windows.tukey(30_000, 0.1)  # SciPy joins the ends in a circle
    y = filtered("hilbert_envelope", x, 1000.0, low_hz=20.0)
    assert np.abs(y - np.abs(sp.hilbert(x, axis=1))).max() < 1e-4


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 1500), cuttings(1500), st.integers(1, 500))
def test_a_hilbert_envelope_does_not_depend_on_cuts(
    samples: int, cuts: Sequence[int], grid: int
) -> None:
    y = cut_and_uncut("hilbert_envelope", band_noise(2000)[:, :samples], cuts, grid, low_hz=20.0)
    assert y.shape == (3, samples)


@pytest.mark.against("the envelope a signal was made with", "hilbert_envelope")
def test_a_hilbert_envelope_is_the_one_a_tone_was_made_with() -> None:
    time_s = np.arange(40_000) / TDT_FS_HZ
    made = 1 + 0.5 * np.sin(2 * np.pi * 3 * time_s)
    x = (made * np.cos(2 * np.pi * 200 * time_s))[np.newaxis]
    y = filtered("hilbert_envelope", x, TDT_FS_HZ, low_hz=50.0)
    assert np.abs(y - made)[0, 2000:-2000].max() < 1e-5


def test_the_transformers_gain_is_one_in_the_band_that_is_stated() -> None:
    signal = signal_like(np.zeros((1, 10)), 1000.0)
    operation = operations()["hilbert_envelope"]
    facts = operation.facts(signal, operation.parameters(low_hz=20.0))
    taps = hilbert_taps(1000.0, 20.0)
    assert len(taps) == facts["taps"]
    assert np.array_equal(taps, -taps[::-1])
    low, high = facts["exact_band_hz"]
    _, gain = sp.freqz(taps, worN=np.linspace(low, high, 4001), fs=1000.0)
    assert np.abs(np.abs(gain) - 1).max() < 1.1 * 10 ** (facts["ripple_db"] / 20)


def test_an_edge_above_a_quarter_of_the_rate_is_refused() -> None:
    with pytest.raises(OperationError, match=r"low_hz is 250 Hz.*must be below 250 Hz"):
        filtered("hilbert_envelope", np.zeros((1, 100)), 1000.0, low_hz=250.0)
