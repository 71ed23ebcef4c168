"""Sums over a window that moves along rows of samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from llvmlite import ir

from dspant.ops.kernels.compiled import compiled
from dspant.ops.kernels.lanes import (
    ADDRESS,
    INTEGER,
    LANES,
    VECTOR,
    gather,
    in_lanes,
    integer,
    load_vector,
    procedure,
    repeat,
    row_addresses,
    scatter,
    store_vector,
)


def moving_square_sums(x: np.ndarray, length: int) -> np.ndarray:
    """Sums of squares over ``length`` samples centred on each sample; beyond the ends is 0.

    The run is cut into tiles of ``length`` samples. A window spans the end of one tile and the
    beginning of the next: two running sums are added, and nothing large is ever subtracted.

    Parameters
    ----------
    x
        float64, channels x samples.
    length
        Odd.

    Returns
    -------
    numpy.ndarray
        Shape of ``x``.
    """
    half = length // 2
    samples = x.shape[1]
    tiles = -(-samples // length)
    padded = np.empty((len(x), (tiles + 1) * length))
    padded[:, :half] = 0
    padded[:, half : half + samples] = x
    padded[:, half + samples :] = 0
    sums = np.empty((len(x), tiles * length + 1))
    ending = np.zeros((length + 1, LANES))
    for rows, targets in zip(in_lanes(list(padded)), in_lanes(list(sums)), strict=True):
        _kernel()(rows.ctypes.data, targets.ctypes.data, tiles, length, ending.ctypes.data)
    return sums[:, :samples]


@cache
def _kernel() -> Callable[..., None]:
    arguments = [ADDRESS, ADDRESS, INTEGER, INTEGER, ADDRESS]
    function, builder = procedure("moving_square_sums", arguments)
    source, target, tiles, length, ending = function.args
    read, written = row_addresses(builder, source), row_addresses(builder, target)
    nothing = ir.Constant(VECTOR, [0.0] * LANES)

    def plus_square(total: ir.Value, index: ir.Value) -> ir.Value:
        x = gather(builder, read, index)
        return builder.fadd(total, builder.fmul(x, x))

    def first_tile(place: ir.Value, total: Sequence[ir.Value]) -> list[ir.Value]:
        return [plus_square(total[0], place)]

    def tile(number: ir.Value, _carried: Sequence[ir.Value]) -> list[ir.Value]:
        first = builder.mul(number, length)
        following = builder.add(first, length)

        def ends(back: ir.Value, total: Sequence[ir.Value]) -> list[ir.Value]:
            place = builder.sub(builder.sub(length, integer(1)), back)
            made = plus_square(total[0], builder.add(first, place))
            store_vector(builder, made, ending, place)
            return [made]

        def begins(place: ir.Value, total: Sequence[ir.Value]) -> list[ir.Value]:
            made = plus_square(total[0], builder.add(following, place))
            after = builder.add(place, integer(1))
            ended = load_vector(builder, ending, after)
            scatter(builder, builder.fadd(ended, made), written, builder.add(first, after))
            return [made]

        repeat(builder, length, [nothing], ends)
        repeat(builder, length, [nothing], begins)
        return []

    (whole,) = repeat(builder, length, [nothing], first_tile)
    scatter(builder, whole, written, integer(0))
    repeat(builder, tiles, [], tile)
    builder.ret_void()
    return compiled(function)
