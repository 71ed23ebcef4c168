"""Features of how a window's values are distributed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dspant.ops.features.batch import products
from dspant.ops.features.feature import feature

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.features.batch import Batch

HISTOGRAM_SD = 3.0
"""Half of a histogram's width, in standard deviations."""


@feature("{unit}^3")
def tm3(w: Batch) -> np.ndarray:
    """Absolute temporal moment 3: |mean x^3|.

    Source: Saridis and Gootee, IEEE Trans. Biomed. Eng. 29 (1982) 403.
    """
    return abs((w.squares * w.x).mean(axis=-1))


@feature("{unit}^4")
def tm4(w: Batch) -> np.ndarray:
    """Absolute temporal moment 4: |mean x^4|.

    Source: Saridis and Gootee, IEEE Trans. Biomed. Eng. 29 (1982) 403.
    """
    return (w.squares * w.squares).mean(axis=-1)


@feature("{unit}^5")
def tm5(w: Batch) -> np.ndarray:
    """Absolute temporal moment 5: |mean x^5|.

    Source: Saridis and Gootee, IEEE Trans. Biomed. Eng. 29 (1982) 403.
    """
    return abs((w.squares * w.squares * w.x).mean(axis=-1))


@feature("")
def skew(w: Batch) -> np.ndarray:
    """Skewness: m3 / m2^1.5 of the central moments m.

    Source: Fisher's g1; Joanes and Gill, J. R. Stat. Soc. D 47 (1998) 183.
    """
    import numpy as np

    m3 = products(w.centred_squares, w.centred) / w.samples
    return w.of_varying(m3 / (w.m2 * np.sqrt(w.m2)))


@feature("")
def kurt(w: Batch) -> np.ndarray:
    """Kurtosis: m4 / m2^2 of the central moments m; 3 for Gaussian noise.

    Source: Pearson's b2; Joanes and Gill, J. R. Stat. Soc. D 47 (1998) 183.
    """
    m4 = products(w.centred_squares, w.centred_squares) / w.samples
    return w.of_varying(m4 / (w.m2 * w.m2))


@feature("{unit}")
def ls(w: Batch) -> np.ndarray:
    """L-scale, the second L-moment: 2 b1 - b0, b1 = mean of x_(i) (i-1)/(N-1), sorted, b0 = mean x.

    Source: Hosking, J. R. Stat. Soc. B 52 (1990) 105.
    """
    import numpy as np

    ranked = np.sort(w.x, axis=-1)
    weights = 2 * np.arange(w.samples) / (w.samples - 1) - 1
    return (ranked * weights).mean(axis=-1)


def _bins(params: Mapping[str, Any]) -> list[str]:
    return [str(k) for k in range(1, params["hist_bins"] + 1)]


@feature("", uses=("hist_bins",), suffixes=_bins)
def hist(w: Batch, hist_bins: int) -> np.ndarray:
    """Histogram: parts of the samples in hist_bins equal bins over mean - 3 sd to mean + 3 sd.

    What lies beyond counts in the outermost bins, so the parts add up to 1. Source: M.
    Zardoshti-Kermani et al., IEEE Trans. Rehabil. Eng. 3 (1995) 324.
    """
    import numpy as np

    place = (w.centred / w.sd + HISTOGRAM_SD) * (hist_bins / (2 * HISTOGRAM_SD))
    parts = np.empty((*w.x.shape[:-1], hist_bins))
    below = np.zeros(w.x.shape[:-1], dtype=np.int64)
    for number in range(1, hist_bins):
        up_to = np.count_nonzero(place < number, axis=-1)
        parts[..., number - 1] = up_to - below
        below = up_to
    parts[..., -1] = w.samples - below
    return w.of_varying(parts / w.samples)
