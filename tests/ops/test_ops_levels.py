"""Offsets and drifts taken off, against NumPy and SciPy on the whole run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import signal as sp
from whole_signals import Runs, cuttings, filtered, run_by_run, same_bits, short_grid

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream import Stream
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter
from dspant.engine.chain import bind, documents
from dspant.engine.source import StreamSource, signal_of
from dspant.errors import OperationError
from dspant.ops.registry import operations


def two_runs(seed: int, offset: float = 0.0) -> list[tuple[float, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [
        (start_s, rng.normal(size=(3, samples)) * [[1.0], [2.0], [5.0]] + offset + start_s)
        for start_s, samples in [(0.0, 700), (2.0, 301)]
    ]


def at_once(name: str, runs: Any, cuts: Sequence[int], grid: int, **params: Any) -> np.ndarray:
    """Both runs joined; however they are cut, the bits are the same."""
    with short_grid(grid):
        made = run_by_run(name, Runs(runs, 1000.0, cuts), **params)
        uncut = run_by_run(name, Runs(runs, 1000.0), **params)
    assert all(same_bits(a, b) for a, b in zip(made, uncut, strict=True))
    return np.concatenate(made, axis=1)


@pytest.mark.against("numpy.mean, numpy.median", "remove_offset")
@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 99),
    st.sampled_from([0.0, 1e6]),
    st.sampled_from(["mean", "median"]),
    cuttings(700),
    st.integers(20, 300),
)
def test_the_offset_is_that_of_the_recording_or_of_each_run(
    seed: int, offset: float, statistic: str, cuts: Sequence[int], grid: int
) -> None:
    runs = two_runs(seed, offset)
    take = getattr(np, statistic)
    whole = np.concatenate([x for _, x in runs], axis=1)
    made = at_once("remove_offset", runs, cuts, grid, statistic=statistic)
    expected = whole - take(whole, axis=1, keepdims=True)
    assert np.abs(made - expected).max() <= 1e-14 * (1 + offset)
    each = at_once("remove_offset", runs, cuts, grid, statistic=statistic, over="run")
    expected = np.concatenate([x - take(x, axis=1, keepdims=True) for _, x in runs], axis=1)
    assert np.abs(each - expected).max() <= 1e-14 * (1 + offset)


def test_the_offset_may_be_that_of_a_quiet_stretch() -> None:
    runs = two_runs(5)
    made = at_once("remove_offset", runs, [], 64, baseline_s=[0.5, 2.1])
    whole = np.concatenate([x for _, x in runs], axis=1)
    assert np.allclose(made, whole - whole[:, 500:800].mean(axis=1, keepdims=True), atol=1e-13)


@pytest.mark.against("numpy.mean of each window", "remove_offset")
@settings(deadline=None, max_examples=30)
@given(st.integers(1, 400), st.integers(0, 60), cuttings(400), st.integers(1, 90))
def test_a_moving_mean_is_of_the_samples_that_exist(
    samples: int, half: int, cuts: Sequence[int], grid: int
) -> None:
    x = np.random.default_rng(samples).normal(size=(2, samples)) + 10
    with short_grid(grid):
        y = filtered("remove_offset", x, 1000.0, cuts, window_s=(2 * half + 1) / 1000)
    around = [x[:, max(n - half, 0) : n + half + 1].mean(axis=1) for n in range(samples)]
    assert np.abs(y - (x - np.stack(around, axis=1))).max() < 1e-12


def test_the_metadata_state_the_offset() -> None:
    runs = two_runs(6)
    operation = operations()["remove_offset"]
    learned = operation.learn(Runs(runs, 1000.0), [], operation.parameters(over="run"))
    stated = learned.stated["offset"]
    assert list(stated) == ["ch0", "ch1", "ch2"]
    for channel, values in enumerate(stated.values()):
        assert values == pytest.approx([x[channel].mean() for _, x in runs], rel=1e-12)
    learned = operation.learn(Runs(runs, 1000.0), [], operation.parameters())
    whole = np.concatenate([x for _, x in runs], axis=1)
    assert list(learned.stated["offset"].values()) == pytest.approx(list(whole.mean(axis=1)))


def test_a_stretch_outside_the_recording_is_refused() -> None:
    with pytest.raises(OperationError, match=r"baseline_s \[9.0, 9.5\] holds 0 samples"):
        at_once("remove_offset", two_runs(1), [], 64, baseline_s=[9.0, 9.5])


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"baseline_s": [1.0, 0.0]}, "baseline_s must rise"),
        ({"baseline_s": [0.0, 1.0], "over": "run"}, "leave out over"),
        ({"window_s": 1.0, "statistic": "median"}, "takes off a moving mean"),
    ],
)
def test_parameters_that_contradict_are_refused(params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()["remove_offset"].parameters(**params)


@pytest.mark.against("scipy.signal.detrend", "detrend")
@settings(deadline=None, max_examples=50)
@given(
    st.integers(1, 2000),
    st.sampled_from([0.0, 1e6]),
    st.sampled_from([0, 1]),
    cuttings(2000),
    st.integers(1, 300),
)
def test_low_orders_are_scipys_detrend(
    samples: int, offset: float, order: int, cuts: Sequence[int], grid: int
) -> None:
    rng = np.random.default_rng(samples)
    x = rng.normal(size=(2, samples)) + offset + np.linspace(0, offset, samples)
    with short_grid(grid):
        y = filtered("detrend", x, 1000.0, cuts, order=order)
        assert same_bits(y, filtered("detrend", x, 1000.0, order=order))
    kind = "linear" if order else "constant"
    expected = sp.detrend(x, axis=1, type=kind)
    assert np.abs(y - expected).max() <= 1e-13 * (10 + offset)


@pytest.mark.against("numpy.polynomial.legendre.legfit", "detrend")
@pytest.mark.parametrize("order", [2, 3, 5, 10, 20])
@pytest.mark.parametrize("samples", [40, 5000, 300_000])
def test_high_orders_are_numpys_fit(order: int, samples: int) -> None:
    rng = np.random.default_rng(order)
    place = np.linspace(-1, 1, samples)
    x = rng.normal(size=samples) + 1e3 * np.cos(4 * place)
    fit = np.polynomial.legendre.legfit(place, x, order)
    expected = x - np.polynomial.legendre.legval(place, fit)
    y = filtered("detrend", x[np.newaxis], 1000.0, order=order)[0]
    assert np.abs(y - expected).max() < 1e-8 * (1 if samples > 40 else 1000)
    assert np.abs(y.mean()) < 1e-10


@pytest.mark.parametrize("samples", [1, 2, 3, 4])
def test_a_run_shorter_than_the_order_is_its_own_trend(samples: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, samples)) + 100
    assert np.abs(filtered("detrend", x, 1000.0, order=5)).max() < 1e-12


def test_every_run_has_its_own_trend() -> None:
    runs = two_runs(3)
    made = at_once("detrend", runs, [5, 99], 64, order=1)
    expected = np.concatenate([sp.detrend(x, axis=1) for _, x in runs], axis=1)
    assert np.abs(made - expected).max() < 1e-12


@pytest.mark.parametrize("threads", [1, 3])
def test_runs_are_known_again_after_the_rate_has_changed(tmp_path: Path, threads: int) -> None:
    runs = two_runs(9)
    folder = DatasetFolder(tmp_path / "Emg.ant")
    header = StreamHeader(
        source="test",
        name="Emg",
        fs_hz=1000.0,
        channels=["a", "b", "c"],
        units=["V"] * 3,
        segments=[(0, 700, 0.0), (700, 301, 2.0)],
        dtype="float64",
    )
    with StreamWriter(folder, header, "none") as writer:
        for _, x in runs:
            writer.write(x)
        writer.finish(Provenance())
    steps = bind(
        [
            {"op": name, "version": 1, "params": params}
            for name, params in [
                ("decimate", {"factor": 3}),
                ("detrend", {"order": 1}),
                ("remove_offset", {"over": "run", "statistic": "median"}),
            ]
        ]
    )
    source = StreamSource(Stream(folder.path), steps, threads)
    made = [np.concatenate(list(blocks), axis=1) for _, blocks in source.segments()]
    for values, (_, x) in zip(made, runs, strict=True):
        expected = sp.detrend(filtered("decimate", x, 1000.0, factor=3), axis=1)
        expected -= np.median(expected, axis=1, keepdims=True)
        assert np.abs(values - expected).max() < 1e-12
    stated = documents(source.steps, signal_of(Stream(folder.path)))
    assert [len(offsets) for offsets in stated[2]["learned"]["offset"].values()] == [2, 2, 2]
