from __future__ import annotations

from pathlib import Path

import pytest
from small_recording import SmallRecording, typical


@pytest.fixture
def small(tmp_path: Path) -> SmallRecording:
    """An empty recording's folder."""
    return SmallRecording(tmp_path / "rec01")


@pytest.fixture(scope="module")
def typical_recording(tmp_path_factory: pytest.TempPathFactory) -> SmallRecording:
    return typical(tmp_path_factory.mktemp("trial") / "rec01")


@pytest.fixture(scope="module")
def typical_page(typical_recording: SmallRecording) -> str:
    return typical_recording.page()
