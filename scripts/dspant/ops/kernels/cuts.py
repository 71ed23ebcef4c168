"""The best last cut before every bin of a sequence, by pruned dynamic programming."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf

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
from dspant.ops.kernels.logarithm import natural_log


def last_cuts(
    square: np.ndarray, number: np.ndarray, price: float, floor: float, *, least: int, most: int
) -> np.ndarray:
    """First bin of the last stretch of the cheapest cutting of the bins before each.

    A stretch costs n ln(v), n being its samples and v its sum of squares over n, or ``floor``
    where that is more; a cutting costs its stretches and ``price`` for each.

    Parameters
    ----------
    square, number
        Sums of squares and samples of all bins before each, float64, shape (bins + 1,).
    price, floor
        More than 0; ``floor`` a normal number.
    least, most
        Bins of a stretch.

    Returns
    -------
    numpy.ndarray
        int64, shape (bins + 1,).
    """
    bins = len(square) - 1
    best = np.full(bins + 1, np.inf)
    best[0] = -price
    before = np.zeros(bins + 1, dtype=np.int64)
    room = most + 2 * MOST_LANES
    held, costs = np.zeros((3, room)), np.zeros(room)
    places = np.zeros((2, room), dtype=np.int64)
    given = np.array([price, floor])
    arrays = (square, number, best, before, held, costs, places, given)
    _kernel()(*(array.ctypes.data for array in arrays), bins, least, most, room)
    return before


@cache
def _kernel() -> Callable[..., None]:
    function, builder = procedure("last_cuts", [*[ADDRESS] * 8, *[INTEGER] * 4])
    code = _Code(builder, Lanes(MOST_LANES), *function.args)

    def of_bin(turn: ir.Value, carried: Sequence[ir.Value]) -> list[ir.Value]:
        end = builder.add(turn, code.least)
        count = code.add(end, carried[0])
        least_cost = code.cheapest(end, count)
        total = builder.fadd(least_cost, code.get(code.given, integer(0)))
        code.put(total, code.best, end)
        return [code.prune(end, count, least_cost, total)]

    rounds = builder.sub(builder.add(code.bins, integer(1)), code.least)
    repeat(builder, rounds, [integer(0)], of_bin)
    builder.ret_void()
    return compiled(function)


@dataclass(frozen=True)
class _Code:
    """Parts of the loop over bins.

    Of each candidate for the last cut, ``held`` has three rows: the cost of what is before it, and
    squares and samples before it; ``places`` has its bin, and the bin at which it is given up.
    """

    builder: ir.IRBuilder
    lanes: Lanes
    square: ir.Value
    number: ir.Value
    best: ir.Value
    before: ir.Value
    held: ir.Value
    costs: ir.Value
    places: ir.Value
    given: ir.Value
    bins: ir.Value
    least: ir.Value
    most: ir.Value
    room: ir.Value

    @property
    def counting(self) -> ir.VectorType:
        return ir.VectorType(INTEGER, self.lanes.width)

    def get(self, base: ir.Value, index: ir.Value, kind: ir.Type = FLOAT) -> ir.Value:
        return self.builder.load(element(self.builder, base, index, kind), typ=kind)

    def put(self, value: ir.Value, base: ir.Value, index: ir.Value) -> None:
        self.builder.store(value, element(self.builder, base, index, value.type))

    def row(self, number: int, index: ir.Value) -> ir.Value:
        """Where a row of ``held`` or ``places`` has a candidate."""
        return self.builder.add(self.builder.mul(self.room, integer(number)), index)

    def add(self, end: ir.Value, count: ir.Value) -> ir.Value:
        """Let a stretch begin where one that ends here has the least length."""
        start = self.builder.sub(end, self.least)
        cost = self.get(self.best, start)
        of_start = (cost, self.get(self.square, start), self.get(self.number, start))
        for number, value in enumerate(of_start):
            self.put(value, self.held, self.row(number, count))
        self.put(start, self.places, count)
        never = self.builder.mul(integer(2), self.bins)
        self.put(never, self.places, self.row(1, count))
        known = self.builder.fcmp_ordered("<", cost, ir.Constant(FLOAT, inf))
        return self.builder.add(count, self.builder.zext(known, INTEGER))

    def cheapest(self, end: ir.Value, count: ir.Value) -> ir.Value:
        """Make the cost of a last stretch from each candidate; the least of them."""
        builder, width = self.builder, self.lanes.width
        squares, samples, floors = (
            self.lanes.everywhere(builder, element(builder, base, index, FLOAT))
            for base, index in ((self.square, end), (self.number, end), (self.given, integer(1)))
        )
        first_lanes = ir.Constant(self.counting, list(range(width)))
        step = ir.Constant(self.counting, [width] * width)

        def some(turn: ir.Value, carried: Sequence[ir.Value]) -> list[ir.Value]:
            least_yet, left = carried
            first = builder.mul(turn, integer(width))
            paid, square_of, number_of = (
                builder.load(
                    element(builder, self.held, self.row(number, first), FLOAT),
                    typ=self.lanes.vector,
                    align=8,
                )
                for number in range(3)
            )
            n = builder.fsub(samples, number_of)
            v = builder.fdiv(builder.fsub(squares, square_of), n)
            v = builder.select(builder.fcmp_ordered(">", v, floors), v, floors)
            cost = builder.fadd(paid, builder.fmul(n, natural_log(builder, v, width)))
            builder.store(cost, element(builder, self.costs, first, FLOAT), align=8)
            less = builder.and_(
                builder.icmp_signed("<", first_lanes, left),
                builder.fcmp_ordered("<", cost, least_yet),
            )
            return [builder.select(less, cost, least_yet), builder.sub(left, step)]

        rounds = builder.udiv(builder.add(count, integer(width - 1)), integer(width))
        begun = [self.lanes.same(inf), self._in_all_lanes(count)]
        least_of_each, _ = repeat(builder, rounds, begun, some)
        return builder.call(self._least_of_lanes(), [least_of_each])

    def prune(
        self, end: ir.Value, count: ir.Value, least_cost: ir.Value, total: ir.Value
    ) -> ir.Value:
        """Keep whom the next bin may need; note the first that costs least."""
        builder = self.builder
        following = builder.add(end, integer(1))
        beaten_until = builder.add(end, self.least)

        def one(index: ir.Value, carried: Sequence[ir.Value]) -> list[ir.Value]:
            kept, chosen = carried
            cost = self.get(self.costs, index)
            place = self.get(self.places, index, INTEGER)
            dies = self.get(self.places, self.row(1, index), INTEGER)
            # who is beaten stays until a stretch that begins here is long enough to replace it
            sooner = builder.and_(
                builder.fcmp_ordered(">", cost, total),
                builder.icmp_signed("<", beaten_until, dies),
            )
            dies = builder.select(sooner, beaten_until, dies)
            self.put(dies, self.places, self.row(1, kept))
            with builder.if_then(builder.icmp_signed("!=", kept, index)):
                self.put(place, self.places, kept)
                for number in range(3):
                    value = self.get(self.held, self.row(number, index))
                    self.put(value, self.held, self.row(number, kept))
            stays = builder.and_(
                builder.icmp_signed(">", dies, following),
                builder.icmp_signed("<=", builder.sub(following, place), self.most),
            )
            first = builder.and_(
                builder.icmp_signed("<", chosen, integer(0)),
                builder.fcmp_ordered("==", cost, least_cost),
            )
            chosen = builder.select(first, place, chosen)
            return [builder.add(kept, builder.zext(stays, INTEGER)), chosen]

        kept, chosen = repeat(builder, count, [integer(0), integer(-1)], one)
        self.put(chosen, self.before, end)
        return kept

    def _in_all_lanes(self, value: ir.Value) -> ir.Value:
        lane = ir.IntType(32)
        nothing = ir.Constant(self.counting, ir.Undefined)
        one = self.builder.insert_element(nothing, value, ir.Constant(lane, 0))
        first = ir.Constant(ir.VectorType(lane, self.lanes.width), [0] * self.lanes.width)
        return self.builder.shuffle_vector(one, nothing, first)

    def _least_of_lanes(self) -> ir.Function:
        kind = ir.FunctionType(FLOAT, [self.lanes.vector])
        name = f"llvm.vector.reduce.fmin.v{self.lanes.width}f64"
        return ir.Function(self.builder.module, kind, name)
