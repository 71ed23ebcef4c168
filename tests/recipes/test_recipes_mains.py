"""Each way to remove hum is held to what it takes of the hum, and of the EMG."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import Recipe, bandpassed, check_page, removed_db, rms, run_recipe
from scipy import signal

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_mains")]

MUSCLE = "diaphragm"
HARMONICS = 60.0 * np.arange(1, 11)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("mains", tmp_path_factory.mktemp("mains"))


@pytest.fixture(scope="module")
def clean(recipe: Recipe) -> np.ndarray:
    """The filtered recording (samples,) as it is without hum."""
    return bandpassed(
        recipe.without("rec01", interference=None)[0], 20, 1000, recipe.fs_hz("rec01")
    )


@pytest.fixture(scope="module")
def inner(recipe: Recipe) -> slice:
    """The recording without two seconds at each end, where filters settle."""
    edge = round(2 * recipe.fs_hz("rec01"))
    return slice(edge, -edge)


def powers(trace: np.ndarray, fs_hz: float) -> tuple[float, float]:
    """Power within 1 Hz of the mains and its harmonics, and more than 12 Hz away up to 650 Hz."""
    f, power = signal.welch(trace, fs_hz, nperseg=round(4 * fs_hz))
    away_hz = np.abs(f[:, None] - HARMONICS).min(axis=1)
    far = (away_hz > 12) & (f > 20) & (f < 650)
    return power[away_hz <= 1].sum(), power[far].sum()


@pytest.mark.parametrize(
    ("dataset", "removed"), [("notched", 13), ("combed", 18), ("interpolated", 16)]
)
def test_hum_goes_with_all_its_harmonics(recipe, clean, inner, dataset, removed):
    hum = recipe.trace("rec01", "filtered", MUSCLE) - clean
    left = recipe.trace("rec01", dataset, MUSCLE) - clean

    assert rms(hum[inner]) > 1.5 * rms(clean[inner])
    assert removed_db(hum[inner], left[inner]) > removed


@pytest.mark.parametrize(
    ("dataset", "bounds"),
    [
        ("notched", [(0, 0.05), (0.85, 0.95)]),
        ("combed", [(0, 0.2), (0.98, 1.0)]),
        ("interpolated", [(0.5, 1.2), (0.999, 1.001)]),
    ],
)
def test_what_each_way_takes_of_the_muscle(recipe, clean, inner, dataset, bounds):
    fs_hz = recipe.fs_hz("rec01")
    made = powers(recipe.trace("rec01", dataset, MUSCLE)[inner], fs_hz)
    muscle = powers(clean[inner], fs_hz)

    for (least, most), own, true in zip(bounds, made, muscle, strict=True):
        assert least <= own / true <= most


def test_interpolation_keeps_the_size_of_the_emg(recipe, clean, inner):
    made = recipe.trace("rec01", "interpolated", MUSCLE)

    assert rms(made[inner]) == pytest.approx(rms(clean[inner]), rel=0.02)


def test_the_table_tells_the_size_in_each_window(recipe):
    made = recipe.trace("rec01", "interpolated", MUSCLE)
    levels = recipe.table("rec01", "levels", MUSCLE)
    length = round(0.25 * recipe.fs_hz("rec01"))

    assert levels["rms"].to_numpy()[0] == pytest.approx(rms(made[:length]), rel=0.01)


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe)
