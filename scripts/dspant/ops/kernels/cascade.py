"""Second-order sections in series, over many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

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

_COEFFICIENTS = 5

_UNROLLED = 8
"""Most sections that one pass over the samples computes; the state of more leaves the registers."""

_FETCHED_AHEAD = 512
"""Samples between what is computed and what is asked of memory, which alone looks less far."""


class Cascade:
    """A filter of second-order sections, applied to rows of samples and holding their state.

    Every multiplication and addition is the one of ``scipy.signal.sosfilt`` (transposed direct
    form II), in the same order.

    Parameters
    ----------
    sos
        Sections as SciPy lays them out, shape (n_sections, 6).
    initial
        State of every row before its first sample, shape (n_rows, n_sections, 2).
    """

    def __init__(self, sos: np.ndarray, initial: np.ndarray) -> None:
        self._parts = [
            _Part(sos[first : first + _UNROLLED], initial[:, first : first + _UNROLLED])
            for first in range(0, len(sos), _UNROLLED)
        ]

    def filter(self, source: Sequence[np.ndarray], target: Sequence[np.ndarray]) -> None:
        """Filter rows of equal length, first sample first.

        Parameters
        ----------
        source, target
            One float64 array per row, each contiguous; a target may be its source.
        """
        steps = _Steps(len(source[0]), 0, 1, 0, 1)
        for part in self._parts:
            part.run(source, target, steps)
            source = target

    def filter_backward(self, source: Sequence[np.ndarray], target: Sequence[np.ndarray]) -> None:
        """Filter rows of equal length, last sample first, and keep the first of the result.

        Parameters
        ----------
        source, target
            One float64 array per row, each contiguous. What a source has beyond the length of
            its target only settles the filter.
        """
        whole, kept = len(source[0]), len(target[0])
        *earlier, last = self._parts
        for part in earlier:
            between = list(np.empty((len(source), whole)))
            part.run(source, between, _Steps(whole, whole - 1, -1, whole - 1, -1))
            source = between
        nowhere = [np.empty(1)] * len(source)
        last.run(source, nowhere, _Steps(whole - kept, whole - 1, -1, 0, 0))
        last.run(source, target, _Steps(kept, kept - 1, -1, kept - 1, -1))


class _Steps(NamedTuple):
    """How to go through rows: how many samples, from where and in which steps."""

    samples: int
    taken_first: int
    taken_step: int
    put_first: int
    put_step: int


class _Part:
    """Sections that one kernel computes at once."""

    def __init__(self, sos: np.ndarray, initial: np.ndarray) -> None:
        self._lanes = Lanes.of(len(initial))
        self._run = _kernel(len(sos), self._lanes)
        self._coefficients = np.ascontiguousarray(np.delete(sos, 3, axis=1), dtype=np.float64)
        lanes = initial[self._lanes.row_groups(len(initial))]
        self._state = np.ascontiguousarray(lanes.transpose(0, 2, 3, 1), dtype=np.float64)

    def run(
        self, source: Sequence[np.ndarray], target: Sequence[np.ndarray], steps: _Steps
    ) -> None:
        if steps.samples < 1:
            return
        rows, targets = self._lanes.addresses(source), self._lanes.addresses(target)
        for read, written, state in zip(rows, targets, self._state, strict=True):
            self._run(
                read.ctypes.data,
                written.ctypes.data,
                *steps,
                self._coefficients.ctypes.data,
                state.ctypes.data,
            )


@cache
def _kernel(sections: int, lanes: Lanes) -> Callable[..., None]:
    arguments = [ADDRESS] * 2 + [INTEGER] * 5 + [ADDRESS] * 2
    function, builder = procedure(f"cascade_{sections}_{lanes.width}", arguments)
    source, target, *steps, numbers, state = function.args
    samples, taken_first, taken_step, put_first, put_step = steps
    read, written = (lanes.row_addresses(builder, rows) for rows in (source, target))
    coefficients = [
        [
            lanes.everywhere(
                builder, element(builder, numbers, integer(s * _COEFFICIENTS + c), FLOAT)
            )
            for c in range(_COEFFICIENTS)
        ]
        for s in range(sections)
    ]

    far = builder.mul(taken_step, integer(_FETCHED_AHEAD))

    def sample(_number: ir.Value, carried: Sequence[ir.Value]) -> list[ir.Value]:
        taken, put, *z = carried
        lanes.fetch(builder, read, builder.add(taken, far))
        x = lanes.gather(builder, read, taken)
        for s in range(sections):
            x, z[2 * s], z[2 * s + 1] = _section(builder, coefficients[s], x, *z[2 * s : 2 * s + 2])
        lanes.scatter(builder, x, written, put)
        return [builder.add(taken, taken_step), builder.add(put, put_step), *z]

    z = [lanes.load(builder, state, integer(i)) for i in range(2 * sections)]
    _, _, *z = repeat(builder, samples, [taken_first, put_first, *z], sample)
    for i, vector in enumerate(z):
        lanes.store(builder, vector, state, integer(i))
    builder.ret_void()
    return compiled(function)


def _section(
    builder: ir.IRBuilder, coefficients: Sequence[ir.Value], x: ir.Value, z0: ir.Value, z1: ir.Value
) -> tuple[ir.Value, ir.Value, ir.Value]:
    b0, b1, b2, a1, a2 = coefficients
    times, plus, minus = builder.fmul, builder.fadd, builder.fsub
    y = plus(times(b0, x), z0)
    return (
        y,
        plus(minus(times(b1, x), times(a1, y)), z1),
        minus(times(b2, x), times(a2, y)),
    )


def rows_in_lanes(rows: int) -> int:
    """How many sets of ``rows`` rows fill lanes without leaving one idle."""
    return MOST_LANES // int(np.gcd(MOST_LANES, rows))
