"""Rectification, energy and moving root mean square against their formulas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_signals import TDT_FS_HZ, cuttings, filtered, same_bits, short_grid


def energy(x: np.ndarray) -> np.ndarray:
    if x.shape[1] < 3:
        return np.zeros_like(x)
    inner = [x[:, n] * x[:, n] - x[:, n - 1] * x[:, n + 1] for n in range(1, x.shape[1] - 1)]
    return np.stack([inner[0], *inner, inner[-1]], axis=1)


def moving_rms(x: np.ndarray, half: int) -> np.ndarray:
    columns = [
        np.sqrt(np.mean(x[:, max(n - half, 0) : n + half + 1] ** 2, axis=1))
        for n in range(x.shape[1])
    ]
    return np.stack(columns, axis=1)


@st.composite
def small_signals(draw: st.DrawFn) -> np.ndarray:
    shape = draw(st.integers(1, 3)), draw(st.integers(1, 400))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=shape) + draw(st.sampled_from([0.0, 1000.0]))


@settings(deadline=None, max_examples=80)
@given(small_signals(), cuttings(400), st.integers(1, 90))
def test_energy_follows_kaisers_formula_however_the_run_is_cut(
    x: np.ndarray, cuts: Sequence[int], grid: int
) -> None:
    with short_grid(grid):
        y = filtered("tkeo", x, 1000.0, cuts)
    assert np.abs(y - energy(x)).max() <= 1e-12 * np.abs(x).max() ** 2


@pytest.mark.parametrize("extra", [0, 1, 2, 3])
def test_the_last_sample_has_energy_when_it_is_alone_in_its_block(extra: int) -> None:
    x = np.random.default_rng(0).normal(size=(1, 65536 + extra))
    y = filtered("tkeo", x, 1000.0)
    assert y[0, -1] == y[0, -2] == x[0, -2] ** 2 - x[0, -3] * x[0, -1]


@pytest.mark.against("Kaiser's closed form", "tkeo")
def test_energy_of_a_tone_is_amplitude_and_frequency_squared() -> None:
    omega, amplitude = 0.3, 2.0
    x = amplitude * np.cos(omega * np.arange(1000) + 0.7)[np.newaxis]
    y = filtered("tkeo", x, 1000.0)
    assert y == pytest.approx(amplitude**2 * np.sin(omega) ** 2, rel=1e-9)


@pytest.mark.against("numpy.abs", "rectify")
@settings(deadline=None, max_examples=30)
@given(small_signals(), cuttings(400))
def test_rectification_is_the_absolute_value(x: np.ndarray, cuts: Sequence[int]) -> None:
    assert np.array_equal(filtered("rectify", x, 1000.0, cuts), np.abs(x))


@settings(deadline=None, max_examples=100)
@given(small_signals(), cuttings(400), st.integers(1, 90), st.integers(0, 60))
def test_moving_rms_is_that_of_the_samples_that_exist(
    x: np.ndarray, cuts: Sequence[int], grid: int, half: int
) -> None:
    with short_grid(grid):
        y = filtered("rms_envelope", x, 1000.0, cuts, window_s=(2 * half + 1) / 1000)
        uncut = filtered("rms_envelope", x, 1000.0, window_s=(2 * half + 1) / 1000)
    assert np.allclose(y, moving_rms(x, half), rtol=1e-12, atol=0)
    assert same_bits(y, uncut)


@pytest.mark.parametrize("window_s", [0.001, 0.05, 4.0])
def test_an_artefact_of_a_volt_leaves_the_noise_beside_it_as_it_was(window_s: float) -> None:
    x = np.random.default_rng(5).normal(scale=4e-6, size=(1, 140_000))
    x[0, 20_000:45_000] += 1.0
    half = int(window_s * TDT_FS_HZ / 2)
    y = filtered("rms_envelope", x, TDT_FS_HZ, window_s=window_s)
    for n in (0, 19_999 - half, 45_000 + half, 66_000, 66_001 + half, 139_999):
        at = min(max(n, 0), 139_999)
        window = x[0, max(at - half, 0) : at + half + 1]
        assert y[0, at] == pytest.approx(np.sqrt(np.mean(window**2)), rel=1e-9)


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
