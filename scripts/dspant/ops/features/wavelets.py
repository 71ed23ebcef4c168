"""Features of a window's wavelet bands: sym8, the signal continued as in a mirror.

``wavelet_levels`` L gives L + 1 bands, named as usual: a_L is what lies below fs / 2^(L+1), d_k
about fs / 2^(k+1) to fs / 2^k.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dspant.errors import OperationError
from dspant.ops.features.feature import feature

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.features.batch import Batch

SYM8 = (
    -0.0033824159510061256,
    -0.0005421323317911481,
    0.03169508781149298,
    0.007607487324917605,
    -0.1432942383508097,
    -0.061273359067658524,
    0.4813596512583722,
    0.7771857517005235,
    0.3644418948353314,
    -0.05194583810770904,
    -0.027219029917056003,
    0.049137179673607506,
    0.003808752013890615,
    -0.01495225833704823,
    -0.0003029205147213668,
    0.0018899503327594609,
)
"""Low-pass filter of the least asymmetric wavelet with 8 vanishing moments.

I. Daubechies, Ten Lectures on Wavelets (SIAM, 1992), table 6.3, times sqrt 2.
"""


def _bands(params: Mapping[str, Any]) -> list[str]:
    levels = params["wavelet_levels"]
    return [f"_a{levels}", *(f"_d{level}" for level in range(levels, 0, -1))]


def _of_bands(unit: str) -> Any:
    return feature(unit, needs=("wavelet_levels",), suffixes=_bands)


def decomposed(w: Batch, levels: int) -> list[np.ndarray]:
    """Coefficients of each band: a_L, d_L, ..., d_1; each of shape (..., coefficients)."""
    least = (len(SYM8) - 1) * 2**levels
    if w.samples < least:
        raise OperationError(
            f"wavelet_levels {levels} needs windows of {least} samples or more, and these have "
            f"{w.samples}; lengthen length_s to {least / w.fs_hz:g} s or take fewer levels"
        )
    details = []
    low = w.x
    for _ in range(levels):
        low, high = _halved(low)
        details.append(high)
    return [low, *reversed(details)]


def _halved(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper half of the band, each at half the rate."""
    import numpy as np

    taps = len(SYM8)
    samples = x.shape[-1]
    mirrored = np.concatenate([x[..., taps - 2 :: -1], x, x[..., : samples - taps : -1]], axis=-1)
    count = (samples + taps - 1) // 2
    low, high = (np.zeros((*x.shape[:-1], count)) for _ in range(2))
    for place, tap in enumerate(SYM8):
        taken = mirrored[..., taps - place :: 2][..., :count]
        low += tap * taken
        other = mirrored[..., 1 + place :: 2][..., :count]
        high += (-tap if place % 2 == 0 else tap) * other
    return low, high


@_of_bands("{unit}^2")
def weng(w: Batch, wavelet_levels: int) -> np.ndarray:
    """Wavelet energy: sum c^2 of the coefficients c of each band.

    Source: Khushaba et al., IEEE Trans. Biomed. Eng. 58 (2011) 121.
    """
    import numpy as np

    bands = decomposed(w, wavelet_levels)
    return np.stack([(c * c).sum(axis=-1) for c in bands], axis=-1)


@_of_bands("{unit}^2")
def wv(w: Batch, wavelet_levels: int) -> np.ndarray:
    """Wavelet variance: mean (c - mean c)^2 of the coefficients c of each band.

    Source: Khushaba et al., IEEE Trans. Biomed. Eng. 58 (2011) 121.
    """
    import numpy as np

    return np.stack([c.var(axis=-1) for c in decomposed(w, wavelet_levels)], axis=-1)


@_of_bands("{unit}")
def wwl(w: Batch, wavelet_levels: int) -> np.ndarray:
    """Wavelet waveform length: sum |c[k+1] - c[k]| of the coefficients c of each band.

    Source: Khushaba et al., IEEE Trans. Biomed. Eng. 58 (2011) 121.
    """
    import numpy as np

    bands = decomposed(w, wavelet_levels)
    return np.stack([abs(np.diff(c, axis=-1)).sum(axis=-1) for c in bands], axis=-1)


@_of_bands("")
def went(w: Batch, wavelet_levels: int) -> np.ndarray:
    """Wavelet entropy: - sum p ln p, p = c^2 / sum c^2 of the coefficients c of each band.

    Source: Khushaba et al., IEEE Trans. Biomed. Eng. 58 (2011) 121.
    """
    import numpy as np

    made = []
    for c in decomposed(w, wavelet_levels):
        p = c * c / (c * c).sum(axis=-1, keepdims=True)
        made.append(-(p * np.log(np.where(p == 0, 1.0, p))).sum(axis=-1))
    return w.of_varying(np.stack(made, axis=-1))
