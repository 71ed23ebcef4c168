"""How long a job takes, known from the size of the raw block and from the config.

Rates are those of a machine several times slower than any that was measured, with results on a
network file system: a job that is given too little time is killed, one that is given too much
waits a little longer for its turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

START_S = 60.0
"""Snakemake, Python and its libraries loaded from a slow file system."""

COPY_BYTES_PER_S = 10e6
"""Raw bytes that an ingest reads, checks and writes."""

STEP_BYTES_PER_S = 5e6
"""Stored bytes that one step of a node goes through, with what is read and written for it."""

DRAW_BYTES_PER_S = 10e6
"""Stored bytes that a report goes through."""


def ingest_time_s(sample_bytes: int) -> float:
    return START_S + sample_bytes / COPY_BYTES_PER_S


def node_time_s(spec: Mapping[str, Any], sample_bytes: int) -> float:
    """Time of a node's job in seconds.

    Parameters
    ----------
    spec
        The node's resolved spec.
    sample_bytes
        Size of all samples of the raw block: its input is not larger.
    """
    return START_S + (1 + len(spec["steps"])) * sample_bytes / STEP_BYTES_PER_S


def report_time_s(sample_bytes: int, datasets: int) -> float:
    """Time of the report of a recording of so many datasets in seconds."""
    return START_S + datasets * sample_bytes / DRAW_BYTES_PER_S
