"""Features against what other programs make of the same signal; their numbers are stated here.

Of LibEMG's tables made with MATLAB two windows stand in ``libemg_tables``; all of them are read
where its source distribution is at hand, which ``make peer-tables`` fetches.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from libemg_tables import SAMPLES, TABLES

from dspant.ops.features import FEATURES, compute_features

FS_HZ = 1000.0
PARAMS: dict[str, Any] = {
    name: None for feature in FEATURES.values() for name in feature.parameters
} | {
    "zc_threshold": 0.0,
    "ssc_threshold": 0.0,
    "wamp_threshold": 2.0,
    "mavslp_segments": 2,
    "twitch_hz": 60.0,
    "wavelet_levels": 3,
}


def generated(seed: int = 1) -> np.ndarray:
    """256 multiples of 1/8 that any language makes alike: a congruential generator, smoothed."""
    state, noise = seed, []
    for _ in range(258):
        state = (1103515245 * state + 12345) % 2**31
        noise.append(((state >> 16) % 81 - 40) / 8)
    v = np.array(noise)
    return v[2:] + v[1:-1] + v[:-2]


def ours(*names: str, **params: Any) -> list[float]:
    x = generated()[np.newaxis]
    columns = compute_features(x, FS_HZ, names, PARAMS | params)
    return [float(values[0]) for values in columns.values()]


# feature_extractor.FeatureExtractor of LibEMG 2.0.3; counts and sums of a window of 256 samples
# are turned into those per second, or over time, as the columns' units say.
LIBEMG = {
    "mav": 4.08447265625,
    "iemg": 1045.625 / FS_HZ,
    "wl": 838.625,
    "zc": 64 * FS_HZ / 256,
    "wamp": 176 * FS_HZ / 256,
    "rms": 5.08183157996,
    "dasdv": 3.91315810728,
    "activity": 25.487954855,
    "skew": 0.0504881618801,
    "kurt": 2.57443638914,
    "ls": 2.88027918199,
    "ld": 4.15582223202,
    "mavfd": 3.2887254902,
    "mavslp": -0.0634765625,
    "pap": 56.9221616618,
    "isd": 6611.203125,
    "cor": 7.41313257785e-05,
    "m0": -0.999997014405,
    "m2": -0.974214055872,
    "m4": -0.974163246219,
    "sparsi": -0.971022356955,
    "irf": -0.986552455677,
    "wlf": -0.835051953984,
}


@pytest.mark.against("LibEMG 2.0.3", "windows")
@pytest.mark.parametrize("name", LIBEMG)
def test_features_are_those_of_libemg(name: str) -> None:
    assert ours(name) == pytest.approx([LIBEMG[name]], rel=1e-11)


@pytest.mark.against("librosa.lpc, librosa 0.11.0", "windows")
def test_the_autoregressive_model_is_that_of_librosa() -> None:
    librosa = [-0.85622969, -0.03933052, 0.55226386, -0.44137098, 0.01061629, 0.19970305]
    assert ours("ar", ar_order=6) == pytest.approx(librosa, abs=5e-9)


# extract_features of EMGFlow 1.1.2; what it makes of a spectrum it was given
# scipy.signal.periodogram(x, 1000.0, "hann", detrend="constant") without 0 Hz.
EMGFLOW = {
    "mav": 4.08447265625,
    "var": 25.5879076191,
    "rms": 5.08183157996,
    "ap": 25.825012207,
    "wl": 838.625,
    "wamp": 176 * FS_HZ / 256,
    "mnf": 107.217031387,
    "sc": 107.217031387,
    "ss": 9715.1782369,
    "sent": 3.83007448274,
    "flat": 0.18306078561,
    "twitch_ratio": 2.35619087097,
    "twitch_index": 0.961334705554,
}


@pytest.mark.against("EMGFlow 1.1.2", "windows")
@pytest.mark.parametrize("name", EMGFLOW)
def test_features_are_those_of_emgflow(name: str) -> None:
    assert ours(name) == pytest.approx([EMGFLOW[name]], rel=1e-11)


def test_quantiles_of_the_spectrum_lie_in_the_bins_that_emgflow_names() -> None:
    """It does not interpolate: 82.03125 and 171.875 Hz are middles of bins 3.90625 Hz wide."""
    found = ours("mdf", "rolloff", rolloff_part=0.85)
    assert np.abs(np.array(found) - [82.03125, 171.875]).max() <= 3.90625 / 2


@pytest.mark.against("NeuroKit2 0.2.13", "windows")
def test_entropies_and_fractal_features_are_those_of_neurokit() -> None:
    """Permutation entropy there is in bits; fuzzy entropy of the signal over its deviation."""
    sample = ours("sampen", entropy_dimension=2, entropy_tolerance_sd=0.2)
    assert sample == pytest.approx([1.97005245438], rel=1e-11)
    sample = ours("sampen", entropy_dimension=3, entropy_tolerance_sd=0.3)
    assert sample == pytest.approx([1.44345277496], rel=1e-11)
    fuzzy = ours("fuzzyen", entropy_dimension=2, entropy_tolerance_sd=0.2, fuzzy_power=1.0)
    assert fuzzy == pytest.approx([1.28295502768], rel=1e-11)
    permutation = ours("permen", permutation_order=3)
    assert np.array(permutation) / np.log(2) == pytest.approx([2.51726265967], rel=1e-11)
    hjorth = [25.48795485496521, 0.7750418217161725, 1.84680104547]
    assert ours("activity", "mobility", "complexity") == pytest.approx(hjorth, rel=1e-11)
    higuchi = ours("higuchi", higuchi_lag=8) + ours("higuchi", higuchi_lag=20)
    assert higuchi == pytest.approx([1.70111134876, 1.8793843725], rel=1e-11)
    assert ours("dfa") == pytest.approx([0.928278993976], rel=1e-11)


# pywt.wavedec(x, "sym8", mode="symmetric", level=3) of PyWavelets 1.8.0; of each band the sum of
# squares, the variance, the sum of sizes of steps, and the entropy of squares over their sum.
PYWAVELETS = {
    "weng": [4404.68698826, 2420.07243192, 1273.96548334, 629.969730365],
    "wv": [83.0027072313, 52.5745985685, 16.8878491829, 4.65761817129],
    "wwl": [439.696561075, 420.729953346, 390.90710126, 324.152236158],
    "went": [3.18475366273, 3.2000223024, 3.64403983266, 4.3150741778],
}


@pytest.mark.against("PyWavelets 1.8.0", "windows")
@pytest.mark.parametrize("name", PYWAVELETS)
def test_wavelet_bands_are_those_of_pywavelets(name: str) -> None:
    assert ours(name) == pytest.approx(PYWAVELETS[name], rel=1e-11)


@pytest.fixture(scope="module")
def tables() -> Callable[[str], np.ndarray]:
    """Reader of LibEMG's test data by file name."""
    folder = Path(__file__).parents[2] / "build" / "bench" / "libemg"
    archive = folder / "libemg-2.0.3.tar.gz"
    if not archive.exists():
        pytest.skip(f"no LibEMG source distribution at {archive}: make peer-tables")

    def read(name: str) -> np.ndarray:
        with tarfile.open(archive) as files:
            text = files.extractfile(f"libemg-2.0.3/tests/data/{name}.csv").read().decode()
        return np.loadtxt(io.StringIO(text), delimiter=",")

    return read


