"""Mean, variance and kurtosis of a stream in one pass."""

from __future__ import annotations

import numpy as np


class Moments:
    """Sums of powers around the mean of one channel, joined block by block.

    Source: P. Pébay, Formulas for Robust, One-Pass Parallel Computation of Covariances and
    Arbitrary-Order Statistical Moments, Sandia Report SAND2008-6212 (2008), equations 2.1 and 3.1.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self._second = self._third = self._fourth = 0.0

    def follow(self, x: np.ndarray) -> None:
        """More finite values, shape (samples,)."""
        if len(x) == 0:
            return
        nb, mean = len(x), float(x.mean())
        away = x - mean
        squares = away * away
        second, third, fourth = squares.sum(), (squares * away).sum(), (squares * squares).sum()
        na, n, delta = self.count, self.count + nb, mean - self.mean
        self._fourth += (
            fourth
            + delta**4 * na * nb * (na * na - na * nb + nb * nb) / n**3
            + 6 * delta**2 * (na * na * second + nb * nb * self._second) / n**2
            + 4 * delta * (na * third - nb * self._third) / n
        )
        self._third += (
            third
            + delta**3 * na * nb * (na - nb) / n**2
            + 3 * delta * (na * second - nb * self._second) / n
        )
        self._second += second + delta**2 * na * nb / n
        self.mean += delta * nb / n
        self.count = n

    @property
    def rms(self) -> float:
        """Root mean square, the mean included."""
        return float(np.sqrt(self.mean**2 + self._second / self.count))

    @property
    def sd(self) -> float:
        """Standard deviation, with N."""
        return float(np.sqrt(self._second / self.count))

    @property
    def kurtosis(self) -> float | None:
        """Fourth moment over the squared variance: 3 for Gaussian noise (Pearson's); None where
        nothing varies."""
        if not self._second > 0:
            return None
        return float(self.count * self._fourth / self._second**2)
