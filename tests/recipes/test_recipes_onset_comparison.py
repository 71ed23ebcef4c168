"""Seven onset methods look for the same bursts, and each is told by how much it missed them."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import Recipe, check_page, run_recipe

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_onset_comparison")]

MUSCLE = "tibialis"
TOLERANCE_S = 0.1

METHODS = ("single", "double", "hodges", "bonato", "aglr", "cusum", "teager")

EACH = pytest.mark.parametrize("method", METHODS)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("onset_comparison", tmp_path_factory.mktemp("onset_comparison"))


def nearest_s(recipe: Recipe, method: str) -> np.ndarray:
    """Error of the onset found nearest to each true one, NaN where none is within the tolerance."""
    truth_s = recipe.truth("rec01", "burst", MUSCLE)["onset"]
    found_s = recipe.table("rec01", method, MUSCLE)["onset"].to_numpy()
    error_s = found_s - truth_s[:, None]
    least_s = error_s[np.arange(len(truth_s)), np.abs(error_s).argmin(axis=1)]
    return np.where(np.abs(least_s) <= TOLERANCE_S, least_s, np.nan)


@EACH
def test_every_true_onset_keeps_its_row_and_tells_its_error(recipe, method):
    truth_s = recipe.truth("rec01", "burst", MUSCLE)["onset"]
    errors = recipe.table("rec01", f"{method}_error")
    expected_s = nearest_s(recipe, method)
    matched = np.array(errors["matched"].to_pylist())
    unexplained = np.array(errors["match_reason"].to_pylist()) == ""

    assert len(truth_s) > 15
    np.testing.assert_allclose(errors["onset"].to_numpy(), truth_s, atol=1e-6)
    np.testing.assert_allclose(errors["match_lag_s"].to_numpy(), expected_s, atol=1e-6)
    np.testing.assert_array_equal(matched, np.isfinite(expected_s))
    np.testing.assert_array_equal(matched, unexplained)


@pytest.mark.parametrize(
    ("method", "bias_ms", "largest_ms", "missed"),
    [
        ("single", (-4, 0), 10, (0, 0)),
        ("double", (-6, -1), 15, (0, 0)),
        ("hodges", (-20, -14), 26, (0, 0)),
        ("bonato", (2, 9), 25, (0, 0)),
        ("aglr", (-2, 3), 60, (0, 0)),
        ("cusum", (-2, 3), 15, (0, 0)),
        ("teager", (20, 45), 70, (5, 11)),
    ],
)
def test_each_method_is_as_early_and_as_sure_as_the_page_says(
    recipe, method, bias_ms, largest_ms, missed
):
    error_ms = 1000 * nearest_s(recipe, method)

    assert bias_ms[0] < np.nanmedian(error_ms) < bias_ms[1]
    assert np.nanmax(np.abs(error_ms)) < largest_ms
    assert missed[0] <= np.isnan(error_ms).sum() <= missed[1]


@EACH
def test_nothing_is_found_at_rest(recipe, method):
    truth_s = recipe.truth("rec01", "burst", MUSCLE)["onset"]
    found_s = recipe.table("rec01", method, MUSCLE)["onset"].to_numpy()

    assert found_s.min() > truth_s[0] - TOLERANCE_S


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe, least=7)
