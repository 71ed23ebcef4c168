"""Bursts are found beneath artefacts, and each is told how late the stimulator answered it."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import Recipe, bandpassed, check_page, removed_db, run_recipe
from scipy import signal

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_closed_loop")]

MUSCLE = "diaphragm"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("closed_loop", tmp_path_factory.mktemp("closed_loop"))


@pytest.fixture(scope="module")
def stimuli(recipe: Recipe) -> np.ndarray:
    """True onset of every stimulus: responses are stated by their latency to it."""
    responses = recipe.truth("rec01", "response", MUSCLE)
    return responses["onset"] - responses["latency_s"]


def test_blanking_takes_the_artefact_away(recipe):
    fs_hz = recipe.fs_hz("rec01")

    def filtered(raw: np.ndarray) -> np.ndarray:
        notched = signal.filtfilt(*signal.iirnotch(60, 30, fs=fs_hz), raw[0])
        return bandpassed(notched, 20, 450, fs_hz)

    clean = filtered(recipe.without("rec01", artefact_peak_v=0.0))
    artefact = filtered(recipe.without("rec01")) - clean
    left = recipe.trace("rec01", "clean", MUSCLE) - clean

    assert removed_db(artefact, left) > 8


def test_every_burst_is_found_where_it_began(recipe):
    found = recipe.table("rec01", "bursts", MUSCLE)
    truth = recipe.truth("rec01", "burst", MUSCLE)

    assert found.num_rows == len(truth["onset"]) > 10
    assert np.abs(found["onset"].to_numpy() - truth["onset"]).max() < 0.01
    assert np.abs(found["offset"].to_numpy() - truth["offset"]).max() < 0.03


def test_each_burst_has_its_stimulus_and_its_delay(recipe, stimuli):
    delays = recipe.table("rec01", "delays", MUSCLE)
    truth = recipe.truth("rec01", "burst", MUSCLE)
    own = np.abs(stimuli[:, None] - truth["onset"]) < 0.15
    answered = own.any(axis=0)
    true_delay_s = (stimuli[own.argmax(axis=0)] - truth["onset"])[answered]
    matched = np.array(delays["matched"].to_pylist())

    assert 0 < answered.sum() < len(answered)
    np.testing.assert_array_equal(matched, answered)
    lag_s = delays["match_lag_s"].to_numpy()
    assert np.abs(lag_s[matched] - true_delay_s).max() < 0.01
    assert np.median(lag_s[matched]) == pytest.approx(np.median(true_delay_s), abs=0.005)
    assert np.isnan(lag_s[~matched]).all()


def test_a_burst_without_a_stimulus_says_why(recipe):
    delays = recipe.table("rec01", "delays", MUSCLE).to_pydict()
    reasons = dict(zip(delays["matched"], delays["match_reason"], strict=True))

    assert reasons[True] == ""
    assert "AmpA" in reasons[False]
    currents = np.array(delays["stimulus_data"])[delays["matched"]]
    assert set(currents) == set(recipe.specs["rec01"].currents_uA)


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe, least=1)