WINDOW, STEP = 200, 25

BY_MATLAB: list[tuple[str, str, float, float]] = [
    ("mav", "MAV", 1.0, 0.0),
    ("iemg", "IAV", FS_HZ, 1e-15),
    ("wl", "WL", 1.0, 0.0),
    ("zc", "ZC", WINDOW / FS_HZ, 0.0),
    ("wamp", "WAMP", WINDOW / FS_HZ, 0.0),
    ("mavslp", "MAVSLP", 1.0, 1e-14),
    ("rms", "RMS", 1.0, 5e-5),
    ("dasdv", "DASDV", 1.0, 5e-5),
    ("skew", "SKEW", 1.0, 5e-5),
    ("kurt", "KURT", 1.0, 5e-5),
    ("ls", "LS", 1.0, 5e-5),
    ("ld", "LD", 1.0, 5e-5),
    ("mavfd", "MAVFD", 1.0, 5e-5),
    ("pap", "PAP", 1.0, 5e-5),
    ("m0", "M0", 1.0, 1e-5),
    ("m2", "M2", 1.0, 1e-5),
    ("m4", "M4", 1.0, 1e-5),
    ("sparsi", "SPARSI", 1.0, 1e-5),
    ("irf", "IRF", 1.0, 1e-5),
    ("wlf", "WLF", 1.0, 1e-5),
]
"""Feature, table, what turns ours into a count or sum of a window, and the table's precision."""


def against_table(x: np.ndarray, name: str, factor: float) -> np.ndarray:
    params = PARAMS | {"wamp_threshold": 0.002}
    (values,) = compute_features(x, FS_HZ, [name], params).values()
    return values * factor


@pytest.mark.against("tables of LibEMG 2.0.3 made with MATLAB", "windows")
@pytest.mark.parametrize(("name", "table", "factor", "precision"), BY_MATLAB)
def test_features_of_two_windows_are_those_made_with_matlab(
    name: str, table: str, factor: float, precision: float
) -> None:
    found = against_table(SAMPLES, name, factor)
    np.testing.assert_allclose(found, TABLES[table], rtol=precision, atol=0)


@pytest.mark.parametrize(("name", "table", "factor", "precision"), BY_MATLAB)
def test_features_are_those_of_the_tables_made_with_matlab(
    tables: Callable[[str], np.ndarray], name: str, table: str, factor: float, precision: float
) -> None:
    x = tables("emg_data_myo").T
    starts = range(0, x.shape[1] - WINDOW + 1, STEP)
    windows = np.stack([x[:, start : start + WINDOW] for start in starts])
    found = against_table(windows, name, factor)
    expected = tables(f"matlab_{table}").reshape(found.shape)
    np.testing.assert_allclose(found, expected, rtol=precision, atol=0)
