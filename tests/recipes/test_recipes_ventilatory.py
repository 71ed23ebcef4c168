"""Breaths are timed as they were simulated, and their effort is that of the signal."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import START_S, Recipe, bandpassed, check_page, run_recipe
from scipy import signal

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_ventilatory")]

MUSCLE = "diaphragm"

EACH = pytest.mark.parametrize("recording", ["rest", "hypercapnia"])


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("ventilatory", tmp_path_factory.mktemp("ventilatory"))


def columns(recipe: Recipe, recording: str, dataset: str) -> dict[str, np.ndarray]:
    table = recipe.table(recording, dataset, MUSCLE)
    return {name: np.array(table[name].to_pylist()) for name in table.column_names}


def true_phases(recipe: Recipe, recording: str) -> dict[str, np.ndarray]:
    """TI of every breath; TE and Ttot of all but the last."""
    burst = recipe.truth(recording, "burst", MUSCLE)
    onset, offset = burst["onset"], burst["offset"]
    return {"ti_s": offset - onset, "te_s": onset[1:] - offset[:-1], "ttot_s": np.diff(onset)}


@EACH
def test_every_breath_is_found_once(recipe, recording):
    found = columns(recipe, recording, "bursts")
    truth = recipe.truth(recording, "burst", MUSCLE)

    assert len(found["onset"]) == len(truth["onset"]) > 12
    assert np.abs(found["onset"] - truth["onset"]).max() < 0.015
    assert np.abs(found["offset"] - truth["offset"]).max() < 0.015
    assert not found["clipped"].any()


@EACH
def test_phases_are_those_simulated(recipe, recording):
    found = columns(recipe, recording, "breaths")
    for name, true in true_phases(recipe, recording).items():
        error_s = found[name][: len(true)] - true
        assert np.abs(error_s).max() < 0.025
        assert abs(error_s.mean()) < 0.012
        assert np.isnan(found[name][len(true) :]).all()
    np.testing.assert_allclose(found["ti_s"] + found["te_s"], found["ttot_s"])
    np.testing.assert_allclose(found["duty"], found["ti_s"] / found["ttot_s"])


@EACH
def test_the_rate_is_right_and_the_last_breath_has_none(recipe, recording):
    found = columns(recipe, recording, "breaths")
    true = 60 / true_phases(recipe, recording)["ttot_s"]

    np.testing.assert_allclose(found["rate_per_min"][:-1], true, rtol=0.02)
    assert found["rate_per_min"][:-1].mean() == pytest.approx(true.mean(), rel=0.002)
    np.testing.assert_array_equal(found["usable"], [True] * len(true) + [False])
    assert "no next onset" in found["reason"][-1]
    assert set(found["reason"][:-1]) == {""}


@EACH
def test_area_and_peak_are_those_of_scipy_s_envelope(recipe, recording):
    fs_hz = recipe.fs_hz(recording)
    raw = recipe.without(recording)[0]
    trace = bandpassed(signal.filtfilt(*signal.iirnotch(60, 30, fs=fs_hz), raw), 20, 450, fs_hz)
    envelope = signal.sosfiltfilt(signal.butter(2, 35, fs=fs_hz, output="sos"), np.abs(trace))
    breaths = columns(recipe, recording, "breaths")
    efforts = columns(recipe, recording, "efforts")
    at = np.rint((np.stack([breaths["onset"], breaths["offset"]]) - START_S) * fs_hz).astype(int)
    parts = [slice(*ends) for ends in at.T]
    peak_s = np.array([envelope[part].argmax() for part in parts]) / fs_hz

    np.testing.assert_allclose(breaths["peak"], [envelope[p].max() for p in parts], rtol=0.01)
    np.testing.assert_allclose(breaths["time_to_peak_s"], peak_s, atol=0.002)
    areas = [envelope[p].sum() / fs_hz for p in parts]
    np.testing.assert_allclose(breaths["area"], areas, rtol=0.01)
    levels = [np.sqrt(np.mean(trace[p] ** 2)) for p in parts]
    np.testing.assert_allclose(efforts["rms"], levels, rtol=0.01)
    np.testing.assert_array_equal(efforts["onset"], breaths["onset"])


def test_the_effort_tells_the_simulated_drive(recipe):
    rest, driven = (columns(recipe, name, "efforts") for name in recipe.specs)
    level = {name: spec.muscles[0].burst_rms_v for name, spec in recipe.specs.items()}

    ratio = np.median(driven["rms"]) / np.median(rest["rms"])
    assert ratio == pytest.approx(level["hypercapnia"] / level["rest"], rel=0.15)


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe, least=2)
