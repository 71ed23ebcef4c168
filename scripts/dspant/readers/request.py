"""What the config asks of a raw block, checked against the block before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.dataset.epoc_writer import EpocHeader, EpocWriter
from dspant.dataset.folder import SUFFIX, DatasetFolder, store_folder_name
from dspant.dataset.metadata import EpocColumn
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter
from dspant.errors import DspantError, StoreError
from dspant.readers.names import folder_clashes, resolved
from dspant.spelling import nearest
from dspant.wording import count, listed, with_article

if TYPE_CHECKING:
    from pathlib import Path

    from dspant.readers.raw import RawBlock, RawEpoc, RawStream

ACCEPTED = {"stream": ("stream",), "epoc": ("epoc", "scalar", "snip", "notes")}
"""Kinds of raw stores that a kind in the config takes."""


@dataclass(frozen=True, eq=False)
class StreamTask:
    """One stream and the writer of its dataset, which has not written yet."""

    raw: RawStream
    writer: StreamWriter


@dataclass(frozen=True, eq=False)
class EpocTask:
    """One store of events and the writer of its dataset, which has not written yet."""

    raw: RawEpoc
    writer: EpocWriter


Task = StreamTask | EpocTask


def plan_tasks(
    block: RawBlock, stores: Mapping[str, Mapping[str, Any]], recording: Path, compression: str
) -> list[Task]:
    """Check every store of a config against a block and prepare its writer.

    Parameters
    ----------
    stores
        Settings of each store, by name, as the config resolves them.
    recording
        Folder that the datasets go to; nothing is written here.

    Raises
    ------
    RawDataError, or another DspantError
        Says all that is wrong at once.
    """
    problems: list[DspantError] = [
        StoreError(
            f"stores {', '.join(map(repr, names))} would share the folder {folder}{SUFFIX}; keep "
            f"one of them in the config"
        )
        for folder, names in folder_clashes(stores)
    ]
    tasks: list[Task] = []
    for name, settings in stores.items():
        folder = DatasetFolder(recording / f"{store_folder_name(name)}{SUFFIX}")
        try:
            store = _found(block, name, settings["kind"])
            if settings["kind"] == "stream":
                tasks.append(_stream_task(block, store, settings, folder, compression))
            else:
                tasks.append(_epoc_task(block, store, settings, folder, compression))
        except DspantError as problem:
            problems.append(problem)
    if problems:
        raise _combined(problems, block)
    return tasks


def _combined(problems: list[DspantError], block: RawBlock) -> DspantError:
    """One error of the kind that the first problem has, with the text of all."""
    if len(problems) == 1:
        return type(problems[0])(f"{block.folder}: {problems[0]}")
    lines = "\n".join(f"  {problem}" for problem in problems)
    return type(problems[0])(f"{len(problems)} problems with {block.folder}:\n{lines}")


def _found(block: RawBlock, name: str, kind: str) -> str:
    """Name, in the block, of a store that the config asks for."""
    kinds = block.kinds
    held = ", ".join(f"{store} ({found})" for store, found in kinds.items()) or "none"
    store = resolved(name, kinds)
    if store is None:
        store, kinds = resolved(name, block.silent), block.silent
    if store is None:
        meant = nearest(name, block.kinds)
        hint = f"did you mean {meant!r}? " if meant else ""
        raise StoreError(f"store {name!r} is not in the block; {hint}the block holds: {held}")
    found = kinds[store]
    if found in ACCEPTED[kind]:
        return store
    fitting = next((wanted for wanted, takes in ACCEPTED.items() if found in takes), None)
    if fitting is None:
        remedy = "which is not supported yet; leave the store out of the config"
    else:
        remedy = f"not {with_article(kind)}; set stores.{name}.kind: {fitting}"
    raise StoreError(f"store {name!r} is of kind {found}, {remedy}; the block holds: {held}")


def _stream_task(
    block: RawBlock,
    store: str,
    settings: Mapping[str, Any],
    folder: DatasetFolder,
    compression: str,
) -> StreamTask:
    raw = block.stream(
        store,
        gaps=settings.get("gaps", "error"),
        truncated=settings.get("truncated", "error"),
    )
    scale = _scale(raw, settings.get("scale"))
    channels = _channel_names(raw, settings.get("channels"))
    header = StreamHeader(
        source=block.source,
        name=folder.name,
        fs_hz=raw.fs_hz,
        channels=channels,
        units=[settings["unit"]] * len(channels),
        segments=raw.segments,
        dtype=raw.dtype.name,
        scales=None if scale is None else [scale] * len(channels),
        other=dict(raw.other),
    )
    return StreamTask(raw, StreamWriter(folder, header, compression))


def _scale(raw: RawStream, scale: float | None) -> float | None:
    if scale is None and np.issubdtype(raw.dtype, np.integer):
        raise StoreError(
            f"store {raw.name!r} holds {raw.dtype.name} counts, and the raw files do not say what "
            f"one count is; add stores.{raw.name}.scale: the unit that one count stands for"
        )
    return scale


def _channel_names(raw: RawStream, names: list[str] | None) -> list[str]:
    if names is None:
        return [str(number) for number in range(len(raw.channels))]
    if len(names) != len(raw.channels):
        raise StoreError(
            f"store {raw.name!r} has {count(len(raw.channels), 'channel')} (numbers "
            f"{listed(raw.channels)}), but stores.{raw.name}.channels gives "
            f"{count(len(names), 'name')} ({listed(names)}); give one name for each channel"
        )
    return list(names)


def _epoc_task(
    block: RawBlock,
    store: str,
    settings: Mapping[str, Any],
    folder: DatasetFolder,
    compression: str,
) -> EpocTask:
    raw = block.epoc(store)
    columns = {
        name: EpocColumn(
            dtype=dtype, unit=_unit(name, settings["unit"]), meaning=raw.meanings[name]
        )
        for name, dtype in _dtypes(raw).items()
    }
    header = EpocHeader(
        source=block.source, name=folder.name, columns=columns, other=dict(raw.other)
    )
    return EpocTask(raw, EpocWriter(folder, header, compression))


def _dtypes(raw: RawEpoc) -> dict[str, str]:
    """Dtype of each column, as metadata name it."""
    found = {
        name: "string" if values.dtype == object else values.dtype.name
        for name, values in raw.columns.items()
    }
    return found | {
        name: f"{cells.dtype.name}[{cells.length}]" for name, cells in raw.lists.items()
    }


def _unit(column: str, unit: str) -> str:
    if column in ("onset", "offset"):
        return "s"
    return unit if column in ("data", "waveform") else ""
