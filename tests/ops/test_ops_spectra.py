"""Spectra and band powers against SciPy on the whole window, MNE-Python's numbers, closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import signal as sp
from test_ops_features_peers import generated
from whole_signals import Runs, filtered, run_by_run, table_of

from dspant.errors import OperationError
from dspant.ops.registry import operations

FS_HZ = 1017.25


def noise(channels: int, samples: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=(channels, samples)) + 3


@pytest.mark.against("scipy.signal.welch", "welch")
@pytest.mark.parametrize(("segment_s", "overlap"), [(0.1, 0.5), (0.25, 0.0), (0.1009, 0.75)])
def test_welch_is_that_of_scipy(segment_s: float, overlap: float) -> None:
    x = noise(2, 4000)
    params = {"length_s": 1.0, "step_s": 0.7, "segment_s": segment_s, "overlap_share": overlap}
    rows = table_of("welch", Runs([(5.0, x)], FS_HZ), **params)
    length, samples = round(FS_HZ), round(segment_s * FS_HZ)
    starts = [round(k * 0.7 * FS_HZ) for k in range(5)]
    assert rows["onset"] == pytest.approx(np.repeat([5 + s / FS_HZ for s in starts], 2))
    for row, (start, channel) in enumerate((s, c) for s in starts for c in range(2)):
        window = x[channel, start : start + length]
        shared = int(samples * overlap)
        f, expected = sp.welch(window, FS_HZ, "hann", samples, shared, detrend="constant")
        assert rows["psd"][row] == pytest.approx(expected, rel=1e-9)
        assert rows["power"][row] == pytest.approx(expected.sum() * f[1], rel=1e-9)


@pytest.mark.parametrize("name", ["welch", "multitaper"])
def test_density_and_frequencies_are_stated_with_their_units(name: str) -> None:
    operation = operations()[name]
    own = {"welch": {"segment_s": 0.1}, "multitaper": {"half_bandwidth_hz": 20.0}}[name]
    params = operation.parameters(length_s=0.2, step_s=0.1, **own)
    signal = Runs([(0.0, noise(1, 400))], 1000.0, units=["mL/s"]).signal
    count, step_hz = (51, 10.0) if name == "welch" else (101, 5.0)
    column = operation.columns(signal, [], params)["psd"]
    assert (column.dtype, column.unit) == (f"float64[{count}]", "(mL/s)^2/Hz")
    facts = operation.facts(signal, params)
    assert (facts["frequency_step_hz"], facts["frequencies"]) == (step_hz, count)
    (rows,) = operation.run(Runs([(0.0, noise(1, 400))], 1000.0), [], params)
    assert rows["psd"].shape == (3, count)


@pytest.mark.against("scipy.signal.windows.dpss, tapers one by one", "multitaper")
@pytest.mark.parametrize("samples", [200, 201])
def test_multitaper_is_the_mean_over_slepian_tapers(samples: int) -> None:
    x = noise(1, samples)
    params = {"length_s": samples / 1000, "step_s": 1.0, "half_bandwidth_hz": 4000 / samples}
    (found,) = table_of("multitaper", Runs([(0.0, x)], 1000.0), **params)["psd"]
    expected = np.zeros(samples // 2 + 1)
    for taper in sp.windows.dpss(samples, 4, Kmax=7):
        transform = np.fft.fft((x[0] - x.mean()) * taper)
        both = np.abs(transform) ** 2 / 1000
        expected += (both + np.roll(both[::-1], 1))[: samples // 2 + 1] / 7
    expected[0] /= 2
    if samples % 2 == 0:
        expected[-1] /= 2
    assert found == pytest.approx(expected, rel=1e-9)


def test_multitaper_is_near_that_of_mne() -> None:
    """It weighs tapers by their eigenvalues and leaves out those below 0.9.

    psd_array_multitaper(x - mean, 1000.0, bandwidth=40.0, low_bias=True, normalization="full") of
    MNE-Python 1.13.2 at frequencies 0, 4, 16, 64, 127 and 128.
    """
    mne = [0.094830641, 0.13007632, 0.21126081, 0.020636415, 0.016202635, 0.0071401275]
    source = Runs([(0.0, generated()[np.newaxis])], 1000.0)
    params = {"length_s": 0.256, "step_s": 0.256, "half_bandwidth_hz": 20.0}
    (found,) = table_of("multitaper", source, **params)["psd"]
    assert found[[0, 4, 16, 64, 127, 128]] == pytest.approx(mne, rel=0.04)


def test_white_noise_has_the_density_of_white_noise() -> None:
    x = np.random.default_rng(0).normal(size=(1, 200_000)) * 2
    source = Runs([(0.0, x)], 1000.0)
    for name, own in {
        "welch": {"segment_s": 0.2},
        "multitaper": {"half_bandwidth_hz": 2.0},
    }.items():
        rows = table_of(name, source, length_s=20.0, step_s=20.0, **own)
        inner = rows["psd"][:, 3:-3]
        assert inner.mean() == pytest.approx(4 / 500, rel=0.02)
        assert rows["power"] == pytest.approx(4, rel=0.05)


@pytest.mark.against("scipy.signal.spectrogram", "band_powers")
def test_band_powers_are_those_of_scipy() -> None:
    x = noise(2, 3000)
    bands = {"low": [0.0, 50.0], "mid": [50.0, 120.0], "high": [120.0, 500.0]}
    params = {"length_s": 0.2, "step_s": 0.0501, "bands_hz": bands}
    found = filtered("band_powers", x, FS_HZ, **params)
    length, step = round(0.2 * FS_HZ), round(0.0501 * FS_HZ)
    f, _, density = sp.spectrogram(
        x, FS_HZ, "hann", length, length - step, detrend="constant", scaling="density"
    )
    power = density * f[1]
    expected = [
        power[channel, (f >= low) & (f < high)].sum(axis=0)
        for channel in range(2)
        for low, high in bands.values()
    ]
    assert found == pytest.approx(np.array(expected), rel=1e-9)


def test_band_powers_are_a_stream_at_the_windows_rate() -> None:
    operation = operations()["band_powers"]
    params = operation.parameters(length_s=0.1, step_s=0.02, bands_hz={"all": [0.0, 500.0]})
    source = Runs([(0.0, noise(2, 500)), (9.0, noise(2, 100))], 1000.0)
    made = operation.describe(source.signal, params)
    assert (made.fs_hz, made.channels, made.units) == (50.0, ("ch0_all", "ch1_all"), ("V^2",) * 2)
    assert [(s.count, s.start_s) for s in made.segments] == [(21, 0.0495), (1, 9.0495)]
    values = run_by_run("band_powers", source, **params.model_dump())
    assert [run.shape for run in values] == [(2, 21), (2, 1)]


def test_a_burst_shows_in_its_band_when_it_is() -> None:
    t = np.arange(4000) / 1000
    x = (2 * np.sin(2 * np.pi * 60 * t) * (t >= 2))[np.newaxis]
    bands = {"near": [50.0, 70.0], "far": [100.0, 400.0]}
    near, far = filtered("band_powers", x, 1000.0, length_s=0.2, step_s=0.05, bands_hz=bands)
    when = 0.0995 + 0.05 * np.arange(len(near))
    assert near[when > 2.1] == pytest.approx(2.0, rel=1e-6)
    assert near[when < 1.9] == pytest.approx(0.0, abs=1e-12)
    assert far[when > 2.1] == pytest.approx(0.0, abs=1e-6)


SHORT = {"length_s": 0.1, "step_s": 0.1}


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("welch", SHORT | {"segment_s": 0.003}, "segment_s 0.003 is 3 samples"),
        ("multitaper", SHORT | {"half_bandwidth_hz": 5.0}, "NW = 0.5, which must be 1 or more"),
        ("band_powers", SHORT | {"bands_hz": {"a": [21.0, 29.0]}}, "'a'.*holds no frequency"),
        ("band_powers", SHORT | {"bands_hz": {"a": [9.0, 501.0]}}, "above the Nyquist frequency"),
        ("band_powers", {"length_s": 9.0, "step_s": 1.0, "bands_hz": {"a": [1.0, 9.0]}}, "fewer"),
    ],
)
def test_spectra_that_cannot_be_made_are_refused(
    name: str, params: dict[str, Any], said: str
) -> None:
    source = Runs([(0.0, noise(1, 1000))], 1000.0)
    with pytest.raises(OperationError, match=said):
        if operations()[name].makes == "epoc":
            table_of(name, source, **params)
        else:
            operations()[name].describe(source.signal, operations()[name].parameters(**params))
            run_by_run(name, source, **params)


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("welch", SHORT | {"segment_s": 0.2}, "must not be above length_s"),
        ("band_powers", SHORT | {"bands_hz": {"a": [20.0, 10.0]}}, "must rise"),
        ("band_powers", SHORT | {"bands_hz": {}}, "at least 1 item"),
    ],
)
def test_wrong_parameters_of_spectra_are_refused(
    name: str, params: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()[name].parameters(**params)
