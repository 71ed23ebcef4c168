from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sound_experiment import House


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.chdir(tmp_path)
    return House(tmp_path)


@pytest.fixture
def problems_after(house: House) -> Callable[..., list[str]]:
    """Problems of the sound config after some pieces of its text were replaced."""

    def after(*changes: tuple[str, str]) -> list[str]:
        house.write(*changes)
        return house.problems()

    return after
