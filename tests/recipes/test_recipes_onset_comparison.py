"""Six onset methods look for the same bursts, and each is told by how much it missed them."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_runs import Recipe, check_page, run_recipe

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_onset_comparison")]

MUSCLE = "tibialis"
RECORDINGS = pytest.mark.parametrize("recording", ["clear", "faint"])
METHODS = ("single", "double", "hodges", "bonato", "aglr", "teager")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("onset_comparison", tmp_path_factory.mktemp("onset_comparison"))


def nearest(truth_s: np.ndarray, found_s: np.ndarray) -> np.ndarray:
    """Of each true onset, the error of the nearest one found; NaN beyond 0.1 s."""
    error_s = found_s - truth_s[:, None]
    least_s = error_s[np.arange(len(truth_s)), np.abs(error_s).argmin(axis=1)]
    return np.where(np.abs(least_s) <= 0.1, least_s, np.nan)


@RECORDINGS
@pytest.mark.parametrize("method", METHODS)
def test_every_true_onset_keeps_its_row_and_its_error(recipe, recording, method):
    truth_s = recipe.truth(recording, "burst", MUSCLE)["onset"]
    found_s = recipe.table(recording, method, MUSCLE)["onset"].to_numpy()
    errors = recipe.table(recording, f"{method}_error")
    expected_s = nearest(truth_s, found_s)

    assert len(truth_s) > 15
    np.testing.assert_allclose(errors["onset"].to_numpy(), truth_s, atol=1e-6)
    np.testing.assert_allclose(errors["match_lag_s"].to_numpy(), expected_s, atol=1e-6)
    matched = errors["matched"].to_pylist()
    np.testing.assert_array_equal(matched, np.isfinite(expected_s))
    reasons = errors["match_reason"].to_pylist()
    assert all((reason == "") == found for reason, found in zip(reasons, matched, strict=True))


@pytest.mark.parametrize(("recording", "method", "bias_ms", "most_ms", "missed"), BOUNDS)
def test_each_method_is_as_good_as_the_page_says(
    recipe, recording, method, bias_ms, most_ms, missed
):
    truth_s = recipe.truth(recording, "burst", MUSCLE)["onset"]
    found_s = recipe.table(recording, method, MUSCLE)["onset"].to_numpy()
    error_ms = 1000 * nearest(truth_s, found_s)
    lowest_ms, highest_ms = bias_ms

    assert lowest_ms <= np.nanmedian(error_ms) <= highest_ms
    assert np.nanmax(np.abs(error_ms)) < most_ms
    assert np.isnan(error_ms).sum() <= missed


@RECORDINGS
@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_found_at_rest(recipe, recording, method):
    bursts = recipe.truth(recording, "burst", MUSCLE)
    found_s = recipe.table(recording, method, MUSCLE)["onset"].to_numpy()

    assert (found_s > bursts["onset"][0] - 0.1).all()


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)
