"""Features of a window's spectrum: P is the power at frequency f.

The spectrum is the Hann-windowed periodogram of the window without its mean, without 0 Hz, in
``band_hz`` where that is given. A flat window has none: NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dspant.errors import OperationError
from dspant.ops.features.batch import products
from dspant.ops.features.feature import feature

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.features.batch import Batch


def spectral(unit: str, uses: tuple[str, ...] = (), needs: tuple[str, ...] = ()) -> Any:
    """Register a feature of the spectrum; the band is applied before it is called."""
    return feature(unit, uses=(*uses, "band_hz"), needs=needs)


def moment(w: Batch, order: int) -> np.ndarray:
    """Sum f^order P."""
    return products(w.power, w.frequency_hz**order)


@spectral("Hz")
def mnf(w: Batch) -> np.ndarray:
    """Mean frequency: sum f P / sum P of the Hann-windowed periodogram without its mean.

    Source: Phinyomark et al. (2012).
    """
    return moment(w, 1) / w.total_power


@spectral("Hz")
def mdf(w: Batch) -> np.ndarray:
    """Median frequency: half of the periodogram's power lies on each side (interpolated).

    Source: Stulen and De Luca, IEEE Trans. Biomed. Eng. 28 (1981) 515.
    """
    return below_which(w, 0.5)


def below_which(w: Batch, part: float) -> np.ndarray:
    """Frequency below which this part of the power lies; each P is spread evenly over its bin."""
    import numpy as np

    total = np.cumsum(w.power, axis=-1)
    wanted = part * total[..., -1:]
    last = w.power.shape[-1] - 1
    upper = np.minimum(np.count_nonzero(total < wanted, axis=-1, keepdims=True), last)
    at_upper = np.take_along_axis(total, upper, axis=-1)
    in_upper = np.take_along_axis(w.power, upper, axis=-1)
    beyond = (at_upper - wanted) / in_upper
    return w.of_varying((w.frequency_hz[upper] + w.bin_hz * (0.5 - beyond))[..., 0])


@spectral("Hz")
def pkf(w: Batch) -> np.ndarray:
    """Peak frequency: where the periodogram is largest.

    Source: Phinyomark et al. (2012).
    """
    return w.of_varying(w.frequency_hz[w.power.argmax(axis=-1)])


@spectral("{unit}^2")
def mnp(w: Batch) -> np.ndarray:
    """Mean power: sum P over the number of frequencies.

    Source: Phinyomark et al. (2012).
    """
    return w.total_power / len(w.frequency_hz)


@spectral("{unit}^2")
def ttp(w: Batch) -> np.ndarray:
    """Total power: sum P, the variance under the taper.

    Source: Phinyomark et al. (2012).
    """
    return w.total_power.copy()


@spectral("{unit}^2 Hz")
def sm1(w: Batch) -> np.ndarray:
    """Spectral moment 1: sum f P.

    Source: Phinyomark et al. (2012).
    """
    return w.of_varying(moment(w, 1))


@spectral("{unit}^2 Hz^2")
def sm2(w: Batch) -> np.ndarray:
    """Spectral moment 2: sum f^2 P.

    Source: Phinyomark et al. (2012).
    """
    return w.of_varying(moment(w, 2))


@spectral("{unit}^2 Hz^3")
def sm3(w: Batch) -> np.ndarray:
    """Spectral moment 3: sum f^3 P.

    Source: Phinyomark et al. (2012).
    """
    return w.of_varying(moment(w, 3))


@spectral("", needs=("fr_low_hz", "fr_high_hz"))
def fr(w: Batch, fr_low_hz: list[float], fr_high_hz: list[float]) -> np.ndarray:
    """Frequency ratio: sum P in fr_low_hz / sum P in fr_high_hz, edges included.

    Source: Phinyomark et al. (2012).
    """
    return _in_band(w, fr_low_hz, "fr_low_hz") / _in_band(w, fr_high_hz, "fr_high_hz")


def _in_band(w: Batch, band_hz: list[float], name: str) -> np.ndarray:
    import numpy as np

    first = np.searchsorted(w.frequency_hz, band_hz[0], side="left")
    last = np.searchsorted(w.frequency_hz, band_hz[1], side="right")
    if first == last:
        raise OperationError(
            f"{name} {band_hz} holds no frequency of the spectrum, which has one every "
            f"{w.bin_hz:g} Hz up to {w.frequency_hz[-1]:g} Hz; widen it or lengthen the window"
        )
    return w.of_varying(w.power[..., first:last].sum(axis=-1))


@spectral("Hz")
def sef95(w: Batch) -> np.ndarray:
    """Spectral edge: 95 % of the power lies below (interpolated).

    Source: Rampil, Anesthesiology 89 (1998) 980.
    """
    return below_which(w, 0.95)


@spectral("Hz", uses=("rolloff_part",))
def rolloff(w: Batch, rolloff_part: float) -> np.ndarray:
    """Spectral roll-off: rolloff_part of the power lies below (interpolated).

    Source: Tzanetakis and Cook, IEEE Trans. Speech Audio Process. 10 (2002) 293.
    """
    return below_which(w, rolloff_part)


@spectral("1/Hz^6")
def finsm5(w: Batch) -> np.ndarray:
    """Fatigue index: sum f^-1 P / sum f^5 P; Dimitrov takes band_hz 5 to 500.

    Source: Dimitrov et al., Med. Sci. Sports Exerc. 38 (2006) 1971.
    """
    return w.of_varying(moment(w, -1) / moment(w, 5))
