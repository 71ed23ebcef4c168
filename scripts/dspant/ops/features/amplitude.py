"""Features of how large the signal is in a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dspant.ops.features.feature import feature

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.features.batch import Batch


@feature("{unit}")
def mav(w: Batch) -> np.ndarray:
    """Mean absolute value: mean |x|.

    Source: Hudgins et al. (1993).
    """
    return w.magnitude.mean(axis=-1)


@feature("{unit}")
def mmav1(w: Batch) -> np.ndarray:
    """Modified mean absolute value 1: mean of w |x|, w = 1 for 0.25 N <= i <= 0.75 N, else 0.5.

    Samples count from i = 1. Source: Phinyomark et al. (2012).
    """
    import numpy as np

    place = np.arange(1, w.samples + 1) / w.samples
    inside = (place >= 0.25) & (place <= 0.75)
    return (w.magnitude * np.where(inside, 1.0, 0.5)).mean(axis=-1)


@feature("{unit}")
def mmav2(w: Batch) -> np.ndarray:
    """Modified mean absolute value 2: mean of w |x|, w = 1 inside, 4 i/N before, 4 (N-i)/N after.

    Inside is 0.25 N <= i <= 0.75 N. Often printed as 4 (i-N)/N, which is negative and would
    take the end away from the mean. Source: Phinyomark et al. (2012), with the sign mended.
    """
    import numpy as np

    place = np.arange(1, w.samples + 1) / w.samples
    weights = np.where(place < 0.25, 4 * place, np.where(place > 0.75, 4 * (1 - place), 1.0))
    return (w.magnitude * weights).mean(axis=-1)


@feature("{unit} s")
def iemg(w: Batch) -> np.ndarray:
    """Integrated EMG: sum |x| / fs.

    Source: Phinyomark et al. (2012), as an integral over time.
    """
    return w.magnitude.sum(axis=-1) / w.fs_hz


@feature("{unit}^2 s")
def ssi(w: Batch) -> np.ndarray:
    """Simple square integral: sum x^2 / fs.

    Source: Phinyomark et al. (2012), as an integral over time.
    """
    return w.energy / w.fs_hz


@feature("{unit}^2")
def isd(w: Batch) -> np.ndarray:
    """Integral square descriptor: sum x^2.

    Source: Khushaba and Nazarpour, IEEE Robot. Autom. Lett. 6 (2021) 8569; LibEMG's ISD.
    """
    return w.energy.copy()


@feature("{unit}^2")
def ap(w: Batch) -> np.ndarray:
    """Average power: mean x^2.

    Source: Parseval's theorem; EMGFlow's AP.
    """
    return w.energy / w.samples


@feature("{unit}")
def rms(w: Batch) -> np.ndarray:
    """Root mean square: sqrt(mean x^2).

    Source: Phinyomark et al. (2012).
    """
    import numpy as np

    return np.sqrt(w.energy / w.samples)


@feature("{unit}^2")
def var(w: Batch) -> np.ndarray:
    """Variance: sum (x - mean)^2 / (N - 1).

    Source: Phinyomark et al. (2012), without taking the mean to be 0.
    """
    return w.m2 * w.samples / (w.samples - 1)


@feature("{unit}", needs=("vorder_power",))
def vorder(w: Batch, vorder_power: float) -> np.ndarray:
    """V-order: (mean |x|^v)^(1/v), v the vorder_power.

    Source: Phinyomark et al. (2012).
    """
    return (w.magnitude**vorder_power).mean(axis=-1) ** (1 / vorder_power)


@feature("{unit}")
def log(w: Batch) -> np.ndarray:
    """Log detector: exp(mean ln |x|), the geometric mean; 0 where a sample is 0.

    Source: Phinyomark et al. (2012).
    """
    import numpy as np

    return np.exp(np.log(w.magnitude).mean(axis=-1))


@feature("{unit}")
def ld(w: Batch) -> np.ndarray:
    """Log detector of |x| + 1: exp(mean ln(|x| + 1)).

    The 1 is one of the signal's unit, so the number is another one in another unit. Source:
    LibEMG's LD.
    """
    import numpy as np

    return np.exp(np.log(w.magnitude + 1).mean(axis=-1))


@feature("{unit}^0.5")
def msr(w: Batch) -> np.ndarray:
    """Mean square root: mean sqrt |x|.

    Source: LibEMG's MSR, of sizes in place of complex roots.
    """
    import numpy as np

    return np.sqrt(w.magnitude).mean(axis=-1)


@feature("{unit}")
def p2p(w: Batch) -> np.ndarray:
    """Peak to peak: max x - min x.

    Source: Rossini et al., Clin. Neurophysiol. 126 (2015) 1071.
    """
    return w.highest - w.lowest


@feature("{unit}")
def mpk(w: Batch) -> np.ndarray:
    """Largest size: max |x|.

    Source: LibEMG's MPK, of either sign.
    """
    import numpy as np

    return np.maximum(w.highest, -w.lowest)


@feature("")
def crest(w: Batch) -> np.ndarray:
    """Crest factor: max |x| / sqrt(mean x^2).

    Source: peak value over effective value, as in electrical engineering.
    """
    return mpk(w) / rms(w)


@feature("", needs=("myop_threshold",))
def myop(w: Batch, myop_threshold: float) -> np.ndarray:
    """Myopulse rate: mean of 1 where |x| > myop_threshold, else 0.

    Source: Phinyomark et al. (2012).
    """
    import numpy as np

    return np.count_nonzero(w.magnitude > myop_threshold, axis=-1) / w.samples


def _segments(params: Mapping[str, Any]) -> list[str]:
    return [str(k) for k in range(1, params["mavslp_segments"])]


@feature("{unit}", uses=("mavslp_segments",), suffixes=_segments)
def mavslp(w: Batch, mavslp_segments: int) -> np.ndarray:
    """Slopes of the mean absolute value: MAV of part k+1 minus MAV of part k of the window.

    The window is cut into mavslp_segments parts of equal length; what is left at its end is not
    used. Source: Phinyomark et al. (2012).
    """
    import numpy as np

    length = w.samples // mavslp_segments
    used = w.magnitude[..., : length * mavslp_segments]
    parts = used.reshape(*used.shape[:-1], mavslp_segments, length).mean(axis=-1)
    return np.diff(parts, axis=-1)
