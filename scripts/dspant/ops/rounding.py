"""What float64 leaves of a filter, known from its coefficients alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_UNIT = 2.0**-53
"""Rounding error of one operation in float64, relative to its result."""

_OFFSETS = 60
"""Frequencies on either side of each pole, ever denser towards it."""

_EVERYWHERE = 257
"""Frequencies spread evenly over the whole range."""


def rounding_error(sos: np.ndarray) -> float:
    """Rounding error of one pass of a cascade, relative to the result, both as RMS.

    Every section rounds values as large as its input, its output and its states, and what it
    rounds away passes through its own feedback and all later sections. Where sections amplify
    what later ones remove, the error outgrows the signal. Taken for white noise as the signal;
    infinite where a pole does not lie inside the unit circle.

    Parameters
    ----------
    sos
        Second-order sections, shape (n_sections, 6).

    Source: L. B. Jackson, Bell System Technical Journal 49 (1970) 159, for floating point.
    """
    import numpy as np

    poles = np.concatenate([np.roots(section) for section in sos[:, 3:]]).astype(complex)
    if np.max(abs(poles), initial=0) >= 1:
        return float("inf")
    frequency = _frequencies(poles)
    width = np.gradient(frequency)

    def rms(response: np.ndarray) -> float:
        return float(np.sqrt((abs(response) ** 2 * width).sum() / np.pi))

    delay = np.exp(-1j * frequency)
    feedback = [1 / _over(section[3:], delay) for section in sos]
    through = [
        _over(section[:3], delay) * back for section, back in zip(sos, feedback, strict=True)
    ]
    later = [np.ones_like(delay)]
    for response in reversed(through):
        later.append(later[-1] * response)
    error, x = 0.0, np.ones_like(delay)
    for k, (_, b1, b2, _, a1, a2) in enumerate(sos):
        y = x * through[k]
        second = b2 * x - a2 * y
        first = b1 * x - a1 * y + delay * second
        largest = max(2 * rms(y), rms(first), rms(second))
        error += (largest * rms(later[len(sos) - 1 - k] * feedback[k])) ** 2
        x = y
    return _UNIT * error**0.5 / rms(x)


def _frequencies(poles: np.ndarray) -> np.ndarray:
    """Angles from 0 to pi, dense where a pole makes the response steep."""
    import numpy as np

    angles = [np.linspace(0, np.pi, _EVERYWHERE)]
    for pole in poles[poles.imag >= 0]:
        offsets = np.geomspace((1 - abs(pole)) / 8, np.pi, _OFFSETS)
        angles += [np.angle(pole) + offsets, np.angle(pole) - offsets, [np.angle(pole)]]
    every = np.unique(np.concatenate(angles))
    return every[(every >= 0) & (every <= np.pi)]


def _over(coefficients: np.ndarray, delay: np.ndarray) -> np.ndarray:
    """A polynomial of the delay by its roots, exact also next to one."""
    import numpy as np

    nonzero = np.flatnonzero(coefficients)
    if not len(nonzero):
        return np.zeros_like(delay)
    response = coefficients[nonzero[0]] * delay ** nonzero[0]
    for root in np.roots(coefficients):
        response = response * (1 - root * delay)
    return response
