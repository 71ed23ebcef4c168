"""Raw electrophysiology recordings to validated Parquet, through a graph of processing nodes."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Load what notebooks use only when it is used; jobs do not pay for it."""
    if name == "open_recording":
        from dspant.engine.recording import open_recording

        return open_recording
    if name == "open_dataset":
        from dspant.dataset.recording import open_dataset

        return open_dataset
    raise AttributeError(f"module 'dspant' has no attribute {name!r}")
