from __future__ import annotations

import importlib.util

import pytest

NEEDED = ("sphinx", "myst_parser", "furo", "pandas", "polars", "duckdb", "xarray")


@pytest.fixture(scope="session")
def docs_packages() -> None:
    """Skip where what the docs use is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(
            f"{', '.join(missing)} not installed; make docs-test does so, in build/docs-env"
        )
