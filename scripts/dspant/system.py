"""Calls of the operating system that Python does not have."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


@cache
def linux_call(name: str) -> Callable[..., int] | None:
    """A function of Linux's C library, which runs without Python's lock; None elsewhere.

    It gives what the C function gives, as 64 bits; :func:`ctypes.get_errno` tells why it failed.
    """
    if sys.platform != "linux":
        return None
    call = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if call is not None:
        call.restype = ctypes.c_ssize_t
    return call
