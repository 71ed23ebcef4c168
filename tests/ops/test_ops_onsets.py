"""Onset methods against their definitions, brute force and simulated truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import linalg, ndimage, signal, stats
from whole_signals import Runs, filtered, table_of

from dspant.errors import OperationError
from dspant.ops.prediction import unpredicted
from dspant.ops.registry import operations
from dspant.ops.segmentation import changes_of_variance

FS_HZ = 1000.0
METHODS: dict[str, dict[str, Any]] = {
    "hodges_bui": {"sd": 3.0, "window_s": 0.025},
    "bonato": {"false_alarm": 0.0005, "min_duration_s": 0.05, "whiten_order": 0, "needed": 3},
    "aglr": {"threshold": 12.0, "whiten_order": 0, "min_duration_s": 0.05},
    "change_points": {"min_duration_s": 0.05, "bin_s": 0.002},
    "cusum": {"threshold": 14.0, "whiten_order": 0, "min_duration_s": 0.05},
    "single_threshold": {"sd": 3.0, "min_duration_s": 0.02, "merge_gap_s": 0.05},
}


def found(name: str, x: Any, further: Any = (), **params: Any) -> dict[str, np.ndarray]:
    source = Runs([(0.0, np.atleast_2d(np.asarray(x, dtype=float)))], FS_HZ)
    return table_of(name, source, list(further), **params)


def spans(rows: dict[str, np.ndarray]) -> list[tuple[int, int]]:
    on, off = np.round(rows["onset"] * FS_HZ), np.round(rows["offset"] * FS_HZ)
    return [(int(a), int(b)) for a, b in zip(on, off, strict=True)]


def runs_of(mask: np.ndarray) -> list[tuple[int, int]]:
    labels, _ = ndimage.label(mask)
    return [(s[0].start, s[0].stop) for s in ndimage.find_objects(labels)]


def emg(times: float, seed: int = 0, channels: int = 1) -> np.ndarray:
    """Ten seconds of white noise; a deviation ``times`` as large from 3 to 5 and 7 to 8 s."""
    x = np.random.default_rng(seed).normal(size=(channels, 10_000))
    x[:, 3000:5000] *= times
    x[:, 7000:8000] *= times
    return x


@pytest.mark.against("scipy.ndimage.label of the samples above the level", "single_threshold")
def test_a_single_threshold_finds_the_runs_above_its_level() -> None:
    x = np.random.default_rng(1).normal(size=3000)
    assert spans(found("single_threshold", x, level=0.7)) == runs_of(x >= 0.7)
    mean, sd = x[:500].mean(), x[:500].std(ddof=1)
    rows = found("single_threshold", x, sd=1.2, baseline_s=[0.0, 0.5])
    assert spans(rows) == runs_of(x >= mean + 1.2 * sd)
    rows = found("single_threshold", x, part_of_peak=0.3)
    assert spans(rows) == runs_of(x >= 0.3 * x.max())
    rows = found("single_threshold", x, part_of_peak=0.3, baseline_s=[0.0, 0.5])
    assert spans(rows) == runs_of(x >= mean + 0.3 * (x.max() - mean))


@pytest.mark.against("Solnik's procedure written with scipy.signal", "single_threshold", "tkeo")
def test_tkeo_low_pass_and_one_threshold_are_the_published_detection() -> None:
    x = emg(4.0, seed=2)
    energy = np.abs(x[0, 1:-1] ** 2 - x[0, :-2] * x[0, 2:])
    energy = np.r_[energy[0], energy, energy[-1]]
    sos = signal.butter(2, 50.0, fs=FS_HZ, output="sos")
    smooth = signal.sosfiltfilt(sos, energy, padtype="odd")
    level = smooth[:2000].mean() + 15 * smooth[:2000].std(ddof=1)
    y = filtered("rectify", filtered("tkeo", x, FS_HZ), FS_HZ)
    y = filtered("lowpass", y, FS_HZ, cutoff_hz=50.0, order=2)
    rows = found("single_threshold", y, sd=15.0, baseline_s=[0.0, 2.0])
    inside = [s for s in spans(rows) if s[0] > 100 and s[1] < 9900]
    wanted = [s for s in runs_of(smooth >= level) if s[0] > 100 and s[1] < 9900]
    assert wanted
    assert inside == wanted


@pytest.mark.against("means of windows by numpy.convolve", "hodges_bui")
def test_hodges_and_bui_is_the_mean_of_the_window_that_follows() -> None:
    x = np.abs(emg(4.0, seed=3))[0]
    mean, sd = x[:2000].mean(), x[:2000].std(ddof=1)
    forward = np.convolve(x, np.ones(25) / 25, mode="valid")
    mask = forward > mean + 1.5 * sd
    mask = np.r_[mask, np.repeat(mask[-1], 24)]
    rows = found("hodges_bui", x, sd=1.5, window_s=0.025, baseline_s=[0.0, 2.0])
    assert len(runs_of(mask)) > 1
    assert spans(rows) == runs_of(mask)


@pytest.mark.against("scipy.stats.chi2 and scipy.stats.binom", "bonato")
@pytest.mark.parametrize(("needed", "pairs"), [(1, 5), (2, 5), (3, 3), (1, 1)])
def test_the_first_threshold_gives_the_false_alarms_that_were_asked_for(
    needed: int, pairs: int
) -> None:
    model = operations()["bonato"].parameters(
        false_alarm=0.05, needed=needed, pairs=pairs, baseline_s=[0.0, 1.0]
    )
    single = stats.chi2.sf(model.threshold, df=2)
    assert stats.binom.sf(needed - 1, pairs, single) == pytest.approx(0.05, rel=1e-9)


@pytest.mark.against("the definition, pair by pair", "bonato")
def test_bonato_finds_groups_of_pairs_with_enough_above_the_threshold() -> None:
    x = emg(3.0, seed=4)[0, :4001]
    params = {"false_alarm": 0.02, "needed": 2, "pairs": 4, "whiten_order": 0}
    model = operations()["bonato"].parameters(**params, baseline_s=[0.0, 2.0])
    mean, sd = x[:2000].mean(), x[:2000].std(ddof=1)
    z = ((x[:4000].reshape(-1, 2) - mean) ** 2).sum(axis=1) / sd**2
    above = z > model.threshold
    active = np.zeros(len(z), dtype=bool)
    for first in range(1 - 4, len(z)):
        group = [i for i in range(first, first + 4) if 0 <= i < len(z) and above[i]]
        if len(group) >= 2:
            active[group] = True
    wanted: list[list[int]] = []
    for a, b in runs_of(active):
        if wanted and 2 * a - wanted[-1][1] < 2 * 4 - 1:
            wanted[-1][1] = 2 * b
        else:
            wanted.append([2 * a, 2 * b])
    assert len(wanted) > 3
    assert [list(s) for s in spans(found("bonato", x, baseline_s=[0.0, 2.0], **params))] == wanted


@pytest.mark.against("scipy.linalg.solve_toeplitz", "bonato", "aglr")
def test_the_baseline_is_whitened_by_the_yule_walker_predictor() -> None:
    from dspant.ops.prediction import predictor_of

    rng = np.random.default_rng(5)
    x = signal.lfilter([1.0], [1.0, -0.8, 0.3], rng.normal(size=(2, 20_000)))
    model = operations()["bonato"].parameters(whiten_order=4, baseline_s=[0.0, 15.0])
    predictor = predictor_of(Runs([(0.0, x)], FS_HZ), [], model)
    for row, coefficients in zip(x, predictor, strict=True):
        y = row[:15_000] - row[:15_000].mean()
        r = signal.correlate(y, y)[len(y) - 1 : len(y) + 4]
        assert coefficients == pytest.approx(linalg.solve_toeplitz(r[:4], r[1:]), abs=1e-9)
        assert coefficients == pytest.approx([0.8, -0.3, 0.0, 0.0], abs=0.03)
    expected = signal.lfilter(np.r_[1, -predictor[0]], [1.0], x[0])
    assert unpredicted(x, predictor)[0] == pytest.approx(expected, abs=1e-12)


def best_cuts(power: np.ndarray, counts: np.ndarray, price: float) -> list[int]:
    """Every cut tried: optimal partitioning without any pruning."""
    bins = len(power)
    best: list[tuple[float, list[int]]] = [(-price, [0])] + [(np.inf, [])] * bins
    for end in range(2, bins + 1):
        options = []
        for start in range(end - 1):
            n, v = counts[start:end].sum(), power[start:end].sum()
            options.append((best[start][0] + n * np.log(v / n) + price, start))
        cost, start = min(options)
        best[end] = (cost, [*best[start][1], end])
    return best[bins][1]


@pytest.mark.against("optimal partitioning by trying every cut", "change_points")
@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(2, 12), st.sampled_from([1.0, 2.0, 5.0])), max_size=5),
    st.integers(0, 2**31),
    st.floats(0.5, 5),
)
def test_cuts_are_the_best_of_all(
    pieces: list[tuple[int, float]], seed: int, penalty: float
) -> None:
    scale = np.repeat([s for _, s in pieces] or [1.0], [n for n, _ in pieces] or [9])
    power = scale**2 * np.random.default_rng(seed).chisquare(6, size=len(scale))
    counts = np.full(len(scale), 6.0)
    if len(scale) >= 4:
        price = penalty * np.log(len(scale))
        assert changes_of_variance(power, counts, penalty) == best_cuts(power, counts, price)


def generated_power(seed: int, pieces: list[tuple[float, int]]) -> np.ndarray:
    """Sums of six squares that any language makes alike: a congruential generator, scaled."""
    state, power = seed, []
    for scale, bins in pieces:
        for _ in range(bins):
            total = 0.0
            for _ in range(6):
                state = (1103515245 * state + 12345) % 2**31
                total += (((state >> 16) % 81 - 40) / 8 * scale) ** 2
            power.append(total)
    return np.array(power)


FIVE = [(1.0, 60), (3.0, 25), (1.0, 80), (2.0, 30), (1.0, 40)]
WEAK = [(1.0, 100), (1.5, 40), (1.0, 60), (6.0, 9), (1.0, 90)]


# Pelt(custom_cost=n ln v, min_size=2, jump=1).predict(pen=penalty ln N) of ruptures 1.1.10, the
# cost of bins a to b being 6 (b - a) ln(sum / (6 (b - a))).
@pytest.mark.against("Pelt of ruptures 1.1.10", "change_points")
@pytest.mark.parametrize(
    ("seed", "pieces", "penalty", "cuts"),
    [
        (1, FIVE, 3.0, [0, 60, 85, 165, 195, 235]),
        (1, FIVE, 10.0, [0, 60, 85, 165, 195, 235]),
        (7, WEAK, 3.0, [0, 101, 139, 200, 209, 299]),
        (7, WEAK, 10.0, [0, 200, 209, 299]),
        (3, [(1.0, 200)], 3.0, [0, 200]),
    ],
)
def test_cuts_are_those_of_ruptures(
    seed: int, pieces: list[tuple[float, int]], penalty: float, cuts: list[int]
) -> None:
    power = generated_power(seed, pieces)
    assert changes_of_variance(power, np.full(len(power), 6.0), penalty) == cuts


def test_a_long_stretch_is_cut_where_nothing_changes_and_bursts_are_found_all_the_same() -> None:
    x = np.random.default_rng(9).normal(size=40_000)
    x[30_000:31_000] *= 5
    rows = found("change_points", x, bin_s=0.002, baseline_s=[0.0, 10.0], min_duration_s=0.05)
    assert np.abs(np.array(spans(rows)) - [[30_000, 31_000]]).max() <= 4
    power = np.square(x).reshape(-1, 2).sum(axis=1)
    cuts = changes_of_variance(power, np.full(len(power), 2.0), 3.0)
    assert np.diff(cuts).max() <= 1024
    assert 14_998 <= min(cuts, key=lambda cut: abs(cut - 15_000)) <= 15_002


def by_page(z: np.ndarray, ratio: float, threshold: float) -> list[tuple[int, int]]:
    """Page's sums as written: the largest of all sums that end here, and where it begins."""
    score = z**2 / 2 * (1 - 1 / ratio**2) - np.log(ratio)
    edges, begin, sign = [], 0, 1.0
    for n in range(len(z)):
        sums = np.r_[np.cumsum((sign * score[begin : n + 1])[::-1])[::-1], 0.0]
        if sums.max() > threshold:
            edges.append(begin + int(np.argmax(sums)))
            begin, sign = n + 1, -sign
    edges += [len(z)] * (len(edges) % 2)
    return list(zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.against("the definition, sum by sum", "cusum")
@pytest.mark.parametrize(("ratio", "threshold"), [(2.0, 9.0), (1.3, 3.0), (4.0, 1.0)])
def test_cumulative_sums_are_those_of_page(ratio: float, threshold: float) -> None:
    x = emg(2.5, seed=5)[0, 2000:5600]
    z = (x - x[:900].mean()) / x[:900].std(ddof=1)
    params = {"active_sd": ratio, "threshold": threshold, "whiten_order": 0}
    wanted = by_page(z, ratio, threshold)
    assert wanted
    assert spans(found("cusum", x, baseline_s=[0.0, 0.9], **params)) == wanted


def test_alarms_at_rest_are_as_rare_as_page_says() -> None:
    x = np.random.default_rng(6).normal(size=200_000)
    rows = found("cusum", x, baseline_s=[0.0, 200.0], threshold=5.0, whiten_order=0)
    assert 3 < len(spans(rows)) < 200_000 / np.exp(5)


@pytest.mark.against("simulated truth", "hodges_bui", "bonato", "aglr", "change_points", "cusum")
@pytest.mark.parametrize(
    ("name", "nearest_s"),
    [
        ("hodges_bui", 0.030),
        ("bonato", 0.010),
        ("aglr", 0.008),
        ("change_points", 0.008),
        ("cusum", 0.008),
    ],
)
@pytest.mark.parametrize("baseline", [{"baseline_s": [0.0, 2.5]}, {"baseline_quantile": 0.3}])
def test_steps_of_variance_are_found_where_they_are(
    name: str, nearest_s: float, baseline: dict[str, Any]
) -> None:
    x = emg(6.0, seed=6, channels=2)
    x = np.abs(x) if name == "hodges_bui" else x
    rows = found(name, x, **METHODS[name], merge_gap_s=0.06, **baseline)
    for channel in ("ch0", "ch1"):
        of = rows["channel"] == channel
        assert rows["onset"][of] == pytest.approx([3.0, 7.0], abs=nearest_s)
        assert rows["offset"][of] == pytest.approx([5.0, 8.0], abs=nearest_s)
        assert not rows["clipped"][of].any()
    inside = slice(3100, 4900)
    own = np.abs(x[0])
    first = np.flatnonzero(rows["channel"] == "ch0")[0]
    assert rows["peak"][first] >= own[inside].max()
    assert rows["area"][first] == pytest.approx(own[3000:5000].sum() / FS_HZ, rel=0.02)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_nothing_is_found_in_noise_alone(name: str) -> None:
    x = np.random.default_rng(7).normal(size=20_000)
    x = np.abs(x) if name == "hodges_bui" else x
    params = METHODS[name] | ({"sd": 6.0} if name == "single_threshold" else {})
    assert spans(found(name, x, baseline_s=[0.0, 20.0], **params)) == []


@pytest.mark.parametrize("name", sorted(METHODS))
def test_no_burst_crosses_a_gap_and_those_at_its_edges_are_clipped(name: str) -> None:
    x = emg(8.0, seed=8)
    x = np.abs(x) if name in {"hodges_bui", "single_threshold"} else x
    source = Runs([(0.0, x[:, :4000]), (20.0, x[:, 4000:])], FS_HZ)
    params = METHODS[name] | {"merge_gap_s": 0.06}
    if name == "single_threshold":
        params |= {"sd": 4.0}
    rows = table_of(name, source, [], baseline_s=[0.0, 2.5], **params)
    ends = rows["offset"][rows["onset"] < 4.0]
    assert ends.max() <= 4.0 + 1e-9
    assert rows["clipped"][(rows["onset"] < 4) & (rows["offset"] > 3.9)].all()
    later = rows["onset"][rows["onset"] > 15]
    assert later.min() >= 20.0


@pytest.mark.parametrize("name", [*sorted(METHODS), "double_threshold"])
def test_a_constant_baseline_is_refused_and_its_channel_named(name: str) -> None:
    x = np.random.default_rng(1).normal(size=(2, 1000))
    x[1, :600] = 0.1
    params = METHODS.get(name, {"on_sd": 3.0}) | {"baseline_s": [0.0, 0.5]}
    with pytest.raises(OperationError, match="ch1 is constant in its baseline"):
        found(name, x, **params)


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("hodges_bui", {}, "give the quiet stretch"),
        ("hodges_bui", {"baseline_s": [0.0, 1.0], "baseline_epoc": True}, "give one of"),
        ("bonato", {"baseline_s": [0.0, 1.0], "needed": 6}, "must not exceed pairs"),
        ("bonato", {"baseline_quantile": 0.2}, "whitening needs a stretch of time"),
        ("single_threshold", {"sd": 3.0}, "sd needs baseline_s"),
        ("single_threshold", {"level": 3.0, "sd": 1.0}, "give one of sd, level"),
        ("single_threshold", {"level": 3.0, "baseline_s": [0.0, 1.0]}, "not with level"),
    ],
)
def test_onset_parameters_that_contradict_are_refused(
    name: str, params: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()[name].parameters(**params)
