"""Factors of small symmetric matrices, equal to the last bit on every machine.

Libraries choose their instructions by the processor, and with them the order of their sums. A
whitened recording would then differ from one machine to the next. Here every number comes from
single additions, products, quotients and roots, which IEEE 754 fixes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dspant.errors import OperationError

if TYPE_CHECKING:
    import numpy as np

_MOST_SWEEPS = 60


def eigenvectors(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, falling, and eigenvectors of a symmetric matrix.

    Each sweep turns all pairs of rows, as many pairs at once as do not meet.

    Parameters
    ----------
    a
        float64, symmetric.

    Returns
    -------
    values, vectors
        Vectors are columns; the largest part of each is positive.

    Raises
    ------
    OperationError
        The matrix holds what is no number.

    Source: C. G. J. Jacobi's method as in G. H. Golub and C. F. Van Loan, Matrix Computations
    (2013), section 8.5.
    """
    import numpy as np

    count = len(a)
    rest, turned = a.copy(), np.eye(count)
    rounds = _rounds(count)
    for _ in range(_MOST_SWEEPS):
        away = rest - np.diag(np.diag(rest))
        if not away.any():
            break
        for first, second in rounds:
            _turn(rest, turned, first, second)
    else:
        raise OperationError(
            "the covariance of the channels has no eigenvalues that could be computed; look for "
            "samples that are far too large"
        )
    values = np.diag(rest).copy()
    order = np.argsort(-values, kind="stable")
    vectors = turned[:, order]
    largest = vectors[np.argmax(np.abs(vectors), axis=0), np.arange(count)]
    return values[order], vectors * np.where(largest < 0, -1.0, 1.0)


def _rounds(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """All pairs, in rounds in which everyone has at most one partner (a tournament)."""
    import numpy as np

    seats = list(range(count + count % 2))
    half = len(seats) // 2
    rounds = []
    for _ in range(len(seats) - 1):
        pairs = [
            sorted(pair)
            for pair in zip(seats[:half], seats[: half - 1 : -1], strict=True)
            if max(pair) < count
        ]
        if pairs:
            first, second = np.array(pairs).T
            rounds.append((first, second))
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return rounds


def _turn(rest: np.ndarray, turned: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """Turn pairs of rows and columns so that what the two of a pair share becomes 0."""
    import numpy as np

    shared = rest[first, second]
    gap = rest[second, second] - rest[first, first]
    # What is lost beside both diagonal elements is 0 already.
    small = (np.abs(rest[first, first]) + np.abs(shared) == np.abs(rest[first, first])) & (
        np.abs(rest[second, second]) + np.abs(shared) == np.abs(rest[second, second])
    )
    turns = ~small
    safe = np.where(turns, shared, 1.0)
    ratio = np.where(turns, gap / (2 * safe), 0.0)
    sign = np.where(ratio < 0, -1.0, 1.0)
    tangent = np.where(turns, sign / (np.abs(ratio) + np.sqrt(ratio * ratio + 1)), 0.0)
    cosine = 1 / np.sqrt(tangent * tangent + 1)
    sine = tangent * cosine
    for matrix in (rest.T, rest, turned.T):
        a, b = matrix[first], matrix[second]
        matrix[first] = cosine[:, None] * a - sine[:, None] * b
        matrix[second] = sine[:, None] * a + cosine[:, None] * b
    rest[first, second] = rest[second, first] = 0.0


def inverse_cholesky(a: np.ndarray) -> np.ndarray:
    """Inverse of L, lower triangular with a positive diagonal, where ``a`` = L L^T.

    Parameters
    ----------
    a
        float64, symmetric, positive definite.

    Source: G. H. Golub and C. F. Van Loan, Matrix Computations (2013), section 4.2.
    """
    import numpy as np

    rest, inverse = a.copy(), np.eye(len(a))
    for j in range(len(a)):
        root = np.sqrt(rest[j, j])
        below = rest[j + 1 :, j] / root
        rest[j + 1 :, j + 1 :] -= below[:, None] * below
        inverse[j] /= root
        inverse[j + 1 :] -= below[:, None] * inverse[j]
    return inverse
