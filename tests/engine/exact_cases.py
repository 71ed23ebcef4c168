"""Filters of every kind on signals of every shape, and how far a node is from SciPy's result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, exp, log
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from scipy import signal as sp
from small_nodes import FS_HZ, node, store

from dspant.dataset.stream import Stream
from dspant.engine import source
from dspant.ops import blocks, recursive
from dspant.ops.prototypes import RIPPLED, STOPPED
from dspant.ops.registry import operations

DESIGNS = {
    "butterworth": sp.butter,
    "chebyshev1": sp.cheby1,
    "chebyshev2": sp.cheby2,
    "elliptic": sp.ellip,
    "bessel": sp.bessel,
}

COUNT_V = 2.5e-7
"""What a stored count of an int16 case is worth."""


@dataclass(frozen=True)
class Case:
    """A step, the stream it is applied to, and how the engine is to cut the work."""

    op: str
    params: dict[str, Any]
    runs: tuple[int, ...]
    channels: int
    dtype: str
    offset: float
    seed: int
    grid: int
    read: int
    threads: int

    @property
    def step(self) -> dict[str, Any]:
        return {self.op: self.params}

    @property
    def reach(self) -> int:
        """Samples that the filter remembers, as it declares."""
        operation = operations()[self.op]
        return ceil(operation.reach_s(operation.parameters(**self.params)) * FS_HZ)

    @property
    def causal(self) -> bool:
        return self.params["phase"] == "causal"

    @property
    def segments(self) -> list[tuple[int, int, float]]:
        lasts = np.cumsum(self.runs).tolist()
        return [(lasts[i] - n, n, 1000.0 * i) for i, n in enumerate(self.runs)]

    def stored(self) -> np.ndarray:
        """The samples as the file holds them, channels x samples."""
        rng = np.random.default_rng(self.seed)
        x = rng.standard_normal((self.channels, sum(self.runs))) + self.offset
        return np.round(x * 25).astype("int16") if self.dtype == "int16" else x.astype(self.dtype)

    def signal(self) -> np.ndarray:
        """The samples in the unit, float64."""
        return self.stored().astype(np.float64) * (COUNT_V if self.dtype == "int16" else 1)


def draw_case(random: Random, most_samples: int) -> Case:
    """A case of at most ``most_samples`` samples a channel, and three times as many values."""
    op, params = random.choice([_designed, _designed, _designed, _notch, _comb, _fir])(random)
    params["phase"] = random.choice(["zero", "zero", "causal"])
    operation = operations()[op]
    reach = ceil(operation.reach_s(operation.parameters(**params)) * FS_HZ)
    runs = [_length(random, reach, most_samples) for _ in range(random.choice([1, 1, 2, 3]))]
    while sum(runs) > most_samples:
        runs.remove(max(runs)) if len(runs) > 1 else runs.append(runs.pop() * 2 // 3)
    return Case(
        op=op,
        params=params,
        runs=tuple(runs),
        channels=min(random.choice([1, 2, 3, 8, 65, 384]), max(3 * most_samples // sum(runs), 1)),
        dtype=random.choice(["float32", "float64", "int16"]),
        offset=random.choice([0.0, 1000.0]),
        seed=random.getrandbits(32),
        grid=random.choice([64, 1_000, 16_384, 65_536]),
        read=random.choice([997, 4_096, 65_536]),
        threads=random.choice([1, 2]),
    )


def _length(random: Random, reach: int, most: int) -> int:
    """A few samples, a few thousand, or about as many as the filter remembers."""
    about = min(ceil(reach * random.uniform(0.2, 4)) + 1, most)
    return random.choice([random.randint(1, 60), random.randint(1, 5_000), about, about])


def _edge_hz(random: Random, most_hz: float = 12_000.0) -> float:
    return exp(random.uniform(log(0.1), log(most_hz)))


def _designed(random: Random) -> tuple[str, dict[str, Any]]:
    op = random.choice(["lowpass", "highpass", "bandpass", "bandstop"])
    params: dict[str, Any] = {"design": random.choice([*DESIGNS]), "order": random.randint(1, 12)}
    if params["design"] in RIPPLED:
        params["ripple_db"] = random.uniform(0.05, 3)
    if params["design"] in STOPPED:
        params["stopband_db"] = random.uniform(20, 90)
    if op in {"lowpass", "highpass"}:
        return op, params | {"cutoff_hz": _edge_hz(random)}
    low_hz, octaves = _edge_hz(random, 10_000.0), exp(random.uniform(log(0.03), log(17)))
    return op, params | {"low_hz": low_hz, "high_hz": min(low_hz * 2**octaves, 12_190.0)}


def _notch(random: Random) -> tuple[str, dict[str, Any]]:
    frequency_hz = _edge_hz(random)
    harmonics = random.randint(1, min(int(12_200 / frequency_hz), 20))
    q = random.uniform(0.5, 100)
    return "notch", {"frequency_hz": frequency_hz, "q": q, "harmonics": harmonics}


def _comb(random: Random) -> tuple[str, dict[str, Any]]:
    frequency_hz = _edge_hz(random)
    return "comb", {
        "frequency_hz": frequency_hz,
        "width_hz": frequency_hz * random.uniform(0.01, 0.5),
        "up_to_hz": frequency_hz * random.randint(1, 20),
    }


def _fir(random: Random) -> tuple[str, dict[str, Any]]:
    transition_hz = exp(random.uniform(log(30), log(1500)))
    low_hz = random.uniform(transition_hz, 8_000)
    edges = {"low_hz": low_hz, "high_hz": low_hz + transition_hz * random.uniform(1.1, 2)}
    kept = random.choice([["low_hz"], ["high_hz"], ["low_hz", "high_hz"]])
    return "fir", {
        "transition_hz": transition_hz,
        "stopband_db": random.uniform(30, 100),
        "design": random.choice(["window", "least_squares"]),
        "stop": random.choice([False, True]),
        **{name: edges[name] for name in kept},
    }


def sections(case: Case) -> np.ndarray:
    """The recursive filter as SciPy designs it."""
    params = case.params
    if case.op in {"notch", "comb"}:
        notches = [sp.iirnotch(*centre, fs=FS_HZ) for centre in _centres(case)]
        return np.array([np.concatenate(notch) for notch in notches])
    edges = params["cutoff_hz"] if "cutoff_hz" in params else [params["low_hz"], params["high_hz"]]
    limits = [params[name] for name in ("ripple_db", "stopband_db") if name in params]
    design = DESIGNS[params["design"]]
    norm = {"norm": "mag"} if params["design"] == "bessel" else {}
    return design(params["order"], *limits, edges, case.op, fs=FS_HZ, output="sos", **norm)


def _centres(case: Case) -> list[tuple[float, float]]:
    """Frequency and quality factor of every notch."""
    first_hz = case.params["frequency_hz"]
    if case.op == "notch":
        count = case.params["harmonics"]
        return [(first_hz * k, case.params["q"]) for k in range(1, count + 1)]
    last_hz = min(case.params["up_to_hz"], np.nextafter(FS_HZ / 2, 0))
    teeth = [first_hz * k for k in range(1, int(FS_HZ / first_hz) + 1) if first_hz * k <= last_hz]
    return [(centre_hz, centre_hz / case.params["width_hz"]) for centre_hz in teeth]


def taps(case: Case) -> np.ndarray:
    """The finite filter as SciPy designs it, of the length that Kaiser's formula asks for."""
    params = case.params
    width = params["transition_hz"] / (FS_HZ / 2)
    half = ceil((params["stopband_db"] - 7.95) / (2.285 * np.pi * width) / 2)
    edges = [params[name] for name in ("low_hz", "high_hz") if name in params]
    passes_zero = ("low_hz" not in params) != params["stop"]
    if params["design"] == "window":
        window = ("kaiser", sp.kaiser_beta(params["stopband_db"]))
        return sp.firwin(2 * half + 1, edges, window=window, pass_zero=passes_zero, fs=FS_HZ)
    bands = [0.0, *np.add.outer(edges, np.array([-0.5, 0.5]) * params["transition_hz"]).ravel()]
    gains = [float(passes_zero), 1 - float(passes_zero), float(passes_zero)][: len(edges) + 1]
    return sp.firls(2 * half + 1, [*bands, FS_HZ / 2], np.repeat(gains, 2), fs=FS_HZ)


