from __future__ import annotations

import itertools

import numpy as np
import pytest
from page_reader import PageReader
from scipy.stats import kurtosis
from small_recording import FS_HZ, SmallRecording

from dspant.report.equal_runs import EqualRuns
from dspant.report.moments import Moments
from dspant.report.quality import DROPOUT_S, FLAT_SAMPLES
from dspant.report.spectrum import mains_ratio
from dspant.report.verdict import LIMITS
from dspant.report.window_levels import BIN_DB, LEVEL_WINDOW_S, WindowLevels


def measured(small: SmallRecording, channel: str = "a") -> dict[str, object]:
    small.page()
    return small.summary["quality"]["RawG"][channel]


def test_measures_equal_numpy_on_the_whole_array(small: SmallRecording) -> None:
    rng = np.random.default_rng(5)
    values = (1e-4 * rng.standard_normal((2, 300_000)) + 2e-5).astype(np.float32)
    values[1] = np.clip(values[1], -1e-4, 1e-4)
    values[1, 1000:1500] = values[1, 1000]
    segments = [(0, 1200, 0.0), (1200, 298_800, 5.0)]
    small.stream("RawG", values, ["a", "b"], segments=segments)
    small.page()
    for row, channel in enumerate("ab"):
        x = values[row].astype(np.float64)
        found = small.summary["quality"]["RawG"][channel]
        assert found["rms"] == pytest.approx(np.sqrt(np.mean(x**2)), rel=1e-9)
        assert found["offset"] == pytest.approx(x.mean(), rel=1e-6)
        assert found["largest"] == np.abs(x).max()
        assert found["extremes"] == np.mean((x == x.min()) | (x == x.max()))
        flat = sum(naive_flat(part) for part in (x[:1200], x[1200:]))
        assert found["flat"] == flat / len(x)
    assert "saturated" in small.summary["quality"]["RawG"]["b"]["remarks"]
    assert small.summary["quality"]["RawG"]["a"]["remarks"] == ["low SNR"]


def naive_flat(x: np.ndarray) -> int:
    runs = np.lib.stride_tricks.sliding_window_view(x, FLAT_SAMPLES)
    return int((runs == runs[:, :1]).all(axis=1).sum())


def naive_runs(x: np.ndarray, least: int) -> int:
    """Samples in runs of one value that are so long, by a plain loop."""
    lengths, length = [], 1
    for before, after in itertools.pairwise(x.tolist()):
        if before == after:
            length += 1
        else:
            lengths.append(length)
            length = 1
    return sum(n for n in [*lengths, length] if n >= least)


@pytest.mark.parametrize("cuts", [[], [1], [3, 4, 5], list(range(0, 2000, 7))])
def test_runs_do_not_depend_on_how_a_stream_is_cut(cuts: list[int]) -> None:
    x = np.random.default_rng(1).integers(0, 2, 2000).astype(float)
    x[100:140] = 1
    x[500:519] = 0
    runs = EqualRuns(FLAT_SAMPLES, 20)
    for part in np.split(x, cuts):
        runs.follow(part)
    assert runs.counts() == (naive_flat(x), naive_runs(x, 20))
    assert runs.counts()[1] >= 40


def test_no_run_crosses_a_gap() -> None:
    runs = EqualRuns(FLAT_SAMPLES, 20)
    for _ in range(3):
        runs.follow(np.zeros(FLAT_SAMPLES - 1))
        runs.break_off()
    assert runs.counts() == (0, 0)


def test_dropouts_are_the_lost_part_of_a_channel(small: SmallRecording) -> None:
    x = np.random.default_rng(4).standard_normal((1, 50_000)).astype(np.float32)
    shortest = round(DROPOUT_S * FS_HZ)
    x[0, 1000 : 1000 + shortest] = 0
    x[0, 2000 : 2000 + shortest - 1] = 0
    x[0, 3000:3500] = 0.25
    small.stream("RawG", x, ["a"])
    found = measured(small)
    assert found["dropout"] == (shortest + 500) / 50_000
    assert found["verdict"] == "check"
    assert any(reason.startswith("dropout: dropout 1.04 %") for reason in found["reasons"])


@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize("shape", ["normal", "laplace", "exponential"])
def test_moments_equal_scipy_however_a_stream_is_cut(offset: float, shape: str) -> None:
    x = getattr(np.random.default_rng(6), shape)(size=20_000) + offset
    moments = Moments()
    for part in np.split(x, [1, 2, 700, 701, 15_000]):
        moments.follow(part)
    assert moments.kurtosis == pytest.approx(kurtosis(x, fisher=False), rel=1e-9)
    assert moments.sd == pytest.approx(x.std(), rel=1e-12)
    assert moments.rms == pytest.approx(np.sqrt(np.mean(x**2)), rel=1e-12)


@pytest.mark.parametrize("cuts", [[], [1, 50, 99, 100, 101], list(range(0, 40_000, 333))])
def test_snr_is_that_of_quantiles_of_windows(cuts: list[int]) -> None:
    rng = np.random.default_rng(8)
    x = rng.standard_normal(40_000) * (1 + 9 * (np.arange(40_000) % 4000 < 1000)) + 5
    levels = WindowLevels(FS_HZ)
    for part in np.split(x, cuts):
        levels.follow(part)
    sd = x.reshape(-1, round(LEVEL_WINDOW_S * FS_HZ)).std(axis=1)
    quiet, active = np.quantile(sd, [0.05, 0.95], method="inverted_cdf")
    assert levels.snr_db() == pytest.approx(20 * np.log10(active / quiet), abs=2 * BIN_DB)
    assert levels.snr_db() == pytest.approx(20, abs=2)


