"""Effort in percent of a maximal contraction is the ratio the two recordings were made with."""

from __future__ import annotations

import numpy as np
import pytest
from recipe_rows import check_rows
from recipe_runs import Recipe, check_page, run_recipe

from dspant import open_recording

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("recipes_mvc")]

CHANNELS = pytest.mark.parametrize("channel", ["left", "right"])


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return run_recipe("mvc", tmp_path_factory.mktemp("mvc"))


def true_percent(recipe: Recipe, channel: str) -> float:
    task, mvc = (
        next(m.burst_rms_v for m in recipe.specs[name].muscles if m.name == channel)
        for name in ("task", "mvc")
    )
    return 100 * task / mvc


@CHANNELS
def test_the_held_effort_is_the_true_part_of_the_maximum(recipe, channel):
    percent = recipe.trace("task", "percent", channel)
    fs_hz = recipe.fs_hz("task")
    contractions = recipe.truth("task", "burst", channel)
    held = [
        percent[round((onset_s + 0.15) * fs_hz) : round((offset_s - 0.15) * fs_hz)]
        for onset_s, offset_s in zip(contractions["onset"], contractions["offset"], strict=True)
    ]

    assert open_recording(recipe.folder("task"))["percent"].units == ["%", "%"]
    assert len(held) > 4
    assert np.mean(np.concatenate(held)) == pytest.approx(true_percent(recipe, channel), rel=0.08)


@CHANNELS
def test_the_maximum_itself_is_a_hundred_percent(recipe, channel):
    percent = recipe.trace("mvc", "percent", channel)
    length = round(2 * recipe.fs_hz("mvc"))
    sums = np.cumsum(np.r_[0, percent])

    assert ((sums[length:] - sums[:-length]) / length).max() == pytest.approx(100, rel=0.002)


@CHANNELS
def test_every_contraction_is_found(recipe, channel):
    found = recipe.table("task", "contractions", channel)
    expected = recipe.truth("task", "burst", channel)

    assert found.num_rows == len(expected["onset"])
    assert np.abs(found["onset"].to_numpy() - expected["onset"]).max() < 0.05


@CHANNELS
def test_the_table_of_effort_is_the_mean_of_the_trace(recipe, channel):
    percent = recipe.trace("task", "percent", channel)
    effort = recipe.table("task", "effort", channel)["mav"].to_numpy()
    length = round(0.5 * recipe.fs_hz("task"))
    first = percent[:length].mean()

    assert effort[0] == pytest.approx(first, rel=1e-3)
    assert effort.max() < 1.3 * true_percent(recipe, channel)


def test_the_page_is_of_this_run(recipe, monkeypatch):
    check_page(recipe, monkeypatch)


def test_no_event_is_lost(recipe):
    check_rows(recipe)
