"""Each stimulus has its response, of the simulated latency and size, and these make the curve."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import Recipe, check_page, run_recipe

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_mep")]

MUSCLES = ("diaphragm_left", "diaphragm_right")

LARGE_V = 3e-4

EACH = pytest.mark.parametrize("muscle", MUSCLES)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("mep", tmp_path_factory.mktemp("mep"))


def columns(recipe: Recipe, dataset: str, muscle: str) -> dict[str, np.ndarray]:
    table = recipe.table("rec01", dataset, muscle)
    return {name: np.array(table[name].to_pylist()) for name in table.column_names}


@EACH
def test_every_stimulus_keeps_its_row(recipe, muscle):
    found = columns(recipe, "mep", muscle)
    truth = recipe.truth("rec01", "response", muscle)

    assert len(found["onset"]) == len(truth["onset"]) == 40
    np.testing.assert_allclose(found["onset"], truth["onset"] - truth["latency_s"], atol=1e-6)
    np.testing.assert_array_equal(found["data"], truth["stimulus_uA"])


@EACH
def test_responses_begin_when_and_are_as_large_as_simulated(recipe, muscle):
    found = columns(recipe, "mep", muscle)
    truth = recipe.truth("rec01", "response", muscle)
    large = found["usable"] & (truth["peak_to_peak"] > LARGE_V)
    late_s = (found["latency_s"] - truth["latency_s"])[large]

    assert large.sum() > 15
    assert np.abs(late_s).max() < 0.5e-3
    assert np.abs(np.median(late_s)) < 0.1e-3
    np.testing.assert_allclose(
        found["peak_to_peak"][large], truth["peak_to_peak"][large], rtol=0.05
    )


@EACH
def test_a_large_response_turns_three_times_and_noise_never(recipe, muscle):
    found = columns(recipe, "mep", muscle)
    truth = recipe.truth("rec01", "response", muscle)["peak_to_peak"]

    # Its phases are as 3 : -5 : 4, so the first leg is 3 / 8 of the whole.
    assert set(found["turns"][found["usable"] & (truth > 0.35e-3)]) == {3.0}
    assert set(found["turns"][found["usable"] & (truth < 0.05e-3)]) <= {0.0}


@EACH
def test_a_muscle_that_was_active_before_makes_a_row_not_usable(recipe, muscle):
    found = columns(recipe, "mep", muscle)
    ended_s = recipe.truth("rec01", "burst", muscle)["offset"]
    since_s = found["onset"][:, None] - ended_s
    since_s = np.where(since_s > 0, since_s, np.inf).min(axis=1)

    assert 0 < (~found["usable"]).sum() < 12
    # Motor units fall silent some milliseconds before the burst is over.
    assert (since_s[~found["usable"]] < 0.1).all()
    assert (~found["usable"][since_s < 0.08]).all()
    assert set(found["reason"][found["usable"]]) == {""}
    assert set(found["reason"][~found["usable"]]) == {"background above max_background_rms"}
    assert np.isfinite(found["peak_to_peak"]).all()


@EACH
def test_averages_are_of_the_usable_responses(recipe, muscle):
    average = columns(recipe, "average", muscle)
    single = columns(recipe, "mep", muscle)
    truth = recipe.truth("rec01", "response", muscle)["peak_to_peak"]

    np.testing.assert_array_equal(average["data"], sorted(recipe.specs["rec01"].currents_uA))
    for row, current in enumerate(average["data"]):
        own = single["data"] == current
        kept = own & single["usable"]
        assert average["trials"][row] == kept.sum() > 0
        assert average["rejected"][row] == own.sum() - kept.sum()
        if truth[kept].min() > LARGE_V:
            after = average["start_s"][row] + average["step_s"][row] * np.arange(
                len(average["mean"][row])
            )
            response = average["mean"][row][after > 0.004]
            # The latency's jitter makes the mean of the responses a little flatter than each.
            assert np.ptp(response) == pytest.approx(truth[kept].mean(), rel=0.06)


@EACH
def test_the_curve_is_the_simulated_one(recipe, muscle):
    (curve,) = recipe.table("rec01", "recruitment", muscle).to_pylist()
    spec = recipe.specs["rec01"]
    (contact,) = spec.contacts
    plateau_v = {m.name: m.response_maximum_v for m in spec.muscles}[muscle]
    usable = columns(recipe, "mep", muscle)["usable"]

    assert (curve["usable"], curve["reason"]) == (True, "")
    assert (curve["points"], curve["rejected"]) == (usable.sum(), (~usable).sum())
    assert curve["s50"] == pytest.approx(contact.half_current_uA, abs=8)
    assert curve["slope"] == pytest.approx(contact.slope_uA, abs=6)
    assert curve["plateau"] == pytest.approx(plateau_v, rel=0.03)
    for name, true in {
        "s50": contact.half_current_uA,
        "slope": contact.slope_uA,
        "plateau": plateau_v,
    }.items():
        assert curve[f"{name}_lower"] < true < curve[f"{name}_upper"]


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe, least=3)
