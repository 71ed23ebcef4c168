"""Kaiser's window: how long a filter has to be, and which window gives its attenuation.

Source: J. F. Kaiser, Nonrecursive digital filter design using the I0-sinh window function, Proc.
IEEE Symp. Circuits and Systems (1974) 20.
"""

from __future__ import annotations

import math

LEAST_DB = 21.0
"""Attenuation of a window that is a plain rectangle."""


def half_length(stopband_db: float, transition: float) -> float:
    """Taps on either side of the middle one.

    Parameters
    ----------
    stopband_db
        Attenuation in dB; more than 21.
    transition
        Width of the edge as a part of the sampling rate. One in Hz gives the half length in
        seconds.
    """
    return (stopband_db - 7.95) / (2.285 * 2 * math.pi * transition) / 2


def beta(stopband_db: float) -> float:
    """Shape of the window."""
    if stopband_db > 50:
        return 0.1102 * (stopband_db - 8.7)
    return 0.5842 * (stopband_db - LEAST_DB) ** 0.4 + 0.07886 * (stopband_db - LEAST_DB)
