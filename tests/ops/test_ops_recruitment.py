"""Recruitment curves against simulated truth and SciPy's own fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import least_squares
from scipy.stats import t as student
from whole_signals import events_of, table_of

from dspant.errors import OperationError
from dspant.ops.recruitment import boltzmann


def trials(x: Any, y: Any, channel: Any = None, usable: Any = None) -> Any:
    count = len(x)
    return events_of(
        "mep",
        {"data": "uA", "peak_to_peak": "V"},
        onset=np.arange(count) * 1.0,
        data=np.asarray(x, dtype=float),
        channel=np.array(["a"] * count if channel is None else channel, dtype=object),
        peak_to_peak=np.asarray(y, dtype=float),
        usable=np.ones(count, dtype=bool) if usable is None else np.asarray(usable),
    )


def sizes() -> np.ndarray:
    return np.repeat(np.linspace(100, 1000, 10), 8)


@pytest.mark.against("simulated truth", "recruitment_curve")
@pytest.mark.parametrize("floor", [0.0, 2e-5])
def test_a_clean_curve_is_found_to_the_last_digits(floor: float) -> None:
    x = sizes()
    y = floor + 1e-3 / (1 + np.exp((430 - x) / 60))
    rows = table_of("recruitment_curve", trials(x, y), fit_floor=floor > 0)
    found = [rows[n][0] for n in ("plateau", "s50", "slope", "floor")]
    assert found == pytest.approx([1e-3, 430, 60, floor], rel=1e-6, abs=1e-12)
    assert rows["threshold"][0] == pytest.approx(310, rel=1e-6)
    assert rows["steepest"][0] == pytest.approx(1e-3 / 240, rel=1e-6)
    assert rows["r_squared"][0] == pytest.approx(1)
    assert rows["usable"].all()


@pytest.mark.against("scipy.optimize.least_squares and scipy.stats.t", "recruitment_curve")
def test_values_and_intervals_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(1)
    x = sizes()
    y = boltzmann(x, 1.0, 500, 80) + rng.normal(scale=0.05, size=len(x))
    rows = table_of("recruitment_curve", trials(x, y), confidence=0.9)
    fit = least_squares(
        lambda p: p[0] / (1 + np.exp((p[1] - x) / p[2])) - y, [1, 500, 80], x_scale=[1, 500, 80],
        xtol=1e-14, ftol=1e-14, gtol=1e-14,
    )  # fmt: skip
    freedom = len(x) - 3
    covariance = np.linalg.inv(fit.jac.T @ fit.jac) * (2 * fit.cost / freedom)
    reach = student.ppf(0.95, freedom) * np.sqrt(np.diag(covariance))
    for name, value, half in zip(("plateau", "s50", "slope"), fit.x, reach, strict=True):
        assert rows[name][0] == pytest.approx(value, rel=1e-4)
        assert rows[f"{name}_upper"][0] - rows[name][0] == pytest.approx(half, rel=1e-2)
        assert rows[name][0] - rows[f"{name}_lower"][0] == pytest.approx(half, rel=1e-2)


@pytest.mark.against("simulated truth", "recruitment_curve")
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    x = np.linspace(100, 1000, 30)
    inside = 0
    channels = np.repeat([f"c{i}" for i in range(150)], len(x))
    y = boltzmann(x, 1.0, 500, 80) + rng.normal(scale=0.05, size=(150, len(x)))
    rows = table_of("recruitment_curve", trials(np.tile(x, 150), y.ravel(), channels))
    inside = np.mean((rows["s50_lower"] < 500) & (rows["s50_upper"] > 500))
    assert 0.9 <= inside <= 0.99


def test_cathodic_currents_are_fitted_by_their_size() -> None:
    x = sizes()
    rows = table_of("recruitment_curve", trials(-x, boltzmann(x, 1.0, 430, 60)), magnitude=True)
    assert rows["s50"][0] == pytest.approx(430)


def test_each_channel_keeps_its_row_whatever_becomes_of_its_fit() -> None:
    x = sizes()
    good = boltzmann(x, 1.0, 430, 60)
    far = boltzmann(x, 1.0, 1400, 150) + np.random.default_rng(3).normal(scale=1e-4, size=len(x))
    table = trials(
        np.r_[x, x, x, x[:8], [200.0]],
        np.r_[good, far, np.full(len(x), 2.0), good[:8], [np.nan]],
        np.repeat(["good", "far", "flat", "few", "none"], [80, 80, 80, 8, 1]),
        np.r_[np.arange(80) != 79, np.ones(169, dtype=bool)],
    )
    rows = table_of("recruitment_curve", table)
    assert rows["channel"].tolist() == ["good", "far", "flat", "few", "none"]
    assert rows["points"].tolist() == [79, 80, 80, 8, 0]
    assert rows["rejected"].tolist() == [1, 0, 0, 0, 1]
    assert rows["usable"].tolist() == [True, False, False, False, False]
    assert rows["reason"].tolist() == [
        "",
        "s50 lies outside of the stimuli given",
        "all responses are alike",
        "1 sizes of stimulus, 4 are needed",
        "0 sizes of stimulus, 4 are needed",
    ]
    assert np.isnan(rows["s50"][2:]).all()


def test_a_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(OperationError, match=r"no column 'size' of numbers; it has \['onset'"):
        table_of("recruitment_curve", trials([1.0], [1.0]), response="size")
