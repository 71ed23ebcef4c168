"""Responses to stimuli in synthetic trains whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from whole_signals import TDT_FS_HZ, Runs, cuttings, same_bits, stimuli, table_of

from dspant.errors import OperationError
from dspant.ops.evoked import ACTIVE, IN_GAP, NO_ONSET, OUTSIDE
from dspant.ops.registry import operations
from dspant.ops.responses import ARTEFACT, CLIPPED

WINDOW = {"window_s": [-0.01, 0.04], "response_s": [0.004, 0.03]}


def train(
    onset_s: Sequence[float], latency_s: float, sizes: Sequence[float], noise: float = 0.0
) -> np.ndarray:
    """Two seconds at the TDT rate: a single biphasic wave after each stimulus."""
    samples = int(2 * TDT_FS_HZ)
    x = np.random.default_rng(4).normal(scale=noise, size=samples) if noise else np.zeros(samples)
    t = np.arange(samples) / TDT_FS_HZ
    for onset, size in zip(onset_s, sizes, strict=True):
        since = t - onset - latency_s
        wave = (since >= 0) & (since < 0.01)
        x[wave] += size / 2 * np.sign(np.sin(2 * np.pi * since[wave] / 0.01 + 1e-9))
    return x[None]


def test_latency_size_and_area_of_a_clean_response_are_found() -> None:
    onsets, sizes = [0.1, 0.51234, 1.2, 1.777], [1e-3, 2e-3, 3e-3, 5e-4]
    source = Runs([(0.0, train(onsets, 0.008, sizes))], TDT_FS_HZ)
    rows = table_of("evoked", source, [stimuli(onsets, [1, 2, 3, 4])], **WINDOW)
    assert rows["peak_to_peak"] == pytest.approx(sizes, rel=1e-12)
    assert np.all(rows["latency_s"] - 0.008 >= -1e-9)
    assert np.all(rows["latency_s"] - 0.008 <= 1 / TDT_FS_HZ)
    assert rows["area"] == pytest.approx(np.array(sizes) / 2 * 0.01, rel=0.01)
    assert rows["background_rms"].tolist() == [0, 0, 0, 0]
    assert rows["data"].tolist() == [1, 2, 3, 4]
    assert rows["onset"].tolist() == onsets
    assert rows["offset"] == pytest.approx(np.array(onsets) + 0.04)
    assert rows["usable"].all()
    assert set(rows["reason"]) == {""}


def test_latency_is_found_in_noise_within_a_sample() -> None:
    onsets = [0.1, 0.4, 0.9]
    source = Runs([(0.0, train(onsets, 0.008, [1e-3] * 3, noise=4e-6))], TDT_FS_HZ)
    rows = table_of("evoked", source, [stimuli(onsets)], onset_sd=8.0, **WINDOW)
    assert np.abs(rows["latency_s"] - 0.008).max() <= 1 / TDT_FS_HZ
    assert rows["peak_to_peak"] == pytest.approx([1e-3] * 3, rel=0.05)
    assert rows["background_rms"] == pytest.approx([4e-6] * 3, rel=0.2)
    assert np.isnan(rows["data"]).all()


def test_no_response_has_no_latency_but_is_usable() -> None:
    x = np.random.default_rng(1).normal(scale=4e-6, size=(1, 20_000))
    rows = table_of("evoked", Runs([(0.0, x)], TDT_FS_HZ), [stimuli([0.3])], onset_sd=9.0, **WINDOW)
    assert np.isnan(rows["latency_s"]).all()
    assert rows["usable"].tolist() == [True]


def test_a_spike_shorter_than_the_hold_is_no_onset() -> None:
    x = np.zeros((1, 1000))
    x[0, 512] = 1.0
    x[0, 520:540] = 1.0
    rows = table_of(
        "evoked",
        Runs([(0.0, x)], 1000.0),
        [stimuli([0.5])],
        window_s=[-0.05, 0.1],
        response_s=[0.004, 0.08],
        onset_hold_s=0.005,
    )
    assert rows["latency_s"] == pytest.approx([0.020])


@pytest.mark.against("NumPy on the window", "evoked")
def test_measures_equal_numpy_on_the_window() -> None:
    x = np.random.default_rng(8).normal(size=(2, 4000)) + 3
    rows = table_of(
        "evoked",
        Runs([(0.0, x)], 1000.0),
        [stimuli([1.0, 2.0])],
        window_s=[-0.1, 0.2],
        response_s=[0.01, 0.1],
        background_s=[-0.1, -0.02],
    )
    row = 0
    for event in (1000, 2000):
        for channel in (0, 1):
            response = x[channel, event + 10 : event + 101]
            quiet = x[channel, event - 100 : event - 20]
            assert rows["peak_to_peak"][row] == response.max() - response.min()
            area = np.abs(response - quiet.mean()).sum() / 1000
            assert rows["area"][row] == pytest.approx(area, rel=1e-12)
            quiet_rms = np.sqrt((quiet**2).mean())
            assert rows["background_rms"][row] == pytest.approx(quiet_rms, rel=1e-12)
            row += 1


def test_every_event_measures_the_same_samples_wherever_it_is_on_the_grid() -> None:
    # an edge of a part that falls on a sample must not come and go with rounding
    x = np.tile(np.arange(100.0), 500)[None]
    onsets = np.arange(1, 499) * 0.1
    rows = table_of(
        "evoked",
        Runs([(0.0, x)], 1000.0),
        [stimuli(onsets)],
        window_s=[-0.01, 0.04],
        response_s=[0.003, 0.027],
        background_s=[-0.01, -0.004],
    )
    assert set(rows["peak_to_peak"].tolist()) == {24.0}
    quiet = float(np.sqrt(np.mean(np.arange(90.0, 96.0) ** 2)))
    assert rows["background_rms"] == pytest.approx(quiet, rel=1e-12)


def test_each_event_that_cannot_be_measured_says_why() -> None:
    runs = [(0.0, np.ones((1, 1000))), (2.0, np.ones((1, 1000))), (4.0, np.ones((1, 1000)))]
    events = {
        -1.0: OUTSIDE,
        0.005: OUTSIDE,
        0.5: "",
        0.98: IN_GAP,
        1.5: IN_GAP,
        1.995: IN_GAP,
        2.01: "",
        2.959: "",
        2.96: IN_GAP,
        3.5: IN_GAP,
        4.5: "",
        4.99: OUTSIDE,
        9.0: OUTSIDE,
        float("nan"): NO_ONSET,
        float("inf"): NO_ONSET,
        1e300: OUTSIDE,
    }
    rows = table_of("evoked", Runs(runs, 1000.0), [stimuli(list(events))], **WINDOW)
    said = dict(zip(rows["onset"].tolist(), rows["reason"].tolist(), strict=True))
    assert list(said.values()) == list(events.values())
    assert rows["usable"].tolist() == [reason == "" for reason in events.values()]
    assert np.isnan(rows["peak_to_peak"][~rows["usable"]]).all()


def test_an_active_background_keeps_its_measures_and_is_not_usable() -> None:
    onsets = [0.5, 1.5]
    x = train(onsets, 0.008, [1e-3, 1e-3], noise=4e-6)
    x[0, int(1.492 * TDT_FS_HZ) : int(1.498 * TDT_FS_HZ)] += 1e-3
    source = Runs([(0.0, x)], TDT_FS_HZ)
    rows = table_of("evoked", source, [stimuli(onsets)], max_background_rms=1e-4, **WINDOW)
    assert rows["reason"].tolist() == ["", ACTIVE]
    assert np.isfinite(rows["peak_to_peak"]).all()


onsets_anywhere = st.lists(
    st.one_of(
        st.floats(-2, 8),
        st.sampled_from([0.0, 0.01, 0.96, 1.0, 1.01, 3.0, 3.96, float("nan"), float("inf"), 1e18]),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=120)
@given(onsets_anywhere, st.integers(1, 3), cuttings(1000), st.integers(0, 2**32 - 1))
def test_there_is_always_one_row_per_event_and_channel_in_their_order(
    onset: list[float], channels: int, cuts: Sequence[int], seed: int
) -> None:
    onset = [*onset, *onset[:2]]
    rng = np.random.default_rng(seed)
    runs = [(0.0, rng.normal(size=(channels, 1000))), (3.0, rng.normal(size=(channels, 1000)))]
    events = [stimuli(onset, range(len(onset)))]
    rows = table_of("evoked", Runs(runs, 1000.0, cuts), events, **WINDOW)
    assert np.array_equal(rows["onset"], np.repeat(onset, channels), equal_nan=True)
    assert np.array_equal(rows["data"], np.repeat(np.arange(len(onset)), channels))
    assert rows["channel"].tolist() == [f"ch{c}" for c in range(channels)] * len(onset)
    for row, start in enumerate(np.repeat(onset, channels)):
        inside = any(
            begin <= start - 0.01 - 0.6e-3 and start + 0.04 + 1.6e-3 <= begin + 1
            for begin in (0, 3)
        )
        usable = rows["usable"][row]
        assert usable or not inside
        measured = np.isfinite(rows["peak_to_peak"][row])
        assert usable == measured == np.isfinite(rows["background_rms"][row])
        assert usable == (rows["reason"][row] == "")
    uncut = table_of("evoked", Runs(runs, 1000.0), events, **WINDOW)
    for name in ("peak_to_peak", "latency_s", "area", "background_rms"):
        assert same_bits(rows[name], uncut[name])


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"response_s": [0.03, 0.004]}, "response_s must rise"),
        ({"window_s": [0.04, -0.01]}, "window_s must rise"),
        ({"response_s": [0.004, 0.05]}, "must lie inside window_s"),
        ({"background_s": [-0.02, 0.0]}, "background_s .* must lie inside window_s"),
        ({"window_s": [0.0, 0.04]}, "background_s must rise"),
        ({"onset_sd": 0.0}, "greater than 0"),
        ({"max_background_rms": -1.0}, "greater than 0"),
        ({"window_s": [-0.01, 0.0, 0.04]}, "at most 2 items"),
    ],
)
def test_wrong_response_parameters_are_refused(params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()["evoked"].parameters(**WINDOW | params)


def test_parts_shorter_than_two_samples_are_refused_with_the_rate() -> None:
    source = Runs([(0.0, np.zeros((1, 100)))], 100.0)
    with pytest.raises(OperationError, match=r"at 100 Hz a sample is 0\.01 s"):
        table_of("evoked", source, [stimuli([0.5])], window_s=[-0.1, 0.1], response_s=[0.0, 0.01])


def test_values_of_events_that_are_text_are_refused() -> None:
    import pyarrow as pa

    from dspant.ops.signal import Column, Events

    table = pa.table({"onset": [0.5], "offset": [0.5], "data": ["left"]})
    events = Events("Note", table, {"data": Column("string", "", "side")})
    with pytest.raises(OperationError, match="data of Note is text"):
        table_of("evoked", Runs([(0.0, np.zeros((1, 1000)))], 1000.0), [events], **WINDOW)


def wave(t: np.ndarray, latency_s: float, size: float) -> np.ndarray:
    """A response that rises from nothing: a sine of 8 ms, first up then down."""
    since = t - latency_s
    inside = (since >= 0) & (since < 0.008)
    return np.where(inside, size * np.sin(2 * np.pi * since / 0.008), 0.0)


def responses(noise: float, size: float = 1.0, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Twenty responses 10 ms after events between the samples, at 10 kHz."""
    fs_hz = 10_000.0
    onset = 0.5 + np.arange(20) * 0.30003
    t = np.arange(int(7 * fs_hz)) / fs_hz
    x = np.random.default_rng(seed).normal(scale=noise, size=len(t)) if noise else 0 * t
    for at in onset:
        x = x + wave(t - at, 0.010, size)
    return onset, x[None]


