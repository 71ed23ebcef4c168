"""Numbers that describe one window of signal, named as the EMG literature names them.

Formulas: B. Hudgins, P. Parker and R. N. Scott, IEEE Trans. Biomed. Eng. 40 (1993) 82; A.
Phinyomark, P. Phukpattaranont and C. Limsakul, Expert Syst. Appl. 39 (2012) 7420; others as each
feature's docstring says. x[1] to x[N] are the samples of a window, dx the steps between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dspant.ops.features.families import FEATURES
from dspant.ops.features.feature import Feature

if TYPE_CHECKING:
    import numpy as np

__all__ = ["FEATURES", "Feature", "compute_features"]


def compute_features(
    x: np.ndarray, fs_hz: float, names: Sequence[str], params: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Compute several features of the same windows.

    Parameters
    ----------
    x
        Windows, shape (..., samples), float64.
    fs_hz
        Samples per second.
    params
        Value of each parameter that a named feature refers to.

    Returns
    -------
    dict
        One array of shape (...) per column. What a window does not have, such as the spectrum of
        a flat one, is NaN.

    Raises
    ------
    OperationError
        The windows are too short for a feature, or a band holds no frequency.
    """
    import numpy as np

    from dspant.ops.features.batch import Batch

    batch = Batch(x, fs_hz, params.get("band_hz"))
    columns = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for name in names:
            feature = FEATURES[name]
            own = {key: params[key] for key in feature.parameters if key != "band_hz"}
            values = feature.compute(batch, **own)
            if feature.suffixes is None:
                values = values[..., np.newaxis]
            values = np.where(np.isfinite(values), values, np.nan)
            columns |= zip(feature.columns(params), np.moveaxis(values, -1, 0), strict=True)
    return columns
