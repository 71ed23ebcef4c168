"""Common references against SpikeInterface and MNE-Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from whole_signals import filtered, same_bits, signal_like

from dspant.errors import OperationError
from dspant.ops.registry import operations

X = np.array(
    [
        [1, 4, -2, 3, 0, 5, -1, 2],
        [2, 3, -1, 4, 1, 4, -3, 0],
        [0, 1, 5, -2, 3, -4, 2, 1],
        [3, -1, 2, 2, -5, 1, 0, 4],
    ],
    dtype=np.float64,
)

# spikeinterface.preprocessing.common_reference(NumpyRecording([X.T], 1000.0), reference="global",
# operator=...).get_traces().T of SpikeInterface 0.105.3; average is mne.set_eeg_reference as well.
AVERAGE = [
    [-0.5, 2.25, -3.0, 1.25, 0.25, 3.5, -0.5, 0.25],
    [0.5, 1.25, -2.0, 2.25, 1.25, 2.5, -2.5, -1.75],
    [-1.5, -0.75, 4.0, -3.75, 3.25, -5.5, 2.5, -0.75],
    [1.5, -2.75, 1.0, 0.25, -4.75, -0.5, 0.5, 2.25],
]
MEDIAN = [
    [-0.5, 2.0, -2.5, 0.5, -0.5, 2.5, -0.5, 0.5],
    [0.5, 1.0, -1.5, 1.5, 0.5, 1.5, -2.5, -1.5],
    [-1.5, -1.0, 4.5, -4.5, 2.5, -6.5, 2.5, -0.5],
    [1.5, -3.0, 1.5, -0.5, -5.5, -1.5, 0.5, 2.5],
]
# The same with operator="median", groups=[[0, 1, 2], [3]], channel 3 left out.
MEDIAN_OF_THREE = [
    [0.0, 1.0, -1.0, 0.0, -1.0, 1.0, 0.0, 1.0],
    [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, -2.0, -1.0],
    [-1.0, -2.0, 6.0, -5.0, 2.0, -8.0, 3.0, 0.0],
]
# mne.set_eeg_reference(raw, ["ch0", "ch1"]) of MNE-Python 1.13.2.
OF_TWO = [
    [-0.5, 0.5, -0.5, -0.5, -0.5, 0.5, 1.0, 1.0],
    [0.5, -0.5, 0.5, 0.5, 0.5, -0.5, -1.0, -1.0],
    [-1.5, -2.5, 6.5, -5.5, 2.5, -8.5, 4.0, 0.0],
    [1.5, -4.5, 3.5, -1.5, -5.5, -3.5, 2.0, 3.0],
]


@pytest.mark.against("spikeinterface.preprocessing.common_reference 0.105.3", "reference")
@pytest.mark.parametrize(("method", "published"), [("average", AVERAGE), ("median", MEDIAN)])
def test_a_global_reference_is_that_of_spikeinterface(method: str, published: Any) -> None:
    assert same_bits(filtered("reference", X, 1000.0, [3], method=method), np.array(published))


@pytest.mark.against("mne.set_eeg_reference of MNE-Python 1.13.2", "reference")
def test_a_reference_of_listed_channels_is_that_of_mne() -> None:
    found = filtered("reference", X, 1000.0, [3], channels=["ch0", "ch1"])
    assert same_bits(found, np.array(OF_TWO))
    alone = filtered("reference", X, 1000.0, channels=["ch2"])
    assert same_bits(alone, X - X[2])


@pytest.mark.against("spikeinterface.preprocessing.common_reference 0.105.3", "reference")
def test_each_group_has_its_own_reference_and_others_stay_as_they_are() -> None:
    groups = {"arm": ["ch0", "ch1", "ch2"]}
    found = filtered("reference", X, 1000.0, method="median", groups=groups, ungrouped="keep")
    assert same_bits(found[:3], np.array(MEDIAN_OF_THREE))
    assert same_bits(found[3], X[3])
    both = filtered("reference", X, 1000.0, groups={"a": ["ch3", "ch0"], "b": ["ch1", "ch2"]})
    assert same_bits(both[[0, 3]], (X[[0, 3]] - X[[3, 0]]) / 2)
    assert same_bits(both[[1, 2]], (X[[1, 2]] - X[[2, 1]]) / 2)


@pytest.mark.against("numpy.mean and numpy.median over channels", "reference_signal", "reference")
@pytest.mark.parametrize("method", ["average", "median"])
@pytest.mark.parametrize("channels", [2, 5, 16, 33])
def test_the_reference_and_what_is_left_add_up_to_the_signal(method: str, channels: int) -> None:
    x = np.random.default_rng(channels).normal(size=(channels, 3000)) + 100
    common = filtered("reference_signal", x, 1000.0, [77, 78], method=method)
    expected = {"average": np.mean, "median": np.median}[method](x, axis=0, keepdims=True)
    assert np.abs(common - expected).max() < 1e-12
    assert same_bits(filtered("reference", x, 1000.0, [1500], method=method), x - common)


def test_a_reference_signal_has_a_channel_for_each_group() -> None:
    operation = operations()["reference_signal"]
    params = operation.parameters(groups={"leg": ["ch2", "ch3"], "arm": ["ch0", "ch1"]})
    signal = operation.describe(signal_like(X, 1000.0, ["V", "V", "mV", "mV"]), params)
    assert (signal.channels, signal.units) == (("leg", "arm"), ("mV", "V"))
    found = filtered("reference_signal", X, 1000.0, groups=params.groups)
    assert same_bits(found, np.stack([(X[2] + X[3]) / 2, (X[0] + X[1]) / 2]))
    alone = operation.describe(signal_like(X, 1000.0), operation.parameters())
    assert alone.channels == ("reference",)


@pytest.mark.parametrize(
    ("params", "units", "said"),
    [
        ({"groups": {"a": ["ch0", "ch1"]}}, "VVVV", r"ch2, ch3 are in none of the groups \(a\)"),
        ({}, "VVVA", r"the reference adds channels of different units \(ch2 in V, ch3 in A\)"),
        ({"channels": ["ch0"]}, "VVVA", "adds channels of different units"),
        ({"groups": {"a": ["ch0", "ch3"]}}, "VVVA", "group a adds channels of different units"),
        ({"groups": {"a": ["ch0", "hc1"]}}, "VVVV", r"groups.a names 'hc1' \(did you mean"),
        ({"channels": ["ch9"]}, "VVVV", "channels names 'ch9'"),
    ],
)
def test_what_cannot_be_referenced_is_refused(params: Any, units: str, said: str) -> None:
    operation = operations()["reference"]
    with pytest.raises(OperationError, match=said):
        operation.describe(signal_like(X, 1000.0, list(units)), operation.parameters(**params))


def test_groups_may_differ_in_unit() -> None:
    operation = operations()["reference"]
    params = operation.parameters(groups={"a": ["ch0", "ch1"], "b": ["ch2", "ch3"]})
    signal = signal_like(X, 1000.0, ["V", "V", "A", "A"])
    assert operation.describe(signal, params) == signal
    assert operation.facts(signal, params) == {
        "references": {"a": ["ch0", "ch1"], "b": ["ch2", "ch3"]}
    }


def test_the_only_channel_is_not_taken_away_from_itself() -> None:
    operation = operations()["reference"]
    with pytest.raises(OperationError, match="has one channel, ch0"):
        operation.describe(signal_like(X[:1], 1000.0), operation.parameters())


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"channels": ["a"], "groups": {"g": ["a", "b"]}}, "give either channels"),
        ({"groups": {"g": ["a"]}}, "at least 2"),
        ({"groups": {"g": ["a", "b"], "h": ["b", "c"]}}, "channel b stands in g and in h"),
        ({"groups": {"g": ["a", "a"]}}, "channel a stands in g and in g"),
        ({"channels": ["a", "a"]}, "channel a stands in"),
        ({"method": "mean"}, "average"),
    ],
)
def test_parameters_without_sense_are_refused(params: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()["reference"].parameters(**params)
