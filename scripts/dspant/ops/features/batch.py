"""Windows that features are computed of, and what several features have in common."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from dspant.errors import OperationError

if TYPE_CHECKING:
    import numpy as np


class Batch:
    """Windows of signal; what several features are made of is computed once.

    Parameters
    ----------
    x
        Shape (..., samples), float64.
    fs_hz
        Samples per second.
    band_hz
        Lowest and highest frequency that spectral features look at; all above 0 where None.
    """

    def __init__(self, x: np.ndarray, fs_hz: float, band_hz: list[float] | None = None) -> None:
        self.x = x
        self.fs_hz = fs_hz
        self.band_hz = band_hz
        self.samples = x.shape[-1]

    @cached_property
    def magnitude(self) -> np.ndarray:
        """|x|."""
        return abs(self.x)

    @cached_property
    def squares(self) -> np.ndarray:
        """x^2."""
        return self.x * self.x

    @cached_property
    def energy(self) -> np.ndarray:
        """Sum x^2."""
        return products(self.x, self.x)

    @cached_property
    def steps(self) -> np.ndarray:
        """dx = x[n+1] - x[n]."""
        return self.x[..., 1:] - self.x[..., :-1]

    @cached_property
    def step_sizes(self) -> np.ndarray:
        """|dx|."""
        return abs(self.steps)

    @cached_property
    def length(self) -> np.ndarray:
        """Sum |dx|."""
        return self.step_sizes.sum(axis=-1)

    @cached_property
    def step_energy(self) -> np.ndarray:
        """Sum dx^2."""
        return products(self.steps, self.steps)

    @cached_property
    def bends(self) -> np.ndarray:
        """dx[n+1] - dx[n]."""
        return self.steps[..., 1:] - self.steps[..., :-1]

    @cached_property
    def centred(self) -> np.ndarray:
        """Windows without their mean."""
        return self.x - self.x.mean(axis=-1, keepdims=True)

    @cached_property
    def centred_squares(self) -> np.ndarray:
        """(x - mean)^2."""
        return self.centred * self.centred

    @cached_property
    def m2(self) -> np.ndarray:
        """Second central moment, mean (x - mean)^2."""
        return products(self.centred, self.centred) / self.samples

    @cached_property
    def sd(self) -> np.ndarray:
        """Standard deviation with N - 1, as an axis to divide by; NaN where the window is flat."""
        import numpy as np

        sd = np.sqrt(self.m2 * self.samples / (self.samples - 1))
        return self.of_varying(sd)[..., np.newaxis]

    @cached_property
    def highest(self) -> np.ndarray:
        """Largest value."""
        return self.x.max(axis=-1)

    @cached_property
    def lowest(self) -> np.ndarray:
        """Smallest value."""
        return self.x.min(axis=-1)

    @cached_property
    def varies(self) -> np.ndarray:
        """Whether a window is not flat; rounding makes the moments of a flat one other than 0."""
        return self.highest > self.lowest

    def of_varying(self, values: np.ndarray) -> np.ndarray:
        """The values, NaN where the window is flat; shape (...) or (..., columns)."""
        import numpy as np

        varies = self.varies if values.ndim == self.varies.ndim else self.varies[..., np.newaxis]
        return np.where(varies, values, np.nan)

    def per_second(self, hits: np.ndarray) -> np.ndarray:
        """Number of hits in each window over its duration."""
        import numpy as np

        return np.count_nonzero(hits, axis=-1) * self.fs_hz / self.samples

    @property
    def bin_hz(self) -> float:
        """Distance of two frequencies of the spectrum."""
        return self.fs_hz / self.samples

    @cached_property
    def _bins(self) -> slice:
        """Which frequencies of the transform lie in the band; 0 Hz never does."""
        import numpy as np

        frequency_hz = np.arange(self.samples // 2 + 1) * self.bin_hz
        low_hz, high_hz = self.band_hz or (0.0, np.inf)
        first = max(int(np.searchsorted(frequency_hz, low_hz, side="left")), 1)
        last = int(np.searchsorted(frequency_hz, high_hz, side="right"))
        if self.band_hz and last - first < 2:
            raise OperationError(
                f"band_hz {self.band_hz} holds {max(last - first, 0)} frequencies of a window of "
                f"{self.samples / self.fs_hz:g} s, which lie {self.bin_hz:g} Hz apart up to "
                f"{self.fs_hz / 2:g} Hz; spectral features need 2 or more, so widen the band or "
                f"lengthen the window"
            )
        return slice(first, last)

    @cached_property
    def frequency_hz(self) -> np.ndarray:
        """Frequencies of :attr:`power`, shape (frequencies,)."""
        import numpy as np

        return np.arange(self.samples // 2 + 1)[self._bins] * self.bin_hz

    @cached_property
    def power(self) -> np.ndarray:
        """Power at each frequency, shape (..., frequencies), in the unit squared.

        The one-sided periodogram of the window without its mean under a Hann taper, times the
        distance of two frequencies, so that its sum is the power of the window.
        """
        return spectral_power(self.centred)[..., self._bins]

    @cached_property
    def total_power(self) -> np.ndarray:
        """Sum P; NaN where the window is flat."""
        return self.of_varying(self.power.sum(axis=-1))


def spectral_power(centred: np.ndarray) -> np.ndarray:
    """One-sided Hann periodogram times the distance of two frequencies, from 0 Hz on."""
    import numpy as np
    from scipy.fft import rfft

    samples = centred.shape[-1]
    transform = rfft(centred * _taper(samples), axis=-1, overwrite_x=True)
    pairs = transform.view(np.float64)
    np.multiply(pairs, pairs, out=pairs)
    power = pairs[..., ::2] + pairs[..., 1::2]
    power[..., 0] /= 2
    if samples % 2 == 0:
        power[..., -1] /= 2
    return power


@lru_cache(maxsize=4)
def _taper(samples: int) -> np.ndarray:
    """Periodic Hann window, scaled for one-sided power."""
    import numpy as np

    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(samples) / samples)
    return taper * np.sqrt(2 / (samples * (taper * taper).sum()))


def products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sum of a b along the last axis, which needs no array of the products.

    Every row is summed in the same order, whatever the other rows; a matrix product's order
    would depend on their number.
    """
    import numpy as np

    return np.einsum("...n,...n->...", a, b)
