"""Means over a window that moves along rows of samples: of values, of their size, of squares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal

import numpy as np
from llvmlite import ir

from dspant.ops.kernels.compiled import compiled
from dspant.ops.kernels.lanes import ADDRESS, INTEGER, Lanes, integer, procedure, repeat

Mean = Literal["rms", "mean", "mav"]


def moving_rms(x: np.ndarray, length: int) -> np.ndarray:
    """Root mean square of every window; see :func:`_moving`."""
    return _moving(x, length, "rms")


def moving_mean(x: np.ndarray, length: int) -> np.ndarray:
    """Mean of every window; see :func:`_moving`."""
    return _moving(x, length, "mean")


def moving_mav(x: np.ndarray, length: int) -> np.ndarray:
    """Mean absolute value of every window; see :func:`_moving`."""
    return _moving(x, length, "mav")


def _moving(x: np.ndarray, length: int, mean: Mean) -> np.ndarray:
    """One value for every window of ``length`` samples that lies in the rows.

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
        _kernel(lanes, mean)(
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
def _kernel(lanes: Lanes, mean: Mean) -> Callable[..., None]:
    arguments = [ADDRESS, ADDRESS, INTEGER, INTEGER, INTEGER, ADDRESS, ADDRESS]
    function, builder = procedure(f"moving_{mean}", arguments)
    source, target, tiles, windows, length, share, ending = function.args
    read, written = (lanes.row_addresses(builder, rows) for rows in (source, target))
    nothing = lanes.same(0.0)
    of_each = lanes.everywhere(builder, share)
    root, size = (
        ir.Function(
            function.module,
            ir.FunctionType(lanes.vector, [lanes.vector]),
            f"llvm.{name}.v{lanes.width}f64",
        )
        for name in ("sqrt", "fabs")
    )

    def plus(total: ir.Value, index: ir.Value) -> ir.Value:
        x = lanes.gather(builder, read, index)
        if mean == "rms":
            x = builder.fmul(x, x)
        elif mean == "mav":
            x = builder.call(size, [x])
        return builder.fadd(total, x)

    def put(total: ir.Value, index: ir.Value) -> None:
        value = builder.fmul(total, of_each)
        if mean == "rms":
            value = builder.call(root, [value])
        lanes.scatter(builder, value, written, index)

    def tile(number: ir.Value, _carried: Sequence[ir.Value]) -> list[ir.Value]:
        first = builder.mul(number, length)
        following = builder.add(first, length)
        left = builder.sub(builder.sub(windows, first), integer(1))
        others = builder.sub(length, integer(1))
        others = builder.select(builder.icmp_signed("<", left, others), left, others)

        def ends(back: ir.Value, total: Sequence[ir.Value]) -> list[ir.Value]:
            place = builder.sub(builder.sub(length, integer(1)), back)
            made = plus(total[0], builder.add(first, place))
            lanes.store(builder, made, ending, place)
            return [made]

        def begins(place: ir.Value, total: Sequence[ir.Value]) -> list[ir.Value]:
            ended = lanes.load(builder, ending, builder.add(place, integer(1)))
            made = plus(total[0], builder.add(following, place))
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
