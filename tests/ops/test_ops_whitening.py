"""Whitening against SpikeInterface's matrix, LAPACK, and what whitening means."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from whole_signals import Runs, filtered, run_by_run, short_grid, signal_like

from dspant.errors import OperationError
from dspant.ops.eigen import eigenvectors, inverse_cholesky
from dspant.ops.registry import operations
from dspant.ops.signal import Learned

X = np.array(
    [
        [1, 4, -2, 3, 0, 5, -1, 2],
        [2, 3, -1, 4, 1, 4, -3, 0],
        [0, 1, 5, -2, 3, -4, 2, 1],
        [3, -1, 2, 2, -5, 1, 0, 4],
    ],
    dtype=np.float64,
)

# compute_whitening_from_covariance(numpy.cov(X, ddof=0), eps) of
# spikeinterface.preprocessing.whiten, SpikeInterface 0.105.3, by eps.
SPIKEINTERFACE = {
    0.0: [
        [0.92872967414, -0.316391487779, 0.327752655594, 0.0144766581],
        [-0.316391487779, 0.734999529749, 0.138926441036, 0.047989689756],
        [0.327752655594, 0.138926441036, 0.677519680765, 0.092415401264],
        [0.0144766581, 0.047989689756, 0.092415401264, 0.397975325134],
    ],
    0.5: [
        [0.717576222126, -0.216855395772, 0.228456993594, 0.006545484813],
        [-0.216855395772, 0.617241457772, 0.127528825334, 0.036008547602],
        [0.228456993594, 0.127528825334, 0.57233807681, 0.071736031885],
        [0.006545484813, 0.036008547602, 0.071736031885, 0.380012128848],
    ],
}


def recording(channels: int = 6, samples: int = 9000, seed: int = 1) -> np.ndarray:
    """Correlated channels of unlike size, far from 0."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(channels, channels)) * np.logspace(0, -2, channels)[:, None]
    return mixing @ rng.normal(size=(channels, samples)) + np.linspace(-50, 50, channels)[:, None]


def learnt(source: Runs, **params: Any) -> Learned:
    operation = operations()["whiten"]
    return operation.learn(source, [], operation.parameters(**params))


@pytest.mark.against("spikeinterface.preprocessing.whiten 0.105.3", "whiten")
@pytest.mark.parametrize("epsilon", [0.0, 0.5])
def test_the_matrix_of_zca_is_that_of_spikeinterface(epsilon: float) -> None:
    # SpikeInterface divides by N, dspAnt by N - 1: a factor on the covariance, so on epsilon too.
    times = 8 / 7
    matrix = learnt(Runs([(0.0, X)], 1000.0), epsilon=epsilon * times).of_all["matrix"]
    assert np.abs(matrix * np.sqrt(times) - SPIKEINTERFACE[epsilon]).max() < 1e-11


@pytest.mark.against("numpy.cov of the result, which has to be the identity", "whiten")
@pytest.mark.parametrize("method", ["zca", "pca", "cholesky"])
def test_whitened_channels_are_uncorrelated_and_of_unit_variance(method: str) -> None:
    y = filtered("whiten", recording(), 1000.0, [4000], method=method)
    assert np.abs(np.cov(y) - np.eye(6)).max() < 1e-9
    assert np.abs(y.mean(axis=1)).max() < 1e-9


@pytest.mark.against("numpy.linalg.eigh and numpy.linalg.cholesky", "whiten")
def test_each_method_has_the_matrix_of_its_definition() -> None:
    x = recording()
    covariance = np.cov(x)
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    vectors *= np.sign(vectors[np.argmax(np.abs(vectors), axis=0), np.arange(6)])
    expected = {
        "zca": vectors @ np.diag(values**-0.5) @ vectors.T,
        "pca": np.diag(values**-0.5) @ vectors.T,
        "cholesky": np.linalg.inv(np.linalg.cholesky(covariance)),
    }
    for method, matrix in expected.items():
        learned = learnt(Runs([(0.0, x)], 1000.0), method=method)
        found = learned.of_all["matrix"]
        assert np.abs(found - matrix).max() < 1e-9 * np.abs(matrix).max()
        assert learned.stated["eigenvalues"] == pytest.approx(values, rel=1e-9)
        y = filtered("whiten", x, 1000.0, method=method)
        assert np.allclose(y, matrix @ (x - x.mean(axis=1, keepdims=True)), atol=1e-8)
    zca = learnt(Runs([(0.0, x)], 1000.0)).of_all["matrix"]
    assert np.array_equal(zca, zca.T)


