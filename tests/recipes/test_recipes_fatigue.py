"""Frequencies fall as fast as they were made to fall, and those of a fresh muscle stay."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import START_S, Recipe, check_page, run_recipe
from scipy import signal

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_fatigue")]

CHANNELS = pytest.mark.parametrize("channel", ["fresh", "tiring", "exhausted"])
INDICES = pytest.mark.parametrize("index", ["mnf", "mdf"])


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("fatigue", tmp_path_factory.mktemp("fatigue"))


def true_frequencies(recipe: Recipe, channel: str, time_s: np.ndarray) -> dict[str, np.ndarray]:
    """Mean and median frequency of the muscle's spectrum behind the filter at each time."""
    muscle = next(m for m in recipe.specs["rec01"].muscles if m.name == channel)
    f = np.arange(10, 450, 0.05)
    slowed = f / (1 - muscle.slowing_per_s * (time_s - START_S))[:, None]
    power = slowed**2 / ((slowed**2 + 60**2) * (slowed**2 + 120**2) ** 2)
    sos = signal.butter(4, [10, 450], "bandpass", fs=recipe.fs_hz("rec01"), output="sos")
    power *= np.abs(signal.sosfreqz(sos, f, fs=recipe.fs_hz("rec01"))[1]) ** 4
    below = np.cumsum(power, axis=1)
    half = (below < below[:, -1:] / 2).sum(axis=1)
    return {"mnf": power @ f / power.sum(axis=1), "mdf": f[half]}


def true_slope(recipe: Recipe, channel: str, index: str) -> float:
    burst = recipe.truth("rec01", "burst", channel)
    time_s = np.linspace(burst["onset"][0], burst["offset"][0], 50)
    return np.polyfit(time_s, true_frequencies(recipe, channel, time_s)[index], 1)[0]


@CHANNELS
@INDICES
@pytest.mark.parametrize("method", ["", "_robust"])
def test_a_slope_is_the_true_one_and_its_interval_holds_it(recipe, channel, index, method):
    slopes = recipe.table("rec01", "slopes", channel).to_pylist()
    low, slope, high = (slopes[0][f"{index}{method}_{part}"] for part in ("low", "slope", "high"))
    expected = true_slope(recipe, channel, index)

    assert len(slopes) == 1
    assert slope == pytest.approx(expected, abs=0.7)
    assert low <= expected <= high
    assert high - low < 3


@INDICES
def test_only_a_fresh_muscle_may_be_without_a_slope(recipe, index):
    lows, highs = (
        {
            row["channel"]: row[f"{index}_{end}"]
            for row in recipe.table("rec01", "slopes").to_pylist()
        }
        for end in ("low", "high")
    )

    assert lows["fresh"] < 0 < highs["fresh"]
    assert highs["tiring"] < 0
    assert highs["exhausted"] < lows["fresh"]


@CHANNELS
def test_the_course_follows_the_true_frequencies(recipe, channel):
    course = recipe.table("rec01", "course", channel)
    burst = recipe.truth("rec01", "burst", channel)
    onset_s, offset_s = (course[edge].to_numpy() for edge in ("onset", "offset"))
    inside = (onset_s > burst["onset"][0] + 0.2) & (offset_s < burst["offset"][0] - 0.2)
    true = true_frequencies(recipe, channel, (onset_s + offset_s)[inside] / 2)
    muscle = next(m for m in recipe.specs["rec01"].muscles if m.name == channel)

    assert inside.sum() > 12
    for index, most_hz in (("mnf", 3), ("mdf", 4)):
        error_hz = course[index].to_numpy()[inside] - true[index]
        assert abs(error_hz.mean()) < most_hz
        assert np.abs(error_hz).max() < 25
    assert course["rms"].to_numpy()[inside].mean() == pytest.approx(muscle.burst_rms_v, rel=0.04)


@CHANNELS
def test_rest_does_not_count(recipe, channel):
    course = recipe.table("rec01", "course", channel)
    burst = recipe.truth("rec01", "burst", channel)
    resting = course["offset"].to_numpy() < burst["onset"][0] - 0.1
    with_spectrum = np.isfinite(course["mdf"].to_numpy())

    assert resting.any()
    assert (course["rms"].to_numpy()[resting] == 0).all()
    assert not with_spectrum[resting].any()
    windows = recipe.table("rec01", "slopes", channel)["windows"].to_pylist()
    assert windows == [with_spectrum.sum()]


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe)
