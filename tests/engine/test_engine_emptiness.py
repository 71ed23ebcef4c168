"""A node whose table tells nothing says so, and why, in its log and its provenance."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_nodes import node, noise, store, strobes

from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import read_provenance

FS_HZ = 1000.0
EVOKED = {"evoked": {"window_s": [-0.01, 0.04], "response_s": [0.004, 0.03]}}
AVERAGE = {"evoked_average": {"window_s": [-0.01, 0.04], "resamples": 10}}
WINDOWS = {"windows": {"length_s": 0.5, "step_s": 0.5, "features": ["rms"]}}
TOO_LONG = {"windows": {"length_s": 25, "step_s": 1, "features": ["rms"]}}
SEGMENTS = [(0, 8000, 0.0), (8000, 4000, 10.0)]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return store(tmp_path / "Raw.ant", noise(2, 12_000), SEGMENTS, fs_hz=FS_HZ)


def warned(path: Path, inputs: list[Path], steps: list[Any], rows: int) -> list[str]:
    made = node(path / "made.ant", inputs, steps, "epoc")
    assert Epoc(made).events == rows
    return read_provenance(DatasetFolder(made))["warnings"]


def test_windows_longer_than_any_run_are_told_with_both_lengths(
    raw: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "dspant.node"):
        (said,) = warned(tmp_path, [raw], [TOO_LONG], 0)

    assert said == (
        "node made: its table has no rows: length_s is 25 s, and the longest unbroken run of Raw "
        "is 8 s"
    )
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warnings == [said]


@pytest.mark.parametrize("step", [EVOKED, AVERAGE, "burst_measures"])
def test_a_table_without_events_is_named(raw: Path, tmp_path: Path, step: Any) -> None:
    none = strobes(tmp_path / "Stim.ant", [])

    (said,) = warned(tmp_path, [raw, none], [step], 0)

    assert said == "node made: its table has no rows: Stim has no events"


def test_a_first_input_without_events_is_named(tmp_path: Path) -> None:
    none, some = strobes(tmp_path / "Stim.ant", []), strobes(tmp_path / "Chan.ant", [1.0, 2.0])

    (said,) = warned(tmp_path, [none, some], [{"match_events": {"tolerance_s": 1.0}}], 0)

    assert said == "node made: its table has no rows: Stim has no events"


def test_where_nothing_is_found_it_is_told_how_much_was_looked_at(
    raw: Path, tmp_path: Path
) -> None:
    (said,) = warned(tmp_path, [raw], [{"double_threshold": {"on_level": 1e6}}], 0)

    assert said == (
        "node made: its table has no rows: 12 s of Raw were read, and the longest unbroken run of "
        "Raw is 8 s"
    )


def test_events_that_all_lie_outside_are_told_with_their_number(raw: Path, tmp_path: Path) -> None:
    outside = strobes(tmp_path / "Stim.ant", [50.0, 60.0, 70.0])

    (rows,) = warned(tmp_path, [raw, outside], [EVOKED], 6)
    (averages,) = warned(tmp_path, [raw, outside], [AVERAGE], 6)

    assert rows.startswith("node made: none of its 6 rows can be used: window leaves the recording")
    assert averages.startswith("node made: none of its 6 rows is an average of anything: 12 s of")
    for said in (rows, averages):
        assert said.endswith("; 3 events of Stim came in")


def test_averages_of_tables_are_looked_at_too(raw: Path, tmp_path: Path) -> None:
    outside = strobes(tmp_path / "Stim.ant", [50.0, 60.0, 70.0])
    cycles = [{"cycle_profiles": {"all_channels": True, "keep": ["data"]}}, "cycle_average"]
    (average,) = warned(tmp_path, [raw, outside], cycles, 2)
    spikes = node(tmp_path / "spikes.ant", [raw], [{"peaks": {"level": 0.5}}], "epoc")
    counted = [{"psth": {"window_s": [-0.2, 0.4], "bin_s": 0.03}}]
    (counts,) = warned(tmp_path, [spikes, outside, raw], counted, 2)

    for said in (average, counts):
        assert said.startswith("node made: none of its 2 rows is an average of anything: ")
        assert said.endswith("3 events of Stim came in")


def test_one_row_that_tells_something_is_enough(raw: Path, tmp_path: Path) -> None:
    stimuli = strobes(tmp_path / "Stim.ant", [2.0, 60.0])

    assert warned(tmp_path, [raw, stimuli], [EVOKED], 4) == []
    assert warned(tmp_path, [raw, stimuli], [AVERAGE], 4) == []
    assert warned(tmp_path, [raw], [WINDOWS], 2 * (16 + 8)) == []


@pytest.mark.parametrize("step", ["clipping", {"dropouts": {"min_duration_s": 0.1}}])
def test_where_no_fault_is_found_nothing_is_lacking(raw: Path, tmp_path: Path, step: Any) -> None:
    assert warned(tmp_path, [raw], [step], 0) == []


def test_a_table_in_many_batches_is_counted_as_a_whole(tmp_path: Path) -> None:
    envelope = np.zeros((1, 400_000), dtype="float32")
    envelope[0, 350_000:350_100] = 1.0
    path = store(tmp_path / "Envl.ant", envelope, fs_hz=FS_HZ)

    assert warned(tmp_path, [path], [{"double_threshold": {"on_level": 0.5}}], 1) == []
