"""Fatigue slopes against simulated truths and against statistics of SciPy and by formula."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal as sp
from scipy import stats
from whole_signals import Runs, table_of

from dspant.errors import OperationError
from dspant.ops import fatigue as module

FS_HZ = 1000.0


def falling_tones(*slopes: float) -> np.ndarray:
    """Tones that begin at 120 Hz and move by so many Hz per second, for 40 s."""
    t = np.arange(40_000) / FS_HZ
    return np.stack([np.sin(2 * np.pi * (120 * t + slope * t**2 / 2)) for slope in slopes])


@pytest.mark.against("simulated tones of known slope", "fatigue")
def test_slopes_of_falling_tones_are_found() -> None:
    rows = table_of(
        "fatigue",
        Runs([(3.0, falling_tones(-1.0, 0.0, 0.5))], FS_HZ),
        length_s=1.0,
        step_s=1.0,
        band_hz=[10.0, 450.0],
    )
    assert rows["channel"].tolist() == ["ch0", "ch1", "ch2"]
    assert rows["windows"].tolist() == [40, 40, 40]
    assert (rows["onset"][0], rows["offset"][0]) == (3.0, 43.0)
    for name in ("mnf_slope", "mdf_slope", "mnf_robust_slope", "mdf_robust_slope"):
        assert rows[name] == pytest.approx([-1.0, 0.0, 0.5], abs=0.01)
    assert rows["mnf_start"] == pytest.approx([119.5, 120.0, 120.25], abs=0.1)
    first, last = 120 - 2.0, 120 - 38.0
    assert rows["finsm5_ratio"][0] == pytest.approx((first / last) ** 6, rel=0.02)
    assert rows["finsm5_ratio"][1] == pytest.approx(1.0, rel=1e-3)


@pytest.mark.against("scipy.stats.theilslopes, Student's interval by formula", "fatigue")
def test_slopes_and_intervals_are_those_of_statistics() -> None:
    x = np.random.default_rng(4).normal(size=(1, 20_000))
    params = {"length_s": 0.5, "step_s": 0.5, "band_hz": [5.0, 500.0], "confidence_share": 0.9}
    rows = table_of("fatigue", Runs([(0.0, x)], FS_HZ), **params)
    f, density = sp.periodogram(x.reshape(40, 500), FS_HZ, "hann", detrend="constant")
    inside = (f >= 5) & (f <= 500)
    f, p = f[inside], density[:, inside]
    t = np.arange(40) * 0.5
    courses = {
        "mnf": (f * p).sum(axis=1) / p.sum(axis=1),
        "finsm5": (p / f).sum(axis=1) / (p * f**5).sum(axis=1),
    }
    for name, y in courses.items():
        away = t - t.mean()
        slope = (away * y).sum() / (away**2).sum()
        start = y.mean() - slope * t.mean()
        left = ((y - start - slope * t) ** 2).sum() / 38
        half = stats.t.ppf(0.95, 38) * np.sqrt(left / (away**2).sum())
        expected = [start, slope, slope - half, slope + half]
        ends = ["start", "slope", "low", "high"]
        assert [rows[f"{name}_{end}"][0] for end in ends] == pytest.approx(expected, rel=1e-6)
        robust = stats.theilslopes(y, t, 0.9)
        found = [rows[f"{name}_robust_{end}"][0] for end in ("slope", "low", "high")]
        assert found == pytest.approx([robust[0], robust[2], robust[3]], rel=1e-6)


def test_intervals_hold_the_true_slope_as_often_as_they_say() -> None:
    x = np.random.default_rng(11).normal(size=(200, 6_000))
    params = {"length_s": 0.2, "step_s": 0.2, "band_hz": [5.0, 450.0], "confidence_share": 0.8}
    rows = table_of("fatigue", Runs([(0.0, x)], FS_HZ), **params)
    for name in ("mnf", "mdf", "mnf_robust", "mdf_robust"):
        held = (rows[f"{name}_low"] <= 0) & (rows[f"{name}_high"] >= 0)
        assert 0.7 < held.mean() < 0.9


def test_one_wild_window_moves_the_robust_slope_little() -> None:
    x = falling_tones(-1.0)
    x[0, 39_000:] = np.sin(2 * np.pi * 400 * np.arange(1000) / FS_HZ)
    source = Runs([(0.0, x)], FS_HZ)
    rows = table_of("fatigue", source, length_s=1.0, step_s=1.0, band_hz=[10.0, 450.0])
    assert rows["mnf_robust_slope"][0] == pytest.approx(-1.0, abs=0.02)
    assert rows["mnf_slope"][0] > 0


def test_flat_windows_are_left_out_and_few_windows_have_no_slope() -> None:
    x = np.concatenate([falling_tones(-1.0, -1.0)[:, :5000], np.zeros((2, 5000))], axis=1)
    x[1] = 0
    source = Runs([(0.0, x)], FS_HZ)
    rows = table_of("fatigue", source, length_s=1.0, step_s=1.0, band_hz=[10.0, 450.0])
    assert rows["windows"].tolist() == [5, 0]
    assert rows["mnf_slope"][0] == pytest.approx(-1.0, abs=0.05)
    assert np.isnan(rows["mnf_slope"][1])
    assert np.isnan(rows["finsm5_ratio"][1])


def test_time_runs_on_across_a_gap() -> None:
    x = falling_tones(-1.0)
    runs = [(0.0, x[:, :10_000]), (20.0, x[:, 20_000:])]
    rows = table_of("fatigue", Runs(runs, FS_HZ), length_s=1.0, step_s=1.0, band_hz=[10.0, 450.0])
    assert rows["windows"].tolist() == [30]
    assert rows["mnf_slope"] == pytest.approx([-1.0], abs=0.01)


def test_more_windows_than_pairs_can_be_made_of_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_WINDOWS", 30)
    source = Runs([(0.0, falling_tones(-1.0))], FS_HZ)
    with pytest.raises(OperationError, match="raise step_s"):
        table_of("fatigue", source, length_s=1.0, step_s=1.0, band_hz=[10.0, 450.0])
