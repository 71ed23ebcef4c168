"""A small part of the onset campaign, with bounds."""

from __future__ import annotations

import numpy as np
import pytest
from onset_scores import METHODS, Method, latency_errors, score, scored
from silence_scores import silence_errors

named = pytest.mark.parametrize("method", METHODS, ids=[method.name for method in METHODS])


def test_scores_of_known_errors() -> None:
    made = scored(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.01, 1.99, 3.03, 5.0, 6.0]), 120.0)
    assert made.bias_ms == pytest.approx(10.0)
    assert made.spread_ms == pytest.approx(20.0)
    assert made.missed_percent == 25.0
    assert made.false_per_min == 1.0


@pytest.mark.against(
    "simulated truth",
    "single_threshold",
    "double_threshold",
    "hodges_bui",
    "bonato",
    "aglr",
    "change_points",
    "cusum",
)
@named
def test_clear_bursts_are_all_found_near_their_onset(method: Method) -> None:
    made = score(method, snr_db=12.0, rise_s=0.0, bursts=15, seed=11)
    assert made.missed_percent == 0
    assert abs(made.bias_ms) <= (25 if method.finds == "hodges_bui" else 6)
    assert made.spread_ms <= 8
    assert made.false_per_min <= 3


@pytest.mark.against("simulated truth", "aglr", "bonato", "cusum")
@pytest.mark.parametrize("finds", ["aglr", "bonato", "cusum"])
def test_weak_bursts_are_found_by_the_statistical_methods(finds: str) -> None:
    method = next(method for method in METHODS if method.finds == finds)
    made = score(method, snr_db=3.0, rise_s=0.0, bursts=15, seed=12)
    assert made.missed_percent <= 10
    assert abs(made.bias_ms) <= 4


@pytest.mark.against("simulated truth", "evoked")
def test_latencies_of_clear_responses_have_small_known_errors() -> None:
    errors = latency_errors(snr_db=30.0, events=40, seed=13)
    for name, most_ms in (("latency_s", 0.4), ("change_latency_s", 0.4)):
        assert np.isfinite(errors[name]).all()
        assert 0 <= np.median(errors[name]) <= most_ms
        assert np.quantile(np.abs(errors[name]), 0.9) <= 2 * most_ms
    first_peak_ms = 1000 * np.arctan(2 * np.pi * 150 * 0.006) / (2 * np.pi * 150)
    assert np.median(errors["peak_latency_s"]) == pytest.approx(first_peak_ms, abs=0.15)


@pytest.mark.against("simulated truth", "evoked")
@pytest.mark.parametrize(
    ("snr_db", "params"),
    [
        (30.0, {}),
        (20.0, {}),
        (12.0, {}),
        (6.0, {"silent_part": 0.7, "silent_smoothing_s": 0.01}),
    ],
)
def test_silent_periods_are_found_with_their_length(
    snr_db: float, params: dict[str, float]
) -> None:
    begin, length = silence_errors(snr_db, duration_s=30.0, seed=14, **params)
    assert len(length) >= 20
    assert np.isfinite(length).all()
    assert abs(np.median(begin)) <= 2
    assert abs(np.median(length)) <= 3
    assert np.quantile(np.abs(length), 0.9) <= 8


def test_noise_that_is_as_large_as_the_level_breaks_silences_up() -> None:
    """What the page warns of: half of the background is too low a level at 6 dB."""
    _, length = silence_errors(6.0, duration_s=30.0, seed=14)
    assert np.median(length) < -30
