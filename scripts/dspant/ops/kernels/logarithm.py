"""The natural logarithm of float64 side by side, the same bits on every machine."""

from __future__ import annotations

from llvmlite import ir

from dspant.ops.kernels.lanes import FLOAT, INTEGER

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10

_SERIES = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
"""Weights of s^2, s^4, ... s^14 in (ln((1 + s) / (1 - s)) - 2 s) / s."""

_LEAST = 0x3FE6A09E667F3BCD
"""Bits of the root of 1/2, the least of the numbers that are left when twos are taken out."""

_EXPONENT_BITS = 0xFFF << 52
_MAGIC, _MAGIC_BITS = 6755399441055744.0, 0x4338000000000000
"""1.5 times 2^52: a small integer added to its bits is added to its value."""


def natural_log(builder: ir.IRBuilder, x: ir.Value, width: int) -> ir.Value:
    """Logarithm of a vector of ``width`` normal, positive numbers, within one unit of the last bit.

    Source: the reduction and the polynomial of fdlibm's ``e_log.c``, Sun Microsystems (1993).
    """

    def real(value: float) -> ir.Constant:
        return ir.Constant(ir.VectorType(FLOAT, width), [value] * width)

    def whole(value: int) -> ir.Constant:
        signed = value - 2**64 if value >= 2**63 else value
        return ir.Constant(ir.VectorType(INTEGER, width), [signed] * width)

    bits = builder.bitcast(x, ir.VectorType(INTEGER, width))
    over = builder.sub(bits, whole(_LEAST))
    twos = builder.ashr(over, whole(52))
    lifted = builder.bitcast(builder.add(twos, whole(_MAGIC_BITS)), x.type)
    k = builder.fsub(lifted, real(_MAGIC))
    left = builder.sub(bits, builder.and_(over, whole(_EXPONENT_BITS)))
    f = builder.fsub(builder.bitcast(left, x.type), real(1.0))
    s = builder.fdiv(f, builder.fadd(real(2.0), f))
    z = builder.fmul(s, s)
    series = real(_SERIES[-1])
    for weight in reversed(_SERIES[:-1]):
        series = builder.fadd(real(weight), builder.fmul(z, series))
    series = builder.fmul(z, series)
    half = builder.fmul(real(0.5), builder.fmul(f, f))
    bent = builder.fmul(s, builder.fadd(half, series))
    low = builder.fadd(bent, builder.fmul(k, real(_LN2_LOW)))
    return builder.fsub(builder.fmul(k, real(_LN2_HIGH)), builder.fsub(builder.fsub(half, low), f))