@pytest.mark.against("closed form of a sine wave", "evoked")
def test_peaks_their_latencies_and_duration_of_a_sine_are_its_own() -> None:
    onset, x = responses(noise=0.0)
    rows = table_of(
        "evoked", Runs([(0.0, x)], 1e4), [stimuli(onset)],
        window_s=[-0.05, 0.06], response_s=[0.005, 0.03], onset_hold_s=0.0,
    )  # fmt: skip
    assert rows["positive_peak"] == pytest.approx(1.0, rel=1e-2)
    assert rows["negative_peak"] == pytest.approx(-1.0, rel=1e-2)
    first, second = 0.010 + 0.002, 0.010 + 0.006
    at = rows["peak_latency_s"]
    assert np.minimum(np.abs(at - first), np.abs(at - second)).max() <= 1.001e-4
    # half of a sine's peak is reached after a twelfth of its period
    half = np.where(np.abs(at - first) < 1e-3, 0.010, 0.014) + 0.008 / 12
    assert np.abs(rows["half_peak_latency_s"] - half).max() <= 1.001e-4
    assert np.abs(rows["change_latency_s"] - 0.010).max() <= 5e-4
    assert np.abs(rows["duration_s"] - 0.008).max() <= 2.1e-4
    assert np.isnan(rows["silent_period_s"]).all()


