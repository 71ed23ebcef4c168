"""Clipping, dropouts and masking against MNE-Python, NumPy, and stretches put in by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError
from whole_signals import Runs, filtered, run_by_run, same_bits, signal_like, stimuli, table_of

from dspant.errors import OperationError
from dspant.ops.registry import operations
from dspant.ops.signal import Events, Learned

FS_HZ = 1000.0


def stretches(name: str, x: np.ndarray, start_s: float = 0.0, **params: Any) -> list[Any]:
    """(channel, first sample, one after the last, level) of each row."""
    table = table_of(name, Runs([(start_s, x)], FS_HZ), **params)
    first, stop = (
        np.round((table[column] - start_s) * FS_HZ).astype(int).tolist()
        for column in ("onset", "offset")
    )
    return list(zip(table["channel"], first, stop, table["level"], strict=True))


def runs_of_true(holds: np.ndarray, least: int) -> list[tuple[int, int]]:
    """Every stretch of at least so many samples, looked at sample by sample."""
    found, start = [], None
    for index, held in enumerate([*holds.tolist(), False]):
        if held and start is None:
            start = index
        if not held and start is not None:
            if index - start >= least:
                found.append((start, index))
            start = None
    return found


@pytest.mark.against("a sine cut off by numpy.clip", "clipping")
@pytest.mark.parametrize("level", ["auto", 0.8])
def test_a_sine_is_clipped_where_it_was_cut_off(level: Any) -> None:
    sine = np.sin(2 * np.pi * 3.3 * np.arange(3000) / FS_HZ)
    x = np.stack([np.clip(sine, -0.8, 0.8), 0.7 * sine])
    expected = [(a, b, 0.8) for a, b in runs_of_true(sine >= 0.8, 3)]
    expected += [(a, b, -0.8) for a, b in runs_of_true(sine <= -0.8, 3)]
    assert len(expected) == 20
    found = stretches("clipping", x, level=level)
    assert found == [("ch0", *row) for row in sorted(expected)]


@pytest.mark.against("a search sample by sample in plain Python", "clipping", "dropouts")
def test_stretches_of_noise_are_those_found_sample_by_sample() -> None:
    x = np.random.default_rng(6).normal(size=(2, 5000))
    above = [("ch0", a, b, 1.0) for a, b in runs_of_true(x[0] >= 0.75, 3)]
    below = [("ch0", a, b, -1.0) for a, b in runs_of_true(x[0] <= -0.75, 3)]
    found = stretches("clipping", x[:1], level=1.0, tolerance=0.25, min_duration_s=0.003)
    assert found == sorted(above + below, key=lambda row: row[1])
    assert len(found) > 20
    flat = [
        (f"ch{channel}", a, b + 1, row[a])
        for channel, row in enumerate(x)
        for a, b in runs_of_true(np.abs(np.diff(row)) <= 0.5, 3)
    ]
    found = stretches("dropouts", x, tolerance=0.5, min_duration_s=0.004)
    assert found == sorted(flat, key=lambda row: (row[1], row[0]))
    assert len(found) > 20


@pytest.mark.against("mne.preprocessing.annotate_amplitude of MNE-Python 1.13.2", "dropouts")
@pytest.mark.parametrize(
    ("flat", "min_duration_s", "onset", "duration"),
    [
        (0.0, 0.010, [0.5], [0.029]),
        (0.0, 0.008, [0.5, 1.0, 3.99], [0.029, 0.008, 0.009]),
        (0.001, 0.010, [0.5, 2.0], [0.029, 0.010]),
        (0.001, 0.008, [0.5, 1.0, 2.0, 3.99], [0.029, 0.008, 0.010, 0.009]),
    ],
)
def test_flat_stretches_are_those_of_mne(
    flat: float, min_duration_s: float, onset: Sequence[float], duration: Sequence[float]
) -> None:
    # annotate_amplitude(raw, flat={"eeg": flat}, min_duration=min_duration_s, bad_percent=100);
    # MNE counts the steps between samples, dspAnt the samples, which are one more.
    x = np.random.default_rng(5).normal(size=(1, 4000))
    x[0, 500:530] = x[0, 500]
    x[0, 1000:1009] = 0.25
    x[0, 2000:2011] = np.linspace(0, 0.001, 11)
    x[0, 3990:] = 1.0
    step_s = 1 / FS_HZ
    table = table_of(
        "dropouts", Runs([(0.0, x)], FS_HZ), tolerance=flat, min_duration_s=min_duration_s + step_s
    )
    assert table["onset"] == pytest.approx(onset, abs=1e-12)
    assert table["offset"] - table["onset"] == pytest.approx(np.array(duration) + step_s)
    assert table["level"].tolist() == [x[0, round(at * FS_HZ)] for at in onset]


def test_the_limits_of_a_channel_need_not_be_alike() -> None:
    x = np.random.default_rng(2).integers(-900, 900, (2, 4000)).astype(float)
    x[0, 100:104] = 32767
    x[0, 104:110] = -32768
    x[1, 50:60] = 900
    found = stretches("clipping", x)
    assert found == [
        ("ch1", 50, 60, 900.0),
        ("ch0", 100, 104, 32767.0),
        ("ch0", 104, 110, -32768.0),
    ]


def test_noise_is_not_clipped_and_a_constant_channel_is_lost_rather_than_clipped() -> None:
    x = np.random.default_rng(2).normal(size=(2, 4000))
    x[1] = 0.5
    assert stretches("clipping", x) == []
    assert stretches("dropouts", x, min_duration_s=0.1) == [("ch1", 0, 4000, 0.5)]


def test_no_stretch_crosses_a_gap() -> None:
    x = np.zeros((1, 100))
    x[0, 30:70] = 2.0
    source = Runs([(1.0, x[:, :50]), (9.0, x[:, 50:])], FS_HZ)
    table = table_of("clipping", source, level=2.0)
    assert table["onset"] == pytest.approx([1.03, 9.0])
    assert table["offset"] == pytest.approx([1.05, 9.02])
    table = table_of("dropouts", source, min_duration_s=0.03)
    assert table["onset"] == pytest.approx([1.0, 9.02])
    assert table["offset"] == pytest.approx([1.03, 9.05])


@pytest.mark.parametrize("name", ["clipping", "dropouts"])
def test_channels_of_unlike_units_need_tables_of_their_own(name: str) -> None:
    operation = operations()[name]
    params = operation.parameters(**operation.parameters.example)
    with pytest.raises(OperationError, match="different units"):
        operation.columns(signal_like(np.zeros((2, 5)), FS_HZ, ["V", "mV"]), [], params)


# replacing


def bad(rows: Sequence[tuple[Any, ...]]) -> Events:
    """A table of (onset, offset) or of (onset, offset, channel)."""
    names = ("onset", "offset", "channel")[: len(rows[0])]
    columns = zip(*rows, strict=True)
    return Events("bad", pa.table({n: list(c) for n, c in zip(names, columns, strict=True)}))


def learnt(x: np.ndarray, events: Events, **params: Any) -> Learned:
    operation = operations()["mask"]
    return operation.learn(Runs([(0.0, x)], FS_HZ), [events], operation.parameters(**params))


X = np.random.default_rng(9).normal(size=(3, 2000))

INTERVALS = [
    (0.1, 0.15, "ch0"),
    (0.14, 0.2, "ch0"),
    (0.2, 0.21, "ch0"),
    (0.3, 0.3005, "ch1"),
    (-1.0, 0.02, "ch1"),
    (1.9, 5.0, "ch0"),
]


def inside(channel: str) -> np.ndarray:
    """Samples of INTERVALS, one by one."""
    time_s = np.arange(2000) / FS_HZ
    return np.any([(time_s >= a) & (time_s < b) for a, b, c in INTERVALS if c == channel], axis=0)


@pytest.mark.against("numpy.interp over the samples that are left", "mask")
@pytest.mark.parametrize("cuts", [[], [1, 105, 199, 200, 1950], range(1, 2000)])
def test_a_straight_line_takes_the_place_of_each_interval(cuts: Sequence[int]) -> None:
    y = filtered("mask", X, FS_HZ, cuts, [bad(INTERVALS)])
    index = np.arange(2000)
    for row, name, found in zip(X[:2], ("ch0", "ch1"), y, strict=False):
        good = ~inside(name)
        assert same_bits(found[good], row[good])
        assert np.abs(found - np.interp(index, index[good], row[good])).max() < 1e-14
    assert same_bits(y[2], X[2])


@pytest.mark.against("pandas-like forward fill by NumPy", "mask")
def test_the_last_sample_is_held_or_nothing_is_left() -> None:
    held = filtered("mask", X, FS_HZ, [777], [bad(INTERVALS)], fill="hold")
    nothing = filtered("mask", X, FS_HZ, [777], [bad(INTERVALS)], fill="zero")
    for channel, name in enumerate(("ch0", "ch1")):
        good = ~inside(name)
        last = np.maximum.accumulate(np.where(good, np.arange(2000), -1))
        last[last < 0] = np.flatnonzero(good)[0]
        assert same_bits(held[channel], X[channel][last])
        assert np.array_equal(nothing[channel], np.where(good, X[channel], 0.0))


def test_the_metadata_say_how_much_was_replaced() -> None:
    stated = learnt(X, bad(INTERVALS)).stated
    assert stated == {
        "intervals": 6,
        "replaced_s": {"ch0": 0.21, "ch1": 0.021, "ch2": 0.0},
    }
    stated = learnt(X, bad(INTERVALS), all_channels=True).stated
    assert stated["replaced_s"] == {f"ch{i}": 0.231 for i in range(3)}
    assert learnt(X, bad([(0.5, 0.6)]), fill="zero").stated["replaced_s"]["ch2"] == 0.1


@pytest.mark.against("numpy.interp over the samples that are left", "mask")
def test_a_margin_widens_even_moments() -> None:
    (y,) = filtered("mask", X[:1], FS_HZ, [], [stimuli([0.5, 1.0])], margin_s=0.002)
    good = np.ones(2000, dtype=bool)
    good[498:502] = good[998:1002] = False
    index = np.arange(2000)
    assert np.abs(y - np.interp(index, index[good], X[0][good])).max() < 1e-14
    (same,) = filtered("mask", X[:1], FS_HZ, [], [stimuli([0.5, 1.0])])
    assert same_bits(same, X[0])


def test_nothing_is_filled_across_a_gap() -> None:
    runs = [(0.0, X[:, :1000]), (5.0, X[:, 1000:])]
    first, second = run_by_run("mask", Runs(runs, FS_HZ), [bad([(0.9, 5.1)])])
    assert np.array_equal(first[:, 900:], np.repeat(X[:, 899:900], 100, axis=1))
    assert np.array_equal(second[:, :100], np.repeat(X[:, 1100:1101], 100, axis=1))


def test_what_clipping_finds_is_what_is_masked() -> None:
    x = np.sin(2 * np.pi * 3.3 * np.arange(3000) / FS_HZ)[np.newaxis]
    table = table_of("clipping", Runs([(0.0, np.clip(x, -0.8, 0.8))], FS_HZ))
    found = bad(list(zip(table["onset"], table["offset"], table["channel"], strict=True)))
    (y,) = filtered("mask", np.clip(x, -0.8, 0.8), FS_HZ, [], [found], fill="zero")
    assert np.array_equal(y == 0, (np.abs(x[0]) >= 0.8) | (x[0] == 0))


@pytest.mark.parametrize(
    ("rows", "params", "said"),
    [
        ([(0.0, 3.0, "ch1")], {}, "channel ch1 is masked whole from 0 to 2 s"),
        ([(0.5, 0.4, "ch1")], {}, "row 0 of bad runs from 0.5 to 0.4 s, which is no interval"),
        ([(0.1, 0.2, "ch1"), (float("nan"), 0.4, "ch1")], {}, "row 1 of bad runs from nan"),
        ([(0.1, 0.2, "Ch1")], {}, r"channel column of bad names 'Ch1' \(did you mean 'ch1'\?\)"),
        ([(0.1, 0.2, "ch7")], {"fill": "zero"}, "set other_channels: ignore"),
    ],
)
def test_what_cannot_be_replaced_is_refused(rows: Any, params: Any, said: str) -> None:
    with pytest.raises(OperationError, match=said):
        learnt(X, bad(rows), **params)


def test_channels_that_are_not_there_are_stated_where_they_are_ignored() -> None:
    rows = [(0.1, 0.2, "ch7"), (0.3, 0.4, "ch0")]
    stated = learnt(X, bad(rows), other_channels="ignore").stated
    assert stated["ignored_channels"] == ["ch7"]
    assert stated["replaced_s"]["ch0"] == 0.1
    assert "ignored_channels" not in learnt(X, bad(rows), all_channels=True).stated


def test_an_interval_may_never_end_and_a_table_may_be_empty() -> None:
    y = filtered("mask", X, FS_HZ, [], [bad([(1.5, float("inf"))])])
    assert np.array_equal(y[:, 1500:], np.repeat(X[:, 1499:1500], 500, axis=1))
    assert same_bits(filtered("mask", X, FS_HZ, [], [stimuli([])], margin_s=1.0), X)


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("clipping", {"level": 0.0}, "greater than 0"),
        ("clipping", {"level": "max"}, "auto"),
        ("clipping", {"min_samples": 0}, "greater than or equal to 1"),
        ("dropouts", {"min_duration_s": 0.0}, "greater than 0"),
        ("dropouts", {}, "Field required"),
        ("mask", {"fill": "cubic"}, "linear"),
        ("mask", {"margin_s": -1.0}, "greater than or equal to 0"),
    ],
)
def test_parameters_without_sense_are_refused(name: str, params: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()[name].parameters(**params)
