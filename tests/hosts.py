"""This machine under another name, one that no dataset holds by chance."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dspant.dataset.surroundings import look_around


@contextmanager
def named_host(name: str) -> Iterator[str]:
    """Let the machine be called so as long as the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(platform, "node", lambda: name)
        look_around.cache_clear()
        yield name
    look_around.cache_clear()
