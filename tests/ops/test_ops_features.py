"""Features of one window against formulas written out, and signals with known answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from features_by_hand import PARAMS, by_hand
from pydantic import ValidationError
from scipy import signal as sp

from dspant.config.reference import guide_with_reference
from dspant.errors import OperationError
from dspant.ops.features import FEATURES, compute_features
from dspant.ops.features.parameters import FeatureChoice
from dspant.ops.features.wavelets import SYM8

ELSEWHERE = {"ar", "cc", "m0", "m2", "m4", "sparsi", "irf", "wlf", "weng", "wv", "wwl", "went"}
"""Features whose formulas are loops in other libraries; test_ops_features_peers.py has them."""


LOGARITHMS = {"mfl", "ld", "m0", "m2", "m4", "sparsi", "irf", "wlf"}
"""Features that take a logarithm of the signal itself."""


DOCUMENT = Path(__file__).parents[2] / "docs" / "features.md"


def test_the_table_of_features_is_that_of_the_code() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert guide_with_reference(text) == text, (
        "run: python -m dspant.config.reference docs/features.md"
    )


def coloured(seed: int, samples: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=samples + 2)
    return noise[2:] + noise[1:-1] + 0.3 * noise[:-2]


def values(x: np.ndarray, *names: str, fs_hz: float = 1000.0, **params: Any) -> dict[str, float]:
    made = compute_features(x[np.newaxis], fs_hz, names, PARAMS | params)
    return {name: float(column[0]) for name, column in made.items()}


def test_every_feature_has_a_formula_in_the_tests() -> None:
    columns = set(by_hand(coloured(0, 60), 1000.0))
    own = {name for name, feature in FEATURES.items() if columns & set(feature.columns(PARAMS))}
    assert own == set(FEATURES) - ELSEWHERE


@pytest.mark.against("formulas sample by sample, scipy.stats, scipy.signal.welch", "windows")
@pytest.mark.parametrize(("samples", "fs_hz"), [(61, 1000.0), (128, 1017.25), (90, 2034.5)])
@pytest.mark.parametrize("seed", range(3))
def test_every_feature_equals_its_formula(samples: int, fs_hz: float, seed: int) -> None:
    x = coloured(seed, samples)
    expected = by_hand(x, fs_hz)
    found = values(x, *(set(FEATURES) - ELSEWHERE), fs_hz=fs_hz)
    assert found == pytest.approx(expected, rel=1e-8, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("band_hz", [[10.0, 450.0], [0.0, 300.0], [31.25, 421.875]])
def test_spectral_features_look_at_the_band_alone(band_hz: list[float]) -> None:
    x = coloured(5, 128)
    names = [name for name, feature in FEATURES.items() if "band_hz" in feature.parameters]
    assert len(names) == 24
    expected = by_hand(x, 1000.0, band_hz if band_hz[0] else [1e-9, band_hz[1]])
    found = values(x, *names, band_hz=band_hz)
    assert found == pytest.approx({name: expected[name] for name in names}, rel=1e-8)


def test_features_of_a_window_do_not_depend_on_other_windows() -> None:
    x = np.stack([coloured(seed, 128) for seed in range(7)]).reshape(7, 1, 128)
    params = PARAMS | {"wavelet_levels": 3}
    together = compute_features(x, 1000.0, list(FEATURES), params)
    for number, window in enumerate(x):
        alone = compute_features(window[np.newaxis], 1000.0, list(FEATURES), params)
        assert all(alone[name][0] == column[number] for name, column in together.items())


@pytest.mark.parametrize("name", sorted(set(FEATURES) - LOGARITHMS))
def test_a_feature_is_multiplied_as_its_unit_says(name: str) -> None:
    unit = FEATURES[name].unit
    x = coloured(3, 128)
    power = 0.0
    if "{unit}" in unit:
        _, _, exponent = unit.partition("{unit}^")
        power = float(exponent.split()[0]) if exponent else 1.0
        power = -power if unit.startswith("1/") else power
    scaled = {"zc_threshold": 0.6, "ssc_threshold": 0.8}
    scaled |= {"wamp_threshold": 1.0, "myop_threshold": 0.8}
    before, after = values(x, name), values(2 * x, name, **scaled)
    for column, value in before.items():
        assert after[column] == pytest.approx(value * 2.0**power, rel=1e-9)


@pytest.mark.parametrize("level", [0.0, 0.1, -7.7, 1e-6, 1e6])
def test_what_a_flat_window_does_not_have_is_nan(level: float) -> None:
    found = values(np.full(120, level), *FEATURES)
    with_spread = ["skew", "kurt", "hist1", "mobility", "complexity", "sampen", "fuzzyen", "dfa"]
    spectral = [name for name, feature in FEATURES.items() if "band_hz" in feature.parameters]
    assert all(np.isnan(found[name]) for name in [*with_spread, *spectral, "higuchi", "mfl"])
    assert all(found[name] == 0 for name in ["wl", "p2p", "zc", "ssc", "wamp", "permen", "dasdv"])


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("mav", [1, -2, 3, -4], 2.5),
        ("mmav1", [1, 1, 1, 1], 0.875),
        ("mmav2", [1, 1, 1, 1], 0.75),
        ("log", [1, 2, 4, 8], 8**0.5),
        ("log", [1, 0, 4, 8], 0.0),
        ("ld", [0, 0, 3, 3], 2.0),
        ("msr", [1, 4, 9, 16], 2.5),
        ("p2p", [1, -2, 3, -4], 7.0),
        ("mpk", [1, -2, 3, -4], 4.0),
        ("crest", [3, -3, 3, -3], 1.0),
        ("myop", [0.4, 0.5, -0.5, 0], 0.5),
        ("ls", [0, 1, 0, 1], 1 / 3),
        ("tkeo", [1, 2, 4, 8], 0.0),
        ("mfl", [0, 6, 14, 14], 1.0),
        ("permen", [1, 2, 3, 4], 0.0),
    ],
)
def test_features_of_hand_made_windows(name: str, x: list[float], expected: float) -> None:
    assert values(np.array(x, dtype=float), name)[name] == pytest.approx(expected, abs=1e-12)


def test_a_sine_has_the_features_of_a_sine() -> None:
    x = 3 * np.sin(2 * np.pi * 50 * np.arange(1000) / 1000 + 0.2)
    found = values(x, "kurt", "crest", "tkeo", "mobility", "ttp", "sef95", "skew", "rms")
    assert found["kurt"] == pytest.approx(1.5)
    assert found["crest"] == pytest.approx(2**0.5, rel=0.01)
    assert found["tkeo"] == pytest.approx(9 * np.sin(2 * np.pi * 50 / 1000) ** 2)
    assert found["mobility"] == pytest.approx(2 * np.sin(np.pi * 50 / 1000), rel=1e-3)
    assert found["ttp"] == pytest.approx(4.5)
    assert found["sef95"] == pytest.approx(51.2, abs=0.05)


def test_burg_finds_the_model_that_made_the_signal() -> None:
    a = [1.0, -1.6, 1.2, -0.4]
    x = sp.lfilter([1.0], a, np.random.default_rng(0).normal(size=40000))
    found = values(x, "ar", ar_order=3)
    assert list(found.values()) == pytest.approx(a[1:], abs=0.02)


def test_the_cepstrum_is_that_of_the_model() -> None:
    found = values(coloured(1, 400), "ar", "cc", ar_order=6)
    a = [1.0, *(found[f"ar{k}"] for k in range(1, 7))]
    response = 1 / np.fft.fft(a, 4096)
    cepstrum = np.fft.ifft(np.log(abs(response))).real * 2
    assert [found[f"cc{k}"] for k in range(1, 7)] == pytest.approx(cepstrum[1:7], abs=1e-9)


def test_fractal_features_of_noise_and_of_its_running_sum() -> None:
    noise = np.random.default_rng(2).normal(size=8000)
    walk = np.cumsum(noise)
    assert values(noise, "dfa")["dfa"] == pytest.approx(0.5, abs=0.06)
    assert values(walk, "dfa")["dfa"] == pytest.approx(1.5, abs=0.1)
    assert values(noise, "higuchi")["higuchi"] == pytest.approx(2.0, abs=0.02)
    assert values(walk, "higuchi")["higuchi"] == pytest.approx(1.5, abs=0.03)


def test_the_wavelet_is_orthonormal_and_has_eight_vanishing_moments() -> None:
    low = np.array(SYM8)
    shifts = [low[: len(low) - s] @ low[s:] for s in range(0, 16, 2)]
    assert shifts == pytest.approx([1.0, *[0.0] * 7], abs=1e-12)
    assert low.sum() == pytest.approx(2**0.5)
    high = low * (-1.0) ** np.arange(16)
    centred = np.arange(16) - 7.5
    assert [high @ centred**k for k in range(8)] == pytest.approx([0.0] * 8, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "samples", "said"),
    [
        ("ar", 5, "ar_order 5 needs windows of more samples, and these have 5"),
        ("weng", 29, "wavelet_levels 1 needs windows of 30 samples"),
        ("sampen", 3, "entropy_dimension 2 needs windows of 4 samples"),
        ("higuchi", 10, "higuchi_lag 5 needs windows of 11 samples"),
        ("dfa", 20, "dfa needs windows of 24 samples"),
        ("twitch_ratio", 20, "twitch_hz 80 must leave 2 or more frequencies"),
        ("fr", 8, r"fr_low_hz \[20.0, 100.0\] holds no frequency"),
    ],
)
def test_windows_too_short_for_a_feature_are_refused(name: str, samples: int, said: str) -> None:
    with pytest.raises(OperationError, match=said):
        values(coloured(0, samples), name)


def test_a_band_without_frequencies_is_refused() -> None:
    with pytest.raises(OperationError, match=r"band_hz \[52.0, 59.0\] holds 0 frequencies"):
        values(coloured(0, 100), "mnf", band_hz=[52.0, 59.0])


def choice(features: list[str], **params: Any) -> FeatureChoice:
    return FeatureChoice(length_s=0.2, step_s=0.1, features=features, **params)


@pytest.mark.parametrize("name", sorted(FEATURES))
def test_a_feature_demands_the_parameters_that_have_no_usual_value(name: str) -> None:
    needs = FEATURES[name].needs
    given = {need: PARAMS[need] for need in needs}
    assert set(choice([name], **given).of_features) == set(FEATURES[name].parameters)
    for need in needs:
        with pytest.raises(ValidationError, match=f"{name} needs {need}"):
            choice([name], **{key: value for key, value in given.items() if key != need})


@pytest.mark.parametrize("name", sorted(set(PARAMS) - {"band_hz"}))
def test_a_parameter_that_no_feature_uses_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} is given, and no feature asked for uses it"):
        choice(["mav"], **{name: PARAMS[name]} if name not in SAME else {name: SAME[name]})


SAME = {"entropy_dimension": 3, "fuzzy_power": 1.0, "permutation_order": 4}
"""Values other than the default, where those above are the default."""


def test_a_band_that_falls_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"band_hz must rise, not \[450, 20\]"):
        choice(["mnf"], band_hz=[450.0, 20.0])
