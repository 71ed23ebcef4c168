"""Normalised signals and the statistics behind them, against NumPy and SciPy on whole signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydantic import ValidationError
from scipy import stats
from whole_signals import Runs, cuttings, filtered, run_by_run, same_bits, short_grid

from dspant.config import resolve_steps
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream import Stream
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter
from dspant.engine.node import make_node
from dspant.errors import OperationError
from dspant.ops import statistics
from dspant.ops.passes import Scope
from dspant.ops.registry import operations
from dspant.ops.signal import Signal


def runs_of(seed: int, offset: float = 0.0) -> list[tuple[float, np.ndarray]]:
    rng = np.random.default_rng(seed)
    scale = np.array([[1e-6], [1.0], [50.0]])
    return [(s, scale * (rng.gamma(2, size=(3, n)) + offset)) for s, n in [(0.0, 801), (3.0, 400)]]


def joined(runs: Sequence[tuple[float, np.ndarray]]) -> np.ndarray:
    return np.concatenate([x for _, x in runs], axis=1)


def at_once(
    name: str, runs: Any, cuts: Sequence[int], grid: int, further: Sequence[Any] = (), **params: Any
) -> np.ndarray:
    """Both runs joined; however they are cut, the bits are the same."""
    with short_grid(grid):
        made = run_by_run(name, Runs(runs, 1000.0, cuts), further, **params)
        uncut = run_by_run(name, Runs(runs, 1000.0), further, **params)
    assert all(same_bits(a, b) for a, b in zip(made, uncut, strict=True))
    return np.concatenate(made, axis=1)


def normalised(x: np.ndarray, by: str) -> np.ndarray:
    rows = {"axis": 1, "keepdims": True}
    if by == "zscore":
        return stats.zscore(x, axis=1, ddof=1)
    if by == "minmax":
        return (x - x.min(**rows)) / np.ptp(x, **rows)
    if by == "robust":
        return (x - np.median(x, **rows)) / stats.iqr(x, **rows)
    deviation = stats.median_abs_deviation(x, axis=1, scale="normal")[:, np.newaxis]
    return (x - np.median(x, **rows)) / deviation


@pytest.mark.against("scipy.stats, numpy", "normalise")
@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 99),
    st.sampled_from(["zscore", "minmax", "robust", "mad"]),
    cuttings(801),
    st.integers(100, 500),
    st.sampled_from([0, 30, 5000]),
)
def test_it_is_the_whole_recordings_statistic(
    seed: int, by: str, cuts: Sequence[int], grid: int, gathered: int
) -> None:
    runs = runs_of(seed)
    with patch.object(statistics, "GATHERED_SAMPLES", gathered):
        made = at_once("normalise", runs, cuts, grid, by=by)
    assert np.allclose(made, normalised(joined(runs), by), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("by", ["zscore", "minmax", "robust", "mad"])
def test_it_may_be_that_of_a_quiet_stretch(by: str) -> None:
    runs = runs_of(3)
    quiet = joined(runs)[:, 600:901]
    made = at_once("normalise", runs, [7], 64, by=by, baseline_s=[0.6, 3.1])
    centre, scale = {
        "zscore": (np.mean(quiet, axis=1), np.std(quiet, axis=1, ddof=1)),
        "minmax": (np.min(quiet, axis=1), np.ptp(quiet, axis=1)),
        "robust": (np.median(quiet, axis=1), stats.iqr(quiet, axis=1)),
        "mad": (
            np.median(quiet, axis=1),
            stats.median_abs_deviation(quiet, axis=1, scale="normal"),
        ),
    }[by]
    expected = (joined(runs) - centre[:, np.newaxis]) / scale[:, np.newaxis]
    assert np.allclose(made, expected, rtol=1e-12, atol=1e-12)


def test_a_large_offset_costs_no_digits() -> None:
    x = np.random.default_rng(2).normal(size=(1, 200_000))
    with short_grid(1000):
        y = filtered("normalise", x + 1e6, 1000.0, by="zscore")
    assert np.abs(y - stats.zscore((x + 1e6) - 1e6, axis=1, ddof=1)).max() < 1e-9


def test_a_value_divides_and_the_unit_is_gone() -> None:
    runs = runs_of(1)
    assert np.array_equal(
        at_once("normalise", runs, [], 64, by="value", value=2.0), joined(runs) / 2
    )
    operation = operations()["normalise"]
    params = operation.parameters(by="minmax")
    assert operation.describe(Runs(runs, 1000.0).signal, params).units == ("1", "1", "1")
    learned = operation.learn(Runs(runs, 1000.0), [], params)
    assert learned.stated["centre"]["ch1"] == joined(runs)[1].min()
    assert learned.stated["spread"]["ch2"] == pytest.approx(np.ptp(joined(runs)[2]), rel=1e-15)


@pytest.mark.parametrize("by", ["zscore", "minmax", "robust", "mad"])
@pytest.mark.parametrize("constant", [0.0, 0.1, 1e6 / 7])
def test_a_channel_without_spread_is_named(by: str, constant: float) -> None:
    x = np.random.default_rng(0).normal(size=(3, 777))
    x[1] = constant
    with pytest.raises(OperationError, match=rf"\['ch1'\] have no spread by {by}"):
        filtered("normalise", x, 1000.0, by=by)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"by": "value"}, "by: value needs value"),
        ({"by": "mad", "value": 1.0}, "by: value needs value"),
        ({"by": "value", "value": 1.0, "baseline_s": [0.0, 1.0]}, "measures nothing"),
        ({"by": "mad", "baseline_s": [1.0, 1.0]}, "must rise"),
    ],
)
def test_parameters_that_contradict_are_refused(params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()["normalise"].parameters(**params)


values = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, 1e308]),
)


@settings(deadline=None, max_examples=150)
@given(
    arrays.arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 300)), elements=values),
    st.integers(0, 400),
    st.data(),
)
def test_order_statistics_are_those_of_the_sorted_samples(
    x: np.ndarray, gathered: int, data: st.DataObject
) -> None:
    ranks = data.draw(st.lists(st.integers(0, x.shape[1] - 1), min_size=1, max_size=5))
    scope = Scope(Runs([(0.0, x)], 1000.0))
    with patch.object(statistics, "GATHERED_SAMPLES", gathered), short_grid(64):
        found = statistics.order_statistics(scope, ranks)
    for rank in ranks:
        assert np.array_equal(found[rank], np.sort(x, axis=1)[:, rank])


@pytest.mark.parametrize("gathered", [0, 100, 10**6])
def test_quantiles_are_numpys(gathered: int) -> None:
    x = np.random.default_rng(9).normal(size=(2, 5000)).round(2)
    parts = [0.0, 0.05, 0.25, 0.5, 0.751, 1.0]
    with patch.object(statistics, "GATHERED_SAMPLES", gathered):
        made = statistics.quantiles(Scope(Runs([(0.0, x)], 1000.0)), parts)
    assert np.allclose(made, np.quantile(x, parts, axis=1).T, rtol=1e-14, atol=0)


def largest_window(x: np.ndarray, length: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(x, length, axis=1).mean(axis=2).max(axis=1)


def reference_of(reference: Sequence[tuple[float, np.ndarray]], params: dict[str, Any]) -> Any:
    whole = np.abs(joined(reference))
    length = 101
    if params["statistic"] == "peak_to_peak":
        return np.ptp(joined(reference), axis=1)
    if "window_s" in params:
        power = 2 if params["statistic"] == "rms" else 1
        found = [largest_window(np.abs(x) ** power, length) for _, x in reference]
        return np.max(found, axis=0) ** (1 / power)
    return {
        "peak": whole.max(axis=1),
        "mean": whole.mean(axis=1),
        "rms": np.sqrt((whole**2).mean(axis=1)),
        "quantile": np.quantile(whole, 0.95, axis=1),
    }[params["statistic"]]


@pytest.mark.against("numpy on the whole reference", "normalise_to")
@pytest.mark.parametrize("grid", [90, 65536])
@pytest.mark.parametrize(
    "params",
    [
        {"statistic": "peak"},
        {"statistic": "peak_to_peak"},
        {"statistic": "mean"},
        {"statistic": "rms"},
        {"statistic": "mean", "window_s": 0.101},
        {"statistic": "rms", "window_s": 0.101},
        {"statistic": "quantile", "quantile": 0.95},
    ],
    ids=str,
)
def test_it_is_percent_of_the_reference(params: dict[str, Any], grid: int) -> None:
    runs, reference = runs_of(1), runs_of(2, offset=-2.0)
    further = [Runs(reference, 1000.0, [11, 400])]
    made = at_once("normalise_to", runs, [50], grid, further, **params)
    expected = 100 * joined(runs) / reference_of(reference, params)[:, np.newaxis]
    assert np.allclose(made, expected, rtol=1e-12, atol=0)


class Named(Runs):
    """Channels of other names than their place."""

    @property
    def signal(self) -> Signal:
        return replace(super().signal, channels=("ch2", "extra", "ch0"))


def test_channels_are_matched_by_name_and_state_their_reference() -> None:
    x = np.ones((1, 10))
    reference = Named([(0.0, np.array([[2.0], [4.0], [8.0]]) * np.ones((3, 50)))], 500.0)
    operation = operations()["normalise_to"]
    params = operation.parameters(statistic="peak")
    learned = operation.learn(Runs([(0.0, x)], 1000.0), [reference], params)
    assert learned.stated == {"reference": {"ch0": 8.0}}
    assert operation.describe(Runs([(0.0, x)], 1000.0).signal, params).units == ("%",)
    (made,) = run_by_run("normalise_to", Runs([(0.0, x)], 1000.0), [reference], statistic="peak")
    assert np.array_equal(made, 12.5 * x)


@pytest.mark.parametrize(
    ("reference", "params", "said"),
    [
        (Runs([(0.0, np.ones((1, 50)))], 1000.0), {}, r"no channels \['ch1'\], it has \['ch0'\]"),
        (
            Runs([(0.0, np.ones((2, 50)))], 1000.0, units=["V", "mV"]),
            {},
            "'ch1' is in V, but in mV",
        ),
        (
            Runs([(0.0, np.eye(2, 50)[:1] * [[1], [0]])], 1000.0),
            {},
            r"\['ch1'\] .* have a mean of 0",
        ),
        (Runs([(0.0, np.ones((2, 50)))], 1000.0), {"window_s": 0.1}, "longer than the reference"),
    ],
)
def test_a_reference_that_does_not_serve_is_refused(
    reference: Runs, params: dict[str, Any], said: str
) -> None:
    x = np.ones((2, 10))
    with pytest.raises(OperationError, match=said):
        run_by_run(
            "normalise_to", Runs([(0.0, x)], 1000.0), [reference], statistic="mean", **params
        )


@pytest.mark.parametrize(
    "params",
    [
        {"statistic": "quantile"},
        {"statistic": "peak", "quantile": 0.5},
        {"statistic": "peak", "window_s": 1.0},
    ],
)
def test_what_does_not_fit_the_statistic_is_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"statistic (quantile needs|mean or rms)"):
        operations()["normalise_to"].parameters(**params)


def test_a_node_takes_its_reference_from_another_recording(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    x = {name: rng.normal(size=(2, 3000)).astype("float32") for name in ("rec01", "mvc01")}
    inputs = [stored(tmp_path / name / "envelope.ant", values) for name, values in x.items()]
    spec = {
        "node": "relative",
        "makes": "stream",
        "inputs": [{"recording": None}, {"recording": "mvc"}],
        "steps": resolve_steps([{"normalise_to": {"statistic": "peak"}}]),
        "storage": {"compression": "none"},
    }
    make_node(spec, inputs, tmp_path / "rec01" / "relative.ant", threads=2)
    made = Stream(tmp_path / "rec01" / "relative.ant")
    peaks = np.abs(x["mvc01"]).max(axis=1).astype(float)
    expected = 100 * x["rec01"].astype(float) / peaks[:, np.newaxis]
    assert np.allclose(made.read(), expected, rtol=1e-7, atol=0)
    assert made.units == ["%", "%"]
    assert list(made.metadata.dspant.inputs) == ["envelope", "mvc01/envelope"]
    (step,) = made.metadata.dspant.steps
    assert step["learned"] == {"reference": {"a": peaks[0], "b": peaks[1]}}


def stored(path: Path, x: np.ndarray) -> Path:
    header = StreamHeader(
        source="test",
        name="envelope",
        fs_hz=1000.0,
        channels=["a", "b"],
        units=["V", "V"],
        segments=[(0, x.shape[1], 0.0)],
        dtype="float32",
    )
    with StreamWriter(DatasetFolder(path), header, "none") as writer:
        writer.write(x)
        writer.finish(Provenance())
    return path
