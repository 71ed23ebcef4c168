"""What channels have in common, against SciPy, formulas written out, LibEMG and known truths."""

from __future__ import annotations

from itertools import pairwise
from math import log
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import signal as sp
from test_ops_features_peers import generated
from whole_signals import Runs, table_of

from dspant.errors import OperationError
from dspant.ops.registry import operations

FS_HZ = 1000.0


def noise(channels: int, samples: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(channels, samples))


@pytest.mark.against("scipy.signal.coherence", "coherence")
def test_coherence_is_that_of_scipy() -> None:
    x = noise(3, 10_150)
    x[2] += sp.lfilter([1, 1, 1], [1.0], x[0]) + 5
    rows = table_of("coherence", Runs([(2.0, x)], FS_HZ), segment_s=0.25)
    pairs = list(zip(rows["channel"], rows["other"], strict=True))
    assert pairs == [("ch0", "ch1"), ("ch0", "ch2"), ("ch1", "ch2")]
    assert rows["segments"].tolist() == [40] * 3
    assert (rows["onset"][0], rows["offset"][0]) == (2.0, 12.0)
    for row, (a, b) in enumerate([(0, 1), (0, 2), (1, 2)]):
        f, expected = sp.coherence(x[a], x[b], FS_HZ, "hann", 250, 0, detrend="constant")
        assert rows["coherence"][row] == pytest.approx(expected, rel=1e-8, abs=1e-12)
        best = 1 + expected[1:].argmax()
        assert rows["peak"][row] == pytest.approx(expected[best])
        assert rows["peak_hz"][row] == pytest.approx(f[best])


def test_independent_channels_stay_below_the_limit_as_often_as_it_says() -> None:
    rows = table_of("coherence", Runs([(0.0, noise(12, 40_000))], FS_HZ), segment_s=0.5)
    assert rows["limit"][0] == pytest.approx(1 - 0.05 ** (1 / 79))
    below = rows["coherence"][:, 2:-2] < rows["limit"][0]
    assert below.mean() == pytest.approx(0.95, abs=0.01)


def test_coherence_has_the_value_that_its_noise_allows() -> None:
    common, own = noise(1, 400_000, 5)[0], noise(2, 400_000, 6)
    rows = table_of("coherence", Runs([(0.0, common + own)], FS_HZ), segment_s=0.1)
    assert rows["coherence"][0, 2:-2].mean() == pytest.approx(0.25, abs=0.01)


def test_no_segment_spans_a_gap() -> None:
    runs = [(0.0, noise(2, 1150)), (9.0, noise(2, 1250))]
    rows = table_of("coherence", Runs(runs, FS_HZ), segment_s=0.5)
    assert rows["segments"].tolist() == [4]
    assert rows["offset"].tolist() == [10.0]


@pytest.mark.against(
    "Falconer and Winter 1985, Rudolph et al. 2000, sample by sample", "cocontraction"
)
def test_cocontraction_is_that_of_the_formulas() -> None:
    x = np.abs(noise(2, 700))
    rows = table_of("cocontraction", Runs([(0.0, x)], FS_HZ), length_s=0.2, step_s=0.25)
    for row, start in enumerate([0, 250, 500]):
        a, b = x[:, start : start + 200].tolist()
        common = sum(min(u, v) for u, v in zip(a, b, strict=True))
        winter = 2 * common / (sum(a) + sum(b)) * 100
        each = [min(u, v) / max(u, v) * (u + v) for u, v in zip(a, b, strict=True)]
        assert rows["falconer_winter"][row] == pytest.approx(winter)
        assert rows["rudolph"][row] == pytest.approx(sum(each) / 200)


@pytest.mark.parametrize(
    ("a", "b", "winter", "rudolph"),
    [
        (1.0, 1.0, 100.0, 2.0),
        (1.0, 0.0, 0.0, 0.0),
        (3.0, 1.0, 50.0, 4 / 3),
        (0.0, 0.0, np.nan, np.nan),
    ],
)
def test_cocontraction_of_constant_envelopes(
    a: float, b: float, winter: float, rudolph: float
) -> None:
    x = np.array([[a] * 100, [b] * 100])
    rows = table_of("cocontraction", Runs([(0.0, x)], FS_HZ), length_s=0.1, step_s=0.1)
    found = [rows["falconer_winter"][0], rows["rudolph"][0]]
    assert found == pytest.approx([winter, rudolph], nan_ok=True)


def test_cocontraction_refuses_what_is_no_envelope_unless_told_to_rectify() -> None:
    x = np.ones((2, 300))
    x[1, 150] = -2
    source = Runs([(1.0, x)], FS_HZ)
    with pytest.raises(OperationError, match=r"channel ch1 is -2 at 1\.150000 s.*rectify: true"):
        table_of("cocontraction", source, length_s=0.1, step_s=0.1)
    rows = table_of("cocontraction", source, length_s=0.1, step_s=0.1, rectify=True)
    assert rows["falconer_winter"][1] == pytest.approx(200 * 100 / 201)


