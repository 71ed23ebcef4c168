"""Where tests find real recordings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def recordings_folder() -> Path:
    """Folder of real recordings: ``DSPANT_TEST_DATA``, else ``shared/data`` beside the clone."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("DSPANT_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}; set DSPANT_TEST_DATA to where they are")
    return folder
