"""Calls of the operating system that Python does not have."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


@cache
def linux_call(name: str) -> Callable[..., int] | None:
    """A function of Linux's C library, which runs without Python's lock; None elsewhere."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
