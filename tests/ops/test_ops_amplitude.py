"""Rectification and energy against their formulas and against SciPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import signal as sp
from whole_signals import cuttings, filtered, short_grid, signal_like

from dspant.ops.registry import operations


def energy(x: np.ndarray) -> np.ndarray:
    if x.shape[1] < 3:
        return np.zeros_like(x)
    inner = [x[:, n] * x[:, n] - x[:, n - 1] * x[:, n + 1] for n in range(1, x.shape[1] - 1)]
    return np.stack([inner[0], *inner, inner[-1]], axis=1)


def modified_energy(x: np.ndarray) -> np.ndarray:
    """Deburchgraeve's x[n-1] x[n-2] - x[n] x[n-3], two samples earlier."""
    if x.shape[1] < 4:
        return np.zeros_like(x)
    inner = [x[:, n - 1] * x[:, n - 2] - x[:, n] * x[:, n - 3] for n in range(3, x.shape[1])]
    return np.stack([inner[0], *inner, inner[-1], inner[-1]], axis=1)


@st.composite
def small_signals(draw: st.DrawFn) -> np.ndarray:
    shape = draw(st.integers(1, 3)), draw(st.integers(1, 400))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=shape) + draw(st.sampled_from([0.0, 1000.0]))


@pytest.mark.against("Kaiser 1990; Deburchgraeve et al. 2008", "tkeo")
@settings(deadline=None, max_examples=80)
@given(small_signals(), cuttings(400), st.integers(1, 90))
def test_energy_follows_the_published_formulas_however_the_run_is_cut(
    x: np.ndarray, cuts: Sequence[int], grid: int
) -> None:
    with short_grid(grid):
        classic = filtered("tkeo", x, 1000.0, cuts)
        modified = filtered("tkeo", x, 1000.0, cuts, method="modified")
    assert np.abs(classic - energy(x)).max() <= 1e-12 * np.abs(x).max() ** 2
    assert np.abs(modified - modified_energy(x)).max() <= 1e-12 * np.abs(x).max() ** 2


@pytest.mark.parametrize("extra", [0, 1, 2, 3, 4])
def test_the_last_samples_have_energy_when_they_are_alone_in_their_block(extra: int) -> None:
    x = np.random.default_rng(0).normal(size=(1, 65536 + extra))
    assert np.allclose(
        filtered("tkeo", x, 1000.0, method="modified"), modified_energy(x), rtol=0, atol=1e-12
    )
    y = filtered("tkeo", x, 1000.0)
    assert y[0, -1] == y[0, -2] == x[0, -2] ** 2 - x[0, -3] * x[0, -1]


@pytest.mark.against("Kaiser's closed form", "tkeo")
def test_energy_of_a_tone_is_amplitude_and_frequency_squared() -> None:
    omega, amplitude = 0.3, 2.0
    x = amplitude * np.cos(omega * np.arange(1000) + 0.7)[np.newaxis]
    y = filtered("tkeo", x, 1000.0)
    assert y == pytest.approx(amplitude**2 * np.sin(omega) ** 2, rel=1e-9)
    modified = filtered("tkeo", x, 1000.0, method="modified")
    assert modified == pytest.approx(amplitude**2 * np.sin(omega) * np.sin(2 * omega), rel=1e-9)


def test_a_signal_in_volts_has_its_energy_in_volts_squared() -> None:
    signal = signal_like(np.zeros((4, 5)), 1000.0, ["V", "1", "V^2", "V s"])
    described = {
        (name, str(params)): operations()[name].describe(
            signal, operations()[name].parameters(**params)
        )
        for name, params in [("tkeo", {}), ("rectify", {"method": "square"})]
    }
    for made in described.values():
        assert made.units == ("V^2", "1", "(V^2)^2", "(V s)^2")
    half = operations()["rectify"].parameters(method="half")
    assert operations()["rectify"].describe(signal, half) == signal


@pytest.mark.against("numpy.abs", "rectify")
@pytest.mark.against("numpy.abs, numpy.square, numpy.clip", "rectify")
@settings(deadline=None, max_examples=30)
@given(small_signals(), cuttings(400))
def test_rectification_is_the_absolute_value_or_square_or_half(
    x: np.ndarray, cuts: Sequence[int]
) -> None:
    assert np.array_equal(filtered("rectify", x, 1000.0, cuts), np.abs(x))
    assert np.array_equal(filtered("rectify", x, 1000.0, cuts, method="square"), np.square(x))
    half = filtered("rectify", x, 1000.0, cuts, method="half")
    assert np.array_equal(half, np.clip(x, 0, None))


@pytest.mark.against("scipy.signal.hilbert", "rectify")
def test_analytic_rectification_is_scipys_magnitude() -> None:
    noise = np.random.default_rng(4).normal(size=(2, 20_000))
    x = sp.sosfiltfilt(sp.butter(4, [60, 300], "bandpass", fs=1000.0, output="sos"), noise)
    x *= sp.windows.tukey(20_000, 0.1)  # SciPy joins the ends in a circle
    y = filtered("rectify", x, 1000.0, method="analytic", low_hz=20.0)
    assert np.abs(y - np.abs(sp.hilbert(x, axis=1))).max() < 1e-4


@pytest.mark.parametrize("params", [{"method": "analytic"}, {"low_hz": 5.0}])
def test_analytic_rectification_needs_an_edge(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="method analytic needs low_hz"):
        operations()["rectify"].parameters(**params)
