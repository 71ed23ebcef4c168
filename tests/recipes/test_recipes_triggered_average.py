"""Spikes are found where the unit fired, and counts and averages around events are complete."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import START_S, Recipe, bandpassed, check_page, run_recipe
from scipy import signal

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_triggered_average")]

MUSCLE = "diaphragm"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("triggered_average", tmp_path_factory.mktemp("triggered_average"))


@pytest.fixture(scope="module")
def stimuli(recipe: Recipe) -> np.ndarray:
    """True onset of every stimulus: responses are stated by their latency to it."""
    responses = recipe.truth("rec01", "response", MUSCLE)
    return responses["onset"] - responses["latency_s"]


@pytest.fixture(scope="module")
def centres(recipe: Recipe) -> np.ndarray:
    """Time of the middle phase of every potential, which is its largest."""
    truth = recipe.truth("rec01", "discharge", MUSCLE)
    return (truth["onset"] + truth["offset"]) / 2


@pytest.fixture(scope="module")
def filtered(recipe: Recipe) -> np.ndarray:
    fs_hz = recipe.fs_hz("rec01")
    notched = signal.filtfilt(*signal.iirnotch(60, 30, fs=fs_hz), recipe.without("rec01")[0])
    return bandpassed(notched, 30, 4000, fs_hz)


def row(recipe: Recipe, dataset: str) -> dict[str, object]:
    (found,) = recipe.table("rec01", dataset, MUSCLE).to_pylist()
    return found


def averaged(trace: np.ndarray, at_s: np.ndarray, found: dict, fs_hz: float) -> np.ndarray:
    """Mean over windows that begin at the sample nearest to each event's window."""
    first = np.rint((at_s + found["start_s"] - START_S) * fs_hz).astype(int)
    return np.mean([trace[at : at + len(found["mean"])] for at in first], axis=0)


def test_every_discharge_is_a_spike(recipe, centres):
    spikes = recipe.table("rec01", "spikes", MUSCLE)

    assert spikes.num_rows == len(centres) > 50
    assert np.abs(spikes["onset"].to_numpy() - centres).max() < 0.2e-3
    assert (spikes["peak"].to_numpy() <= -spikes["threshold"].to_numpy()).all()


def test_the_histogram_counts_the_true_discharges(recipe, centres, stimuli):
    found = row(recipe, "histogram")
    edges_s = found["start_s"] + found["bin_s"] * np.arange(len(found["count"]) + 1)
    true, _ = np.histogram((centres - stimuli[:, None]).ravel(), edges_s)

    np.testing.assert_array_equal(found["count"], true)
    assert sum(found["count"]) == len(centres)
    np.testing.assert_allclose(found["rate_hz"], true / (len(stimuli) * 0.02))


@pytest.mark.parametrize("dataset", ["histogram", "around_stimulus"])
def test_no_stimulus_is_lost(recipe, stimuli, dataset):
    found = row(recipe, dataset)
    used = found["triggers" if dataset == "histogram" else "trials"]

    assert (used, found["rejected"]) == (len(stimuli), 0)
    assert found["onset"] == pytest.approx(stimuli[0], abs=1e-6)


def test_the_potential_is_the_mean_around_the_true_discharges(recipe, centres, filtered):
    found = row(recipe, "potential")
    mean = averaged(filtered, centres, found, recipe.fs_hz("rec01"))
    peak_s = found["start_s"] + found["step_s"] * np.argmin(found["mean"])

    assert (found["trials"], found["rejected"]) == (len(centres), 0)
    assert abs(peak_s) < found["step_s"]
    # Noise moves a spike's peak by a sample or two, and the windows with it.
    assert np.abs(found["mean"] - mean).max() < 0.05 * np.abs(mean).max()
    assert np.corrcoef(found["mean"], mean)[0, 1] > 0.995


def test_the_mean_around_stimuli_is_that_of_scipy_and_numpy(recipe, stimuli, filtered):
    found = row(recipe, "around_stimulus")
    mean = averaged(np.abs(filtered), stimuli, found, recipe.fs_hz("rec01"))

    assert found["data"] == -100
    np.testing.assert_allclose(found["mean"], mean, atol=0.02 * mean.max())


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe, least=3)
