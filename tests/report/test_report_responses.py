from __future__ import annotations

from pathlib import Path

import numpy as np
from small_recording import FS_HZ, SmallRecording, typical

from dspant.report.families.evoked import MOST_VALUES, mean_responses
from dspant.report.families.windows import joined
from dspant.report.recording import open_and_survey


def test_mean_responses_equal_numpy(tmp_path: Path) -> None:
    small = typical(tmp_path / "rec01")
    recording = open_and_survey(small.datasets, small.names, 60.0)
    table = recording.table("mep")
    found = mean_responses(table, table.signal)
    assert [response.value for response in found] == [-100.0, -200.0]
    whole = recording.streams["filtered"].read().astype(np.float64)
    onset = np.arange(1.0, 11.0, 0.5)[2:]
    current = np.tile([-100.0, -200.0], 10)[2:]
    for response in found:
        first = np.round((onset[current == response.value] - 0.05) * FS_HZ).astype(int)
        traces = np.stack([whole[:, start : start + 151] for start in first])
        assert response.count == len(traces) == 9
        np.testing.assert_allclose(response.mean, traces.mean(axis=0), atol=1e-15)
        np.testing.assert_allclose(response.sd, traces.std(axis=0, ddof=1), rtol=1e-9)
        assert response.time_s[0] == -0.05


def test_of_many_stimulus_values_some_are_traced(small: SmallRecording) -> None:
    small.stream("RawG", np.random.default_rng(0).standard_normal((1, 30_000)), ["a"])
    onset = np.linspace(1, 29, 100)
    small.epoc(
        "mep",
        {
            "onset": onset,
            "offset": onset + 0.1,
            "data": np.arange(100.0),
            "channel": ["a"] * 100,
            "peak_to_peak": np.ones(100),
            "usable": np.ones(100, dtype=bool),
            "reason": [""] * 100,
        },
        {"peak_to_peak": "V"},
        inputs=("RawG",),
        steps=({"op": "evoked", "version": 1,
                "params": {"window_s": [-0.05, 0.1], "response_s": [0.01, 0.09]}},),
    )  # fmt: skip
    recording = open_and_survey(small.datasets, small.names, None)
    table = recording.table("mep")
    assert len(mean_responses(table, table.signal)) == MOST_VALUES


def test_windows_are_averaged_in_groups_and_broken_at_gaps() -> None:
    time_s = np.array([0.0, 1, 2, 3, 14, 15])
    found_s, values = joined(time_s, np.arange(6.0), 1)
    assert np.isnan(values[4])
    assert len(values) == 7
    found_s, values = joined(time_s[:5], np.arange(5.0), 2)
    np.testing.assert_allclose(values[:2], [0.5, 2.5])
    np.testing.assert_allclose(found_s[:2], [0.5, 2.5])
