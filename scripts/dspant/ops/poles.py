"""Where the poles of an analogue low-pass lie, in plain Python, for planning.

What a job needs of memory follows from how slowly its filters decay. The filter that runs takes
its poles from :mod:`dspant.ops.prototypes`, which has SciPy's last bit and loads NumPy for it.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterator
from itertools import pairwise

_ENOUGH = 1e-16
"""Where a term or a step no longer changes a float64."""


def poles(
    design: str, order: int, ripple_db: float | None, stopband_db: float | None
) -> list[complex]:
    """Poles of a design with its edge at 1 rad/s, in rad/s; as many as the order.

    Parameters
    ----------
    ripple_db
        Ripple of the pass band; for ``chebyshev1`` and ``elliptic``.
    stopband_db
        Least attenuation of the stop band; for ``chebyshev2`` and ``elliptic``.
    """
    return _DESIGNS[design](order, ripple_db, stopband_db)


def _butterworth(order: int, _ripple_db: None, _stopband_db: None) -> list[complex]:
    """Evenly on the unit circle; S. Butterworth, Experimental Wireless 7 (1930) 536."""
    return [-cmath.exp(1j * angle) for angle in _angles(order)]


def _chebyshev1(order: int, ripple_db: float, _stopband_db: None) -> list[complex]:
    """On an ellipse; Rabiner and Gold (1975), section 4.10."""
    flatness = math.asinh(1 / _excess(ripple_db)) / order
    return [-cmath.sinh(flatness + 1j * angle) for angle in _angles(order)]


def _chebyshev2(order: int, _ripple_db: None, stopband_db: float) -> list[complex]:
    """The inverses of an ellipse; Rabiner and Gold (1975), section 4.10."""
    flatness = math.asinh(_excess(stopband_db)) / order
    return [-1 / cmath.sinh(flatness + 1j * angle) for angle in _angles(order)]


def _elliptic(order: int, ripple_db: float, stopband_db: float) -> list[complex]:
    """S. J. Orfanidis, Lecture Notes on Elliptic Filter Design (2006), equations 47 to 65."""
    ripple, attenuation = _excess(ripple_db), _excess(stopband_db)
    discrimination = ripple / attenuation
    selectivity = _selectivity(order, discrimination)
    depth = _inverse_sc(1 / ripple, discrimination) / order
    places = [(order - 1 - 2 * i) / order for i in range(order)]
    return [1j * _sn(place + 1j * depth, selectivity) for place in places]


def _bessel(order: int, _ripple_db: None, _stopband_db: None) -> list[complex]:
    """Roots of the reverse Bessel polynomial, at half power at 1 rad/s.

    Source: W. E. Thomson, Proc. IEE 96 III (1949) 487; roots after O. Aberth, Math. Comp. 27
    (1973) 339.
    """
    n = order
    rising = [
        math.factorial(2 * n - k) // (2 ** (n - k) * math.factorial(k) * math.factorial(n - k))
        for k in range(n + 1)
    ]
    roots = _roots(rising)
    edge = _half_power([abs(root) ** 2 for root in roots], [root.real for root in roots])
    return [root / edge for root in roots]


_DESIGNS: dict[str, Callable[..., list[complex]]] = {
    "butterworth": _butterworth,
    "chebyshev1": _chebyshev1,
    "chebyshev2": _chebyshev2,
    "elliptic": _elliptic,
    "bessel": _bessel,
}


def _angles(order: int) -> list[float]:
    return [math.pi * m / (2 * order) for m in range(-order + 1, order, 2)]


def _excess(decibel: float) -> float:
    """Root of how much an attenuation is above none, in power: sqrt(10^(dB/10) - 1)."""
    return math.sqrt(math.expm1(decibel / 10 * math.log(10)))


def _complement(modulus: float) -> float:
    return math.sqrt((1 - modulus) * (1 + modulus))


def _agm(a: float, b: float) -> float:
    """Arithmetic-geometric mean; K(k) is pi / 2 over that of 1 and the complement of k."""
    while abs(a - b) > 4 * _ENOUGH * a:
        a, b = (a + b) / 2, math.sqrt(a * b)
    return a


def _selectivity(order: int, discrimination: float) -> float:
    """Modulus whose nome is the ``order``-th root of that of ``discrimination``."""
    periods = _agm(1, _complement(discrimination)) / _agm(1, discrimination)
    nome = math.exp(-math.pi * periods / order)
    terms = range(1, 2 + math.isqrt(math.ceil(math.log(_ENOUGH) / math.log(nome))))
    above = 1 + sum(nome ** (m * (m + 1)) for m in terms)
    below = 1 + 2 * sum(nome ** (m * m) for m in terms)
    return 4 * math.sqrt(nome) * (above / below) ** 2


def _landen(modulus: float) -> Iterator[float]:
    """Moduli that fall to zero, the given one first."""
    while modulus > _ENOUGH:
        yield modulus
        modulus = (modulus / (1 + _complement(modulus))) ** 2


def _sn(quarters: complex, modulus: float) -> complex:
    """Jacobi's sn, its argument in quarter periods."""
    w = cmath.sin(quarters * math.pi / 2)
    for falling in reversed([*_landen(modulus)][1:]):
        w = (1 + falling) * w / (1 + falling * w * w)
    return w


def _inverse_sc(ratio: float, modulus: float) -> float:
    """Depth in quarter periods at which sn(j depth) is j ``ratio``."""
    moduli = [*_landen(modulus), 0.0]
    for now, later in pairwise(moduli):
        ratio = 2 * ratio / ((1 + later) * (1 + math.sqrt(1 + (ratio * now) ** 2)))
    return math.asinh(ratio) * 2 / math.pi


def _roots(rising: list[int]) -> list[complex]:
    """Simple roots of a polynomial, its coefficients from the constant up."""
    order = len(rising) - 1
    size = rising[0] ** (1 / order)
    roots = [size * cmath.exp(1j * (2 * math.pi * i / order + 0.4)) for i in range(order)]
    for _ in range(200):
        steps = []
        for i, root in enumerate(roots):
            value = slope = 0j
            for coefficient in reversed(rising):
                slope = slope * root + value
                value = value * root + coefficient
            near = sum(1 / (root - other) for j, other in enumerate(roots) if j != i)
            steps.append(value / (slope - value * near))
        roots = [root - step for root, step in zip(roots, steps, strict=True)]
        if max(abs(step / root) for step, root in zip(steps, roots, strict=True)) < 1e-14:
            break
    return roots


def _half_power(squares: list[float], reals: list[float]) -> float:
    """Frequency where an all-pole low-pass has half its power, by bisection."""

    def loss(frequency: float) -> float:
        square = frequency * frequency
        parts = [
            (s - square) ** 2 + 4 * r * r * square for s, r in zip(squares, reals, strict=True)
        ]
        return math.prod(part / s**2 for part, s in zip(parts, squares, strict=True)) - 4

    low, high = 0.0, 100.0
    while high - low > 10 * _ENOUGH * high:
        middle = (low + high) / 2
        low, high = (middle, high) if loss(middle) < 0 else (low, middle)
    return low
