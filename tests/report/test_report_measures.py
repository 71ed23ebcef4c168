"""What a recording's summary says of its tables, against Python's statistics module."""

from __future__ import annotations

import math
import statistics
from typing import Any

import numpy as np
import pytest
from small_recording import SmallRecording, step

from dspant.dataset.epoc import Epoc
from dspant.report.experiment.measures import MOST_CONDITIONS, measures_of

TRIALS = 60


@pytest.fixture
def rows() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    onset = np.arange(TRIALS, dtype=float)
    latency = rng.gamma(2.0, 0.01, TRIALS)
    latency[5] = np.nan
    return {
        "onset": onset,
        "offset": onset + 0.1,
        "data": np.resize([10.0, 20.0, 30.0], TRIALS),
        "channel": ["left", "right"] * (TRIALS // 2),
        "peak_to_peak": rng.lognormal(-9, 1, TRIALS),
        "latency_s": latency,
        "usable": rng.random(TRIALS) < 0.8,
        "reason": [""] * TRIALS,
    }


def summarised(small: SmallRecording, rows: dict[str, Any], op: str, **params: Any) -> Any:
    units = {"peak_to_peak": "V", "latency_s": "s", "data": "uA"}
    small.epoc("it", rows, units, inputs=("RawG",), steps=(step(op, **params),))
    return measures_of(Epoc(small.folder / "it.ant"))


def test_numbers_by_condition_and_channel(small: SmallRecording, rows: dict[str, Any]) -> None:
    found = summarised(small, rows, "evoked")

    assert found["condition"] == {"data": "uA"}
    assert found["units"] == {"peak_to_peak": "V", "latency_s": "s"}
    assert len(found["groups"]) == 6
    assert [group["condition"] for group in found["groups"][::2]] == [[10.0], [20.0], [30.0]]
    for group in found["groups"]:
        of_group = (rows["data"] == group["condition"][0]) & (
            np.array(rows["channel"]) == group["channel"]
        )
        kept = of_group & rows["usable"]
        assert (group["rows"], group["usable"]) == (of_group.sum(), kept.sum())
        for name, numbers in group["of"].items():
            values = [v for v in rows[name][kept].tolist() if math.isfinite(v)]
            expected = [
                *(len(values), statistics.mean(values)),
                *(statistics.stdev(values), statistics.median(values)),
            ]
            assert numbers == pytest.approx(expected, rel=1e-5)


def test_a_current_drawn_at_random_is_no_condition(
    small: SmallRecording, rows: dict[str, Any]
) -> None:
    rows["data"] = np.linspace(0.0, 1.0, TRIALS)

    found = summarised(small, rows, "evoked")

    assert TRIALS > MOST_CONDITIONS
    assert found["condition"] == {}
    assert found["conditions_found"] == TRIALS
    assert [group["channel"] for group in found["groups"]] == ["left", "right"]


def test_columns_that_a_step_groups_by_are_its_conditions(
    small: SmallRecording, rows: dict[str, Any]
) -> None:
    rows["phase"] = np.resize(["early", "late"], TRIALS).tolist()
    del rows["usable"]

    found = summarised(small, rows, "evoked_average", by=["phase", "data"])

    assert found["condition"] == {"phase": "", "data": "uA"}
    assert found["groups"][0]["condition"] == ["early", 10.0]
    assert "data" not in found["units"]


def test_intervals_that_last_differently_have_their_duration(small: SmallRecording) -> None:
    onset = np.array([0.0, 1.0, 2.0])
    rows = {"onset": onset, "offset": np.array([0.1, 1.2, 2.6]), "channel": ["left"] * 3}

    found = summarised(small, rows, "double_threshold")

    assert found["units"] == {"duration_s": "s"}
    assert found["groups"][0]["of"]["duration_s"] == pytest.approx([3, 0.3, 0.264575, 0.2])


def test_a_table_without_rows_or_measures_has_nothing_to_say(small: SmallRecording) -> None:
    none = {"onset": np.empty(0), "offset": np.empty(0), "peak": np.empty(0)}

    assert summarised(small, none, "double_threshold") == {}


AVERAGES: dict[str, dict[str, Any]] = {
    "evoked_average": {"trials": [3, 3], "rejected": [0, 1]}
    | {"start_s": [-0.01] * 2, "step_s": [8.192e-05] * 2},
    "cycle_average": {"cycles": [3, 2], "dropped": [1, 0]}
    | {"start_percent": [0.0] * 2, "step_percent": [1.0] * 2},
    "psth": {"triggers": [3, 2], "rejected": [1, 0], "start_s": [-0.1] * 2, "bin_s": [0.01] * 2},
}


@pytest.mark.parametrize("op", AVERAGES)
def test_when_and_how_an_average_was_made_is_no_measure(small: SmallRecording, op: str) -> None:
    when = {"onset": [0.5, 1.0], "offset": [9.5, 7.0], "channel": ["left", "right"]}

    assert summarised(small, when | AVERAGES[op], op) == {}


def test_what_an_average_measured_stays(small: SmallRecording) -> None:
    when = {"onset": [0.5, 1.0], "offset": [9.5, 7.0], "channel": ["left", "right"]}
    rows = when | AVERAGES["cycle_average"] | {"variation": [0.2, 0.4]}

    assert summarised(small, rows, "cycle_average")["units"] == {"variation": ""}


def test_times_and_counts_of_a_joined_table_are_no_measures(small: SmallRecording) -> None:
    onset = np.array([0.0, 1.0])
    rows = {"onset": onset, "offset": onset, "data": [1.0, 2.0]}
    rows |= {"stim_onset": onset + 0.1, "stim_offset": onset + 0.2, "stim_data": [5.0, 6.0]}
    rows |= {"match_lag_s": [0.1, 0.1], "match_count": [1, 1]}

    assert set(summarised(small, rows, "match_events")["units"]) == {"stim_data", "match_lag_s"}


def test_thresholds_and_intervals_of_confidence_are_no_measures(small: SmallRecording) -> None:
    onset = np.array([0.0, 1.0])
    spikes = {"onset": onset, "offset": onset, "peak": [1.0, 2.0], "threshold": [0.5, 0.5]}
    slopes = {"onset": onset, "offset": onset + 9, "windows": [5, 5], "mnf_slope": [-1.0, -2.0]}
    slopes |= {"mnf_low": [-2.0, -3.0], "mnf_high": [0.0, -1.0]}

    assert list(summarised(small, spikes, "peaks")["units"]) == ["peak"]
    assert list(summarised(small, slopes, "fatigue")["units"]) == ["mnf_slope"]
