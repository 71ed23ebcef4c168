"""R peaks and their removal, against the simulated truth, SciPy and NumPy on the whole array."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from interference_scores import QRS_S, beat_counts, ecg_scores
from scipy.signal import butter, find_peaks, sosfiltfilt
from whole_signals import Runs, filtered, same_bits, stimuli, table_of

from dspant.errors import OperationError
from dspant.ops.registry import operations
from dspant.ops.signal import Events
from dspant.simulate import emg, interference

FS_HZ = 2000.0


def beats(seconds: float, rate_hz: float = 5.5, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    times_s = emg.heart_beats(seconds, rate_hz=rate_hz, interval_cv=0.03, rng=rng)
    return times_s[(times_s > 0.4) & (times_s < seconds - 0.5)]


def ecg(times_s: np.ndarray, seconds: float, qrs_s: float = QRS_S) -> np.ndarray:
    return interference.heart(
        times_s,
        qrs_s=qrs_s,
        size_cv=0.1,
        breath_hz=0.25,
        samples=int(seconds * FS_HZ),
        fs_hz=FS_HZ,
    )[np.newaxis]


def found(x: np.ndarray, **params: Any) -> dict[str, np.ndarray]:
    return table_of("r_peaks", Runs([(0.0, x)], FS_HZ), **({"qrs_s": QRS_S} | params))


def removed(x: np.ndarray, times_s: Any, **params: Any) -> np.ndarray:
    asked = {"window_s": [-0.06, 0.06]} | params
    return filtered("remove_ecg", x, FS_HZ, (), [stimuli(times_s)], **asked)


@pytest.mark.against("simulated R times of emg.heart_beats", "r_peaks")
@pytest.mark.parametrize(("qrs_s", "rate_hz"), [(0.02, 5.5), (0.1, 1.2), (0.01, 9.0)])
@pytest.mark.parametrize("sign", [1, -1])
def test_every_beat_is_found_within_a_tenth_of_a_qrs(
    qrs_s: float, rate_hz: float, sign: int
) -> None:
    times_s = beats(30, rate_hz)
    noise = 0.05 * np.random.default_rng(0).normal(size=(1, 60000))
    rows = found(sign * ecg(times_s, 30, qrs_s) + noise, qrs_s=qrs_s)
    assert len(rows["onset"]) == len(times_s)
    assert np.abs(rows["onset"] - times_s).max() < 0.1 * qrs_s
    assert (np.sign(rows["amplitude"]) == sign).all()
    assert np.isnan(rows["interval_s"][0])
    assert rows["interval_s"][1:] == pytest.approx(np.diff(rows["onset"]))


@pytest.mark.against("scipy.signal.sosfiltfilt and find_peaks", "r_peaks")
def test_places_and_sizes_are_those_of_the_band_passed_signal() -> None:
    times_s = beats(20)
    x = ecg(times_s, 20) + 0.02 * np.random.default_rng(1).normal(size=(1, 40000))
    rows = found(x)
    sos = butter(2, [0.5 / QRS_S, 1.5 / QRS_S], "bandpass", fs=FS_HZ, output="sos")
    passed = sosfiltfilt(sos, x[0])
    peaks, _ = find_peaks(passed, height=0.5 * passed.max(), distance=80)
    assert np.abs(rows["onset"] * FS_HZ - peaks).max() <= 0.5 + 1e-6
    assert rows["amplitude"] == pytest.approx(passed[peaks], rel=1e-6)


def test_one_large_artefact_neither_hides_nor_shifts_the_beats() -> None:
    times_s = beats(30)
    x = ecg(times_s, 30)
    x[0, 900:906] += 50.0
    rows = found(x)
    extra = np.abs(rows["onset"] - 0.4515) < 0.05
    assert extra.sum() <= 1
    kept = rows["onset"][~extra]
    late = times_s[times_s > 3.0]
    assert len(kept[kept > 3.0 - 0.05]) == len(late)


def test_a_weak_beat_is_found_by_searching_back() -> None:
    times_s = beats(20)
    x = ecg(times_s, 20)
    weak = 30
    around = np.abs(np.arange(40000) / FS_HZ - times_s[weak]) < 0.06
    x[0, around] *= 0.3
    x += 0.01 * np.random.default_rng(2).normal(size=x.shape)
    rows = found(x)
    assert len(rows["onset"]) == len(times_s)
    assert rows["searched_back"].nonzero()[0].tolist() == [weak]


def test_no_beat_is_looked_for_across_a_gap_or_in_other_channels() -> None:
    times_s = beats(20)
    x = np.concatenate([ecg(times_s, 20), np.zeros((1, 40000))])
    source = Runs([(0.0, x), (100.0, x), (200.0, x[:, :20])], FS_HZ)
    rows = table_of("r_peaks", source, qrs_s=QRS_S)
    assert set(rows["channel"]) == {"ch0"}
    assert np.isnan(rows["interval_s"]).sum() == 2
    half = len(times_s)
    assert rows["onset"][half:] == pytest.approx(rows["onset"][:half] + 100, abs=1e-9)


def test_a_qrs_too_short_for_the_rate_is_refused() -> None:
    with pytest.raises(OperationError, match="up to 1500 Hz, but this signal ends at 1000 Hz"):
        found(ecg(beats(5), 5), qrs_s=0.001)


def flattened(window: np.ndarray, ends: int = 10) -> np.ndarray:
    n = np.arange(len(window))
    x = [n[:ends].mean(), n[-ends:].mean()]
    line = np.poly1d(np.polyfit(x, [window[:ends].mean(), window[-ends:].mean()], 1))
    ramp = np.sin(np.pi / 2 * (np.arange(ends) + 0.5) / ends) ** 2
    return (window - line(n)) * np.r_[ramp, np.ones(len(n) - 2 * ends), ramp[::-1]]


@pytest.mark.against("numpy.mean of neighbouring beats; an explicit recursion", "remove_ecg")
@pytest.mark.parametrize("method", ["template", "adaptive"])
def test_what_is_subtracted_is_the_formula(method: str) -> None:
    at = np.round(beats(12) * FS_HZ).astype(int)
    x = np.random.default_rng(4).normal(size=(1, 24000))
    y = removed(x, at / FS_HZ, method=method, neighbours=6, step=0.1)
    flat = np.array([flattened(x[0, n - 120 : n + 121]) for n in at])
    expected, follows = x[0].copy(), flat.mean(axis=0)
    for i, n in enumerate(at):
        others = sorted(set(range(len(at))) - {i}, key=lambda j, n=n: abs(at[j] - n))[:6]
        template = follows if method == "adaptive" else flat[others].mean(axis=0)
        scale = np.linalg.lstsq(template[:, np.newaxis], flat[i])[0][0]
        expected[n - 120 : n + 121] -= scale * template
        follows = follows + 0.1 * (flat[i] - follows)
    assert np.abs(y[0] - expected).max() < 1e-10


@pytest.mark.against("numpy.interp", "remove_ecg")
def test_a_gate_is_a_straight_line() -> None:
    at = np.array([500, 1500, 2500])
    x = np.random.default_rng(4).normal(size=(2, 4000))
    y = removed(x, at / FS_HZ, method="gate", window_s=[-0.01, 0.02], channels=["ch1"])
    n = np.arange(4000)
    outside = ~((n[:, np.newaxis] >= at - 20) & (n[:, np.newaxis] <= at + 40)).any(axis=1)
    assert same_bits(y[0], x[0])
    assert y[1] == pytest.approx(np.interp(n, n[outside], x[1, outside]), abs=1e-12)


@pytest.mark.parametrize("method", ["template", "adaptive"])
def test_no_beat_stays_at_the_border_of_a_block(method: str) -> None:
    """At 1.2 MS of samples the run is many blocks long; every beat inside goes, wherever it is."""
    seconds = 240.0
    times_s = beats(seconds)
    x = 5 * ecg(times_s, seconds)
    y = removed(x, times_s, method=method, within_s=3.0, step=0.3)
    at = np.round(times_s * FS_HZ).astype(int)
    left = np.array([np.abs(y[0, n - 100 : n + 101]).max() for n in at[10:-10]])
    assert x.max() > 4
    assert left.max() < 0.05 * x.max()


def test_metadata_state_what_is_left_and_what_was_taken() -> None:
    seconds = 60.0
    times_s = beats(seconds)
    noise = np.random.default_rng(6).normal(size=(2, int(seconds * FS_HZ)))
    x = noise + np.array([[10.0], [0.0]]) * ecg(times_s, seconds)
    operation = operations()["remove_ecg"]
    params = operation.parameters(window_s=[-0.06, 0.06])
    events = [stimuli([*times_s, 70.0])]
    stated = operation.learn(Runs([(0.0, x)], FS_HZ), events, params).stated
    assert (stated["events"], stated["subtracted"]) == (len(times_s) + 1, len(times_s))
    assert stated["outside"] == 1
    size = 10 * np.ptp(ecg(times_s, seconds)) / np.sqrt(2) / (1 + 0.1 * np.sqrt(2)) * 0.7
    assert stated["template_peak_to_peak"][0] > size
    assert stated["locked_power_left"][0] < 0.001
    assert stated["sd_between_events"] == pytest.approx([1.0, 1.0], rel=0.03)
    assert stated["sd_at_events"] == pytest.approx([1.0, 1.0], rel=0.05)
    assert stated["sd_at_events_before"][0] > 1.5


@pytest.mark.parametrize("method", ["template", "adaptive", "gate"])
def test_beats_found_in_one_channel_clean_all_and_metadata_are_json(method: str) -> None:
    times_s = beats(20)
    x = np.array([[5.0], [1.0]]) * ecg(times_s, 20)
    x += 0.1 * np.random.default_rng(7).normal(size=x.shape)
    rows = found(x, channels=["ch0"])
    events = [Events("beats", pa.table(rows))]
    operation = operations()["remove_ecg"]
    params = operation.parameters(window_s=[-0.06, 0.06], method=method, events_of="ch0")
    stated = dict(operation.learn(Runs([(0.0, x)], FS_HZ), events, params).stated)
    assert json.loads(json.dumps(stated)) == stated
    assert max(stated["locked_power_left"]) < 0.02


def test_beats_whose_window_leaves_the_run_stay() -> None:
    times_s = np.array([0.01, *beats(20), 19.99])
    x = np.random.default_rng(4).normal(size=(1, 40000))
    y = removed(x, times_s)
    assert same_bits(y[:, :300], x[:, :300])
    assert same_bits(y[:, -200:], x[:, -200:])


@pytest.fixture(scope="module")
def at_0_db() -> dict[str, Any]:
    return {s.method: s for s in ecg_scores([0.0], seconds=20.0)}


def test_templates_take_the_ecg_and_leave_the_emg(at_0_db: Any) -> None:
    """Sizes vary by 10 % with breathing: unscaled, 20 dB can go; scaled, more.

    A template of 40 beats adds 1/40 of the EMG's power inside windows, which are two thirds of the
    recording: 1.7 %; a step of 0.05 as much as 39 beats. Three times that is granted for bursts.
    """
    for name in ("template", "adaptive"):
        score = at_0_db[f"`remove_ecg` {name}"]
        assert score.removed_db.min() > 20
        assert score.kept.min() > 0.95
        assert score.after_db.min() > 12
    plain = at_0_db["`remove_ecg` template, not scaled"]
    assert 15 < plain.removed_db.min() < 21


def test_templates_are_better_than_filter_gate_and_ancestor(at_0_db: Any) -> None:
    """A high-pass takes the EMG below 100 Hz, a gate of 40 ms all EMG in a fifth of the time, and
    15 ms around R leave P and T waves, which hold a tenth or more of the ECG's power."""
    best = at_0_db["`remove_ecg` template"]
    for name in ("`highpass`, 100 Hz", "`remove_ecg` gate, 40 ms"):
        assert at_0_db[name].kept.max() < best.kept.min()
        assert at_0_db[name].after_db.max() < best.after_db.min()
    assert at_0_db["correlation template (ancestor)"].removed_db.max() < 12


def test_beats_are_found_in_emg_that_is_as_large() -> None:
    """At 0 dB in all, R waves stand several standard deviations above the EMG."""
    ((_, sensitivity, value, error_ms),) = beat_counts([0.0], seconds=20.0)
    assert min(sensitivity, value) > 97
    assert error_ms < 1.0
