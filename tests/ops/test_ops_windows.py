"""Windowed features against formulas written out per window, and signals with known answers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import signal as sp
from whole_signals import TDT_FS_HZ, Runs, cuttings, same_bits, short_grid, table_of

from dspant.errors import OperationError
from dspant.ops.registry import operations

ZC, SSC, WAMP = 0.3, 0.2, 0.5
THRESHOLDS = {"zc_threshold": ZC, "ssc_threshold": SSC, "wamp_threshold": WAMP}
FEATURES = ["mav", "rms", "iemg", "var", "wl", "zc", "ssc", "wamp", "mnf", "mdf", "pkf"]
"""Features that need no more than three samples; test_ops_features.py has all."""


def median_frequency(f: np.ndarray, p: np.ndarray, width: float) -> float:
    edges = np.r_[f - width / 2, f[-1] + width / 2]
    return float(np.interp(p.sum() / 2, np.r_[0, np.cumsum(p)], edges))


def by_hand(x: np.ndarray, fs_hz: float) -> dict[str, float]:
    """Some features of one window of one channel, sample by sample."""
    n = len(x)
    steps = [x[i + 1] - x[i] for i in range(n - 1)]
    f, p = sp.welch(x, fs_hz, "hann", nperseg=n, noverlap=0, detrend="constant")
    f, p = f[1:], p[1:]
    crossings = sum(x[i] * x[i + 1] < 0 and abs(steps[i]) >= ZC for i in range(n - 1))
    turns = sum((x[i] - x[i - 1]) * (x[i] - x[i + 1]) >= SSC for i in range(1, n - 1))
    return {
        "mav": sum(abs(v) for v in x) / n,
        "rms": (sum(v * v for v in x) / n) ** 0.5,
        "iemg": sum(abs(v) for v in x) / fs_hz,
        "var": sum((v - x.mean()) ** 2 for v in x) / (n - 1),
        "wl": sum(abs(step) for step in steps),
        "zc": crossings / (n / fs_hz),
        "ssc": turns / (n / fs_hz),
        "wamp": sum(abs(step) > WAMP for step in steps) / (n / fs_hz),
        "mnf": float((f * p).sum() / p.sum()),
        "mdf": median_frequency(f, p, fs_hz / n),
        "pkf": float(f[np.argmax(p)]),
    }


@pytest.mark.against("formulas sample by sample, scipy.signal.welch", "windows")
@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 3),
    st.integers(1, 500),
    st.integers(3, 60),
    st.floats(1, 90),
    cuttings(500),
    st.integers(1, 200),
    st.integers(0, 2**32 - 1),
)
def test_features_equal_their_formulas_in_every_window(  # noqa: PLR0917
    channels: int,
    samples: int,
    length: int,
    step: float,
    cuts: Sequence[int],
    batch: int,
    seed: int,
) -> None:
    x = np.random.default_rng(seed).normal(size=(channels, samples))
    params = {"length_s": length / 1000, "step_s": step / 1000, "features": FEATURES}
    with short_grid(batch):
        rows = table_of("windows", Runs([(2.0, x)], 1000.0, cuts), **params, **THRESHOLDS)
    starts = []
    while round(len(starts) * (step / 1000 * 1000.0)) + length <= samples:
        starts.append(round(len(starts) * (step / 1000 * 1000.0)))
    assert len(rows["onset"]) == len(starts) * channels
    assert rows["onset"] == pytest.approx(np.repeat([2 + s / 1000 for s in starts], channels))
    assert rows["offset"] - rows["onset"] == pytest.approx(length / 1000)
    for row, (start, channel) in enumerate((s, c) for s in starts for c in range(channels)):
        assert rows["channel"][row] == f"ch{channel}"
        expected = by_hand(x[channel, start : start + length], 1000.0)
        found = {name: rows[name][row] for name in FEATURES}
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 3), cuttings(3000), st.integers(0, 2**32 - 1))
def test_features_are_the_same_bits_however_the_run_is_cut(
    channels: int, cuts: Sequence[int], seed: int
) -> None:
    x = np.random.default_rng(seed).normal(size=(channels, 3000))
    params = {"length_s": 0.25, "step_s": 0.05, "features": FEATURES} | THRESHOLDS
    uncut = table_of("windows", Runs([(0.0, x)], 1000.0), **params)
    again = table_of("windows", Runs([(0.0, x)], 1000.0, cuts), **params)
    assert all(same_bits(again[name], uncut[name]) for name in FEATURES)


@pytest.mark.parametrize("tone_hz", [20.0, 150.0, 440.0])
def test_a_pure_tone_has_its_own_mean_median_and_peak_frequency(tone_hz: float) -> None:
    x = np.sin(2 * np.pi * tone_hz * np.arange(4000) / 1000 + 0.3)[np.newaxis] + 5
    features = ["mnf", "mdf", "pkf"]
    source = Runs([(0.0, x)], 1000.0)
    rows = table_of("windows", source, length_s=1.0, step_s=0.5, features=features)
    for name in features:
        assert rows[name] == pytest.approx(tone_hz, rel=1e-6)


def test_the_median_frequency_of_two_equal_tones_lies_between_them() -> None:
    t = np.arange(1000) / 1000
    x = (np.sin(2 * np.pi * 50 * t) + np.sin(2 * np.pi * 150 * t))[np.newaxis]
    rows = table_of(
        "windows", Runs([(0.0, x)], 1000.0), length_s=1.0, step_s=1.0, features=["mnf", "mdf"]
    )
    assert rows["mnf"][0] == pytest.approx(100, rel=1e-6)
    assert 50 < rows["mdf"][0] < 150


@pytest.mark.parametrize("level", [0.0, 0.1, 1 / 3, -7.7, 1e-6, 1e6])
@pytest.mark.parametrize("samples", [10, 1001, 6103])
def test_a_flat_window_has_no_frequency(level: float, samples: int) -> None:
    source = Runs([(0.0, np.full((1, samples), level))], 1000.0)
    rows = table_of(
        "windows",
        source,
        length_s=samples / 1000,
        step_s=1.0,
        features=["mav", "mnf", "mdf", "pkf"],
    )
    assert rows["mav"] == pytest.approx([abs(level)])
    assert np.isnan([rows["mnf"][0], rows["mdf"][0], rows["pkf"][0]]).all()


def counts(x: Sequence[float], feature: str, **thresholds: float) -> float:
    source = Runs([(0.0, np.array([x], dtype=np.float64))], 1000.0)
    rows = table_of(
        "windows",
        source,
        length_s=len(x) / 1000,
        step_s=1.0,
        features=[feature],
        **thresholds,
    )
    return float(rows[feature][0]) * len(x) / 1000


def hudgins(x: np.ndarray, threshold: float) -> int:
    """Zero crossings as Hudgins et al. (1993) write them in equation 3."""
    count = 0
    for now, later in pairwise(x):
        falls, rises = now > 0 and later < 0, now < 0 and later > 0
        count += (falls or rises) and abs(now - later) >= threshold
    return count


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-3, 3), min_size=3, max_size=60), st.integers(0, 5))
def test_zero_crossings_of_integer_counts_are_those_of_hudgins(x: list[int], least: int) -> None:
    found = counts(x, "zc", zc_threshold=float(least))
    assert found == pytest.approx(hudgins(np.array(x), least))


@pytest.mark.parametrize(
    ("x", "feature", "thresholds", "expected"),
    [
        ([1, -1, 1, -1], "zc", {}, 3),
        ([1, 2, 3, 2], "zc", {}, 0),
        ([0.2, -0.2, 5, -5], "zc", {"zc_threshold": 1.0}, 2),
        ([0.5, -0.5, 0.5, 0.5], "zc", {"zc_threshold": 1.0}, 2),
        ([1, 0, -1], "zc", {}, 0),
        ([1, 0, 0, -1], "zc", {}, 0),
        ([0, 1, 0, -1, 0], "zc", {}, 0),
        ([1, 0, -1, 1], "zc", {}, 1),
        ([0.5, -0.5, 0.4, -0.5], "zc", {"zc_threshold": 1.0}, 1),
        ([0, 1, 0, 1, 0], "ssc", {}, 3),
        ([0, 1, 2, 3, 4], "ssc", {}, 0),
        ([0, 1, 1, 0, 0], "ssc", {}, 0),
        ([0, 0.1, 0, 2, 0], "ssc", {"ssc_threshold": 0.5}, 1),
        ([0, 1, 0, 3], "wamp", {"wamp_threshold": 0.5}, 3),
        ([0, 1, 0, 3], "wamp", {"wamp_threshold": 1.0}, 1),
        ([2, 2, 2, 2], "wamp", {"wamp_threshold": 0.0}, 0),
    ],
)
def test_counts_of_hand_made_signals(
    x: list[float], feature: str, thresholds: dict[str, float], expected: int
) -> None:
    assert counts(x, feature, **thresholds) == pytest.approx(expected)


def test_windows_never_span_a_gap_and_times_follow_each_run() -> None:
    runs = [(0.0, np.ones((1, 250))), (10.0, np.ones((1, 99))), (20.0, np.ones((1, 130)))]
    rows = table_of("windows", Runs(runs, 1000.0), length_s=0.1, step_s=0.02, features=["mav"])
    expected = [0.02 * k for k in range(8)] + [20 + 0.02 * k for k in range(2)]
    assert rows["onset"] == pytest.approx(expected)


def test_steps_of_a_fraction_of_a_sample_do_not_drift() -> None:
    x = np.zeros((1, int(60 * TDT_FS_HZ)))
    rows = table_of(
        "windows", Runs([(0.0, x)], TDT_FS_HZ), length_s=0.25, step_s=0.05, features=["mav"]
    )
    nominal = 0.05 * np.arange(len(rows["onset"]))
    assert np.abs(rows["onset"] - nominal).max() <= 0.5001 / TDT_FS_HZ
    assert len(nominal) == 1195


def test_a_feature_of_several_values_has_a_numbered_column_for_each() -> None:
    x = np.random.default_rng(0).normal(size=(2, 500))
    features = ["mav", "ar", "wv", "hist"]
    rows = table_of(
        "windows",
        Runs([(0.0, x)], 1000.0),
        length_s=0.1,
        step_s=0.1,
        features=features,
        ar_order=2,
        hist_bins=3,
        wavelet_levels=2,
    )
    assert list(rows)[3:] == [
        *("mav", "ar1", "ar2", "wv_a2", "wv_d2", "wv_d1", "hist1", "hist2", "hist3")
    ]
    assert all(values.shape == (10,) for values in rows.values())


def test_a_run_shorter_than_a_window_has_no_rows() -> None:
    source = Runs([(0.0, np.ones((2, 99)))], 1000.0)
    rows = table_of("windows", source, length_s=0.1, step_s=0.1, features=["mav"])
    assert len(rows["onset"]) == 0


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"length_s": 0.001, "step_s": 0.01}, "length_s 0.001 is 1 samples at 1000 Hz"),
        ({"length_s": 0.1, "step_s": 0.0001}, "step_s is 0.1 samples"),
    ],
)
def test_windows_too_short_for_the_rate_are_refused(params: dict[str, Any], said: str) -> None:
    source = Runs([(0.0, np.ones((1, 500)))], 1000.0)
    with pytest.raises(OperationError, match=said):
        table_of("windows", source, features=["mav"], **params)


def test_channels_of_different_units_are_refused_only_where_a_column_needs_one() -> None:
    source = Runs([(0.0, np.random.default_rng(0).normal(size=(2, 500)))], 1000.0, units=["V", "A"])
    shape = {"length_s": 0.1, "step_s": 0.1}
    assert len(table_of("windows", source, features=["mnf", "zc"], **shape)["mnf"]) == 10
    with pytest.raises(OperationError, match=r"different units \['V', 'A'\].*'rms'"):
        table_of("windows", source, features=["mnf", "rms"], **shape)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"features": ["wamp"]}, "wamp needs wamp_threshold"),
        ({"features": ["mav", "mav"]}, "name one twice"),
        ({"features": []}, "at least 1 item"),
        ({"features": ["energy"]}, "Input should be 'mav'"),
        ({"features": ["mav"], "wamp_threshold": 1.0}, "wamp_threshold is given, and no feature"),
        ({"features": ["mav"], "length_s": 0.0}, "greater than 0"),
        ({"features": ["mav"], "step_s": -1.0}, "greater than 0"),
        ({"features": ["zc"], "zc_threshold": -1.0}, "greater than or equal to 0"),
    ],
)
def test_wrong_window_parameters_are_refused(params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()["windows"].parameters(**{"length_s": 0.1, "step_s": 0.1} | params)
