"""Digital recursive filters as second-order sections, from analogue prototypes.

Loading SciPy's signal package takes longer than filtering most recordings, so what every job needs
of it is here. Formulas: A. V. Oppenheim and R. W. Schafer, Discrete-Time Signal Processing (1999),
section 7.1; the sections are those of ``scipy.signal.zpk2sos`` with its default pairing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.prototypes import Prototype

Band = Literal["lowpass", "highpass", "bandpass", "bandstop"]

_FS = 2.0
"""Rate of the bilinear transform; cancels out."""

_PAIRED = 100 * 2.0**-52
"""Relative size below which an imaginary part is a rounding error."""


def band_sections(
    analogue: Prototype, band: Band, edges_hz: tuple[float, ...], fs_hz: float
) -> np.ndarray:
    """Turn a low-pass prototype into a digital filter, by bilinear transform.

    Parameters
    ----------
    edges_hz
        One edge for ``lowpass`` and ``highpass``, two rising ones for the others; below Nyquist.

    Returns
    -------
    numpy.ndarray
        Second-order sections, shape (n_sections, 6).
    """
    import numpy as np

    zeros = np.array(analogue.zeros, dtype=complex)
    poles = np.array(analogue.poles, dtype=complex)
    warped = 2 * _FS * np.tan(np.pi * (np.array(edges_hz, dtype=float) / (fs_hz / 2)) / _FS)
    move = {"lowpass": _low, "highpass": _high, "bandpass": _pass, "bandstop": _stop}[band]
    return sections(*_bilinear(*move(zeros, poles, analogue.gain, warped)))


def notch_section(frequency_hz: float, width_hz: float, fs_hz: float) -> np.ndarray:
    """One section, shape (1, 6), that removes a frequency; ``width_hz`` wide at -3 dB.

    Source: S. J. Orfanidis, Introduction to Signal Processing (1996), equation 11.3.21.
    """
    import numpy as np

    centre = 2 * frequency_hz / fs_hz
    half_width = centre / (frequency_hz / width_hz) * math.pi / 2
    gain = 1 / (1 + math.tan(half_width))
    cosine = math.cos(centre * math.pi)
    around = -2.0 * gain * cosine
    return np.array([[gain, gain * (-2.0 * cosine), gain, 1.0, around, 2.0 * gain - 1.0]])


def steady_state(sos: np.ndarray) -> np.ndarray:
    """State of each section, shape (n_sections, 2), after a constant input of 1 for ever.

    Source: the fixed point of the transposed direct form II, as ``scipy.signal.sosfilt_zi``.
    """
    import numpy as np

    states, level = [], 1.0
    for b0, b1, b2, _, a1, a2 in sos:
        feedback = np.array([[1 + a1, -1], [a2, 1]])
        states.append(level * np.linalg.solve(feedback, [b1 - a1 * b0, b2 - a2 * b0]))
        level *= (b0 + b1 + b2) / (1 + a1 + a2)
    return np.array(states)


def _low(
    zeros: np.ndarray, poles: np.ndarray, gain: float, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    edge = float(edges[0])
    return edge * zeros, edge * poles, gain * edge ** (len(poles) - len(zeros))


def _high(
    zeros: np.ndarray, poles: np.ndarray, gain: float, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    import numpy as np

    edge = float(edges[0])
    at_zero = np.zeros(len(poles) - len(zeros))
    gain = gain * np.real(np.prod(-zeros) / np.prod(-poles))
    return np.concatenate([edge / zeros, at_zero]), edge / poles, gain


def _pass(
    zeros: np.ndarray, poles: np.ndarray, gain: float, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    import numpy as np

    width, centre = float(edges[1] - edges[0]), float(np.sqrt(edges[0] * edges[1]))
    degree = len(poles) - len(zeros)
    moved = np.concatenate([_two_sided(zeros * width / 2, centre), np.zeros(degree)])
    return moved, _two_sided(poles * width / 2, centre), gain * width**degree


def _stop(
    zeros: np.ndarray, poles: np.ndarray, gain: float, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    import numpy as np

    width, centre = float(edges[1] - edges[0]), float(np.sqrt(edges[0] * edges[1]))
    degree = len(poles) - len(zeros)
    in_the_stop_band = np.repeat([1j * centre, -1j * centre], degree)
    moved = np.concatenate([_two_sided((width / 2) / zeros, centre), in_the_stop_band])
    gain = gain * np.real(np.prod(-zeros) / np.prod(-poles))
    return moved, _two_sided((width / 2) / poles, centre), gain


def _two_sided(roots: np.ndarray, centre: float) -> np.ndarray:
    import numpy as np

    offset = np.sqrt(roots**2 - centre**2)
    return np.concatenate([roots + offset, roots - offset])


def _bilinear(
    zeros: np.ndarray, poles: np.ndarray, gain: float
) -> tuple[np.ndarray, np.ndarray, float]:
    import numpy as np

    at_nyquist = -np.ones(len(poles) - len(zeros))
    scale = 2 * _FS
    gain = gain * np.real(np.prod(scale - zeros) / np.prod(scale - poles))
    moved = np.concatenate([(scale + zeros) / (scale - zeros), at_nyquist])
    return moved, (scale + poles) / (scale - poles), gain


def sections(zeros: np.ndarray, poles: np.ndarray, gain: float) -> np.ndarray:
    """Group as many zeros as poles into second-order sections.

    The pole nearest the unit circle, with its partner, goes into the last section that is free,
    together with the zeros nearest to it: so no section amplifies much.

    Returns
    -------
    numpy.ndarray
        Shape (n_sections, 6); the gain is in the first.
    """
    import numpy as np

    if len(poles) % 2:
        zeros, poles = np.append(zeros, 0), np.append(poles, 0)
    count = len(poles) // 2
    left_zeros, left_poles = _Roots(zeros), _Roots(poles)
    sos = np.empty((count, 6))
    for row in reversed(range(count)):
        pole = left_poles.take(np.argmin(abs(1 - abs(left_poles.values))))
        if pole.imag:
            partner = pole.conjugate()
            one_real_each = left_poles.real.sum() == left_zeros.real.sum() == 1
            only_complex = one_real_each and len(left_poles.values) + 1 == len(left_zeros.values)
        else:
            real = np.flatnonzero(left_poles.real)
            partner = left_poles.take(real[np.argmin(abs(1 - abs(left_poles.values[real])))])
            only_complex = False
        zero = left_zeros.nearest(pole, ~left_zeros.real if only_complex else None)
        second = zero.conjugate() if zero.imag else left_zeros.nearest(pole, left_zeros.real)
        sos[row, :3] = np.poly([zero, second]).real
        sos[row, 3:] = np.poly([pole, partner]).real
    sos[0, :3] *= gain
    return sos


class _Roots:
    """Roots that are still to be placed: one of each conjugate pair, and the real ones."""

    def __init__(self, roots: np.ndarray) -> None:
        import numpy as np

        roots = roots[np.lexsort((abs(roots.imag), roots.real))]
        real = abs(roots.imag) <= _PAIRED * abs(roots)
        above, below = roots[~real & (roots.imag > 0)], roots[~real & (roots.imag < 0)]
        pairs = (_by_height(above) + _by_height(below).conj()) / 2
        self.values = np.concatenate([pairs, roots[real].real])

    @property
    def real(self) -> np.ndarray:
        return self.values.imag == 0

    def take(self, index: int) -> complex:
        import numpy as np

        root = complex(self.values[index])
        self.values = np.delete(self.values, index)
        return root

    def nearest(self, place: complex, allowed: np.ndarray | None) -> complex:
        import numpy as np

        index = np.arange(len(self.values)) if allowed is None else np.flatnonzero(allowed)
        return self.take(index[np.argmin(abs(place - self.values[index]))])


def _by_height(roots: np.ndarray) -> np.ndarray:
    """Sorted by real part; where real parts agree, by imaginary part."""
    import numpy as np

    same = np.diff(roots.real) <= _PAIRED * abs(roots[:-1])
    run = np.cumsum(np.concatenate([[0], ~same]))[: len(roots)]
    return roots[np.lexsort((abs(roots.imag), run))]
