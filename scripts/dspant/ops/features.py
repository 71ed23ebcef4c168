"""Numbers that describe one window of signal, named as the EMG literature names them.

Every function takes windows of shape (..., samples) and the rate in Hz, and gives one value per
window. Formulas: A. Phinyomark, P. Phukpattaranont and C. Limsakul, Expert Syst. Appl. 39 (2012)
7420, unless a docstring says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Feature:
    """One feature: its formula, and the unit it has when the signal's unit is ``{unit}``."""

    compute: Callable[..., np.ndarray]
    unit: str
    needs: str = "samples"
    threshold: str | None = None

    @property
    def meaning(self) -> str:
        return (self.compute.__doc__ or "").partition("\n")[0].rstrip(".")


def mav(x: np.ndarray, fs_hz: float) -> np.ndarray:
    """Mean absolute value: mean |x|."""
    return abs(x).mean(axis=-1)


def rms(x: np.ndarray, fs_hz: float) -> np.ndarray:
    """Root mean square: sqrt(mean x^2)."""
    import numpy as np

    return np.sqrt((x**2).mean(axis=-1))


def iemg(x: np.ndarray, fs_hz: float) -> np.ndarray:
    """Integrated EMG: sum |x| / fs."""
    return abs(x).sum(axis=-1) / fs_hz


def var(x: np.ndarray, fs_hz: float) -> np.ndarray:
    """Variance: sum (x - mean)^2 / (N - 1)."""
    return x.var(axis=-1, ddof=1)


def wl(x: np.ndarray, fs_hz: float) -> np.ndarray:
    """Waveform length: sum |x[n+1] - x[n]|."""
    import numpy as np

    return abs(np.diff(x, axis=-1)).sum(axis=-1)


def zc(x: np.ndarray, fs_hz: float, threshold: float) -> np.ndarray:
    """Zero crossings per second: neighbours of opposite sign, zc_threshold or more apart.

    A sample of exactly 0 has no sign, so +1, 0, -1 is no crossing. So defined by B. Hudgins,
    P. Parker and R. N. Scott, IEEE Trans. Biomed. Eng. 40 (1993) 82, equation 3; other EMG
    toolboxes count alike.
    """
    import numpy as np

    crosses = (x[..., 1:] * x[..., :-1] < 0) & (abs(np.diff(x, axis=-1)) >= threshold)
    return _per_second(crosses, x, fs_hz)


def ssc(x: np.ndarray, fs_hz: float, threshold: float) -> np.ndarray:
    """Slope sign changes per second, (x[n]-x[n-1])(x[n]-x[n+1]) above 0 and >= ssc_threshold."""
    import numpy as np

    slope = np.diff(x, axis=-1)
    turn = -slope[..., :-1] * slope[..., 1:]
    return _per_second((turn > 0) & (turn >= threshold), x, fs_hz)


def wamp(x: np.ndarray, fs_hz: float, threshold: float) -> np.ndarray:
    """Willison amplitude: steps |x[n+1] - x[n]| above wamp_threshold, per second."""
    import numpy as np

    return _per_second(abs(np.diff(x, axis=-1)) > threshold, x, fs_hz)


def mnf(frequency_hz: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Mean frequency: sum f P / sum P of the Hann-windowed periodogram without its mean."""
    return (frequency_hz * power).sum(axis=-1) / power.sum(axis=-1)


def mdf(frequency_hz: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Median frequency: half of the periodogram's power lies on each side (interpolated)."""
    import numpy as np

    total = np.cumsum(power, axis=-1)
    half = total[..., -1:] / 2
    upper = np.minimum((total < half).sum(axis=-1, keepdims=True), power.shape[-1] - 1)
    at_upper = np.take_along_axis(total, upper, axis=-1)
    in_upper = np.take_along_axis(power, upper, axis=-1)
    width = frequency_hz[0]  # frequencies are whole multiples of the first
    beyond = (at_upper - half) / in_upper
    return (frequency_hz[upper] + width * (0.5 - beyond))[..., 0]


def pkf(frequency_hz: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Peak frequency: where the periodogram is largest."""
    return frequency_hz[power.argmax(axis=-1)]


def _per_second(hits: np.ndarray, x: np.ndarray, fs_hz: float) -> np.ndarray:
    return hits.sum(axis=-1) * fs_hz / x.shape[-1]


FEATURES: dict[str, Feature] = {
    "mav": Feature(mav, "{unit}"),
    "rms": Feature(rms, "{unit}"),
    "iemg": Feature(iemg, "{unit} s"),
    "var": Feature(var, "{unit}^2"),
    "wl": Feature(wl, "{unit}"),
    "zc": Feature(zc, "Hz", threshold="zc_threshold"),
    "ssc": Feature(ssc, "Hz", threshold="ssc_threshold"),
    "wamp": Feature(wamp, "Hz", threshold="wamp_threshold"),
    "mnf": Feature(mnf, "Hz", needs="spectrum"),
    "mdf": Feature(mdf, "Hz", needs="spectrum"),
    "pkf": Feature(pkf, "Hz", needs="spectrum"),
}


def compute_features(
    x: np.ndarray, fs_hz: float, names: list[str], thresholds: dict[str, float]
) -> dict[str, np.ndarray]:
    """Compute several features of the same windows.

    Parameters
    ----------
    x
        Windows, shape (..., samples).
    thresholds
        Value of each ``*_threshold`` that a named feature refers to.

    Returns
    -------
    dict
        One array of shape (...) per name. A flat window has no spectrum: NaN.
    """
    import numpy as np

    spectrum = ()
    values = {}
    for name in names:
        feature = FEATURES[name]
        if feature.needs == "spectrum":
            spectrum = spectrum or _spectrum(x, fs_hz)
            with np.errstate(invalid="ignore", divide="ignore"):
                result = feature.compute(*spectrum)
            values[name] = np.where(np.ptp(x, axis=-1) > 0, result, np.nan)
        elif feature.threshold is not None:
            values[name] = feature.compute(x, fs_hz, thresholds[feature.threshold])
        else:
            values[name] = feature.compute(x, fs_hz)
    return values


def _spectrum(x: np.ndarray, fs_hz: float) -> tuple[np.ndarray, np.ndarray]:
    from scipy.signal import periodogram

    frequency_hz, power = periodogram(x, fs_hz, window="hann", detrend="constant", axis=-1)
    return frequency_hz[1:], power[..., 1:]
