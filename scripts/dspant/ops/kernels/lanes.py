"""Words of LLVM's language for going through four rows of float64 at once, one in each lane.

What happens in a lane never depends on the others, so a row's result is the same in any company.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from llvmlite import ir

LANES = 4
"""Rows that are computed at once; the widest that most processors do in one instruction."""

FLOAT = ir.DoubleType()
INTEGER = ir.IntType(64)
ADDRESS = ir.PointerType()
VECTOR = ir.VectorType(FLOAT, LANES)

_INDEX = ir.IntType(32)
_ANY = ir.Constant(VECTOR, ir.Undefined)
_FIRST = ir.Constant(ir.VectorType(_INDEX, LANES), [0] * LANES)
_ALIGNMENT = 8


def procedure(name: str, arguments: Sequence[ir.Type]) -> tuple[ir.Function, ir.IRBuilder]:
    """A function of a module of its own that returns nothing, and a builder at its beginning."""
    function = ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), arguments), name)
    return function, ir.IRBuilder(function.append_basic_block())


def integer(value: int) -> ir.Constant:
    return ir.Constant(INTEGER, value)


def element(builder: ir.IRBuilder, base: ir.Value, index: ir.Value, kind: ir.Type) -> ir.Value:
    """Address of the element ``index`` of an array of ``kind``."""
    return builder.gep(base, [index], source_etype=kind)


def row_addresses(builder: ir.IRBuilder, table: ir.Value) -> list[ir.Value]:
    """The address of each lane's row, from a table of them."""
    return [
        builder.load(element(builder, table, integer(lane), ADDRESS), typ=ADDRESS)
        for lane in range(LANES)
    ]


def gather(builder: ir.IRBuilder, rows: Sequence[ir.Value], index: ir.Value) -> ir.Value:
    """One sample of each row, in a vector."""
    vector = _ANY
    for lane, row in enumerate(rows):
        value = builder.load(element(builder, row, index, FLOAT), typ=FLOAT)
        vector = builder.insert_element(vector, value, ir.Constant(_INDEX, lane))
    return vector


def scatter(
    builder: ir.IRBuilder, vector: ir.Value, rows: Sequence[ir.Value], index: ir.Value
) -> None:
    """Store a vector as one sample of each row."""
    for lane, row in enumerate(rows):
        value = builder.extract_element(vector, ir.Constant(_INDEX, lane))
        builder.store(value, element(builder, row, index, FLOAT))


def everywhere(builder: ir.IRBuilder, address: ir.Value) -> ir.Value:
    """The number at an address, in every lane."""
    value = builder.load(address, typ=FLOAT)
    one = builder.insert_element(_ANY, value, ir.Constant(_INDEX, 0))
    return builder.shuffle_vector(one, _ANY, _FIRST)


def load_vector(builder: ir.IRBuilder, base: ir.Value, index: ir.Value) -> ir.Value:
    return builder.load(element(builder, base, index, VECTOR), typ=VECTOR, align=_ALIGNMENT)


def store_vector(builder: ir.IRBuilder, vector: ir.Value, base: ir.Value, index: ir.Value) -> None:
    builder.store(vector, element(builder, base, index, VECTOR), align=_ALIGNMENT)


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


def in_lanes(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Addresses of rows in groups of a lane each, shape (groups, ``LANES``).

    Lanes that are left over repeat their group's first row: they compute and store the same.
    """
    addresses = np.array([row.ctypes.data for row in rows], dtype=np.int64)
    return addresses[lane_rows(len(rows))]


def lane_rows(count: int) -> np.ndarray:
    """Which of ``count`` rows each lane takes, shape (groups, ``LANES``)."""
    index = np.arange(-(-count // LANES) * LANES).reshape(-1, LANES)
    return np.where(index < count, index, index[:, :1])
