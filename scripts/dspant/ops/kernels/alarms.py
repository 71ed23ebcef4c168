"""Page's cumulative sums, which cannot be told without going through all samples in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from llvmlite import ir

from dspant.ops.kernels.compiled import compiled
from dspant.ops.kernels.lanes import ADDRESS, FLOAT, INTEGER, element, integer, procedure, repeat


class Alarms:
    """Where one row changes from rest to activity and back, sample by sample.

    At rest g = max(0, g + score); where g exceeds the threshold, the row is active from the
    sample after the last at which g was 0. In activity the same holds for minus the score. The
    sum begins anew at 0 after each alarm. A score that is NaN sets it to 0.

    Parameters
    ----------
    threshold
        What the sum has to exceed, more than 0.
    """

    def __init__(self, threshold: float) -> None:
        self._sum = np.array([0.0, threshold])
        self._place = np.zeros(3, dtype=np.int64)

    def follow(self, scores: np.ndarray, first: int) -> list[int]:
        """Go on with samples from ``first``.

        Parameters
        ----------
        scores
            float64, shape (samples,), contiguous.

        Returns
        -------
        changes
            First samples of activity and of rest, in turn; they go on where the last call ended.
        """
        if not len(scores):
            return []
        found = np.empty(len(scores) + 1, dtype=np.int64)
        addresses = (array.ctypes.data for array in (scores, self._sum, self._place, found))
        _kernel()(*addresses, len(scores), first)
        return found[: self._place[2]].tolist()


@cache
def _kernel() -> Callable[..., None]:
    function, builder = procedure("alarms", [*[ADDRESS] * 4, INTEGER, INTEGER])
    scores, sums, places, found, samples, first = function.args
    one = integer(1)

    def at(base: ir.Value, index: int, kind: ir.Type) -> ir.Value:
        return element(builder, base, integer(index), kind)

    threshold = builder.load(at(sums, 1, FLOAT), typ=FLOAT)
    nothing = ir.Constant(FLOAT, 0.0)

    def sample(number: ir.Value, carried: Sequence[ir.Value]) -> list[ir.Value]:
        total, since, active, count = carried
        score = builder.load(element(builder, scores, number, FLOAT), typ=FLOAT)
        away = builder.select(active, builder.fsub(nothing, score), score)
        total = builder.fadd(total, away)
        following = builder.add(builder.add(first, number), one)
        empty = builder.fcmp_unordered("<=", total, nothing)
        total = builder.select(empty, nothing, total)
        since = builder.select(empty, following, since)
        builder.store(since, element(builder, found, count, INTEGER))
        alarm = builder.fcmp_ordered(">", total, threshold)
        return [
            builder.select(alarm, nothing, total),
            builder.select(alarm, following, since),
            builder.xor(active, alarm),
            builder.add(count, builder.zext(alarm, INTEGER)),
        ]

    begun = [
        builder.load(at(sums, 0, FLOAT), typ=FLOAT),
        builder.load(at(places, 0, INTEGER), typ=INTEGER),
        builder.trunc(builder.load(at(places, 1, INTEGER), typ=INTEGER), ir.IntType(1)),
        integer(0),
    ]
    total, since, active, count = repeat(builder, samples, begun, sample)
    builder.store(total, at(sums, 0, FLOAT))
    builder.store(since, at(places, 0, INTEGER))
    builder.store(builder.zext(active, INTEGER), at(places, 1, INTEGER))
    builder.store(count, at(places, 2, INTEGER))
    builder.ret_void()
    return compiled(function)