@pytest.mark.against("simulated truth", "evoked")
@pytest.mark.parametrize("name", ["latency_s", "change_latency_s"])
def test_latencies_are_right_in_noise(name: str) -> None:
    onset, x = responses(noise=0.02)
    rows = table_of(
        "evoked", Runs([(0.0, x)], 1e4), [stimuli(onset)],
        window_s=[-0.05, 0.06], response_s=[0.005, 0.03],
    )  # fmt: skip
    assert np.abs(rows[name] - 0.010).max() <= 7e-4


def turns_of(x: np.ndarray, level: float) -> float:
    rows = table_of(
        "evoked", Runs([(0.0, x[None])], 1000.0), [stimuli([0.2])],
        window_s=[-0.1, 0.8], response_s=[0.0, 0.8], turn_level=level,
    )  # fmt: skip
    return float(rows["turns"][0])


@pytest.mark.against("the number of extremes of a sine wave", "evoked")
@pytest.mark.parametrize("cycles", [1, 3, 20])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_turns_are_the_extremes_of_a_sine_whatever_noise_lies_on_it(
    cycles: int, noise: float
) -> None:
    t = np.arange(1100) / 1000 - 0.3
    inside = (t >= 0) & (t < 0.5)
    x = np.where(inside, np.sin(2 * np.pi * cycles * t / 0.5), 0.0)
    x += np.random.default_rng(cycles).normal(size=len(t)) * noise
    assert turns_of(x, 0.5) == 2 * cycles
    assert turns_of(x, 2.5) == 0


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-5, 5), min_size=2, max_size=40), st.integers(1, 6))
def test_turns_of_integers_are_those_of_the_longest_zigzag(x: list[int], level: int) -> None:
    """Of all ways to pick samples that go up and down by the level, the longest has them all."""
    samples = np.r_[np.zeros(200), x, np.full(900 - len(x), x[-1])].astype(float)
    ends_up, ends_down = [1] * len(x), [1] * len(x)
    for i, value in enumerate(x):
        for j in range(i):
            if value - x[j] >= level:
                ends_up[i] = max(ends_up[i], ends_down[j] + 1)
            if x[j] - value >= level:
                ends_down[i] = max(ends_down[i], ends_up[j] + 1)
    assert turns_of(samples, float(level)) == max(max(*ends_up, *ends_down) - 2, 0)


