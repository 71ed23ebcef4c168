"""Channels chosen, renamed and added up, against NumPy and MNE-Python on the whole array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from whole_signals import Runs, filtered, same_bits, signal_like

from dspant.engine.chain import StepError, bind, described
from dspant.errors import OperationError
from dspant.ops.registry import operations
from dspant.ops.signal import Signal

X = np.array(
    [
        [1, 4, -2, 3, 0, 5, -1, 2],
        [2, 3, -1, 4, 1, 4, -3, 0],
        [0, 1, 5, -2, 3, -4, 2, 1],
        [3, -1, 2, 2, -5, 1, 0, 4],
    ],
    dtype=np.float64,
)

UNITS = ["V", "mV", "V", "uA"]


def made(name: str, signal: Signal, **params: Any) -> Signal:
    operation = operations()[name]
    return operation.describe(signal, operation.parameters(**params))


@pytest.mark.against("indexing of the whole array by NumPy", "select_channels", "drop_channels")
def test_channels_are_chosen_by_name_and_in_the_order_given() -> None:
    chosen = filtered("select_channels", X, 1000.0, [3], channels=["ch3", "ch0"])
    assert same_bits(chosen, X[[3, 0]])
    left = filtered("drop_channels", X, 1000.0, [3], channels=["ch3", "ch0"])
    assert same_bits(left, X[[1, 2]])
    signal = signal_like(X, 1000.0, UNITS)
    assert made("select_channels", signal, channels=["ch3", "ch0"]).channels == ("ch3", "ch0")
    assert made("select_channels", signal, channels=["ch3", "ch0"]).units == ("uA", "V")
    assert made("drop_channels", signal, channels=["ch3", "ch0"]).units == ("mV", "V")


@pytest.mark.against("the array itself, names swapped by hand", "rename_channels")
def test_renaming_changes_names_and_nothing_else() -> None:
    names = {"ch0": "ch2", "ch2": "ch0", "ch1": "biceps"}
    assert same_bits(filtered("rename_channels", X, 1000.0, [1], names=names), X)
    signal = made("rename_channels", signal_like(X, 1000.0, UNITS), names=names)
    assert signal.channels == ("ch2", "biceps", "ch0", "ch3")
    assert signal.units == tuple(UNITS)


@pytest.mark.against("mne.set_bipolar_reference of MNE-Python 1.13.2", "bipolar")
def test_bipolar_channels_are_those_of_mne() -> None:
    # set_bipolar_reference(raw, ["ch0", "ch2"], ["ch1", "ch3"]).get_data()
    published = [[-1, 1, -1, -1, -1, 1, 2, 2], [-3, 2, 3, -4, 8, -5, 2, -3]]
    pairs = {"b": ["ch0", "ch1"], "a": ["ch2", "ch3"]}
    assert same_bits(filtered("bipolar", X, 1000.0, [5], pairs=pairs), np.array(published, float))
    assert made("bipolar", signal_like(X, 1000.0), pairs=pairs).channels == ("b", "a")


@pytest.mark.against("numpy.diff of numpy.diff, and a travelling wave", "double_differential")
def test_a_double_differential_is_the_second_difference() -> None:
    triples = {"a": ["ch0", "ch1", "ch2"], "b": ["ch1", "ch2", "ch3"]}
    found = filtered("double_differential", X, 1000.0, [2], triples=triples)
    assert same_bits(found, np.diff(np.diff(X, axis=0), axis=0))
    # A wave that comes to all three at once, as from a distant muscle, is gone.
    distant = np.sin(np.arange(500) / 9) + np.array([[-1.0], [0.0], [1.0]])
    left = filtered("double_differential", distant, 1000.0, triples={"a": triples["a"]})
    assert np.abs(left).max() < 1e-14


@pytest.mark.against("a product of matrices by NumPy", "montage")
def test_a_montage_is_a_product_of_matrices() -> None:
    weights = np.array([[1, -0.5, -0.5, 0], [0.25, 0.25, 0.25, 0.25], [0, 0, 0, -2]])
    channels = {
        f"m{row}": {f"ch{i}": weight for i, weight in enumerate(of_row) if weight}
        for row, of_row in enumerate(weights.tolist())
    }
    found = filtered("montage", X, 1000.0, [4], channels=channels)
    assert np.allclose(found, weights @ X, rtol=0, atol=1e-15)


def test_only_channels_of_one_unit_are_added_up() -> None:
    signal = signal_like(X, 1000.0, UNITS)
    assert made("bipolar", signal, pairs={"a": ["ch0", "ch2"]}).units == ("V",)
    with pytest.raises(OperationError, match=r"a adds channels of different units \(ch0 in V, ch1"):
        made("bipolar", signal, pairs={"a": ["ch0", "ch1"]})
    with pytest.raises(OperationError, match="m adds channels of different units"):
        made("montage", signal, channels={"m": {"ch0": 1, "ch3": 2}})


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("select_channels", {"channels": ["ch0", "bicep"]}),
        ("drop_channels", {"channels": ["bicep"]}),
        ("rename_channels", {"names": {"bicep": "x"}}),
        ("montage", {"channels": {"m": {"bicep": 1}}}),
        ("bipolar", {"pairs": {"m": ["ch0", "bicep"]}}),
        ("double_differential", {"triples": {"m": ["ch0", "ch2", "bicep"]}}),
    ],
)
def test_an_unknown_channel_is_named_with_the_nearest_one(name: str, params: Any) -> None:
    signal = made("rename_channels", signal_like(X, 1000.0), names={"ch1": "biceps"})
    said = r"names 'bicep' \(did you mean 'biceps'\?\).*channels are: ch0, biceps, ch2, ch3"
    with pytest.raises(OperationError, match=said):
        made(name, signal, **params)


def test_steps_after_a_selection_work_on_its_channels() -> None:
    signal = signal_like(X, 1000.0)
    step = {"op": "select_channels", "version": 1, "params": {"channels": ["ch2", "ch1"]}}
    pair = {"op": "bipolar", "version": 1, "params": {"pairs": {"a": ["ch1", "ch2"]}}}
    assert described(bind([step, pair]), signal).channels == ("a",)
    gone = pair | {"params": {"pairs": {"a": ["ch0", "ch1"]}}}
    with pytest.raises(StepError, match=r"^steps\[1\] \(bipolar\): a names 'ch0'.*: ch2, ch1$"):
        described(bind([step, gone]), signal)


def test_what_would_leave_nothing_or_two_of_a_name_is_refused() -> None:
    signal = signal_like(X[:2], 1000.0)
    with pytest.raises(OperationError, match="names all channels"):
        made("drop_channels", signal, channels=["ch1", "ch0"])
    with pytest.raises(OperationError, match="more than one channel called ch1"):
        made("rename_channels", signal, names={"ch0": "ch1"})


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("select_channels", {"channels": ["a", "a"]}, "names a more than once"),
        ("select_channels", {"channels": []}, "at least 1"),
        ("drop_channels", {"channels": ["a", "a"]}, "names a more than once"),
        ("rename_channels", {"names": {}}, "at least 1"),
        ("rename_channels", {"names": {"a": ""}}, "at least 1"),
        ("montage", {"channels": {"m": {}}}, "at least 1"),
        ("montage", {"channels": {"m": {"a": float("nan")}}}, "finite number"),
        ("bipolar", {"pairs": {"m": ["a"]}}, "at least 2"),
        ("bipolar", {"pairs": {"m": ["a", "a"]}}, "name each channel once"),
        ("double_differential", {"triples": {"m": ["a", "b", "a"]}}, "name each channel once"),
    ],
)
def test_parameters_without_sense_are_refused(name: str, params: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()[name].parameters(**params)


@pytest.mark.parametrize(("rows", "sums"), [(1, 1), (3, 5), (19, 7), (33, 33)])
def test_sums_of_channels_have_the_same_bits_for_any_length_of_block(rows: int, sums: int) -> None:
    from dspant.ops.kernels.sums import weighted_sums

    rng = np.random.default_rng(rows)
    x, weights = rng.normal(size=(rows, 3001)), rng.normal(size=(sums, rows))
    whole = weighted_sums(x, weights)
    one_by_one = np.zeros((sums, 3001))
    for index in range(rows):
        one_by_one += weights[:, index : index + 1] * x[index]
    assert same_bits(whole.copy(), one_by_one)
    assert np.allclose(whole, weights @ x, rtol=0, atol=1e-13)
    for size in (1, 2, 33, 1025):
        parts = [weighted_sums(x[:, at : at + size], weights) for at in range(0, 3001, size)]
        assert same_bits(np.concatenate(parts, axis=1), one_by_one)


def test_a_source_of_several_runs_keeps_them_apart() -> None:
    source = Runs([(0.0, X[:, :3]), (9.0, X[:, 3:])], 1000.0)
    signal = made("montage", source.signal, channels={f"m{i}": {"ch0": i} for i in range(9)})
    assert signal.segments == source.signal.segments
    assert len(signal.channels) == 9