def test_what_is_learnt_is_stated() -> None:
    x = recording()
    source = Runs([(0.0, x[:, :4000]), (9.0, x[:, 4000:])], 1000.0, units=["mV"] * 6)
    stated = learnt(source, epsilon=0.25).stated
    assert stated["channels"] == [f"ch{i}" for i in range(6)]
    assert stated["samples"] == 9000
    assert stated["mean"] == pytest.approx(x.mean(axis=1))
    assert (stated["mean_unit"], stated["eigenvalues_unit"]) == ("mV", "mV^2")
    assert stated["matrix_unit"] == "1/mV"
    assert np.array(stated["matrix"]).shape == (6, 6)
    operation = operations()["whiten"]
    made = operation.describe(source.signal, operation.parameters(method="pca"))
    assert made.channels == ("pc1", "pc2", "pc3", "pc4", "pc5", "pc6")
    assert made.units == ("1",) * 6
    assert operation.describe(source.signal, operation.parameters()).channels == (
        source.signal.channels
    )


def test_a_baseline_alone_decides_the_matrix() -> None:
    x = recording()
    x[:, 3000:] *= 30
    runs = [(0.0, x[:, :2000]), (4.0, x[:, 2000:])]
    (first, second) = run_by_run("whiten", Runs(runs, 1000.0), baseline_s=[0.5, 5.0])
    quiet = np.concatenate([first[:, 500:], second[:, :1000]], axis=1)
    assert np.abs(np.cov(quiet) - np.eye(6)).max() < 1e-9
    with pytest.raises(OperationError, match=r"baseline_s \[2.5, 3.0\] holds 0 samples"):
        learnt(Runs(runs, 1000.0), baseline_s=[2.5, 3.0])


def referenced(dtype: type = np.float64) -> np.ndarray:
    x = recording()
    return (x - x.mean(axis=0)).astype(dtype).astype(np.float64)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", ["zca", "pca", "cholesky"])
def test_whitening_after_a_common_average_is_refused_and_explained(
    method: str, dtype: type
) -> None:
    said = (
        r"6 channels hold signal in 5 directions only: eigenvalue 6 .* \+0\.41 ch. .* is constant, "
        r"as after a common average reference\. Set deficient: drop"
    )
    with pytest.raises(OperationError, match=said):
        learnt(Runs([(0.0, referenced(dtype))], 1000.0), method=method)


@pytest.mark.against("the projection that numpy.linalg.svd gives", "whiten")
def test_directions_without_signal_are_dropped_where_asked() -> None:
    x = referenced()
    y = filtered("whiten", x, 1000.0, deficient="drop")
    onto = np.eye(6) - 1 / 6
    assert np.abs(np.cov(y) - onto).max() < 1e-9
    components = filtered("whiten", x, 1000.0, method="pca", deficient="drop")
    assert np.abs(np.cov(components[:5]) - np.eye(5)).max() < 1e-9
    assert not components[5].any()
    assert learnt(Runs([(0.0, x)], 1000.0), deficient="drop").stated["rank"] == 5
    *_, vt = np.linalg.svd(x - x.mean(axis=1, keepdims=True), full_matrices=False)
    for row, found in zip(vt[:5], components, strict=False):
        assert abs(np.corrcoef(row, found)[0, 1]) == pytest.approx(1, abs=1e-9)


@pytest.mark.against("U S (S + epsilon)^-1 U^T by NumPy", "whiten")
@pytest.mark.parametrize("method", ["zca", "pca", "cholesky"])
def test_epsilon_regularises_what_has_no_signal(method: str) -> None:
    x, epsilon = referenced(), 1e-3
    y = filtered("whiten", x, 1000.0, method=method, epsilon=epsilon)
    values = np.linalg.eigvalsh(np.cov(x))[::-1]
    shrunk = values / (values + epsilon)
    assert np.allclose(np.linalg.eigvalsh(np.cov(y))[::-1], shrunk, atol=1e-9)


