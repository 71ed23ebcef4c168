"""Numbers as people read them: prefixes, significant digits, durations, shares."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

NOTHING = "–"
"""Stands where there is no number."""

DIGITS = 4
"""Significant digits of the largest value of a column."""

LEAST_DIGITS = 3
"""Significant digits that every value of a column has."""

MOST_DIGITS = 8
"""The largest value of a column gets no more of them for the sake of small ones."""

FULL_DIGITS = 9
"""Most significant digits with which a value is written in full."""

MOST_DECIMALS = 8

SAME_S = 1e-7
"""Times that are nearer differ by no more than rounding."""

_EXPONENTS = {"p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}
_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
_UNIT = re.compile(r"(?P<prefix>[pnuµμmkMG]?)(?P<base>V|A|Hz|Pa|W|N|F|Ohm|Ω)(?P<rest>(?:[ /√].*)?)")


@dataclass(frozen=True)
class Scale:
    """Values times ``factor`` are in ``unit``."""

    factor: float
    unit: str


def scale_for(largest: float, unit: str) -> Scale:
    """The prefix under which values up to ``largest`` have one to three digits before the point.

    Units that take no prefix here, such as seconds and compound ones, stay as they are.
    """
    parts = _UNIT.fullmatch(unit)
    if parts is None:
        return Scale(1.0, readable_unit(unit))
    given = _EXPONENTS[parts["prefix"]]
    wanted = given
    if math.isfinite(largest) and largest > 0:
        wanted = 3 * math.floor((math.log10(largest) + given) / 3 + 1e-9)
        wanted = min(max(wanted, min(_PREFIXES)), max(_PREFIXES))
    name = f"{_PREFIXES[wanted]}{parts['base']}{parts['rest']}"
    return Scale(10.0 ** (given - wanted), readable_unit(name))


def readable_unit(unit: str) -> str:
    """A unit with its powers raised and the Greek letter of micro: ``uV^2`` is µV²."""
    parts = _UNIT.fullmatch(unit)
    if parts is not None and parts["prefix"] == "u":
        unit = f"µ{unit[1:]}"
    return unit.replace("^2", "²").replace("^3", "³")


def with_unit(name: str, unit: str) -> str:
    """A heading such as ``peak (µV)``; a name that ends in its unit, as ``latency_s``, stays."""
    return name if not unit or name.endswith(f"_{unit}") else f"{name} ({unit})"


def significant(value: float | None, digits: int = 3) -> str:
    """A number with as many significant digits; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if not -4 <= exponent < 6:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(digits - 1 - exponent, 0)}f}"


def quantity(value: float | None, unit: str, digits: int = 3) -> str:
    """A number with its own prefix and unit: 0.000251, V is ``251 µV``."""
    if value is None or not math.isfinite(value):
        return NOTHING
    scale = scale_for(abs(value), unit)
    return f"{significant(value * scale.factor, digits)} {scale.unit}".rstrip()


def share(fraction: float | None) -> str:
    """A fraction in per cent; what is not zero never looks like zero."""
    if fraction is None:
        return NOTHING
    if fraction == 0:
        return "0 %"
    if fraction < 1e-4:
        return "<0.01 %"
    return f"{100 * fraction:.3g} %"


def duration(seconds: float | None) -> str:
    """Seconds, or hours, minutes and seconds where it is long; what is short keeps its digits."""
    if seconds is None:
        return NOTHING
    if 0 < abs(seconds) < 1:
        return f"{significant(seconds)} s"
    if seconds < 120:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min {rest:02d} s" if hours else f"{minutes} min {rest:02d} s"


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: ``1 row``, ``1,982 rows``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def rate(fs_hz: float) -> str:
    """A sampling rate in full: it is exact, and people compare it with the device's."""
    return f"{fs_hz:,.10g} Hz"


def column_texts(values: Sequence[float], least_decimals: int = 0) -> list[str]:
    """Cells of a column of numbers, all with as many decimals, a dash where there is no number.

    The largest value has four significant digits or more, and small ones three as long as the
    largest then has eight at most; one that is smaller still stands with its power of ten. A value
    that fills the whole column, such as the step of a clock, is written in full where nine digits
    do.

    Parameters
    ----------
    least_decimals
        So many at least, as times have.
    """
    known = [value for value in values if math.isfinite(value)]
    full = _decimals_in_full(known)
    decimals = _decimals([abs(value) for value in known if value]) if full is None else full
    return [_cell(value, max(decimals, least_decimals)) for value in values]


def fixed(value: float, decimals: int) -> str:
    """A number with so many decimals; a dash where there is none."""
    return f"{value:.{decimals}f}" if math.isfinite(value) else NOTHING


def decimals_apart(values: Iterable[float]) -> int:
    """Decimals at which no two of some times, in seconds, look the same."""
    known = sorted({value for value in values if math.isfinite(value)})
    steps = [after - before for before, after in pairwise(known)]
    told = [step for step in steps if step > SAME_S]
    return max(-_power(min(told)), 0) if told else 0


def _decimals(sizes: Sequence[float]) -> int:
    if not sizes or all(size % 1 == 0 for size in sizes):
        return 0
    highest = _power(max(sizes))
    room = min(MOST_DIGITS - 1 - highest, MOST_DECIMALS)
    wanted = [LEAST_DIGITS - 1 - _power(size) for size in sizes]
    fitting = [decimals for decimals in wanted if decimals <= room]
    return min(max(DIGITS - 1 - highest, *fitting, 0), MOST_DECIMALS)


def _decimals_in_full(values: Sequence[float]) -> int | None:
    """Decimals of the only value of a column; None where there are more, or it has too many."""
    if len(set(values)) != 1:
        return None
    text = f"{values[0]:.{FULL_DIGITS}g}"
    decimals = max(-int(Decimal(text).normalize().as_tuple().exponent), 0)
    exact = math.isclose(float(text), values[0], rel_tol=1e-12)
    return decimals if exact and decimals <= MOST_DECIMALS else None


def _cell(value: float, decimals: int) -> str:
    text = fixed(value, decimals)
    if text == NOTHING or math.isclose(float(text), value, rel_tol=1e-12):
        return text
    digits = _power(abs(value)) + 1 + decimals
    return text if digits >= LEAST_DIGITS else f"{value:.{LEAST_DIGITS - 1}e}"


def _power(size: float) -> int:
    return math.floor(math.log10(size))
