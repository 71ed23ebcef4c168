"""One output sample of a polyphase filter after the other, along a row of samples."""

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
    Lanes,
    element,
    integer,
    procedure,
    repeat,
)

_LANES = Lanes(4)
_SUMS = 4

TAPS_AT_ONCE = _LANES.width * _SUMS
"""A phase has a multiple of so many taps."""


def filter_phases(
    x: np.ndarray, phases: np.ndarray, down: int, position: int, made: np.ndarray
) -> None:
    """Fill a row with output samples; each sum is in an order that depends on the taps alone.

    Output m ends at sample q = (``position`` + m ``down``) // up of ``x`` and takes the taps of
    phase (``position`` + m ``down``) % up: it is the sum of ``phases[r, i] x[q - taps + 1 + i]``.

    Parameters
    ----------
    x
        float64, contiguous; holds all samples that are taken.
    phases
        float64, up x taps, contiguous; the taps of each phase, those of later samples last.
    made
        float64, contiguous; at least one sample.
    """
    up, taps = phases.shape
    _kernel()(
        x.ctypes.data - 8 * (taps - 1),
        made.ctypes.data,
        len(made),
        phases.ctypes.data,
        up,
        taps,
        down,
        position,
    )


@cache
def _kernel() -> Callable[..., None]:
    arguments = [ADDRESS, ADDRESS, INTEGER, ADDRESS, INTEGER, INTEGER, INTEGER, INTEGER]
    function, builder = procedure("polyphase", arguments)
    x, made, count, phases, up, taps, down, position = function.args
    rounds = builder.sdiv(taps, integer(TAPS_AT_ONCE))

    def one(number: ir.Value, carried: Sequence[ir.Value]) -> list[ir.Value]:
        (place,) = carried
        samples = element(builder, x, builder.sdiv(place, up), FLOAT)
        phase = builder.mul(builder.srem(place, up), taps)
        weights = element(builder, phases, phase, FLOAT)

        def some(turn: ir.Value, sums: Sequence[ir.Value]) -> list[ir.Value]:
            first = builder.mul(turn, integer(_SUMS))
            added = []
            for i, total in enumerate(sums):
                index = builder.add(first, integer(i))
                taken, weight = (_LANES.load(builder, base, index) for base in (samples, weights))
                added.append(builder.fadd(total, builder.fmul(taken, weight)))
            return added

        sums = repeat(builder, rounds, [_LANES.same(0.0)] * _SUMS, some)
        builder.store(_total(builder, sums), element(builder, made, number, FLOAT))
        return [builder.add(place, down)]

    repeat(builder, count, [position], one)
    builder.ret_void()
    return compiled(function)


def _total(builder: ir.IRBuilder, sums: Sequence[ir.Value]) -> ir.Value:
    total = builder.fadd(builder.fadd(sums[0], sums[1]), builder.fadd(sums[2], sums[3]))
    index = ir.IntType(32)
    each = [builder.extract_element(total, ir.Constant(index, i)) for i in range(_LANES.width)]
    return builder.fadd(builder.fadd(each[0], each[1]), builder.fadd(each[2], each[3]))
