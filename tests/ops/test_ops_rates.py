"""Changed rates against SciPy on the whole signal, with the same taps."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as sp
from whole_signals import (
    TDT_FS_HZ,
    Runs,
    cuttings,
    filtered,
    run_by_run,
    same_bits,
    short_grid,
    signal_like,
)

from dspant.errors import OperationError
from dspant.ops.rates import Conversion, conversion_of
from dspant.ops.registry import operations


def conversion(name: str, fs_hz: float, params: dict[str, Any]) -> Conversion:
    return conversion_of(
        signal_like(np.zeros((1, 1)), fs_hz), operations()[name].parameters(**params)
    )


def extended(x: np.ndarray, extra: int) -> np.ndarray:
    """Both ends reflected oddly as far as the run goes, then held."""
    reach = min(extra, x.shape[1] - 1)
    ahead = 2 * x[:, :1] - x[:, reach:0:-1]
    behind = 2 * x[:, -1:] - x[:, -2 : -(reach + 2) : -1]
    joined = np.concatenate([ahead, x, behind], axis=1)
    return np.pad(joined, ((0, 0), (extra - reach, extra - reach)), mode="edge")


def by_scipy(x: np.ndarray, asked: Conversion) -> np.ndarray:
    """SciPy on the whole run; it is extended by so much that the first sample keeps its place."""
    window = asked.taps() / asked.up
    steps = -(-(asked.half // asked.up + 1) // asked.down) + 1
    made = sp.resample_poly(
        extended(x, steps * asked.down), asked.up, asked.down, axis=1, window=window
    )
    first = steps * asked.up
    return made[:, first : first + asked.count(x.shape[1])]


RATES = st.sampled_from(
    [
        ("resample", 1000.0, {"to_hz": 300.0}),
        ("resample", 1000.0, {"to_hz": 1600.0, "stopband_db": 40.0}),
        ("resample", 1000.0, {"to_hz": 999.0, "transition_hz": 200.0}),
        ("resample", TDT_FS_HZ, {"to_hz": 1000.0, "transition_hz": 450.0}),
        ("resample", 1000.0, {"to_hz": 1000.0 * 7}),
        ("decimate", 1000.0, {"factor": 2}),
        ("decimate", TDT_FS_HZ, {"factor": 24, "stopband_db": 60.0}),
    ]
)


@pytest.mark.against("scipy.signal.resample_poly", "resample", "decimate")
@settings(deadline=None, max_examples=80)
@given(RATES, st.integers(1, 1500), st.sampled_from([0.0, 1000.0]), cuttings(1500), st.data())
def test_it_equals_resampling_the_whole_run_however_it_is_cut(
    asked: tuple[str, float, dict[str, Any]],
    samples: int,
    offset: float,
    cuts: Sequence[int],
    data: st.DataObject,
) -> None:
    name, fs_hz, params = asked
    x = np.random.default_rng(samples).normal(size=(2, samples)) + offset
    with short_grid(data.draw(st.integers(1, 300))):
        y = filtered(name, x, fs_hz, cuts, **params)
    expected = by_scipy(x, conversion(name, fs_hz, params))
    assert y.shape == expected.shape
    assert np.abs(y - expected).max() <= 1e-12 * (1 + offset)
    assert same_bits(y, filtered(name, x, fs_hz, **params))
    assert same_bits(y[1:], filtered(name, x[1:], fs_hz, **params))


@pytest.mark.against("scipy.signal.decimate", "decimate")
def test_away_from_the_ends_it_is_scipys_decimate() -> None:
    x = np.random.default_rng(1).normal(size=(2, 30_000))
    short = {"factor": 5, "transition_hz": 1500.0, "stopband_db": 50.0}
    asked = conversion("decimate", TDT_FS_HZ, short)
    expected = sp.decimate(x, 5, ftype=sp.dlti(asked.taps(), 1.0), axis=1)
    y = filtered("decimate", x, TDT_FS_HZ, **short)
    edge = asked.half // 5 + 1
    assert np.abs(y - expected)[:, edge:-edge].max() < 1e-13


@pytest.mark.against("scipy.signal.resample_poly", "resample")
def test_a_tdt_rate_becomes_a_round_one() -> None:
    x = np.random.default_rng(1).normal(size=(1, 60_000))
    asked = conversion("resample", TDT_FS_HZ, {"to_hz": 1000.0})
    assert (asked.up, asked.down) == (128, 3125)
    slow = conversion("resample", TDT_FS_HZ, {"to_hz": 100.0})
    assert (slow.up, slow.down) == (64, 15_625)
    expected = sp.resample_poly(x, 128, 3125, axis=1, window=asked.taps() / 128)
    y = filtered("resample", x, TDT_FS_HZ, to_hz=1000.0)
    edge = asked.half // 3125 + 1
    assert np.abs(y - expected)[:, edge:-edge].max() < 1e-13


@pytest.mark.parametrize("to_hz", [700.0, 1000.0, 3000.0])
def test_a_tone_keeps_its_amplitude_and_its_time(to_hz: float) -> None:
    fs_hz, tone_hz = 2000.0, 100.0
    x = np.cos(2 * np.pi * tone_hz * np.arange(8000) / fs_hz + 0.4)[np.newaxis]
    y = filtered("resample", x, fs_hz, to_hz=to_hz)[0]
    expected = np.cos(2 * np.pi * tone_hz * np.arange(len(y)) / to_hz + 0.4)
    assert np.abs(y - expected)[500:-500].max() < 2e-4


def test_what_would_alias_is_attenuated_as_stated() -> None:
    asked = conversion("decimate", 4000.0, {"factor": 4, "stopband_db": 70.0})
    operation = operations()["decimate"]
    params = operation.parameters(factor=4, stopband_db=70.0)
    facts = operation.facts(signal_like(np.zeros((1, 9)), 4000.0), params)
    taps = asked.taps()
    assert facts["taps"] == len(taps)
    stopped_hz = np.linspace(facts["stopped_from_hz"], 2000, 2001)
    _, stopped = sp.freqz(taps, worN=stopped_hz, fs=4000.0)
    _, kept = sp.freqz(taps, worN=np.linspace(0, facts["kept_to_hz"], 2001), fs=4000.0)
    assert np.abs(stopped).max() < 10 ** (-69 / 20)
    assert np.abs(np.abs(kept) - 1).max() < 10 ** (-69 / 20)


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 10**8))
def test_the_rate_and_the_number_of_samples_are_exact(up: int, down: int, samples: int) -> None:
    to_hz = float(Fraction(TDT_FS_HZ) * up / down)
    asked = conversion("resample", TDT_FS_HZ, {"to_hz": to_hz})
    assert Fraction(asked.up, asked.down) == Fraction(up, down)
    assert asked.to_hz == to_hz
    assert asked.count(samples) == -(-samples * up // down)


def test_runs_keep_their_start_and_follow_each_other() -> None:
    rng = np.random.default_rng(2)
    source = Runs([(0.25, rng.normal(size=(2, 1001))), (7.5, rng.normal(size=(2, 50)))], 1000.0)
    operation = operations()["decimate"]
    made = operation.describe(source.signal, operation.parameters(factor=4))
    assert [(s.first, s.count, s.start_s) for s in made.segments] == [
        (0, 251, 0.25),
        (251, 13, 7.5),
    ]
    assert made.fs_hz == 250.0
    parts = run_by_run("decimate", source, factor=4)
    for part, (_, x) in zip(parts, source.runs, strict=True):
        assert same_bits(part, filtered("decimate", x, 1000.0, factor=4))


def test_the_same_rate_changes_nothing() -> None:
    x = np.random.default_rng(2).normal(size=(1, 100))
    assert same_bits(filtered("resample", x, 1000.0, to_hz=1000.0), x)


@pytest.mark.parametrize(
    ("fs_hz", "to_hz", "said"),
    [
        (1000.0, 333.3333, r"choose to_hz 333\.33"),
        (TDT_FS_HZ, 24414.0, r"up 1, down 1"),
    ],
)
def test_a_ratio_of_large_numbers_is_refused_with_near_ones(
    fs_hz: float, to_hz: float, said: str
) -> None:
    with pytest.raises(OperationError, match=f"no whole-number ratio.*{said}") as refused:
        conversion("resample", fs_hz, {"to_hz": to_hz})
    first = str(refused.value).rpartition("choose to_hz ")[2].split()[0].rstrip(",")
    assert conversion("resample", fs_hz, {"to_hz": float(first)}).to_hz == float(first)


@pytest.mark.parametrize("to_hz", [0.01, 1e8])
def test_a_rate_beyond_the_factors_is_refused(to_hz: float) -> None:
    with pytest.raises(OperationError, match=r"choose to_hz between 0\.05 and 2e\+07"):
        conversion("resample", 1000.0, {"to_hz": to_hz})


def test_an_edge_wider_than_the_band_is_refused() -> None:
    with pytest.raises(OperationError, match=r"transition_hz is 50 Hz.*ends at 50 Hz"):
        conversion("decimate", 1000.0, {"factor": 10, "transition_hz": 50.0})
