"""Time-domain power spectral descriptors: moments of the spectrum without a spectrum.

Each is computed of the window and of ln(x^2 + eps), and both, a and b, are joined to
-2 a b / (a^2 + b^2). Roots of index 0.1 make them depend on the signal's unit. The signs and the
divisors, sqrt(sum x^2) / (N - 1) beside sqrt(sum dx^2 / (N - 1)), are those of the authors' code,
by which published results were made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dspant.ops.features.feature import feature

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.features.batch import Batch

EPS = 2.0**-52
ROOT = 0.1


def _joined(w: Batch, describe: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    import numpy as np

    a = describe(w.x)
    b = describe(np.log(w.squares + EPS))
    return -2 * a * b / (a * a + b * b)


def _moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Roots of the moments of order 0, 2 and 4, under a power transform."""
    import numpy as np

    last = x.shape[-1] - 1
    first = np.diff(x, axis=-1)
    second = np.diff(first, axis=-1)
    whole = np.sqrt((x * x).sum(axis=-1)) / last
    others = [np.sqrt((d * d).sum(axis=-1) / last) for d in (first, second)]
    m0, m2, m4 = (moment**ROOT / ROOT for moment in (whole, *others))
    return m0, m2, m4


@feature("")
def m0(w: Batch) -> np.ndarray:
    """Descriptor of moment 0: ln m0 of x and of ln x^2, joined; m0 of sum x^2.

    Source: Khushaba et al., Neural Netw. 55 (2014) 42; Expert Syst. Appl. 61 (2016) 154.
    """
    import numpy as np

    return _joined(w, lambda x: np.log(abs(_moments(x)[0])))


@feature("")
def m2(w: Batch) -> np.ndarray:
    """Descriptor of moment 2: ln |m0 - m2| of x and of ln x^2, joined; m2 of sum dx^2.

    Source: Khushaba et al., Neural Netw. 55 (2014) 42; Expert Syst. Appl. 61 (2016) 154.
    """
    import numpy as np

    def describe(x: np.ndarray) -> np.ndarray:
        whole, first, _ = _moments(x)
        return np.log(abs(whole - first))

    return _joined(w, describe)


@feature("")
def m4(w: Batch) -> np.ndarray:
    """Descriptor of moment 4: ln |m0 - m4| of x and of ln x^2, joined; m4 of sum ddx^2.

    Source: Khushaba et al., Neural Netw. 55 (2014) 42; Expert Syst. Appl. 61 (2016) 154.
    """
    import numpy as np

    def describe(x: np.ndarray) -> np.ndarray:
        whole, _, second = _moments(x)
        return np.log(abs(whole - second))

    return _joined(w, describe)


@feature("")
def sparsi(w: Batch) -> np.ndarray:
    """Sparseness: ln(sqrt|(m0 - m2)(m0 - m4)| / m0) of x and of ln x^2, joined.

    Source: Khushaba et al., Neural Netw. 55 (2014) 42; Expert Syst. Appl. 61 (2016) 154.
    """
    import numpy as np

    def describe(x: np.ndarray) -> np.ndarray:
        whole, first, second = _moments(x)
        return np.log(abs(np.sqrt(abs((whole - first) * (whole - second))) / whole))

    return _joined(w, describe)


@feature("")
def irf(w: Batch) -> np.ndarray:
    """Irregularity factor: ln(m2 / sqrt(m0 m4)) of x and of ln x^2, joined.

    Source: Khushaba et al., Neural Netw. 55 (2014) 42; Expert Syst. Appl. 61 (2016) 154.
    """
    import numpy as np

    def describe(x: np.ndarray) -> np.ndarray:
        whole, first, second = _moments(x)
        return np.log(abs(first / np.sqrt(whole * second)))

    return _joined(w, describe)


@feature("")
def wlf(w: Batch) -> np.ndarray:
    """Waveform length factor: ln sqrt(sum |dx| / sum |ddx|) of x and of ln x^2, joined.

    Source: Khushaba et al., Neural Netw. 55 (2014) 42; Expert Syst. Appl. 61 (2016) 154.
    """
    import numpy as np

    def describe(x: np.ndarray) -> np.ndarray:
        first = np.diff(x, axis=-1)
        second = np.diff(first, axis=-1)
        return 0.5 * np.log(abs(first).sum(axis=-1) / abs(second).sum(axis=-1))

    return _joined(w, describe)
