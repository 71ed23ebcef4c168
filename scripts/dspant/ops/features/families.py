"""All families of features, in the order of the guide."""

from dspant.ops.features import (
    amplitude,
    change,
    descriptors,
    entropy,
    model,
    shape,
    spectral,
    spectral_form,
    wavelets,
)
from dspant.ops.features.feature import FEATURES

FAMILIES = (
    amplitude,
    change,
    shape,
    spectral,
    spectral_form,
    model,
    entropy,
    descriptors,
    wavelets,
)

__all__ = ["FAMILIES", "FEATURES"]
