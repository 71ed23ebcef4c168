"""Bursts of envelopes whose onsets and offsets are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from whole_signals import Runs, cuttings, filtered, same_bits, short_grid, table_of

from dspant.errors import OperationError
from dspant.ops.blocks import GRID_SAMPLES
from dspant.ops.registry import operations


def bursts(x: Any, fs_hz: float = 1000.0, **params: Any) -> dict[str, np.ndarray]:
    return table_of(
        "double_threshold", Runs([(0.0, np.atleast_2d(np.array(x, dtype=float)))], fs_hz), **params
    )


def spans(rows: dict[str, np.ndarray], fs_hz: float = 1000.0) -> list[tuple[int, int]]:
    on, off = np.round(rows["onset"] * fs_hz), np.round(rows["offset"] * fs_hz)
    return [(int(a), int(b)) for a, b in zip(on, off, strict=True)]


def box(samples: int, *active: tuple[int, int, float]) -> np.ndarray:
    x = np.zeros(samples)
    for start, stop, level in active:
        x[start:stop] = level
    return x


def test_one_burst_has_its_onset_offset_peak_and_area() -> None:
    x = box(1000, (300, 500, 2.0))
    x[420] = 5.0
    rows = bursts(x, on_level=1.0)
    assert spans(rows) == [(300, 500)]
    assert rows["peak"].tolist() == [5.0]
    assert rows["duration_s"] == pytest.approx([0.2])
    assert rows["time_to_peak_s"] == pytest.approx([0.12])
    assert rows["area"] == pytest.approx([(199 * 2 + 5) / 1000])
    assert rows["clipped"].tolist() == [False]


def test_a_burst_begins_and_ends_at_the_lower_threshold_but_must_reach_the_upper() -> None:
    x = box(1000, (100, 200, 1.5), (120, 140, 4.0), (600, 700, 1.5))
    assert spans(bursts(x, on_level=3.0, off_level=1.0)) == [(100, 200)]
    assert spans(bursts(x, on_level=3.0)) == [(120, 140)]


def test_a_level_that_is_just_reached_counts() -> None:
    x = box(100, (10, 20, 1.0))
    assert spans(bursts(x, on_level=1.0)) == [(10, 20)]
    assert spans(bursts(x, on_level=np.nextafter(1.0, 2))) == []


def test_bursts_merge_over_a_shorter_pause_before_short_ones_are_dropped() -> None:
    x = box(1000, (100, 130, 2.0), (140, 170, 3.0), (190, 220, 2.0), (500, 530, 2.0))
    rows = bursts(x, on_level=1.0, merge_gap_s=0.015, min_duration_s=0.05)
    assert spans(rows) == [(100, 170)]
    assert rows["peak"].tolist() == [3.0]
    assert rows["area"] == pytest.approx([(30 * 2 + 30 * 3) / 1000])
    assert rows["time_to_peak_s"] == pytest.approx([0.04])


def test_a_pause_as_long_as_the_merge_gap_parts_two_bursts() -> None:
    x = box(64, (8, 16, 2.0), (24, 32, 2.0))
    assert spans(bursts(x, fs_hz=64.0, on_level=1.0, merge_gap_s=8 / 64), 64.0) == [
        (8, 16),
        (24, 32),
    ]
    assert spans(bursts(x, fs_hz=64.0, on_level=1.0, merge_gap_s=9 / 64), 64.0) == [(8, 32)]


def test_a_burst_as_long_as_the_least_duration_stays() -> None:
    x = box(64, (8, 16, 2.0))
    assert len(bursts(x, fs_hz=64.0, on_level=1.0, min_duration_s=8 / 64)["onset"]) == 1
    assert len(bursts(x, fs_hz=64.0, on_level=1.0, min_duration_s=9 / 64)["onset"]) == 0


def test_bursts_at_the_ends_of_the_recording_are_said_to_be_clipped() -> None:
    rows = bursts(box(100, (0, 10, 2.0), (40, 50, 2.0), (90, 100, 2.0)), on_level=1.0)
    assert spans(rows) == [(0, 10), (40, 50), (90, 100)]
    assert rows["clipped"].tolist() == [True, False, True]


def test_no_burst_crosses_or_merges_over_a_gap() -> None:
    first, second = box(100, (80, 100, 2.0))[None], box(100, (0, 20, 2.0), (50, 60, 2.0))[None]
    source = Runs([(0.0, first), (0.1001, second)], 1000.0)
    rows = table_of("double_threshold", source, on_level=1.0, merge_gap_s=0.01)
    assert rows["onset"] == pytest.approx([0.08, 0.1001, 0.1501])
    assert rows["offset"] == pytest.approx([0.1, 0.1201, 0.1601])
    assert rows["clipped"].tolist() == [True, True, False]


@pytest.mark.parametrize("border", [GRID_SAMPLES, 2 * GRID_SAMPLES])
@pytest.mark.parametrize(("before", "after"), [(50, 70), (50, 0), (0, 70), (1, 1)])
def test_a_burst_at_a_border_of_blocks_is_one_burst(border: int, before: int, after: int) -> None:
    x = box(3 * GRID_SAMPLES - 5, (border - before, border + after, 2.0))
    x[border + after - 1] = 7.0
    rows = bursts(x, on_level=1.0)
    assert spans(rows) == [(border - before, border + after)]
    assert rows["peak"].tolist() == [7.0]
    assert rows["area"] == pytest.approx([(2 * (before + after) + 5) / 1000])


def test_thresholds_are_each_channels_own_mean_and_sd_of_the_baseline() -> None:
    x = np.abs(np.random.default_rng(1).normal(size=(2, 5000)))
    x[:, 3000:4000] = np.linspace(0, 30, 1000)
    x *= [[1.0], [100.0]]
    rows = bursts(x, on_sd=20.0, off_sd=12.0, baseline_s=[0.5, 2.5])
    quiet = x[:, 500:2500]
    off = quiet.mean(axis=1) + 12 * quiet.std(axis=1, ddof=1)
    begins = [int(np.argmax(x[channel] >= off[channel])) for channel in (0, 1)]
    assert sorted(spans(rows)) == sorted((begin, 4000) for begin in begins)


def test_a_baseline_in_a_later_run_is_found_by_its_time() -> None:
    noise = np.random.default_rng(2).normal(size=(1, 1000))
    loud, quiet = noise * 50, noise.copy()
    source = Runs([(0.0, loud), (10.0, quiet)], 1000.0)
    rows = table_of("double_threshold", source, on_sd=8.0, baseline_s=[10.0, 11.0])
    assert len(rows["onset"]) > 100
    assert rows["onset"].max() < 1.0


def test_rows_are_in_the_order_of_onsets() -> None:
    x = np.stack([box(100, (60, 70, 2.0), (10, 20, 2.0)), box(100, (10, 30, 2.0), (40, 50, 2.0))])
    rows = bursts(x, on_level=1.0)
    assert spans(rows) == [(10, 20), (10, 30), (40, 50), (60, 70)]
    assert rows["channel"].tolist() == ["ch0", "ch1", "ch1", "ch0"]


def plain_bursts(
    x: np.ndarray, on: float, off: float, gap: int, least: int
) -> list[tuple[int, int]]:
    """The definition, sample by sample."""
    runs, start = [], None
    for n, value in enumerate([*x, -np.inf]):
        if value >= off and start is None:
            start = n
        if value < off and start is not None:
            if max(x[start:n]) >= on:
                runs.append([start, n])
            start = None
    merged: list[list[int]] = []
    for run in runs:
        if merged and run[0] - merged[-1][1] < gap:
            merged[-1][1] = run[1]
        else:
            merged.append(run)
    return [(a, b) for a, b in merged if b - a >= least]


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=200),
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(0, 8),
    st.integers(0, 8),
    cuttings(200),
    st.integers(1, 50),
)
def test_bursts_equal_their_definition_however_the_run_is_cut(  # noqa: PLR0917
    levels: list[int], on: int, lower: int, gap: int, least: int, cuts: Sequence[int], grid: int
) -> None:
    x, off = np.array(levels, dtype=float), max(on - lower, 1)
    params = {
        "on_level": float(on),
        "off_level": float(off),
        "merge_gap_s": gap / 64,
        "min_duration_s": least / 64,
    }
    with short_grid(grid):
        rows = table_of("double_threshold", Runs([(0.0, x[None])], 64.0, cuts), **params)
    expected = plain_bursts(x, on, off, gap, least)
    assert spans(rows, 64.0) == expected
    assert rows["peak"].tolist() == [max(x[a:b]) for a, b in expected]
    assert rows["area"] == pytest.approx([sum(x[a:b]) / 64 for a, b in expected])
    first = [(a + int(np.argmax(x[a:b])) - a) / 64 for a, b in expected]
    assert rows["time_to_peak_s"] == pytest.approx(first)


@settings(deadline=None, max_examples=40)
@given(cuttings(2000), st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_levels_from_a_baseline_are_the_same_bits_however_the_run_is_cut(
    cuts: Sequence[int], seed: int, channels: int
) -> None:
    x = np.abs(np.random.default_rng(seed).normal(size=(channels, 2000)))
    params = {"on_sd": 2.0, "off_sd": 1.0, "baseline_s": [0.1, 1.6]}
    uncut = table_of("double_threshold", Runs([(0.0, x)], 1000.0), **params)
    again = table_of("double_threshold", Runs([(0.0, x)], 1000.0, cuts), **params)
    for name in ("onset", "offset", "peak", "area"):
        assert same_bits(again[name], uncut[name])


def test_a_level_from_a_baseline_does_not_depend_on_blocks_of_one_sample() -> None:
    from dspant.ops.bursts import _levels

    x = np.random.default_rng(7).normal(size=(3, 5000))
    model = operations()["double_threshold"].parameters(on_sd=3.0, baseline_s=[0.0, 5.0])
    whole = _levels(Runs([(0.0, x)], 1000.0), [], model)
    cut = _levels(Runs([(0.0, x)], 1000.0, range(1, 5000)), [], model)
    assert [list(map(float, a)) for a in whole] == [list(map(float, a)) for a in cut]


@pytest.fixture(scope="module")
def surface_emg(recordings_folder: Path) -> np.ndarray:
    file = recordings_folder / "emg_bmc" / "emg.csv"
    if not file.is_file():
        pytest.skip(f"no {file}")
    return np.loadtxt(file, delimiter=",")[:, 1]


def test_a_published_band_pass_of_surface_emg_is_reproduced(surface_emg: np.ndarray) -> None:
    y = filtered("bandpass", surface_emg[None], 1000.0, low_hz=10.0, high_hz=400.0, order=2)
    assert np.sqrt(np.mean(y**2)) == pytest.approx(0.020019669235775334, rel=1e-6)


@pytest.mark.against("published onsets of surface EMG", "double_threshold")
def test_published_onsets_of_surface_emg_are_reproduced(surface_emg: np.ndarray) -> None:
    x = filtered("bandpass", surface_emg[None], 1000.0, low_hz=20.0, high_hz=400.0, order=2)
    x = filtered("lowpass", np.abs(x), 1000.0, cutoff_hz=20.0, order=2)
    level = 2 * float(np.std(surface_emg[:200]))
    rows = bursts(x, on_level=level, min_duration_s=0.05, merge_gap_s=0.01)
    assert np.abs(np.array(spans(rows)) - [[399, 859], [1388, 1879], [2410, 2918]]).max() <= 2


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "give either on_sd"),
        ({"on_sd": 3.0, "on_level": 1.0, "baseline_s": [0.0, 1.0]}, "give either on_sd"),
        ({"on_sd": 3.0}, "on_sd needs baseline_s"),
        ({"on_sd": 3.0, "off_level": 1.0, "baseline_s": [0.0, 1.0]}, "with on_sd give off_sd"),
        ({"on_level": 3.0, "off_sd": 1.0}, "off_sd and a baseline go with on_sd"),
        ({"on_level": 3.0, "baseline_s": [0.0, 1.0]}, "off_sd and a baseline go with on_sd"),
        ({"on_level": 3.0, "off_level": 4.0}, r"off threshold \(4\) must not be above"),
        ({"on_sd": 3.0, "baseline_s": [1.0, 1.0]}, "baseline_s must rise"),
        ({"on_sd": 3.0, "baseline_s": [0.0]}, "at least 2 items"),
        ({"on_level": 1.0, "merge_gap_s": -1.0}, "greater than or equal to 0"),
    ],
)
def test_threshold_parameters_that_contradict_are_refused(
    params: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()["double_threshold"].parameters(**params)


def test_a_baseline_outside_the_signal_is_refused_with_where_it_runs() -> None:
    source = Runs([(0.0, np.zeros((1, 1000))), (5.0, np.zeros((1, 1000)))], 1000.0)
    with pytest.raises(OperationError, match=r"holds 0 samples.*0 to 1 s, 5 to 6 s"):
        table_of("double_threshold", source, on_sd=3.0, baseline_s=[2.0, 3.0])


def test_channels_of_different_units_are_refused() -> None:
    source = Runs([(0.0, np.zeros((2, 100)))], 1000.0, units=["V", "mV"])
    with pytest.raises(OperationError, match=r"different units \['V', 'mV'\]"):
        table_of("double_threshold", source, on_level=1.0)
