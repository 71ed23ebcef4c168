"""Damage to the bytes of one file: flips, cuts, duplicates and changes of order."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

RECORD_BYTES = 40

_WORDS = (1, 2, 4, 8, RECORD_BYTES)


def flip_bit(content: bytes, random: Random) -> bytes:
    """Flip one bit."""
    changed = bytearray(content)
    changed[random.randrange(len(content))] ^= 1 << random.randrange(8)
    return bytes(changed)


def overwrite_bytes(content: bytes, random: Random) -> bytes:
    """Replace up to eight bytes by zeros, ones or noise."""
    length = random.choice(_WORDS[:4])
    first = random.randrange(len(content))
    fill = random.choice([b"\0" * length, b"\xff" * length, random.randbytes(length)])
    return (content[:first] + fill + content[first + length :])[: len(content)]


def cut_end(content: bytes, random: Random) -> bytes:
    """Leave out the end, at a record's border as often as not."""
    step = random.choice([1, RECORD_BYTES])
    return content[: random.randrange(0, len(content), step)]


def cut_out(content: bytes, random: Random) -> bytes:
    """Leave out a part within."""
    first, length = _part(content, random)
    return content[:first] + content[first + length :]


def duplicate(content: bytes, random: Random) -> bytes:
    """Repeat a part: what follows moves."""
    first, length = _part(content, random)
    return content[: first + length] + content[first:]


def overwrite_part(content: bytes, random: Random) -> bytes:
    """Write a part over another one: nothing moves."""
    first, length = _part(content, random)
    to = _aligned(random.randrange(len(content)), length)
    part = content[first : first + length]
    return (content[:to] + part + content[to + len(part) :])[: len(content)]


def swap(content: bytes, random: Random) -> bytes:
    """Exchange two parts of equal length."""
    first, length = _part(content, random)
    second = _aligned(random.randrange(len(content)), length)
    low, high = sorted((first, second))
    if low + length > high or high + length > len(content):
        return flip_bit(content, random)
    a, b = content[low : low + length], content[high : high + length]
    return content[:low] + b + content[low + length : high] + a + content[high + length :]


MUTATIONS: tuple[Callable[[bytes, Random], bytes], ...] = (
    flip_bit,
    flip_bit,
    overwrite_bytes,
    cut_end,
    cut_out,
    duplicate,
    overwrite_part,
    swap,
)
"""All kinds of damage; the likeliest one stands twice."""


def _part(content: bytes, random: Random) -> tuple[int, int]:
    length = random.choice(_WORDS) * random.choice((1, 1, 1, 2, 5))
    return _aligned(random.randrange(len(content)), length), length


def _aligned(position: int, length: int) -> int:
    """A position where such parts usually begin."""
    step = RECORD_BYTES if length % RECORD_BYTES == 0 else min(length, 8)
    return position - position % step
