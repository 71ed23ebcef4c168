"""Raw electrophysiology recordings to validated Parquet, through a graph of processing nodes."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Load the notebook's entry point only when it is used; jobs do not pay for it."""
    if name == "open_recording":
        from dspant.engine.recording import open_recording

        return open_recording
    raise AttributeError(f"module 'dspant' has no attribute {name!r}")
