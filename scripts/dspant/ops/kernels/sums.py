"""Weighted sums of rows, each added up in the order of the rows.

A library's matrix product adds in an order of its own, which differs with the length of the block
and with the processor; here the last bit depends on the rows and the weights alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from llvmlite import ir

from dspant.ops.kernels.compiled import compiled
from dspant.ops.kernels.lanes import (
    ADDRESS,
    FLOAT,
    INTEGER,
    MOST_LANES,
    Lanes,
    element,
    integer,
    procedure,
    repeat,
)

_TOGETHER = 4
"""Sums that are computed at once, so that each sample is loaded once for all of them."""

_VECTORS = 2
_PIECE = _VECTORS * MOST_LANES
"""Samples of each sum that are held in the processor's registers."""

_TILE_SAMPLES = 1024
"""Samples of all rows that are brought side by side at once, to stay in the cache."""


def weighted_sums(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum over j of ``weights[i, j] x[j]``, j rising, for every i.

    Parameters
    ----------
    x
        float64, rows x samples.
    weights
        float64, sums x rows.

    Returns
    -------
    numpy.ndarray
        Shape sums x samples.
    """
    rows, samples = x.shape
    groups = -(-len(weights) // _TOGETHER)
    made = np.empty((groups * _TOGETHER, samples))
    padded = np.zeros((groups * _TOGETHER, rows))
    padded[: len(weights)] = weights
    of_groups = [np.ascontiguousarray(part.T) for part in np.split(padded, groups)]
    # Rows a power of two apart would fall on the same places of the cache.
    tile = np.zeros((rows, _TILE_SAMPLES + _PIECE))
    held = np.empty((_TOGETHER, tile.shape[1]))
    kernel = _kernel()
    for start in range(0, samples, _TILE_SAMPLES):
        count = min(_TILE_SAMPLES, samples - start)
        tile[:, :count] = x[:, start : start + count]
        for group, own in enumerate(of_groups):
            kernel(
                tile.ctypes.data,
                held.ctypes.data,
                own.ctypes.data,
                -(-count // _PIECE),
                rows,
                tile.shape[1],
            )
            first = group * _TOGETHER
            made[first : first + _TOGETHER, start : start + count] = held[:, :count]
    return made[: len(weights)]


@cache
def _kernel() -> Callable[..., None]:
    arguments = [ADDRESS, ADDRESS, ADDRESS, INTEGER, INTEGER, INTEGER]
    function, builder = procedure("weighted_sums", arguments)
    source, target, weights, pieces, rows, length = function.args
    lanes = Lanes(MOST_LANES)

    def vector_at(base: ir.Value, place: ir.Value, vector: int) -> ir.Value:
        return element(builder, base, builder.add(place, integer(vector * MOST_LANES)), FLOAT)

    def piece(number: ir.Value, _carried: Sequence[ir.Value]) -> list[ir.Value]:
        place = builder.mul(number, integer(_PIECE))

        def add(row: ir.Value, sums: Sequence[ir.Value]) -> list[ir.Value]:
            begin = builder.add(builder.mul(row, length), place)
            x = [
                builder.load(vector_at(source, begin, vector), typ=lanes.vector, align=8)
                for vector in range(_VECTORS)
            ]
            made = []
            for index in range(_TOGETHER):
                at = builder.add(builder.mul(row, integer(_TOGETHER)), integer(index))
                weight = lanes.everywhere(builder, element(builder, weights, at, FLOAT))
                made += [
                    builder.fadd(sums[index * _VECTORS + vector], builder.fmul(weight, x[vector]))
                    for vector in range(_VECTORS)
                ]
            return made

        sums = repeat(builder, rows, [lanes.same(0.0)] * (_TOGETHER * _VECTORS), add)
        for index in range(_TOGETHER):
            begin = builder.add(builder.mul(length, integer(index)), place)
            for vector in range(_VECTORS):
                where = vector_at(target, begin, vector)
                builder.store(sums[index * _VECTORS + vector], where, align=8)
        return []

    repeat(builder, pieces, [], piece)
    builder.ret_void()
    return compiled(function)
