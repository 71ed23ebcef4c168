"""Calls of the operating system that Python does not have."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


@cache
def linux_call(name: str, result: type = ctypes.c_int) -> Callable[..., int] | None:
    """A function of Linux's C library, which runs without Python's lock; None elsewhere.

    ``result`` is the type it gives; :func:`ctypes.get_errno` tells why it failed.
    """
    if sys.platform != "linux":
        return None
    call = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if call is not None:
        call.restype = result
    return call
