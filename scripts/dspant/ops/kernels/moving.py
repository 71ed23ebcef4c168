"""Root mean squares over a window that moves along rows of samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from llvmlite import ir

from dspant.ops.kernels.compiled import compiled
from dspant.ops.kernels.lanes import ADDRESS, INTEGER, Lanes, integer, procedure, repeat


def moving_rms(x: np.ndarray, length: int) -> np.ndarray:
    """Root mean square of every window of ``length`` samples that lies in the rows.

    Rows are cut into tiles of ``length`` samples. A window spans the end of one tile and the
    beginning of the next: two running sums are added, and nothing large is ever subtracted.

    Parameters
    ----------
    x
        float64, channels x at least ``length`` samples; each row contiguous.
    length
        Samples of a window.

    Returns
    -------
    numpy.ndarray
        Shape channels x (samples - ``length`` + 1), by the window's first sample.
    """
    windows = x.shape[1] - length + 1
    made = np.empty((len(x), windows))
    lanes = Lanes.of(len(x))
    ending = np.empty((length, lanes.width))
    share = np.array([1 / length])
    for rows, targets in zip(lanes.addresses(list(x)), lanes.addresses(list(made)), strict=True):
        _kernel(lanes)(
            rows.ctypes.data,
            targets.ctypes.data,
            -(-windows // length),
            windows,
            length,
            share.ctypes.data,
            ending.ctypes.data,
        )
    return made


@cache
def _kernel(lanes: Lanes) -> Callable[..., None]:
    arguments = [ADDRESS, ADDRESS, INTEGER, INTEGER, INTEGER, ADDRESS, ADDRESS]
    function, builder = procedure("moving_rms", arguments)
    source, target, tiles, windows, length, share, ending = function.args
    read, written = (lanes.row_addresses(builder, rows) for rows in (source, target))
    nothing = lanes.same(0.0)
    of_each = lanes.everywhere(builder, share)
    root = ir.Function(
        function.module,
        ir.FunctionType(lanes.vector, [lanes.vector]),
        f"llvm.sqrt.v{lanes.width}f64",
    )

    def plus_square(total: ir.Value, index: ir.Value) -> ir.Value:
        x = lanes.gather(builder, read, index)
        return builder.fadd(total, builder.fmul(x, x))

    def put(total: ir.Value, index: ir.Value) -> None:
        lanes.scatter(builder, builder.call(root, [builder.fmul(total, of_each)]), written, index)

    def tile(number: ir.Value, _carried: Sequence[ir.Value]) -> list[ir.Value]:
        first = builder.mul(number, length)
        following = builder.add(first, length)
        left = builder.sub(builder.sub(windows, first), integer(1))
        others = builder.sub(length, integer(1))
        others = builder.select(builder.icmp_signed("<", left, others), left, others)

        def ends(back: ir.Value, total: Sequence[ir.Value]) -> list[ir.Value]:
            place = builder.sub(builder.sub(length, integer(1)), back)
            made = plus_square(total[0], builder.add(first, place))
            lanes.store(builder, made, ending, place)
            return [made]

        def begins(place: ir.Value, total: Sequence[ir.Value]) -> list[ir.Value]:
            ended = lanes.load(builder, ending, builder.add(place, integer(1)))
            made = plus_square(total[0], builder.add(following, place))
            put(builder.fadd(ended, made), builder.add(builder.add(first, place), integer(1)))
            return [made]

        (whole,) = repeat(builder, length, [nothing], ends)
        put(whole, first)
        with builder.if_then(builder.icmp_signed(">", others, integer(0))):
            repeat(builder, others, [nothing], begins)
        return []

    repeat(builder, tiles, [], tile)
    builder.ret_void()
    return compiled(function)
