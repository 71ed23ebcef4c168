"""Words of LLVM's language for going through rows of float64 side by side, one in each lane.

What happens in a lane never depends on the others, so a row's result is the same in any company.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from llvmlite import ir

MOST_LANES = 4
"""Rows that are computed at once; the widest that most processors do in one instruction."""

FLOAT = ir.DoubleType()
INTEGER = ir.IntType(64)
ADDRESS = ir.PointerType()

_INDEX = ir.IntType(32)
_ALIGNMENT = 8
_READ_AND_KEEP = [ir.Constant(_INDEX, flag) for flag in (0, 3, 1)]


@dataclass(frozen=True)
class Lanes:
    """Vectors of ``width`` float64, and the groups of rows that share one."""

    width: int

    @classmethod
    def of(cls, rows: int) -> Lanes:
        """As few lanes as hold ``rows`` rows: idle ones cost as much as others."""
        return cls(1 if rows == 1 else 2 if rows == 2 else MOST_LANES)

    @property
    def vector(self) -> ir.VectorType:
        return ir.VectorType(FLOAT, self.width)

    def same(self, value: float) -> ir.Constant:
        """A number known when compiling, in every lane."""
        return ir.Constant(self.vector, [value] * self.width)

    def everywhere(self, builder: ir.IRBuilder, address: ir.Value) -> ir.Value:
        """The number at an address, in every lane."""
        value = builder.load(address, typ=FLOAT)
        one = builder.insert_element(self._any, value, ir.Constant(_INDEX, 0))
        first = ir.Constant(ir.VectorType(_INDEX, self.width), [0] * self.width)
        return builder.shuffle_vector(one, self._any, first)

    def row_addresses(self, builder: ir.IRBuilder, table: ir.Value) -> list[ir.Value]:
        """The address of each lane's row, from a table of them."""
        return [
            builder.load(element(builder, table, integer(lane), ADDRESS), typ=ADDRESS)
            for lane in range(self.width)
        ]

    def gather(self, builder: ir.IRBuilder, rows: Sequence[ir.Value], index: ir.Value) -> ir.Value:
        """One sample of each row, in a vector."""
        vector = self._any
        for lane, row in enumerate(rows):
            value = builder.load(element(builder, row, index, FLOAT), typ=FLOAT)
            vector = builder.insert_element(vector, value, ir.Constant(_INDEX, lane))
        return vector

    def fetch(self, builder: ir.IRBuilder, rows: Sequence[ir.Value], index: ir.Value) -> None:
        """Ask the cache for a sample of each row that is read later, or lies beyond the end."""
        for row in rows:
            place = element(builder, row, index, FLOAT)
            builder.call(_prefetch(builder.module), [place, *_READ_AND_KEEP])

    def scatter(
        self,
        builder: ir.IRBuilder,
        vector: ir.Value,
        rows: Sequence[ir.Value],
        index: ir.Value,
    ) -> None:
        """Store a vector as one sample of each row."""
        for lane, row in enumerate(rows):
            value = builder.extract_element(vector, ir.Constant(_INDEX, lane))
            builder.store(value, element(builder, row, index, FLOAT))

    def load(self, builder: ir.IRBuilder, base: ir.Value, index: ir.Value) -> ir.Value:
        """A vector of an array of vectors."""
        place = element(builder, base, index, self.vector)
        return builder.load(place, typ=self.vector, align=_ALIGNMENT)

    def store(
        self, builder: ir.IRBuilder, vector: ir.Value, base: ir.Value, index: ir.Value
    ) -> None:
        """Put a vector into an array of vectors."""
        builder.store(vector, element(builder, base, index, self.vector), align=_ALIGNMENT)

    def row_groups(self, rows: int) -> np.ndarray:
        """Which of the rows each lane takes, shape (groups, ``width``).

        Lanes that are left over repeat their group's first row: they compute and store the same.
        """
        index = np.arange(-(-rows // self.width) * self.width).reshape(-1, self.width)
        return np.where(index < rows, index, index[:, :1])

    def addresses(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Addresses of rows in groups of a lane each, shape (groups, ``width``)."""
        places = np.array([row.ctypes.data for row in rows], dtype=np.int64)
        return places[self.row_groups(len(rows))]

    @property
    def _any(self) -> ir.Constant:
        return ir.Constant(self.vector, ir.Undefined)


def _prefetch(module: ir.Module) -> ir.Function:
    name = "llvm.prefetch.p0"
    kind = ir.FunctionType(ir.VoidType(), [ADDRESS, _INDEX, _INDEX, _INDEX])
    return module.globals.get(name) or ir.Function(module, kind, name)


def procedure(name: str, arguments: Sequence[ir.Type]) -> tuple[ir.Function, ir.IRBuilder]:
    """A function of a module of its own that returns nothing, and a builder at its beginning."""
    function = ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), arguments), name)
    return function, ir.IRBuilder(function.append_basic_block())


def integer(value: int) -> ir.Constant:
    return ir.Constant(INTEGER, value)


def element(builder: ir.IRBuilder, base: ir.Value, index: ir.Value, kind: ir.Type) -> ir.Value:
    """Address of the element ``index`` of an array of ``kind``."""
    return builder.gep(base, [index], source_etype=kind)


def repeat(
    builder: ir.IRBuilder,
    count: ir.Value,
    carried: Sequence[ir.Value],
    body: Callable[[ir.Value, Sequence[ir.Value]], Sequence[ir.Value]],
) -> list[ir.Value]:
    """A loop of ``count`` rounds, at least one.

    Parameters
    ----------
    carried
        Values that the first round is given.
    body
        (number of the round, carried values) -> values that the next round is given.

    Returns
    -------
    list
        What the last round gave.
    """
    before = builder.block
    loop = builder.append_basic_block()
    after = builder.append_basic_block()
    builder.branch(loop)
    builder.position_at_end(loop)
    number = builder.phi(INTEGER)
    number.add_incoming(integer(0), before)
    given = [builder.phi(value.type) for value in carried]
    for phi, value in zip(given, carried, strict=True):
        phi.add_incoming(value, before)
    made = body(number, given)
    following = builder.add(number, integer(1))
    number.add_incoming(following, builder.block)
    for phi, value in zip(given, made, strict=True):
        phi.add_incoming(value, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, count), loop, after)
    builder.position_at_end(after)
    return list(made)
