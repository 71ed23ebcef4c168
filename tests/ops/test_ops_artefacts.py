"""Windows around events replaced or cleaned, against NumPy and SciPy on the whole array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from interference_scores import artefact_scores
from pydantic import ValidationError
from scipy.interpolate import CubicHermiteSpline
from whole_signals import Runs, filtered, run_by_run, same_bits, stimuli

from dspant.errors import OperationError
from dspant.ops.registry import operations
from dspant.simulate.emg import hermite_rodriguez, place

FS_HZ = 1000.0


def noise(channels: int = 2, samples: int = 3000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(channels, samples)).cumsum(axis=1)


def blanked(x: np.ndarray, onset: Any, **params: Any) -> np.ndarray:
    return filtered("blank_artefact", x, FS_HZ, (), [stimuli(onset)], **params)


def cleaned(x: np.ndarray, onset: Any, **params: Any) -> np.ndarray:
    return filtered("subtract_artefact_template", x, FS_HZ, (), [stimuli(onset)], **params)


def learned(name: str, x: np.ndarray, onset: Any, **params: Any) -> dict[str, Any]:
    operation = operations()[name]
    model = operation.parameters(**params)
    return dict(operation.learn(Runs([(0.0, x)], FS_HZ), [stimuli(onset)], model).stated)


@pytest.mark.against("numpy.interp", "blank_artefact")
def test_a_line_joins_the_samples_beside_the_window() -> None:
    x = noise()
    y = blanked(x, [0.5, 1.25], window_s=[-0.002, 0.006])
    inside = np.zeros(3000, bool)
    inside[498:507] = inside[1248:1257] = True
    n = np.arange(3000)
    for row, made in zip(x, y, strict=True):
        assert made == pytest.approx(np.interp(n, n[~inside], row[~inside]), abs=1e-12)
    assert same_bits(y[:, ~inside], x[:, ~inside])


@pytest.mark.against("scipy.interpolate.CubicHermiteSpline", "blank_artefact")
def test_a_cubic_has_the_values_and_slopes_of_both_sides() -> None:
    x = noise()
    y = blanked(x, [0.5], window_s=[-0.002, 0.006], fill="cubic", fit_s=0.01)
    before, after = np.arange(488, 498), np.arange(507, 517)
    for row, made in zip(x, y, strict=True):
        slopes = [np.polyfit(side, row[side], 1)[0] for side in (before, after)]
        curve = CubicHermiteSpline([497, 507], row[[497, 507]], slopes)
        assert made[498:507] == pytest.approx(curve(np.arange(498, 507)), abs=1e-9)


def test_hold_and_zero_do_as_they_say_and_other_channels_stay() -> None:
    x = noise()
    y = blanked(x, [0.5], window_s=[0, 0.004], fill="hold", channels=["ch1"])
    assert (y[1, 500:505] == x[1, 499]).all()
    assert same_bits(y[0], x[0])
    assert not blanked(x, [0.5], window_s=[0, 0.004], fill="zero")[:, 500:505].any()


def test_windows_that_meet_are_one_and_events_outside_are_counted() -> None:
    x = noise()
    onset = [0.5, 0.504, -3.0, 9.0, np.nan]
    y = blanked(x, onset, window_s=[-0.002, 0.006])
    assert y[0, 498:511] == pytest.approx(np.linspace(x[0, 497], x[0, 511], 15)[1:-1])
    stated = learned("blank_artefact", x, onset, window_s=[-0.002, 0.006])
    assert stated == {
        "events": 4,
        "outside": 2,
        "replaced_windows": 1,
        "replaced_s": 0.013,
        "replaced_share": pytest.approx(13 / 3000),
    }


def test_a_window_at_an_end_of_a_run_takes_the_other_sides_value() -> None:
    x = noise()
    y = blanked(x, [0.001, 2.998], window_s=[-0.002, 0.006])
    assert (y[:, :8] == x[:, 8:9]).all()
    assert (y[:, 2996:] == x[:, 2995:2996]).all()


def test_the_end_may_follow_each_events_offset() -> None:
    import pyarrow as pa

    from dspant.ops.signal import Events

    x = np.ones((1, 1000))
    table = pa.table({"onset": [0.1, 0.5], "offset": [0.11, 0.55]})
    made = filtered(
        "blank_artefact",
        x,
        FS_HZ,
        (),
        [Events("Stim", table)],
        window_s=[0.0, 0.002],
        until="offset",
        fill="zero",
    )
    assert np.flatnonzero(made[0] == 0).tolist() == [*range(100, 113), *range(500, 553)]


def test_runs_are_treated_apart_by_their_own_clock() -> None:
    x = noise()
    source = Runs([(0.0, x), (10.0, x)], FS_HZ)
    first, second = run_by_run(
        "blank_artefact", source, [stimuli([10.5])], window_s=[0, 0.01], fill="zero"
    )
    assert same_bits(first, x)
    assert not second[:, 500:511].any()


def test_what_cannot_be_meant_is_refused() -> None:
    x = noise(samples=30000)
    with pytest.raises(OperationError, match=r"from 1\.000000 to 2[0-9.]+ s, .* shorten window_s"):
        blanked(x, np.arange(1, 20, 0.5), window_s=[0, 0.6])
    with pytest.raises(OperationError, match=r"names 'ch7'.* channels are: ch0, ch1"):
        blanked(x, [1.0], window_s=[0, 0.6], channels=["ch7"])
    with pytest.raises(ValidationError, match="window_s must rise"):
        blanked(x, [1.0], window_s=[0.1, 0.0])
    with pytest.raises(OperationError, match=r"2 of which meet no other window; .* needs 3"):
        cleaned(x, [1.0, 2.0], window_s=[-0.01, 0.05])
    with pytest.raises(OperationError, match="too few for two tapers"):
        cleaned(x, [1.0, 2.0, 3.0], window_s=[-0.001, 0.001], taper_s=0.01)


def test_events_of_several_channels_have_to_be_chosen_from() -> None:
    import pyarrow as pa

    from dspant.ops.signal import Events

    table = pa.table({"onset": [0.1, 0.5], "offset": [0.1, 0.5], "channel": ["a", "b"]})
    x, events = np.ones((1, 1000)), [Events("Beats", table)]
    with pytest.raises(OperationError, match=r"channels \['a', 'b'\].*events_of"):
        filtered("blank_artefact", x, FS_HZ, (), events, window_s=[0.0, 0.01])
    made = filtered(
        "blank_artefact", x, FS_HZ, (), events, window_s=[0.0, 0.01], fill="zero", events_of="b"
    )
    assert np.flatnonzero(made[0] == 0).tolist() == [*range(500, 511)]


def flattened(window: np.ndarray, ends: int) -> np.ndarray:
    """Less the line through the means of both ends, times a ramp of raised cosines."""
    n = np.arange(len(window))
    x = [n[:ends].mean(), n[-ends:].mean()]
    line = np.poly1d(np.polyfit(x, [window[:ends].mean(), window[-ends:].mean()], 1))
    ramp = np.sin(np.pi / 2 * (np.arange(ends) + 0.5) / ends) ** 2
    weights = np.ones(len(window))
    weights[:ends], weights[-ends:] = ramp, ramp[::-1]
    return (window - line(n)) * weights


ONSETS = np.array([200, 450, 700, 1000, 1200, 1500, 1800, 2200, 2600])


@pytest.mark.against("numpy.mean and numpy.median", "subtract_artefact_template")
@pytest.mark.parametrize("average", ["mean", "median"])
@pytest.mark.parametrize("scaled", [False, True])
def test_the_template_is_the_average_of_flattened_windows(average: str, scaled: bool) -> None:
    x = noise()
    params = {"window_s": [-0.01, 0.08], "taper_s": 0.005, "average": average}
    y = cleaned(x, ONSETS / FS_HZ, fit_scale=scaled, **params)
    expected = x.copy()
    for row, target in zip(x, expected, strict=True):
        flat = np.array([flattened(row[n - 10 : n + 81], 5) for n in ONSETS])
        template = getattr(np, average)(flat, axis=0)
        for n, own in zip(ONSETS, flat, strict=True):
            scale = np.linalg.lstsq(template[:, np.newaxis], own)[0][0] if scaled else 1.0
            target[n - 10 : n + 81] -= scale * template
    assert np.abs(y - expected).max() < 1e-10


@pytest.mark.against("numpy.mean of the nearest windows", "subtract_artefact_template")
def test_neighbours_are_the_nearest_and_never_the_event_itself() -> None:
    x = noise(channels=1)
    y = cleaned(x, ONSETS / FS_HZ, window_s=[-0.01, 0.08], taper_s=0.005, neighbours=4)
    flat = np.array([flattened(x[0, n - 10 : n + 81], 5) for n in ONSETS])
    expected = x[0].copy()
    for i, n in enumerate(ONSETS):
        others = sorted(set(range(9)) - {i}, key=lambda j, n=n: abs(ONSETS[j] - n))[:4]
        expected[n - 10 : n + 81] -= flat[others].mean(axis=0)
    assert np.abs(y[0] - expected).max() < 1e-10


def pulses(onset_s: np.ndarray, samples: int, sizes: np.ndarray | None = None) -> np.ndarray:
    """Band-limited pulses of peak about one, at any part of a sample."""
    size = np.ones(len(onset_s)) if sizes is None else sizes

    def wave(elapsed_s: np.ndarray) -> np.ndarray:
        order = np.ones_like(elapsed_s, dtype=np.int64)
        width = np.full_like(elapsed_s, 0.002)
        return size[:, np.newaxis] * hermite_rodriguez(elapsed_s - 0.02, order, width)

    trace = place(onset_s, wave, 0.04, samples=samples, fs_hz=FS_HZ)
    return (trace / np.abs(trace).max())[np.newaxis]


def test_pulses_between_samples_vanish_by_the_events_own_times() -> None:
    onset_s = np.arange(0.2, 9.8, 0.2137)
    x = pulses(onset_s, 10000)
    y = cleaned(x, onset_s, window_s=[-0.005, 0.05])
    assert np.abs(y).max() < 1e-4
    rounded = cleaned(x, np.round(onset_s * FS_HZ) / FS_HZ, window_s=[-0.005, 0.05])
    assert np.abs(rounded).max() > 0.05


def test_jitter_that_the_events_do_not_tell_is_found_by_cross_correlation() -> None:
    rng = np.random.default_rng(5)
    onset_s = np.arange(0.2, 9.8, 0.2137)
    x = pulses(onset_s + rng.uniform(-0.002, 0.002, len(onset_s)), 10000)
    left = np.abs(cleaned(x, onset_s, window_s=[-0.01, 0.06])).max()
    aligned = np.abs(cleaned(x, onset_s, window_s=[-0.01, 0.06], max_jitter_s=0.004)).max()
    assert left > 0.5
    assert aligned < 0.05


def test_no_step_appears_at_a_windows_ends() -> None:
    x = 100 + noise() / 100
    y = cleaned(x, ONSETS / FS_HZ, window_s=[-0.01, 0.08])
    steps = np.abs(np.diff(y - x, axis=1))
    assert steps[:, ONSETS - 11].max() < 0.02
    assert steps[:, ONSETS + 80].max() < 0.02


def test_overlapping_windows_do_not_teach_and_all_is_counted() -> None:
    x = noise()
    onset = [*ONSETS / FS_HZ, 0.22, -1.0, 2.999]
    stated = learned("subtract_artefact_template", x, onset, window_s=[-0.01, 0.08])
    assert {name: stated[name] for name in ("events", "subtracted", "outside", "overlapping")} == {
        "events": 12,
        "subtracted": 10,
        "outside": 2,
        "overlapping": 2,
    }
    alone = learned("subtract_artefact_template", x, ONSETS[1:] / FS_HZ, window_s=[-0.01, 0.08])
    assert stated["template_digest"] == alone["template_digest"]
    assert stated["template_peak_to_peak"] == alone["template_peak_to_peak"]


def test_a_median_of_too_many_windows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from dspant.ops import templates

    monkeypatch.setattr(templates, "KEPT_BYTES", 5000)
    with pytest.raises(OperationError, match=r"median of 9 windows .* so 3 events; shorten"):
        cleaned(noise(), ONSETS / FS_HZ, window_s=[-0.01, 0.08], average="median")


@pytest.fixture(scope="module")
def at_0_db() -> dict[str, Any]:
    return {s.method: s for s in artefact_scores([0.0], seconds=12.0, channels=2)}


def test_a_template_leaves_little_of_the_artefact_and_nearly_all_emg(at_0_db: Any) -> None:
    """40 artefacts whose sizes vary by 5 %: unscaled, 20 log10(1 / 0.05) = 26 dB can go.

    The mean of 40 windows adds 1/40 of the EMG's power inside windows, which are a 25th of the
    recording: 0.1 %; 2 % is granted for bursts that fall on stimuli.
    """
    plain = at_0_db["`subtract_artefact_template`"]
    scaled = at_0_db["`subtract_artefact_template`, scaled"]
    assert plain.removed_db.min() > 23
    assert scaled.removed_db.min() > 30
    assert min(plain.kept.min(), scaled.kept.min()) > 0.98


def test_blanking_takes_the_emg_of_its_windows_and_no_more(at_0_db: Any) -> None:
    """Windows of 12.5 ms every 0.3 s are 4.2 % of the recording; twice that is granted."""
    score = at_0_db["`blank_artefact` linear"]
    assert score.removed_db.min() > 50
    assert score.kept.min() > 1 - 2 * 0.042
