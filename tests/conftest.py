"""Where tests find real recordings, which of them share a worker, and that none is timed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Examples are not timed: how long one takes says more of the machine and its load than of the code.
settings.register_profile(
    "untimed", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")

# A shell leaves it ignored in what it starts in the background, and so in what tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def recordings_folder() -> Path:
    """Folder of real recordings: ``DSPANT_TEST_DATA``, else ``shared/data`` beside the clone."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("DSPANT_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}; set DSPANT_TEST_DATA to where they are")
    return folder


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a group on one worker; pytest 9.2 no longer reads what pytest-xdist 3.8 sets."""
    if not config.getoption("loadgroup", default=False):
        return
    for item in items:
        group = item.get_closest_marker("xdist_group")
        if group and "@" not in item.nodeid:
            item._id = type(item._id).parse(f"{item.nodeid}@{group.args[0]}")
