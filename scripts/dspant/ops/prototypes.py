"""Analogue low-pass filters with their edge at 1 rad/s, from which all others are made.

Zeros, poles and gain follow the formulas of L. R. Rabiner and B. Gold, Theory and Application of
Digital Signal Processing (1975), chapter 4, in the order in which SciPy computes them: where a
band spans many octaves, the last bit of a pole decides the third digit of the result.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Literal, NamedTuple

Design = Literal["butterworth", "chebyshev1", "chebyshev2", "elliptic", "bessel"]

RIPPLED: frozenset[str] = frozenset({"chebyshev1", "elliptic"})
"""Designs whose pass band ripples."""

STOPPED: frozenset[str] = frozenset({"chebyshev2", "elliptic"})
"""Designs whose stop band has a set attenuation."""


class Prototype(NamedTuple):
    """An analogue filter: the roots of its transfer function and its gain."""

    zeros: list[complex]
    poles: list[complex]
    gain: float


def prototype(
    design: Design, order: int, ripple_db: float | None, stopband_db: float | None
) -> Prototype:
    """The low-pass of a design with its edge at 1 rad/s.

    Parameters
    ----------
    ripple_db
        Ripple of the pass band; for ``chebyshev1`` and ``elliptic``.
    stopband_db
        Least attenuation of the stop band; for ``chebyshev2`` and ``elliptic``.
    """
    return _DESIGNS[design](order, ripple_db, stopband_db)


def _butterworth(order: int, _ripple_db: None, _stopband_db: None) -> Prototype:
    """Poles evenly on the unit circle; S. Butterworth, Experimental Wireless 7 (1930) 536."""
    scale = 1 / (2 * order)
    angles = [math.pi * m * scale for m in range(-order + 1, order, 2)]
    return Prototype([], [-cmath.exp(1j * angle) for angle in angles], 1.0)


def _chebyshev1(order: int, ripple_db: float, _stopband_db: None) -> Prototype:
    """Poles on an ellipse, so that the pass band ripples evenly."""
    import numpy as np

    ripple = math.sqrt(10 ** (0.1 * ripple_db) - 1)
    flatness = 1 / order * math.asinh(1 / ripple)
    poles = -np.sinh(flatness + 1j * (np.pi * np.arange(-order + 1.0, order, 2) / (2 * order)))
    gain = np.real(np.prod(-poles))
    gain = gain if order % 2 else gain / math.sqrt(1 + ripple * ripple)
    return Prototype([], poles.tolist(), float(gain))


def _chebyshev2(order: int, _ripple_db: None, stopband_db: float) -> Prototype:
    """The inverse of an ellipse, so that the stop band ripples evenly."""
    import numpy as np

    ripple = 1 / math.sqrt(10 ** (0.1 * stopband_db) - 1)
    flatness = math.asinh(1 / ripple) / order
    places = np.arange(-order + 1.0, order, 2)
    poles = -1 / np.sinh(flatness + 1j * (np.pi * places / (2 * order)))
    zeros = 1j / np.sin(places[places != 0] * np.pi / (2 * order))
    gain = np.real(np.prod(-poles) / np.prod(-zeros))
    return Prototype(zeros.tolist(), poles.tolist(), float(gain))


def _elliptic(order: int, ripple_db: float, stopband_db: float) -> Prototype:
    """Both bands ripple evenly."""
    import numpy as np
    from scipy.signal import ellipap

    zeros, poles, gain = ellipap(order, ripple_db, stopband_db)
    return Prototype(zeros.tolist(), np.atleast_1d(poles).tolist(), float(gain))


def _bessel(order: int, _ripple_db: None, _stopband_db: None) -> Prototype:
    """The flattest delay; half power at 1 rad/s."""
    from scipy.signal import besselap

    zeros, poles, gain = besselap(order, norm="mag")
    return Prototype(zeros.tolist(), poles.tolist(), float(gain))


_DESIGNS: dict[str, Callable[..., Prototype]] = {
    "butterworth": _butterworth,
    "chebyshev1": _chebyshev1,
    "chebyshev2": _chebyshev2,
    "elliptic": _elliptic,
    "bessel": _bessel,
}
