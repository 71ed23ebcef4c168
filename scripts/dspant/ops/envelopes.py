"""Envelopes: how large the signal is around each sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from dspant.ops.analytic import half_length_s, magnitude, realised_hilbert
from dspant.ops.blocks import with_context
from dspant.ops.moving import centred_means, odd_samples
from dspant.ops.registry import Held, Parameters, stream_operation

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal

SIGMAS = 6
"""Standard deviations after which a Gaussian is cut: 2e-9 of it lies beyond."""

FWHM_SIGMAS = 2 * math.sqrt(2 * math.log(2))


class RmsEnvelope(Parameters):
    example = {"window_s": 0.05}

    window_s: float = Field(gt=0)
    """Length of the moving window in seconds, centred on the sample; taken as the nearest odd
    number of samples."""


class MavEnvelope(RmsEnvelope):
    pass


class GaussianEnvelope(Parameters):
    example = {"sigma_s": 0.02}

    sigma_s: float | None = Field(default=None, gt=0)
    """Standard deviation of the Gaussian in seconds; give this or ``fwhm_s``."""
    fwhm_s: float | None = Field(default=None, gt=0)
    """Its full width at half its height in seconds, 2.355 standard deviations."""

    @model_validator(mode="after")
    def _one_width(self) -> Self:
        if (self.sigma_s is None) == (self.fwhm_s is None):
            raise ValueError("give either sigma_s or fwhm_s")
        return self

    @property
    def width_s(self) -> float:
        """Standard deviation in seconds."""
        return self.fwhm_s / FWHM_SIGMAS if self.sigma_s is None else self.sigma_s


class HilbertEnvelope(Parameters):
    example = {"low_hz": 20}

    low_hz: float = Field(gt=0)
    """Lowest frequency in the signal, in Hz; the transformer is as long as this needs. What is
    slower, an offset first of all, is to be filtered out before."""


def _window(signal: Signal, params: RmsEnvelope) -> dict[str, float]:
    samples = odd_samples(params.window_s, signal.fs_hz)
    return {"window_samples": samples, "realised_window_s": samples / signal.fs_hz}


def _half_window_s(params: RmsEnvelope) -> float:
    return params.window_s / 2


@stream_operation(
    RmsEnvelope, version=2, reach_s=_half_window_s, facts=_window, holds=Held(7, reaches=16)
)
def rms_envelope(blocks: Blocks, signal: Signal, params: RmsEnvelope) -> Blocks:
    """Moving root mean square over a centred window of an odd number of samples.

    Near the ends of an unbroken run the window is cut at the end: the mean is over the samples
    that exist. Every sum is of the window's own samples, in float64, so a large artefact leaves
    no rounding errors beside it.

    Source: J. V. Basmajian and C. J. De Luca, Muscles Alive (1985), chapter 3.
    """
    from dspant.ops.kernels.moving import moving_rms

    return centred_means(blocks, odd_samples(params.window_s, signal.fs_hz), moving_rms, power=2)


@stream_operation(
    MavEnvelope, version=1, reach_s=_half_window_s, facts=_window, holds=Held(7, reaches=16)
)
def mav_envelope(blocks: Blocks, signal: Signal, params: MavEnvelope) -> Blocks:
    """Moving mean absolute value (average rectified value) over a centred window.

    y[n] = mean of |x| over the window, which has an odd number of samples and is cut at the ends
    of an unbroken run as that of ``rms_envelope``. Of a signal that is never negative, such as one
    that is rectified, it is the moving average.

    Source: R. Merletti, Standards for Reporting EMG Data, J. Electromyogr. Kinesiol. 9 (1999) III.
    """
    from dspant.ops.kernels.moving import moving_mav

    return centred_means(blocks, odd_samples(params.window_s, signal.fs_hz), moving_mav)


def _gaussian_reach_s(params: GaussianEnvelope) -> float:
    return 2 * SIGMAS * params.width_s


def _gaussian_taps(signal: Signal, params: GaussianEnvelope) -> dict[str, Any]:
    half = math.ceil(SIGMAS * params.width_s * signal.fs_hz)
    return {"taps": 2 * half + 1, "sigma_s": params.width_s}


@stream_operation(
    GaussianEnvelope,
    version=1,
    reach_s=_gaussian_reach_s,
    facts=_gaussian_taps,
    holds=Held(10, reaches=16, scipy=False),
)
def gaussian_envelope(blocks: Blocks, signal: Signal, params: GaussianEnvelope) -> Blocks:
    """Mean of |x| weighted by a Gaussian around each sample: y[n] = sum w[k] |x[n-k]| / sum w[k].

    The Gaussian is cut after six standard deviations; at the ends of an unbroken run both sums are
    over the samples that exist.

    Source: P. Dayan and L. F. Abbott, Theoretical Neuroscience (2001), section 1.2.
    """
    import numpy as np

    sigma = params.width_s * signal.fs_hz
    half = math.ceil(SIGMAS * sigma)
    weights = np.exp(-((np.arange(-half, half + 1) / sigma) ** 2) / 2)
    return _weighted(blocks, weights / weights.sum())


def _weighted(blocks: Blocks, weights: np.ndarray) -> Blocks:
    import numpy as np

    from dspant.ops.convolution import convolved

    half = len(weights) // 2
    sums = np.r_[0.0, np.cumsum(weights)]
    for x, before, after in with_context(blocks, before=half, after=half):
        place = np.arange(before, x.shape[1] - after)
        smooth = convolved(np.abs(x), weights)[:, half + before : half + x.shape[1] - after]
        last = np.minimum(place + half + 1, len(weights))
        first = np.maximum(place + half + 1 - x.shape[1], 0)
        yield np.maximum(smooth, 0.0) / (sums[last] - sums[first])


def _hilbert_reach_s(params: HilbertEnvelope) -> float:
    return 2 * half_length_s(params.low_hz)


def _hilbert(signal: Signal, params: HilbertEnvelope) -> dict[str, Any]:
    return realised_hilbert(signal.fs_hz, params.low_hz)


@stream_operation(
    HilbertEnvelope,
    version=1,
    reach_s=_hilbert_reach_s,
    facts=_hilbert,
    holds=Held(14, reaches=20, scipy=False),
)
def hilbert_envelope(blocks: Blocks, signal: Signal, params: HilbertEnvelope) -> Blocks:
    """Magnitude of the analytic signal: y[n] = sqrt(x[n]^2 + h[n]^2), h the Hilbert transform.

    The transform is a symmetric filter of finite length without delay. From ``low_hz`` up to as
    much below half the sampling rate its gain is 1 to within 1e-5; slower parts are shifted only
    in part. Both ends of an unbroken run are extended by odd reflection. SciPy's ``hilbert`` joins
    them in a circle instead; where a signal is at rest at its ends, both agree to 1e-4 of it.

    Source: D. Gabor, J. IEE 93 (1946) 429; A. V. Oppenheim and R. W. Schafer, Discrete-Time
    Signal Processing (2010), section 12.4.
    """
    return magnitude(blocks, signal, params.low_hz)
