from __future__ import annotations

import numpy as np
import pytest
from page_reader import PageReader
from small_recording import FS_HZ, SmallRecording

from dspant.report.quality import FLAT_SAMPLES, count_flat
from dspant.report.spectrum import mains_ratio


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
    assert small.summary["quality"]["RawG"]["a"]["remarks"] == []


def naive_flat(x: np.ndarray) -> int:
    runs = np.lib.stride_tricks.sliding_window_view(x, FLAT_SAMPLES)
    return int((runs == runs[:, :1]).all(axis=1).sum())


def test_flat_samples_of_short_pieces() -> None:
    assert count_flat(np.zeros((1, FLAT_SAMPLES - 1))).tolist() == [0]
    assert count_flat(np.zeros((1, FLAT_SAMPLES + 2))).tolist() == [3]


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
    assert hummed["remarks"] == ["hum"]
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
    assert found["c"]["remarks"] == ["no variation", "flat"]


def test_numbers_of_the_table_are_those_of_the_summary(small: SmallRecording) -> None:
    values = np.full((1, 4000), 2e-4)
    values[0, ::2] = -1e-4
    small.stream("RawG", values, ["a"])
    row = PageReader(small.page()).row("a")
    assert row[1:4] == ["158 µV", "50.0 µV", "200 µV"]
    assert row[5:7] == ["0 %", "100 %"]