def test_constant_channels_and_unlike_units_are_refused() -> None:
    with pytest.raises(OperationError, match="ch0, ch1 are constant"):
        learnt(Runs([(0.0, np.ones((2, 50)))], 1000.0))
    operation = operations()["whiten"]
    with pytest.raises(OperationError, match="adds channels of different units"):
        operation.describe(signal_like(X, 1000.0, ["V", "V", "V", "mV"]), operation.parameters())
    with pytest.raises(OperationError, match="holds 4 samples, 5 or more are needed"):
        learnt(Runs([(0.0, X[:, :4])], 1000.0))


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"method": "cholesky", "deficient": "drop"}, "cholesky cannot drop"),
        ({"epsilon": 1.0, "deficient": "drop"}, "epsilon keeps all directions"),
        ({"baseline_s": [1.0, 0.0]}, "baseline_s must rise"),
        ({"epsilon": -1.0}, "greater than or equal to 0"),
    ],
)
def test_parameters_without_sense_are_refused(params: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        operations()["whiten"].parameters(**params)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 32, 65])
def test_factors_are_those_of_lapack(count: int) -> None:
    rng = np.random.default_rng(count)
    x = rng.normal(size=(count, 3 * count)) * np.logspace(0, -3, count)[:, None]
    a = x @ x.T
    a = (a + a.T) / 2
    values, vectors = eigenvectors(a)
    largest = np.linalg.eigvalsh(a)[-1]
    assert np.abs(values - np.linalg.eigvalsh(a)[::-1]).max() < 1e-13 * largest
    assert np.abs(vectors.T @ vectors - np.eye(count)).max() < 1e-13
    assert np.abs(a @ vectors - vectors * values).max() < 1e-13 * largest
    inverse = np.linalg.inv(np.linalg.cholesky(a))
    assert np.abs(inverse_cholesky(a) - inverse).max() < 1e-10 * np.abs(inverse).max()


def test_factors_of_equal_and_of_no_eigenvalues() -> None:
    values, vectors = eigenvectors(np.ones((4, 4)))
    assert values == pytest.approx([4, 0, 0, 0], abs=1e-14)
    assert np.allclose(vectors.T @ vectors, np.eye(4), atol=1e-14)
    assert np.array_equal(eigenvectors(np.eye(3))[0], np.ones(3))
    assert np.array_equal(eigenvectors(np.zeros((2, 2)))[0], np.zeros(2))


@pytest.mark.against("numpy.cov of the whole array", "whiten")
def test_a_covariance_in_pieces_loses_no_digits_to_a_large_offset() -> None:
    from dspant.ops.passes import Scope
    from dspant.ops.whitening import covariance_of

    x = np.random.default_rng(8).normal(size=(3, 20_000))
    with short_grid(512):
        mean, covariance = covariance_of(Scope(Runs([(0.0, x + 1e6)], 1000.0)))
    assert mean == pytest.approx(x.mean(axis=1) + 1e6, rel=1e-15)
    assert np.abs(covariance - np.cov(x)).max() < 1e-8


OTHER_PROCESSOR = {
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX2 FMA3",
}


def test_a_processor_with_fewer_instructions_gives_the_same_bits() -> None:
    code = """
import hashlib, sys
import numpy as np
from whole_signals import filtered
x = np.random.default_rng(1).integers(-99, 99, (9, 9000)).astype(float)
x += np.cumsum(x, axis=0)
made = [filtered("whiten", x, 1000.0, method=method) for method in ("zca", "pca", "cholesky")]
sys.stdout.write(hashlib.sha256(np.stack(made).tobytes()).hexdigest())
"""
    found = set()
    for processor in ({}, OTHER_PROCESSOR):
        paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env=os.environ | {"PYTHONPATH": paths} | processor,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout)
    assert len(found) == 1
    assert found != {""}
