"""Cutting a sequence where its variance changes, in time that grows with its length."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LEAST_BINS = 2
"""Fewest bins of a stretch."""

MOST_BINS = 1024
"""Most bins of a stretch: where nothing changes, no place for a cut can be ruled out, and time
would grow with the square of the length."""


def changes_of_variance(power: np.ndarray, counts: np.ndarray, penalty: float) -> list[int]:
    """Cuts that minimise the sum of n ln(v) over stretches plus a price for each cut.

    Parameters
    ----------
    power, counts
        Sum of squares and number of samples of each bin, shape (bins,).
    penalty
        Price of a cut, in units of ln(bins).

    Returns
    -------
    cuts
        First bin of each stretch, then the number of bins. Every stretch has two bins or more,
        unless there are fewer at all, and 1024 or fewer, so a longer one is cut although nothing
        changes there.

    Notes
    -----
    Source: R. Killick, P. Fearnhead and I. A. Eckley, J. Am. Stat. Assoc. 107 (2012) 1590: PELT.
    """
    import numpy as np

    from dspant.ops.kernels.cuts import last_cuts

    bins = len(power)
    if bins < 2 * LEAST_BINS:
        return [0, bins] if bins else [0]
    price = float(penalty * np.log(bins))
    square = np.concatenate([[0.0], np.cumsum(power)])
    number = np.concatenate([[0.0], np.cumsum(counts)])
    # a stretch without any power must not cost minus infinity
    tiny = float(np.finfo(np.float64).tiny)
    floor = max(float(square[-1] / number[-1]) * 1e-12, tiny)
    before = last_cuts(square, number, price, floor, least=LEAST_BINS, most=MOST_BINS)
    cuts, at = [bins], bins
    while at > 0:
        at = int(before[at])
        cuts.append(at)
    return cuts[::-1]