def test_snr_is_the_ratio_of_bursts_to_rest_and_near_zero_for_noise(small: SmallRecording) -> None:
    rng = np.random.default_rng(9)
    noise = rng.standard_normal((3, 60_000))
    noise[0, np.arange(60_000) % 2000 < 500] *= 30
    noise[2, :2000] = 7  # lost: counts as neither quiet nor active
    small.stream("RawG", noise, ["burst", "noise", "lost"])
    small.page()
    found = small.summary["quality"]["RawG"]
    assert found["burst"]["snr_db"] == pytest.approx(20 * np.log10(30), abs=2)
    assert found["burst"]["verdict"] == "good"
    assert 0 < found["noise"]["snr_db"] < 3
    assert found["noise"]["verdict"] == "check"
    assert found["noise"]["reasons"][0].startswith("low SNR: SNR")
    assert found["lost"]["snr_db"] < 3


def test_verdicts_follow_from_the_limits(small: SmallRecording) -> None:
    rng = np.random.default_rng(10)
    x = 1e-4 * rng.standard_normal((4, 60_000))
    x[:, np.arange(60_000) % 2000 < 500] *= 10
    x[1] = np.clip(x[1], -2e-4, 2e-4)
    x[2] += 2e-2
    x[3, :6000] = 0
    small.stream("RawG", x, ["good", "clipped", "offset", "lost"])
    page = PageReader(small.page())
    found = small.summary["quality"]["RawG"]
    verdicts = {channel: quality["verdict"] for channel, quality in found.items()}
    assert verdicts == {"good": "good", "clipped": "bad", "offset": "check", "lost": "bad"}
    assert found["clipped"]["remarks"] == ["saturated"]
    assert found["offset"]["remarks"] == ["offset"]
    assert found["lost"]["remarks"] == ["flat", "dropout"]
    for channel, quality in found.items():
        assert page.row(channel)[1] == quality["verdict"]
        assert page.row(channel)[-1] == ("; ".join(quality["reasons"]) or "–")


def test_the_page_states_every_limit(small: SmallRecording) -> None:
    small.stream("RawG", np.random.default_rng(0).standard_normal((1, 5000)), ["a"])
    page = PageReader(small.page())
    stated = {row[0]: row[2:4] for row in page.rows if len(row) == 5}
    assert stated["SNR"] == ["≤ 3.00 dB", "–"]
    assert stated["mains ratio"] == ["≥ 10.0", "≥ 1,000"]
    assert stated["dropout"] == ["≥ 0.1 %", "≥ 5 %"]
    assert stated["not finite"] == ["any", "≥ 5 %"]
    assert len(stated) >= len(LIMITS)


@pytest.mark.parametrize("line_hz", [50.0, 60.0])
def test_mains_ratio_finds_a_hum_at_its_frequency_alone(
    small: SmallRecording, line_hz: float
) -> None:
    time_s = np.arange(40_000) / FS_HZ
    noise = np.random.default_rng(2).standard_normal((1, len(time_s)))
    hum = 0.5 * np.sin(2 * np.pi * line_hz * time_s)
    small.stream("RawG", noise + hum, ["a"])
    small.page(line_hz=line_hz)
    hummed = small.summary["quality"]["RawG"]["a"]
    assert hummed["mains_ratio"] > 10
    assert "hum" in hummed["remarks"]
    small.page(line_hz=110 - line_hz)
    assert small.summary["quality"]["RawG"]["a"]["mains_ratio"] < 2


def test_mains_ratio_is_power_at_the_line_over_its_neighbours() -> None:
    frequency_hz = np.arange(0, 100, 0.25)
    power = np.ones((1, len(frequency_hz)))
    power[0, np.abs(frequency_hz - 50) <= 1] = 7
    assert mains_ratio(frequency_hz, power, 50.0) == [7.0]
    assert mains_ratio(frequency_hz, power, None) == [None]
    assert mains_ratio(frequency_hz, power, 98.0) == [None]
    assert mains_ratio(frequency_hz, 0 * power, 50.0) == [None]


def test_missing_and_constant_channels_are_remarked(small: SmallRecording) -> None:
    values = np.random.default_rng(2).standard_normal((3, 5000)).astype(np.float32)
    values[0, 7:9] = np.nan
    values[1] = np.nan
    values[2] = 0
    small.stream("RawG", values, ["a", "b", "c"])
    small.page()
    found = small.summary["quality"]["RawG"]
    assert found["a"]["not_finite"] == 2
    assert found["a"]["rms"] == pytest.approx(np.sqrt(np.nanmean(values[0].astype(float) ** 2)))
    assert found["b"]["rms"] is None
    assert found["b"]["remarks"] == ["not finite"]
    assert found["c"]["remarks"] == ["no variation", "flat", "dropout"]


def test_numbers_of_the_table_are_those_of_the_summary(small: SmallRecording) -> None:
    values = np.full((1, 4000), 2e-4)
    values[0, ::2] = -1e-4
    small.stream("RawG", values, ["a"])
    row = PageReader(small.page()).row("a")
    assert row[1:5] == ["bad", "158 µV", "50.0 µV", "200 µV"]
    assert row[8:11] == ["0 %", "0 %", "100 %"]
