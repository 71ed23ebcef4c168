"""Envelopes of a muscle's noise follow the size that the noise was given."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import START_S, Recipe, check_page, run_recipe
from scipy import signal

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_envelopes")]

CHANNELS = ("left", "right")

GAIN_OF_NORMAL = {
    "rms": 1.0,
    "mav": np.sqrt(2 / np.pi),
    "lowpassed": np.sqrt(2 / np.pi),
    "gaussian": np.sqrt(2 / np.pi),
    "hilbert": np.sqrt(np.pi / 2),
}
"""Mean of each measure of Gaussian noise with a standard deviation of 1."""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("envelopes", tmp_path_factory.mktemp("envelopes"))


def true_size(recipe: Recipe, channel: str, samples: int) -> np.ndarray:
    """Standard deviation at each sample: a raised cosine in every burst."""
    muscle = next(m for m in recipe.specs["rec01"].muscles if m.name == channel)
    bursts = recipe.truth("rec01", "burst", channel)
    time_s = START_S + np.arange(samples) / recipe.fs_hz("rec01")
    size = np.zeros(samples)
    for onset_s, offset_s in zip(bursts["onset"], bursts["offset"], strict=True):
        inside = (time_s >= onset_s) & (time_s <= offset_s)
        part = (time_s[inside] - onset_s) / (offset_s - onset_s)
        size[inside] = muscle.burst_rms_v * (1 - np.cos(2 * np.pi * part)) / 2
    return size


def spectrum_after_filter(fs_hz: float) -> tuple[np.ndarray, float]:
    """Power of the filtered noise over frequency up to Nyquist, relative to its sum before."""
    f = np.linspace(0, fs_hz / 2, 100_001)
    power = f**2 / ((f**2 + 60**2) * (f**2 + 120**2) ** 2)
    sos = signal.butter(4, [20, 450], "bandpass", fs=fs_hz, output="sos")
    gain = np.abs(signal.sosfreqz(sos, f, fs=fs_hz)[1]) ** 2
    return f, power * gain**2 / power.sum()


def later_s(envelope: np.ndarray, size: np.ndarray, fs_hz: float) -> float:
    """Lag of the largest correlation, positive where the envelope comes after."""
    cut = round(0.1 * fs_hz)
    lags = range(-cut, cut + 1, 4)
    score = [np.dot(envelope[cut + lag : len(size) - cut + lag], size[cut:-cut]) for lag in lags]
    return lags[int(np.argmax(score))] / fs_hz


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("name", GAIN_OF_NORMAL)
def test_an_envelope_has_shape_time_and_size_of_the_truth(recipe, name, channel):
    envelope = recipe.trace("rec01", name, channel)
    size = true_size(recipe, channel, len(envelope))
    fs_hz = recipe.fs_hz("rec01")
    _, power = spectrum_after_filter(fs_hz)
    expected = GAIN_OF_NORMAL[name] * np.sqrt(power.sum())

    assert np.corrcoef(envelope, size)[0, 1] > 0.98
    assert abs(later_s(envelope, size, fs_hz)) < 0.01
    assert np.dot(envelope, size) / np.dot(size, size) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_energy_is_the_square_of_the_size_weighted_by_frequency(recipe, channel):
    # Of noise with autocorrelation r, the mean of x[n]^2 - x[n-1] x[n+1] is r(0) - r(2).
    energy = recipe.trace("rec01", "energy", channel)
    square = true_size(recipe, channel, len(energy)) ** 2
    fs_hz = recipe.fs_hz("rec01")
    f, power = spectrum_after_filter(fs_hz)
    expected = np.sum(power * (1 - np.cos(2 * np.pi * f * 2 / fs_hz)))

    assert np.corrcoef(energy, square)[0, 1] > 0.96
    assert abs(later_s(energy, square, fs_hz)) < 0.02
    assert np.dot(energy, square) / np.dot(square, square) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_burst_is_found_with_its_peak(recipe, channel):
    # The ends of a raised cosine hide in the noise, so onsets come late and offsets early.
    found = recipe.table("rec01", "bursts", channel)
    expected = recipe.truth("rec01", "burst", channel)
    muscle = next(m for m in recipe.specs["rec01"].muscles if m.name == channel)

    assert found.num_rows == len(expected["onset"]) > 5
    assert np.abs(found["onset"].to_numpy() - expected["onset"]).max() < 0.06
    assert np.abs(found["offset"].to_numpy() - expected["offset"]).max() < 0.06
    assert np.median(found["peak"].to_numpy()) == pytest.approx(muscle.burst_rms_v, rel=0.15)


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe)
