"""The heart is found in the EMG and taken out of it, and the EMG stays."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import Recipe, bandpassed, check_page, removed_db, rms, run_recipe
from scipy import signal

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_ecg_removal")]

MUSCLE = "diaphragm"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("ecg_removal", tmp_path_factory.mktemp("ecg_removal"))


@pytest.fixture(scope="module")
def clean(recipe: Recipe) -> np.ndarray:
    """The filtered recording (samples,) as it is without the heart."""
    fs_hz = recipe.fs_hz("rec01")
    raw = recipe.without("rec01", interference=None)[0]
    notched = signal.filtfilt(*signal.iirnotch(60, 30, fs=fs_hz), raw)
    return bandpassed(notched, 20, 1000, fs_hz)


@pytest.fixture(scope="module")
def active(recipe: Recipe, clean: np.ndarray) -> np.ndarray:
    """Which samples lie in a burst."""
    time_s = np.arange(len(clean)) / recipe.fs_hz("rec01")
    bursts = recipe.truth("rec01", "burst", MUSCLE)
    after = time_s >= bursts["onset"][:, None]
    return (after & (time_s <= bursts["offset"][:, None])).any(axis=0)


def test_every_beat_is_found_and_no_other(recipe):
    beats = recipe.table("rec01", "beats")["onset"].to_numpy()
    truth = recipe.truth("rec01", "beat")["onset"]
    apart_s = np.abs(beats[:, None] - truth)

    assert len(truth) > 100
    assert (apart_s.min(axis=0) < 0.002).mean() > 0.98, "sensitivity"
    assert (apart_s.min(axis=1) < 0.002).mean() > 0.98, "positive predictive value"
    assert np.median(apart_s.min(axis=0)) < 0.0005


def test_the_template_takes_out_the_heart_and_leaves_the_muscle(recipe, clean, active):
    before = recipe.trace("rec01", "filtered", MUSCLE) - clean
    made = recipe.trace("rec01", "cleaned", MUSCLE)

    assert removed_db(before, made - clean) > 12
    assert rms(made[active]) == pytest.approx(rms(clean[active]), rel=0.03)
    assert np.corrcoef(made[active], clean[active])[0, 1] > 0.97


def test_the_gate_costs_more_muscle_than_the_template(recipe, clean, active):
    cleaned, gated = (recipe.trace("rec01", name, MUSCLE) for name in ("cleaned", "gated"))
    heart = recipe.trace("rec01", "filtered", MUSCLE) - clean

    assert removed_db(heart, gated - clean) > 3
    assert rms((gated - clean)[active]) > 2 * rms((cleaned - clean)[active])


def test_the_envelope_at_rest_no_longer_beats(recipe, active):
    quiet = ~active
    before, after = (
        recipe.trace("rec01", name, MUSCLE) for name in ("envelope_before", "envelope")
    )

    assert after[quiet].mean() < 0.35 * before[quiet].mean()


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe)
