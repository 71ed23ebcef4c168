"""The choice of a baseline against NumPy on the samples it means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_signals import Runs, cuttings, same_bits, short_grid

from dspant.errors import OperationError
from dspant.ops.baselines import Baseline, quiet_of, quiet_samples
from dspant.ops.signal import Events

FS_HZ = 1000.0


def rest(*spans: tuple[float, float]) -> Events:
    onset, offset = (np.array([s[i] for s in spans], dtype=float) for i in (0, 1))
    return Events("Rest", pa.table({"onset": onset, "offset": offset}))


def two_runs(channels: int = 2, seed: int = 0) -> list[tuple[float, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [(0.0, rng.normal(3, 2, (channels, 3000))), (5.0, rng.normal(1, 1, (channels, 2000)))]


def test_by_time_it_is_mean_and_deviation_of_the_stretch_without_the_gap() -> None:
    runs = two_runs()
    quiet = quiet_of(Runs(runs, FS_HZ), [], Baseline(baseline_s=[2.0, 6.0]))
    samples = np.concatenate([runs[0][1][:, 2000:], runs[1][1][:, :1000]], axis=1)
    assert quiet.mean == pytest.approx(samples.mean(axis=1), rel=1e-12)
    assert quiet.sd == pytest.approx(samples.std(axis=1, ddof=1), rel=1e-12)


def test_by_epoc_it_is_all_its_intervals_in_any_order() -> None:
    runs = two_runs()
    events = rest((5.5, 6.0), (0.1, 0.4), (9.0, 10.0), (2.9, 3.5))
    quiet = quiet_of(Runs(runs, FS_HZ), [events], Baseline(baseline_epoc=True))
    a, b = runs[0][1], runs[1][1]
    samples = np.concatenate([a[:, 100:400], a[:, 2900:], b[:, 500:1000]], axis=1)
    assert quiet.mean == pytest.approx(samples.mean(axis=1), rel=1e-12)
    assert quiet.sd == pytest.approx(samples.std(axis=1, ddof=1), rel=1e-12)
    first = quiet_samples(Runs(runs, FS_HZ), [events], Baseline(baseline_epoc=True), 350)
    assert np.array_equal(first, samples[:, :350])


def test_by_quantile_it_is_each_channels_windows_of_least_power() -> None:
    x = np.random.default_rng(2).normal(size=(2, 10_000))
    x[0, 2000:] *= 10
    x[1, :7500] *= 10
    quiet = quiet_of(Runs([(0.0, x)], FS_HZ), [], Baseline(baseline_quantile=0.2))
    windows = x[0, :2000]
    assert quiet.mean[0] == pytest.approx(windows.mean(), abs=1e-12)
    assert quiet.sd[0] == pytest.approx(windows.std(ddof=1), rel=1e-12)
    power = (x[1, 7500:].reshape(-1, 250) ** 2).mean(axis=1)
    kept = x[1, 7500:].reshape(-1, 250)[np.argsort(power)[:8]]
    assert quiet.sd[1] == pytest.approx(kept.std(ddof=1), rel=1e-12)


@settings(deadline=None, max_examples=30)
@given(cuttings(3000), st.sampled_from(["time", "epoc", "quantile"]))
def test_no_cut_shows_in_any_bit(cuts: Sequence[int], way: str) -> None:
    params = {
        "time": Baseline(baseline_s=[0.2, 5.9]),
        "epoc": Baseline(baseline_epoc=True),
        "quantile": Baseline(baseline_quantile=0.3, baseline_window_s=0.07),
    }[way]
    events = [rest((0.1, 0.9), (0.5, 2.0), (5.0, 6.0))]
    with short_grid(256):
        whole = quiet_of(Runs(two_runs(), FS_HZ), events, params)
        cut = quiet_of(Runs(two_runs(), FS_HZ, cuts), events, params)
    assert same_bits(whole.mean, cut.mean)
    assert same_bits(whole.sd, cut.sd)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"baseline_s": [3.5, 4.5]}, r"baseline_s \[3.5, 4.5\] holds 0 samples.*0 to 3 s, 5 to 7"),
        ({"baseline_epoc": True}, "the epoc that tells the baseline holds 0 samples"),
        ({"baseline_quantile": 0.5, "baseline_window_s": 9.0}, "baseline_quantile 0.5 holds 0"),
    ],
)
def test_a_baseline_without_samples_is_refused(params: dict, said: str) -> None:
    with pytest.raises(OperationError, match=said):
        quiet_of(Runs(two_runs(), FS_HZ), [rest((3.5, 4.0))], Baseline(**params))
