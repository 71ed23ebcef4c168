"""Duty, phase and lags of muscles in a stride are those they were made with."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import START_S, Recipe, check_page, run_recipe

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_gait")]

MUSCLES = ("tibialis", "vastus", "gastrocnemius")
RAMP_S = 0.05

EACH = pytest.mark.parametrize("channel", MUSCLES)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("gait", tmp_path_factory.mktemp("gait"))


def true_size(recipe: Recipe, channel: str, time_s: np.ndarray) -> np.ndarray:
    """Size from 0 to 1 at each time: ramps of 50 ms at both ends of every burst."""
    bursts = recipe.truth("rec01", "burst", channel)
    since_s = time_s - bursts["onset"][:, None]
    until_s = bursts["offset"][:, None] - time_s
    return np.clip(np.minimum(since_s, until_s) / RAMP_S, 0, 1).max(axis=0)


def true_lag_s(recipe: Recipe, first: str, second: str) -> np.ndarray:
    onsets = (recipe.truth("rec01", "burst", name)["onset"] for name in (second, first))
    return np.subtract(*onsets)


@EACH
def test_every_burst_is_found_with_its_ends(recipe, channel):
    found = recipe.table("rec01", "bursts", channel)
    expected = recipe.truth("rec01", "burst", channel)

    assert found.num_rows == len(expected["onset"]) > 12
    for edge in ("onset", "offset"):
        error_s = found[edge].to_numpy() - expected[edge]
        assert abs(np.median(error_s)) < 0.01
        assert np.abs(error_s).max() < 0.02


@EACH
def test_each_cycle_has_its_period_and_duty(recipe, channel):
    cycles = recipe.table("rec01", "cycles", channel)
    bursts = recipe.truth("rec01", "burst", channel)
    period_s = np.diff(bursts["onset"])
    duty = (bursts["offset"] - bursts["onset"])[:-1] / period_s

    assert cycles.num_rows == len(period_s) + 1
    assert np.abs(cycles["ttot_s"].to_numpy()[:-1] - period_s).max() < 0.03
    assert np.abs(cycles["duty"].to_numpy()[:-1] - duty).max() < 0.04
    assert np.mean(cycles["duty"].to_numpy()[:-1]) == pytest.approx(duty.mean(), abs=0.015)
    last = cycles.to_pylist()[-1]
    assert np.isnan(last["ttot_s"])
    assert last["reason"]


@EACH
def test_each_burst_has_its_size(recipe, channel):
    sizes = recipe.table("rec01", "sizes", channel)
    muscle = next(m for m in recipe.specs["rec01"].muscles if m.name == channel)
    bursts = recipe.truth("rec01", "burst", channel)
    length_s = bursts["offset"] - bursts["onset"]
    # Of a straight ramp from 0 to 1 the mean square is a third.
    expected = muscle.burst_rms_v * np.sqrt(1 - 4 / 3 * RAMP_S / length_s)

    assert sizes.num_rows == len(length_s)
    assert np.mean(sizes["rms"].to_numpy()) == pytest.approx(expected.mean(), rel=0.05)


def true_profile(recipe: Recipe, channel: str) -> np.ndarray:
    """What the envelope is in the mean of all strides, at 0 to 100 % of each, in volts."""
    onset_s = recipe.truth("rec01", "burst", "tibialis")["onset"]
    muscle = next(m for m in recipe.specs["rec01"].muscles if m.name == channel)
    time_s = np.arange(0, 20, 0.0005)
    power = true_size(recipe, channel, time_s) ** 2
    envelope = muscle.burst_rms_v * np.sqrt(np.convolve(power, np.ones(101) / 101, mode="same"))
    strides = np.linspace(onset_s[:-1], onset_s[1:], 101, axis=1)
    return np.interp(strides, time_s, envelope).mean(axis=0)


@EACH
def test_the_mean_stride_is_that_of_the_truth(recipe, channel):
    (row,) = recipe.table("rec01", "profiles", channel).to_pylist()
    expected = true_profile(recipe, channel)
    largest = expected.max()
    mean = np.array(row["mean"])
    active = [np.flatnonzero(profile > largest / 2) for profile in (mean, expected)]

    assert np.corrcoef(mean, expected)[0, 1] > 0.99
    assert np.abs(mean - expected).max() < 0.2 * largest
    assert np.sqrt(np.mean((mean - expected) ** 2)) < 0.06 * largest
    assert active[0][[0, -1]] == pytest.approx(active[1][[0, -1]], abs=1)
    assert 0 < np.max(row["sd"]) < 0.5 * largest
    assert row["variation"] < 0.2


@EACH
def test_every_stride_is_averaged_or_says_why_not(recipe, channel):
    strides = recipe.table("rec01", "strides", channel).to_pylist()
    (row,) = recipe.table("rec01", "profiles", channel).to_pylist()
    onset_s = recipe.truth("rec01", "burst", "tibialis")["onset"]

    assert len(strides) == len(onset_s) == row["cycles"] + row["dropped"]
    assert [stride["usable"] for stride in strides] == [True] * (len(onset_s) - 1) + [False]
    assert strides[-1]["reason"]
    durations_s = [stride["duration_s"] for stride in strides[:-1]]
    assert np.abs(durations_s - np.diff(onset_s)).max() < 0.03


def test_each_stride_has_its_phase(recipe):
    phases = recipe.table("rec01", "phases")
    expected_s = true_lag_s(recipe, "tibialis", "gastrocnemius")

    assert all(phases["matched"].to_pylist())
    assert np.abs(phases["match_lag_s"].to_numpy() - expected_s).max() < 0.02
    assert np.median(phases["match_lag_s"].to_numpy() - expected_s) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("first", "second"),
    [("tibialis", "vastus"), ("tibialis", "gastrocnemius"), ("vastus", "gastrocnemius")],
)
def test_a_pair_works_together_as_much_and_as_late_as_it_was_made_to(recipe, first, second):
    def rows(dataset: str) -> list[dict]:
        table = recipe.table("rec01", dataset, first).to_pylist()
        return [row for row in table if row["other"] == second]

    assert len(rows("together")) == len(rows("lags")) == 3
    for row in rows("together"):
        time_s = np.arange(row["onset"] + START_S, row["offset"], 0.001)
        a, b = (true_size(recipe, name, time_s) for name in (first, second))
        expected = 200 * np.minimum(a, b).sum() / (a + b).sum()
        assert row["falconer_winter"] == pytest.approx(expected, abs=8)
    lag_s = np.mean([row["lag_s"] for row in rows("lags")])
    assert lag_s == pytest.approx(true_lag_s(recipe, first, second).mean(), abs=0.015)
    assert min(row["peak"] for row in rows("lags")) > 0.8


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe, least=5)