@pytest.mark.against("simulated truth", "evoked")
def test_a_silent_period_has_its_begin_and_its_length() -> None:
    fs_hz, onset = 5000.0, np.array([1.0, 2.0])
    x = np.random.default_rng(3).normal(size=(1, 20_000))
    x[0, int(1.030 * fs_hz) : int(1.130 * fs_hz)] *= 0.01
    x[0, int(2.030 * fs_hz) :] *= 0.01
    rows = table_of(
        "evoked", Runs([(0.0, x)], fs_hz), [stimuli(onset)],
        window_s=[-0.1, 0.3], response_s=[0.005, 0.03], silent_s=[0.02, 0.29],
    )  # fmt: skip
    assert rows["silent_onset_s"] == pytest.approx([0.030, 0.030], abs=0.004)
    assert rows["silent_period_s"][0] == pytest.approx(0.100, abs=0.006)
    assert np.isnan(rows["silent_period_s"][1])


def test_artefacts_and_clipping_mark_the_channel_they_are_on_and_keep_the_values() -> None:
    onset, x = responses(noise=0.01)
    x = np.concatenate([x, x * 0.4])
    x[1, int((onset[2] - 0.02) * 1e4)] = 3.0
    rows = table_of(
        "evoked", Runs([(0.0, x)], 1e4), [stimuli(onset[:3])],
        window_s=[-0.05, 0.06], response_s=[0.005, 0.03], artefact_level=2.0, clip_level=0.9,
    )  # fmt: skip
    assert rows["reason"].tolist() == [CLIPPED, "", CLIPPED, "", CLIPPED, ARTEFACT]
    assert rows["usable"].tolist() == [False, True, False, True, False, False]
    assert np.isfinite(rows["peak_to_peak"]).all()
