"""Interference that is added at stated ratios and is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.signal import find_peaks, hilbert, periodogram

from dspant.simulate import interference
from dspant.simulate.errors import SimulationError
from dspant.simulate.recording import FIRST_SAMPLE_S, Simulation, simulate
from dspant.simulate.spec import parse_spec

FS_HZ = 6103.515625
SMALL = {"seed": 5, "duration_s": 6, "fs_hz": 24414.0625, "airflow_fs_hz": 1017.2526}


def made(**asked: Any) -> Simulation:
    return simulate(parse_spec({**SMALL, **asked}, where="small"))


def mains(drift_hz: float, harmonics: int = 4, seconds: float = 60.0) -> np.ndarray:
    return interference.mains(
        int(seconds * FS_HZ),
        frequency_hz=60.0,
        harmonics=harmonics,
        drift_hz=drift_hz,
        fs_hz=FS_HZ,
        rng=np.random.default_rng(1),
    )


def test_harmonics_fall_off_as_one_over_their_number() -> None:
    frequency_hz, power = periodogram(mains(0.0), FS_HZ, "hann")
    sizes = [np.sqrt(power[abs(frequency_hz - 60 * k) < 1].sum()) for k in range(1, 6)]
    assert np.array(sizes[:4]) / sizes[0] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4], rel=1e-3)
    assert sizes[4] < 1e-3 * sizes[0]
    assert np.sqrt((mains(0.0) ** 2).mean()) == pytest.approx(1, rel=1e-3)


def test_frequency_wanders_as_far_as_stated() -> None:
    phase = np.unwrap(np.angle(hilbert(mains(0.1, harmonics=1, seconds=200.0))))
    second = int(FS_HZ)
    found_hz = np.diff(phase[::second]) / (2 * np.pi) * FS_HZ / second
    assert found_hz[2:-2].std() == pytest.approx(0.1, rel=0.3)
    assert found_hz.mean() == pytest.approx(60, abs=0.1)


def test_harmonics_above_nyquist_are_refused() -> None:
    with pytest.raises(SimulationError, match="harmonic 60 of 60 Hz does not fit below 3051"):
        mains(0.0, harmonics=60)


def test_the_ratio_is_that_of_mean_powers() -> None:
    rng = np.random.default_rng(2)
    wanted, other = rng.normal(size=5000), rng.uniform(size=5000)
    scaled = interference.at_snr(wanted, other, -7.0)
    assert np.mean(wanted**2) / np.mean(scaled**2) == pytest.approx(10**-0.7)
    assert interference.snr_db(wanted, scaled) == pytest.approx(-7.0)
    with pytest.raises(SimulationError, match="the interference is 0 throughout"):
        interference.at_snr(wanted, np.zeros(5000), 0.0)


@pytest.mark.parametrize("qrs_s", [0.02, 0.1])
def test_r_waves_stand_at_the_beats_and_grow_with_qrs(qrs_s: float) -> None:
    beats_s = np.arange(1.0, 9.0, 0.9) + 0.00013
    trace = interference.heart(
        beats_s, qrs_s=qrs_s, size_cv=0.0, breath_hz=1.0, samples=61035, fs_hz=FS_HZ
    )
    peaks, _ = find_peaks(trace, height=0.5)
    assert np.abs(peaks / FS_HZ - beats_s).max() <= 0.5 / FS_HZ + 0.01 * qrs_s
    wide = (trace > trace.max() / 2).sum() / len(beats_s) / FS_HZ
    # R is a Gaussian of 3 ms in a QRS of 20 ms, and 2.355 standard deviations wide at half height.
    assert wide == pytest.approx(2.355 * 0.15 * qrs_s, rel=0.15)


def test_artefacts_recover_with_their_time_constant() -> None:
    trace = interference.stimulus_artefacts(
        np.array([0.1]),
        np.array([2.0]),
        duration_s=0.0008,
        recovery_s=0.002,
        samples=5000,
        fs_hz=24414.0625,
    )
    at = np.round(np.array([0.102, 0.106]) * 24414.0625).astype(int)
    assert trace[at[1]] / trace[at[0]] == pytest.approx(np.exp(-np.diff(at)[0] / 48.828), rel=1e-2)
    assert not trace[: int(0.1 * 24414.0625)].any()


def test_a_recording_holds_what_it_held_and_what_was_added() -> None:
    plain = made()
    asked = {"mains_snr_db": 3, "ecg_snr_db": -3, "artefact_snr_db": 10}
    with_more = made(interference=asked)
    added = with_more.streams[0].data.astype(np.float64) - plain.streams[0].data
    assert with_more.added_v is not None
    assert plain.added_v is None
    assert np.abs(added - with_more.added_v).max() <= 2.0**-24
    assert repr(with_more.truth.to_pylist()) == repr(plain.truth.to_pylist())
    assert all(
        np.array_equal(a.onset_s, b.onset_s)
        for a, b in zip(plain.epocs, with_more.epocs, strict=True)
    )


@pytest.mark.parametrize(
    ("asked", "ratio_db"),
    [({"mains_snr_db": 6.0}, 6.0), ({"ecg_snr_db": -4.0}, -4.0), ({"artefact_snr_db": 0.0}, 0.0)],
)
def test_each_part_has_its_ratio_to_a_burst(asked: dict[str, float], ratio_db: float) -> None:
    added = made(interference=asked).added_v
    burst_rms_v = np.array([250e-6, 200e-6])
    found_db = 20 * np.log10(burst_rms_v / np.sqrt((added**2).mean(axis=1)))
    assert found_db == pytest.approx([ratio_db, ratio_db], abs=1e-9)


def test_artefacts_come_at_the_stimuli() -> None:
    simulation = made(interference={"artefact_snr_db": 0.0})
    onset_s = simulation.epocs[0].onset_s - FIRST_SAMPLE_S
    large = np.abs(simulation.added_v[0]) > 0.2 * np.abs(simulation.added_v[0]).max()
    times_s = np.flatnonzero(large) / 24414.0625
    since_s = times_s[:, np.newaxis] - onset_s
    assert ((since_s >= 0) & (since_s < 0.005)).any(axis=1).all()


def test_a_spec_without_interference_keeps_its_digest_whatever_is_added_later() -> None:
    spec = parse_spec(SMALL, where="small")
    same = parse_spec({**SMALL, "interference": None}, where="small")
    other = parse_spec({**SMALL, "interference": {"ecg_snr_db": 0}}, where="small")
    assert spec.digest == same.digest != other.digest