@pytest.mark.against("scipy.signal.correlate", "cross_correlation")
def test_cross_correlation_is_that_of_scipy() -> None:
    x = noise(2, 1000) + 4
    params = {"length_s": 0.301, "step_s": 0.3, "max_lag_s": 0.05}
    rows = table_of("cross_correlation", Runs([(0.0, x)], FS_HZ), **params)
    for row, start in enumerate([0, 300, 600]):
        a, b = (c - c.mean() for c in x[:, start : start + 301])
        whole = sp.correlate(b, a, "full", "direct") / np.sqrt((a @ a) * (b @ b))
        lags = sp.correlation_lags(301, 301)
        near = np.abs(lags) <= 50
        best = np.abs(whole[near]).argmax()
        assert rows["peak"][row] == pytest.approx(whole[near][best])
        assert rows["lag_s"][row] == pytest.approx(lags[near][best] / FS_HZ)
        assert rows["at_zero"][row] == pytest.approx(np.corrcoef(a, b)[0, 1])


@pytest.mark.parametrize("delay", [-20, 0, 7])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_lag_is_the_delay_of_the_second_channel(delay: int, sign: float) -> None:
    whole = noise(1, 3000)[0]
    x = np.stack([whole[100:2900], sign * whole[100 - delay : 2900 - delay]])
    source = Runs([(0.0, x)], FS_HZ)
    rows = table_of("cross_correlation", source, length_s=1.0, step_s=0.5, max_lag_s=0.03)
    assert rows["lag_s"] == pytest.approx(delay / FS_HZ)
    assert np.sign(rows["peak"]).tolist() == [sign] * 4
    assert np.abs(rows["peak"]).min() > 0.9


def test_a_flat_channel_has_no_correlation_and_no_coherence() -> None:
    x = noise(2, 1000)
    x[1] = 0.1
    source = Runs([(0.0, x)], FS_HZ)
    rows = table_of("cross_correlation", source, length_s=0.5, step_s=0.5, max_lag_s=0.1)
    assert np.isnan([*rows["peak"], *rows["lag_s"], *rows["at_zero"]]).all()
    rows = table_of("coherence", source, segment_s=0.1)
    assert np.isnan([*rows["peak"], *rows["peak_hz"]]).all()
    assert np.isnan(rows["coherence"]).all()


# feature_extractor.FeatureExtractor of LibEMG 2.0.3, of generated() from seeds 1, 2 and 3; its
# directions are float32.
RMS = [2.160808750150578, 2.178174922346357, 2.1640666148967282]
RMS_RATIO = [0.20581014206815168, 0.2213395938504515, 0.16813773879169688]
WL = [7.310657474357215, 7.319976842163514, 7.348096506972141]
WL_RATIO = [-0.29083303900171537, -0.35184306443143437, -0.3282411539113704]


@pytest.mark.against("LibEMG 2.0.3", "phasors")
def test_phasors_are_those_of_libemg() -> None:
    x = np.stack([generated(seed) for seed in (1, 2, 3)])
    rows = table_of("phasors", Runs([(0.0, x)], FS_HZ), length_s=0.256, step_s=1.0)
    assert rows["rms_phasor"] == pytest.approx(RMS, rel=1e-6)
    assert rows["rms_phasor_ratio"] == pytest.approx(RMS_RATIO, rel=1e-5)
    assert rows["wl_phasor"] == pytest.approx(WL, rel=1e-6)
    assert rows["wl_phasor_ratio"] == pytest.approx(WL_RATIO, rel=1e-5)


def test_opposite_channels_are_as_far_apart_as_their_sizes_together() -> None:
    x = np.array([[3.0, -3.0, 3.0, -3.0], [1.0, 1.0, 1.0, -1.0]])
    rows = table_of("phasors", Runs([(0.0, x)], FS_HZ), length_s=0.004, step_s=1.0)
    length = sum(sum(abs(b - a) for a, b in pairwise(row)) for row in x)
    assert rows["rms_phasor"] == pytest.approx([log(4)])
    assert rows["wl_phasor"] == pytest.approx([log(length)])


PAIRED: list[tuple[str, dict[str, Any]]] = [
    ("coherence", {"segment_s": 0.1}),
    ("cocontraction", {"length_s": 0.1, "step_s": 0.1, "rectify": True}),
    ("cross_correlation", {"length_s": 0.1, "step_s": 0.1, "max_lag_s": 0.01}),
    ("phasors", {"length_s": 0.1, "step_s": 0.1}),
]


@pytest.mark.parametrize(("name", "params"), PAIRED)
def test_only_the_pairs_asked_for_are_compared(name: str, params: dict[str, Any]) -> None:
    source = Runs([(0.0, noise(3, 200))], FS_HZ)
    rows = table_of(name, source, pairs=[["ch2", "ch0"], ["ch1", "ch2"]], **params)
    assert rows["channel"][:2].tolist() == ["ch2", "ch1"]
    assert rows["other"][:2].tolist() == ["ch0", "ch2"]
    with pytest.raises(OperationError, match=r"pairs name \['ch9'\], which are no channels"):
        table_of(name, source, pairs=[["ch0", "ch9"]], **params)
    with pytest.raises(OperationError, match="need two channels or more"):
        table_of(name, Runs([(0.0, noise(1, 200))], FS_HZ), **params)


def test_one_segment_has_no_coherence() -> None:
    with pytest.raises(OperationError, match="two segments or more, and the recording has 1"):
        table_of("coherence", Runs([(0.0, noise(2, 150))], FS_HZ), segment_s=0.1)


def test_a_lag_longer_than_half_a_window_is_refused() -> None:
    with pytest.raises(ValidationError, match="must not be above half of length_s"):
        operations()["cross_correlation"].parameters(length_s=0.1, step_s=0.1, max_lag_s=0.06)
