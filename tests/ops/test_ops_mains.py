"""Mains taken out of the spectrum, against SciPy's short-time Fourier transform and a known hum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from interference_scores import DELAY_COMB, mains_scores
from pydantic import ValidationError
from scipy.signal import istft, periodogram, stft
from whole_signals import TDT_FS_HZ, filtered, signal_like

from dspant.config import resolve_steps
from dspant.errors import OperationError
from dspant.ops.registry import operations
from dspant.simulate import interference

FS_HZ = 1000.0
FRAME, HOP = 1000, 250


def interpolated(x: np.ndarray, fs_hz: float = FS_HZ, **params: Any) -> np.ndarray:
    return filtered("spectrum_interpolation", x, fs_hz, (), **({"frequency_hz": 60.0} | params))


def hum(seconds: float, fs_hz: float = FS_HZ, **changes: Any) -> np.ndarray:
    asked = {"frequency_hz": 60.0, "harmonics": 5, "drift_hz": 0.0} | changes
    rng = np.random.default_rng(1)
    return interference.mains(int(seconds * fs_hz), fs_hz=fs_hz, rng=rng, **asked)[np.newaxis]


def rms(x: np.ndarray) -> float:
    return float(np.sqrt((x**2).mean()))


@pytest.mark.against("scipy.signal.stft and istft of the whole signal", "spectrum_interpolation")
def test_frames_are_those_of_a_short_time_fourier_transform() -> None:
    x = np.random.default_rng(0).normal(size=(2, 10 * FRAME)) + hum(10)
    frames = {"nperseg": FRAME, "noverlap": FRAME - HOP}
    frequency_hz, _, spectra = stft(x, FS_HZ, "hann", boundary=None, padded=False, **frames)
    for centre_hz in (60.0, 120.0):
        away_hz = abs(frequency_hz - centre_hz)
        inside = away_hz <= 2.0
        beside = (away_hz > 2.0) & (away_hz <= 5.0)
        level = abs(spectra[:, beside]).mean(axis=1, keepdims=True)
        spectra[:, inside] *= level / abs(spectra[:, inside])
    with pytest.warns(UserWarning, match="NOLA condition failed"):  # at the very ends only
        _, expected = istft(spectra, FS_HZ, "hann", boundary=False, **frames)
    y = interpolated(x, harmonics=2, width_hz=4.0, neighbour_hz=3.0, frame_s=1.0)
    inner = slice(FRAME, 9 * FRAME)
    assert np.abs(y[:, inner] - expected[:, inner]).max() < 1e-10


@pytest.mark.parametrize("fs_hz", [FS_HZ, TDT_FS_HZ / 4])
def test_hum_alone_vanishes_up_to_both_ends_of_the_run(fs_hz: float) -> None:
    x = hum(7.3, fs_hz)
    y = interpolated(x, fs_hz, harmonics=5)
    # What a Hann window leaks past its main lobe is the level that is put back.
    assert rms(y) < 0.01 * rms(x)
    ends = int(fs_hz)
    assert rms(y[:, :ends]) < 0.02
    assert rms(y[:, -ends:]) < 0.02


def test_other_frequencies_stay_as_they_are() -> None:
    time_s = np.arange(8000) / FS_HZ
    x = (np.sin(2 * np.pi * 31 * time_s) + np.sin(2 * np.pi * 90.5 * time_s) + 5)[np.newaxis]
    changed = np.abs(interpolated(x, harmonics=2) - x)
    assert changed[:, 2000:-2000].max() < 1e-12
    # Where an end is extended these tones do not go on, as hum does.
    assert changed.max() < 0.01


def test_the_spectrum_keeps_its_level_where_the_hum_was() -> None:
    """A notch leaves a hole; here the power in the band stays that of the noise, within 20 %.

    Amplitudes become their neighbours' mean, whose square is pi/4 of the mean square of noise.
    """
    noise = np.random.default_rng(2).normal(size=(8, 60000))
    y = interpolated(noise + 10 * hum(60, harmonics=1), frame_s=2.0)
    frequency_hz, power = periodogram(y[:, 2000:-2000], FS_HZ, "hann")
    inside = power[:, abs(frequency_hz - 60) < 0.9].mean()
    beside = power[:, (abs(frequency_hz - 60) > 5) & (abs(frequency_hz - 60) < 20)].mean()
    assert inside / beside == pytest.approx(np.pi / 4, rel=0.2)
    hole = filtered("notch", noise, FS_HZ, frequency_hz=60.0, q=30.0)
    _, power = periodogram(hole, FS_HZ, "hann")
    frequency_hz = np.fft.rfftfreq(60000, 1 / FS_HZ)
    assert power[:, abs(frequency_hz - 60) < 0.9].mean() < 0.3 * beside


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(OperationError, match=r"0\.5 s long, shorter than a frame of 2 s"):
        interpolated(hum(0.5))
    with pytest.raises(OperationError, match="choose harmonics of 8 or fewer"):
        interpolated(hum(5), harmonics=9)
    with pytest.raises(ValidationError, match=r"spreads a tone over 8 Hz.*lengthen frame_s"):
        interpolated(hum(5), frame_s=0.5)
    with pytest.raises(ValidationError, match="do not fit between multiples of 5 Hz"):
        interpolated(hum(5), frequency_hz=5.0)


@pytest.mark.parametrize("name", ["spectrum_interpolation", "subtract_mains"])
def test_the_mains_frequency_is_that_of_the_experiment(name: str) -> None:
    (step,) = resolve_steps([name], line_frequency_hz=50)
    assert step["params"]["frequency_hz"] == 50.0


def test_realised_frames_are_stated() -> None:
    operation = operations()["spectrum_interpolation"]
    params = operation.parameters(frequency_hz=50.0)
    facts = operation.facts(signal_like(np.zeros((1, 10)), TDT_FS_HZ), params)
    assert facts["frame_samples"] == 4 * facts["hop_samples"]
    assert 2.0 <= facts["frame_samples"] / TDT_FS_HZ < 2.1
    assert facts["bin_hz"] == pytest.approx(0.5, rel=0.05)


@pytest.mark.against("numpy.median over shifted copies of the whole signal", "subtract_mains")
@pytest.mark.parametrize("frequency_hz", [50.0, 60.0])
def test_what_is_subtracted_is_the_median_over_periods(frequency_hz: float) -> None:
    x = np.random.default_rng(3).normal(size=(2, 6000)) + 5
    y = filtered("subtract_mains", x, FS_HZ, frequency_hz=frequency_hz, window_s=0.2)
    around, period = int(0.1 * frequency_hz), FS_HZ / frequency_hz
    shifts = np.round(np.arange(-around, around + 1) * period).astype(int)
    n = np.arange(500, 5500)
    medians = {m: np.median(x[:, n + shifts[:, np.newaxis] + m], axis=1) for m in range(-11, 12)}
    whole = int((period - 1) / 2)
    edge = (period - 2 * whole - 1) / 2
    total = sum(medians[m] for m in range(-whole, whole + 1))
    mean = (total + edge * (medians[-whole - 1] + medians[whole + 1])) / period
    assert np.abs(y[:, n] - (x[:, n] - (medians[0] - mean))).max() < 1e-12


@pytest.mark.parametrize("fs_hz", [FS_HZ, TDT_FS_HZ / 4])
def test_hum_of_one_size_is_subtracted_up_to_both_ends(fs_hz: float) -> None:
    """Copies are up to half a sample off: of the 5th harmonic at 1 kHz a radian, at 6 kHz 0.15.

    Their median is off by the mean of the errors' squares, w^2 / 24.
    """
    x = hum(5, fs_hz, harmonics=3)
    y = filtered("subtract_mains", x, fs_hz, frequency_hz=60.0)
    ends = int(fs_hz / 10)
    worst = (2 * np.pi * 180 / fs_hz) ** 2 / 24
    for part in (y, y[:, :ends], y[:, -ends:]):
        assert rms(part) < max(2 * worst, 0.02)


def test_what_does_not_repeat_with_mains_stays() -> None:
    slow = np.linspace(-5, 5, 8000)[np.newaxis] + np.sin(np.arange(8000) / 900)
    changed = np.abs(filtered("subtract_mains", slow, FS_HZ, frequency_hz=50.0) - slow)
    assert changed[:, 600:-600].max() < 1e-3
    # At the ends the window stays, and what rises within a period looks as if it repeated.
    assert changed.max() < 1.1 * np.abs(np.diff(slow)).max() * 10
    burst = np.zeros((1, 8000))
    burst[0, 3000:3400] = np.random.default_rng(5).normal(size=400)
    made = filtered("subtract_mains", burst, FS_HZ, frequency_hz=50.0)
    assert np.abs(made - burst).max() == 0


def test_periods_that_do_not_fit_are_refused() -> None:
    with pytest.raises(OperationError, match=r"0\.9 s long, but window_s 1 needs 1\.03"):
        filtered("subtract_mains", hum(0.9), FS_HZ, frequency_hz=60.0)
    with pytest.raises(OperationError, match=r"a period of 300 Hz is 3\.33"):
        filtered("subtract_mains", hum(3), FS_HZ, frequency_hz=300.0)


@pytest.fixture(scope="module")
def scores() -> dict[tuple[str, float], Any]:
    return {(s.method, s.snr_db): s for s in mains_scores(0.01, [-20.0, 20.0], seconds=16.0)}


def test_large_hum_goes_and_emg_stays(scores: Any) -> None:
    """8 bands of 2 Hz are some 3 % of EMG that lies below 500 Hz; twice that is granted.

    Hum of 20 dB above the EMG is some 45 dB above it in a bin of 0.5 Hz; phases stay, so what is
    put back is at the level of the spectrum beside it: about 15 dB below all EMG.
    """
    score = scores["`spectrum_interpolation`, 2 s, 2 Hz", -20.0]
    assert score.removed_db.min() > 28
    assert score.kept.min() > 0.94
    assert score.after_db.min() > 8


def test_where_there_is_little_hum_interpolation_does_no_harm_and_a_comb_of_a_delay_does(
    scores: Any,
) -> None:
    """At 20 dB the best is to do nothing; what differs from EMG may grow by 1.5 dB."""
    assert scores["`spectrum_interpolation`, 2 s, 2 Hz", 20.0].after_db.min() > 18.5
    assert scores["`subtract_mains`, 1 s", 20.0].after_db.min() > 30
    delay = scores[DELAY_COMB, 20.0]
    # An echo as large as the signal itself: SNR 0 dB, whatever it was.
    assert delay.after_db.max() < 0.5
    assert delay.kept.max() < 0.05


def test_a_median_over_periods_leaves_emg_that_pauses_as_it_was(scores: Any) -> None:
    """EMG is active half of the time, so the median of most windows is that of the pauses.

    Hum of 20 dB above it that wanders by 0.01 Hz turns by 0.03 rad in half a second: some 30 dB of
    the first harmonic can go, and more of it since the error's sign changes within the window.
    """
    score = scores["`subtract_mains`, 1 s", -20.0]
    assert score.removed_db.min() > 28
    assert score.kept.min() > 0.98


def test_notches_take_their_share_of_the_emg(scores: Any) -> None:
    """The width of `comb` is 2 Hz at every multiple, of a notch with q 30 2 Hz only at 60 Hz."""
    comb, notch = scores["`comb`, 2 Hz wide", -20.0], scores["`notch`, q 30, 8 harmonics", -20.0]
    assert comb.kept.min() > 0.94
    assert notch.kept.min() < comb.kept.min()
    assert min(comb.removed_db.min(), notch.removed_db.min()) > 20
