"""What a raw block says of itself, as a page shows it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dspant.errors import RawDataError
from dspant.report.numbers import NOTHING, counted, duration, rate


@dataclass(frozen=True)
class BlockStore:
    """One store of the block, in words."""

    name: str
    kind: str
    rate: str
    channels: str
    holds: str
    dataset: str
    taken: bool


@dataclass(frozen=True)
class BlockView:
    """A block: when it was recorded, what it holds, and what its reader noticed."""

    name: str
    format: str
    start_utc: str | None
    duration_s: float | None
    stores: list[BlockStore]
    findings: list[str]

    @property
    def start(self) -> str:
        """Start as people write it, in UTC."""
        if self.start_utc is None:
            return NOTHING
        moment = datetime.fromisoformat(self.start_utc)
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def read_block(path: Path, datasets: Collection[str]) -> BlockView:
    """Read ``block.json``.

    Parameters
    ----------
    datasets
        Names of the recording's datasets, which tell the stores that were taken.

    Raises
    ------
    RawDataError
        The file is missing or is not JSON.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RawDataError(
            f"{path} cannot be read ({error}); delete it and run the workflow again"
        ) from error
    stores = document.get("stores", {})
    return BlockView(
        name=document.get("block", path.parent.name),
        format=document.get("format", ""),
        start_utc=document.get("start_utc"),
        duration_s=document.get("duration_s"),
        stores=[_store(name, stated, datasets) for name, stated in stores.items()],
        findings=[str(finding) for finding in document.get("findings", [])],
    )


def _store(name: str, stated: Mapping[str, Any], datasets: Collection[str]) -> BlockStore:
    dataset = stated.get("dataset", name)
    fs_hz = stated.get("fs")
    return BlockStore(
        name=name,
        kind=stated.get("kind", ""),
        rate=rate(fs_hz) if fs_hz else NOTHING,
        channels=_channels(stated.get("channels")),
        holds=_holds(stated),
        dataset=dataset,
        taken=dataset in datasets,
    )


def _channels(stated: int | list[int] | None) -> str:
    if stated is None:
        return NOTHING
    if isinstance(stated, int):
        return str(stated)
    return f"{len(stated)} ({', '.join(str(number) for number in stated)})"


def _holds(stated: Mapping[str, Any]) -> str:
    samples, events, fs_hz = (stated.get(key) for key in ("samples", "events", "fs"))
    if samples is not None:
        lasts = f" ({duration(samples / fs_hz)})" if fs_hz else ""
        return counted(samples, "sample") + lasts
    return NOTHING if events is None else counted(events, "event")
