"""Bursts found by the power of pairs of samples."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb, exp, log
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from dspant.ops.baselines import Quiet, epoc_of_baseline, quiet_of, varying
from dspant.ops.blocks import with_context
from dspant.ops.prediction import Whitened, WithPredictor, predictor_of, unpredicted
from dspant.ops.registry import Held, epoc_operation
from dspant.ops.runs import Pairs, bursts_where, columns_of
from dspant.ops.signal import Column, Events, Segment, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


class Bonato(WithPredictor, Pairs):
    example = {"false_alarm": 0.05, "baseline_s": [0, 1], "min_duration_s": 0.03}

    false_alarm: float = Field(default=0.05, gt=0, lt=1)
    """Probability, between 0 and 1, that ``pairs`` successive pairs of white noise hold
    ``needed`` above the first threshold."""
    needed: int = Field(default=1, ge=1)
    """Least number of pairs above the first threshold among ``pairs`` successive ones."""
    pairs: int = Field(default=5, ge=1)
    """Number of successive pairs of samples that are looked at."""

    @model_validator(mode="after")
    def _needed_among_pairs(self) -> Self:
        if self.needed > self.pairs:
            raise ValueError(f"needed ({self.needed}) must not exceed pairs ({self.pairs})")
        return self

    @property
    def threshold(self) -> float:
        """First threshold: what chi-squared pairs exceed just so often as ``false_alarm`` wants."""
        low, high = 0.0, 1.0
        for _ in range(200):
            middle = (low + high) / 2
            if _chance(middle, self.needed, self.pairs) < self.false_alarm:
                low = middle
            else:
                high = middle
        return -2 * log(high)


def _chance(single: float, needed: int, pairs: int) -> float:
    """Probability of ``needed`` or more out of ``pairs``, each with probability ``single``."""
    return sum(
        comb(pairs, k) * single**k * (1 - single) ** (pairs - k) for k in range(needed, pairs + 1)
    )


def _of_pairs(signal: Signal, _events: list[Events], _params: Any) -> dict[str, Column]:
    return columns_of(
        signal, "first sample of the first active pair", "sample after the last", "|value|"
    )


def _stated_threshold(_signal: Signal, params: Bonato) -> dict[str, Any]:
    return {"threshold": params.threshold, "single_false_alarm": exp(-params.threshold / 2)}


@epoc_operation(
    Bonato,
    version=1,
    columns=_of_pairs,
    also_takes=epoc_of_baseline,
    facts=_stated_threshold,
    holds=Held(12, scipy=False),
)
def bonato(
    source: SignalSource, further: list[Events], params: Bonato
) -> Iterator[dict[str, np.ndarray]]:
    """Find bursts of raw EMG by a double-threshold test on the power of pairs of samples.

    A pair exceeds the first threshold where (w[2i]^2 + w[2i + 1]^2) / sigma^2 does, w being the
    whitened signal and sigma its deviation at rest; it is active where ``needed`` of ``pairs``
    successive ones do. What lies between active pairs that are less than ``pairs`` apart is
    active as well. Peak and area are those of the rectified signal.

    Source: P. Bonato, T. D'Alessio and M. Knaflitz, IEEE Trans. Biomed. Eng. 45 (1998) 287.
    """
    predictor = predictor_of(source, further, params)
    quiet = varying(quiet_of(Whitened(source, predictor), further, params), source.signal)

    def decide(_segment: Segment, blocks: Blocks) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return _by_pairs(blocks, predictor, quiet, params)

    bridged_s = (2 * params.pairs - 1) / source.signal.fs_hz
    gap_s = max(params.merge_gap_s, bridged_s)
    yield from bursts_where(source, decide, gap_s, params.min_duration_s)


def _by_pairs(
    blocks: Blocks, predictor: np.ndarray, quiet: Quiet, params: Bonato
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    import numpy as np

    mean, limit = quiet.mean[:, np.newaxis], params.threshold * quiet.sd[:, np.newaxis] ** 2
    around, first = 2 * params.pairs, 0
    before = predictor.shape[1] + around
    for x, left, right in with_context(blocks, before=before, after=around):
        odd = (first - left) % 2
        power = (unpredicted(x, predictor) - mean) ** 2
        count = (x.shape[1] - odd) // 2
        above = power[:, odd : odd + 2 * count].reshape(len(x), count, 2).sum(axis=2) > limit
        active = np.zeros(x.shape, dtype=bool)
        active[:, odd : odd + 2 * count] = np.repeat(_enough(above, params), 2, axis=1)
        own = slice(left, x.shape[1] - right)
        yield np.abs(x[:, own]), active[:, own]
        first += x.shape[1] - left - right


def _enough(above: np.ndarray, params: Bonato) -> np.ndarray:
    """Which of the pairs above the threshold are of a group that holds enough of them."""
    import numpy as np

    beyond = np.zeros((len(above), params.pairs - 1))
    counts = np.cumsum(np.concatenate([beyond, above, beyond], axis=1), axis=1)
    counts = np.concatenate([np.zeros((len(above), 1)), counts], axis=1)
    groups = counts[:, params.pairs :] - counts[:, : -params.pairs] >= params.needed
    held = np.lib.stride_tricks.sliding_window_view(groups, params.pairs, axis=1)
    return above & held.any(axis=2)