def padding(sos: np.ndarray) -> int:
    """Samples by which ``sosfiltfilt`` extends a signal, from its manual."""
    fewer = min(int((sos[:, 2] == 0).sum()), int((sos[:, 5] == 0).sum()))
    return 3 * (2 * len(sos) + 1 - fewer)


def whole(case: Case, x: np.ndarray) -> np.ndarray:
    """SciPy's result for one whole run, float64."""
    if case.op == "fir":
        return _convolved(taps(case), x, case.causal)
    sos = sections(case)
    if case.causal:
        return sp.sosfilt(sos, x, axis=1)
    return sp.sosfiltfilt(sos, x, axis=1, padlen=min(padding(sos), x.shape[1] - 1))


def _convolved(b: np.ndarray, x: np.ndarray, causal: bool) -> np.ndarray:
    if causal:
        return sp.oaconvolve(x, b[None], axes=1)[:, : x.shape[1]]
    half = len(b) // 2
    odd = min(half, x.shape[1] - 1)
    extended = sp._signaltools.odd_ext(x, odd, axis=1) if odd else x
    held = np.pad(extended, ((0, 0), (half - odd, half - odd)), mode="edge")
    return sp.oaconvolve(held, b[None], mode="valid", axes=1)


def made(case: Case) -> tuple[np.ndarray, bool]:
    """What a node stores, float32, and whether it is so to the bit with other cuts and threads."""
    scales = {"scales": [COUNT_V] * case.channels} if case.dtype == "int16" else {}
    with TemporaryDirectory() as place, patch("os.fsync"):
        raw = store(Path(place) / "Raw.ant", case.stored(), case.segments, **scales)
        digests = set()
        for threads, read in ((1, source.BLOCK_SAMPLES), (case.threads, case.read)):
            with engine_cuts(case.grid, read):
                path = node(Path(place) / f"made{read}.ant", [raw], [case.step], threads=threads)
            y = Stream(path)
            digests.add(y.metadata.dspant.digest)
        return y.read().copy(), len(digests) == 1


