"""Histograms against numpy.histogram and against trains whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from whole_signals import Runs, events_of, table_of

from dspant.ops.registry import operations


def histogram(
    spikes: Any, triggers: Any, runs: Any = None, channel: Any = None, **params: Any
) -> dict[str, np.ndarray]:
    named = {} if channel is None else {"channel": np.array(channel, dtype=object)}
    events = events_of("spikes", onset=np.array(spikes, dtype=float), **named)
    recorded = Runs(runs or [(0.0, np.zeros((1, 100_000)))], 1000.0)
    return table_of(
        "psth", events, [events_of("Stim", onset=np.array(triggers, dtype=float)), recorded],
        **{"window_s": [-0.1, 0.3], "bin_s": 0.01} | params,
    )  # fmt: skip


@pytest.mark.against("numpy.histogram of all lags", "psth")
def test_counts_are_those_of_the_lags() -> None:
    rng = np.random.default_rng(1)
    spikes, triggers = rng.uniform(0, 100, 3000), rng.uniform(1, 99, 40)
    rows = histogram(spikes, triggers)
    lags = (spikes[None] - triggers[:, None]).ravel()
    edges = -0.1 + np.arange(41) * 0.01
    expected, _ = np.histogram(lags[lags < 0.3], edges)
    assert rows["count"].dtype == np.int64
    assert rows["count"][0].tolist() == expected.tolist()
    assert rows["rate_hz"][0] == pytest.approx(expected / (40 * 0.01))
    assert rows["triggers"].tolist() == [40]


def test_a_lag_keeps_its_bin_after_an_hour() -> None:
    # float32 seconds are 0.24 ms apart at one hour, which would spread 20.1 ms over two bins
    triggers = 3600.0 + np.arange(200) * 0.37
    runs = [(3500.0, np.zeros((1, 400_000)))]
    rows = histogram(triggers + 0.0201, triggers, runs, bin_s=0.001)
    assert rows["count"][0, 120] == 200
    assert rows["count"].sum() == 200


def test_a_lag_on_an_edge_is_in_the_bin_that_begins_there() -> None:
    triggers = np.arange(1, 90) * 0.7
    rows = histogram(np.sort(triggers + 0.05), triggers)
    assert rows["count"][0, 15] == 89
    rows = histogram(np.sort(triggers + 0.3), triggers)
    assert rows["count"][0].sum() == 0


@pytest.mark.against("a Poisson train of known rate", "psth")
def test_rates_of_a_train_without_relation_are_its_rate() -> None:
    rng = np.random.default_rng(2)
    spikes = np.sort(rng.uniform(0, 100, rng.poisson(2000)))
    rows = histogram(spikes, rng.uniform(1, 99, 500), bin_s=0.05)
    assert rows["rate_hz"].mean() == pytest.approx(20, rel=0.1)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.one_of(st.floats(-1, 8), st.sampled_from([0.1, 1.7, 4.1, 5.7])), max_size=8),
    st.lists(st.floats(-1, 8), max_size=20),
)
def test_triggers_at_edges_and_in_gaps_do_not_count_and_are_counted(
    triggers: list[float], spikes: list[float]
) -> None:
    runs = [(0.0, np.zeros((2, 2000))), (4.0, np.zeros((2, 2000)))]
    rows = histogram(spikes, triggers, runs, channel=["ch1"] * len(spikes))
    assert rows["channel"].tolist() == ["ch0", "ch1"]
    assert (rows["triggers"] + rows["rejected"] == len(triggers)).all()
    whole = [
        t for t in triggers if any(s <= t - 0.1 + 1e-9 and t + 0.3 <= s + 2 + 1e-9 for s in (0, 4))
    ]
    assert rows["triggers"].tolist() == [len(whole)] * 2
    assert rows["count"][0].sum() == 0
    if not whole:
        assert np.isnan(rows["rate_hz"]).all()


def test_a_window_that_is_no_whole_number_of_bins_is_refused() -> None:
    with pytest.raises(ValidationError, match="no whole number of bins"):
        operations()["psth"].parameters(window_s=[-0.1, 0.3], bin_s=0.03)
    with pytest.raises(ValidationError, match="must rise"):
        operations()["psth"].parameters(window_s=[0.3, -0.1], bin_s=0.01)
