"""A common reference removes what the electrodes share, and what a loose one does to it."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import Recipe, bandpassed, check_page, removed_db, rms, run_recipe

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_referencing")]

GOOD = [f"ch{number}" for number in range(1, 8)]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("referencing", tmp_path_factory.mktemp("referencing"))


@pytest.fixture(scope="module")
def clean(recipe: Recipe) -> np.ndarray:
    """The filtered recording (channels, samples) as it is without the noise they share."""
    return bandpassed(recipe.without("rec01", common_rms_v=0.0), 20, 1000, recipe.fs_hz("rec01"))


def residual(recipe: Recipe, clean: np.ndarray, dataset: str) -> tuple[np.ndarray, np.ndarray]:
    """What differs from the clean recording (good channels, samples), at rest and in bursts."""
    made = np.stack([recipe.trace("rec01", dataset, channel) for channel in GOOD])
    left = made - clean[: len(GOOD)]
    time_s = np.arange(left.shape[1]) / recipe.fs_hz("rec01")
    bursts = recipe.truth("rec01", "burst", "ch1")
    edges_s = np.stack([bursts["onset"], bursts["offset"]])
    active = ((time_s >= edges_s[0][:, None]) & (time_s <= edges_s[1][:, None])).any(axis=0)
    return left[:, ~active], left[:, active]


def test_the_reference_is_the_noise_that_was_shared(recipe):
    fs_hz = recipe.fs_hz("rec01")
    with_it = recipe.without("rec01")
    shared = bandpassed((with_it - recipe.without("rec01", common_rms_v=0.0))[0], 20, 1000, fs_hz)
    found = recipe.trace("rec01", "shared", "reference")
    quiet = slice(0, round(1.2 * fs_hz))

    assert np.corrcoef(found[quiet], shared[quiet])[0, 1] > 0.99
    assert rms(found[quiet]) == pytest.approx(rms(shared[quiet]), rel=0.05)


@pytest.mark.parametrize("dataset", ["median", "without_bad"])
def test_at_rest_nearly_nothing_of_it_is_left(recipe, clean, dataset):
    before, _ = residual(recipe, clean, "filtered")
    after, _ = residual(recipe, clean, dataset)

    assert removed_db(before, after) > 30


def test_in_bursts_the_reference_brings_some_of_the_other_channels(recipe, clean):
    _, before = residual(recipe, clean, "filtered")
    _, after = residual(recipe, clean, "without_bad")
    size = recipe.specs["rec01"].muscles[0].burst_rms_v

    # A mean of 7 channels holds their bursts, less by the square root of 7; of a raised cosine the
    # RMS is sqrt(3/8) of the peak.
    assert rms(after) == pytest.approx(size * np.sqrt(3 / 8) / np.sqrt(7), rel=0.2)
    assert removed_db(before, after) > 0


def test_one_loose_electrode_ruins_the_average_and_not_the_median(recipe, clean):
    before, _ = residual(recipe, clean, "filtered")
    average, _ = residual(recipe, clean, "average")
    loose = recipe.specs["rec01"].muscles[7].loose_rms_v
    in_band = np.sqrt((1000 - 20) / (recipe.fs_hz("rec01") / 2))

    assert rms(average) == pytest.approx(loose * in_band / 8, rel=0.1)
    assert rms(average) > 2 * rms(before)


def test_the_tables_tell_the_loose_channel_and_the_gain(recipe):
    def level(dataset: str, channel: str) -> float:
        return float(np.median(recipe.table("rec01", dataset, channel)["rms"].to_numpy()[:4]))

    assert level("levels_before", "ch8") > 5 * level("levels_before", "ch1")
    for channel in GOOD:
        assert level("levels_after", channel) < 0.2 * level("levels_before", channel)


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe)