@contextmanager
def engine_cuts(grid: int, read: int) -> Iterator[None]:
    """Make the engine compute on a grid of ``grid`` samples and read ``read`` samples at once."""
    with (
        patch.object(blocks, "GRID_SAMPLES", grid),
        patch.object(recursive, "GRID_SAMPLES", grid),
        patch.object(source, "BLOCK_SAMPLES", read),
    ):
        yield


def error(case: Case, y: np.ndarray) -> float:
    """Largest distance of ``y`` from SciPy's result, relative to the RMS of a run's channel.

    Rounding to float32 moves a value by half a unit in its last place, which is allowed beside.
    """
    x, worst = case.signal(), 0.0
    for first, count, _ in case.segments:
        run = slice(first, first + count)
        expected = whole(case, x[:, run])
        rms = _rms(expected) + 1e-6 * _rms(x[:, run])  # what is 120 dB below the input is silence
        rounding = np.spacing(np.abs(expected).astype(np.float32)) / 2
        beyond = np.maximum(np.abs(y[:, run] - expected) - rounding, 0)
        worst = max(worst, np.max(beyond / rms))
    return float(worst)


def _rms(x: np.ndarray) -> np.ndarray:
    """Of each channel, shape (channels, 1)."""
    return np.sqrt(np.mean(x**2, axis=1, keepdims=True))


def own_error(sos: np.ndarray, samples: int = 200_000) -> float:
    """Largest error of SciPy's own zero-phase result by rounding, relative to its RMS.

    Measured on white noise, against the same sections in arithmetic of 64-bit mantissas.
    """
    x = np.random.default_rng(0).standard_normal(samples)
    pad = padding(sos)
    exact = sp._signaltools.odd_ext(x.astype(np.longdouble), pad)
    steady = sp.sosfilt_zi(sos).astype(np.longdouble)
    for _ in range(2):
        exact, _ = sp.sosfilt(sos.astype(np.longdouble), exact, zi=steady * exact[0])
        exact = exact[::-1]
    exact = exact[pad:-pad]
    return float(np.max(np.abs(sp.sosfiltfilt(sos, x) - exact)) / np.sqrt(np.mean(exact**2)))
