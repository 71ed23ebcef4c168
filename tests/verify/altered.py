"""Datasets replaced by sound ones of other values, as nobody should but somebody might."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np

from dspant.dataset.epoc import Epoc, column_values
from dspant.dataset.epoc_writer import EpocHeader, EpocWriter
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream import Stream
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter


def alter_stream(folder: DatasetFolder, change: Callable[[np.ndarray], None]) -> None:
    """Change stored values, channels x samples, in place, and publish them with their digest."""
    stream = Stream(folder.path)
    values = np.concatenate([np.stack(columns) for _, columns in stream.chunks()], axis=1)
    metadata, base = stream.metadata, stream.metadata.base
    header = StreamHeader(
        source=metadata.source,
        name=base.name,
        fs_hz=base.fs,
        channels=base.channel_names,
        units=base.channel_units,
        segments=stream.segments,
        dtype=base.channel_types[0],
        scales=base.channel_scales,
        other=metadata.other,
        node=metadata.dspant.node,
        steps=metadata.dspant.steps,
        inputs=metadata.dspant.inputs,
    )
    change(values)
    with StreamWriter(folder, header, "none") as writer:
        writer.write(values)
        writer.finish(Provenance())


def alter_epoc(folder: DatasetFolder, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    """Change columns in place, and publish them with their digest."""
    epoc = Epoc(folder.path)
    columns = {name: np.array(column_values(epoc.table[name])) for name in epoc.table.column_names}
    stated = {
        "source": epoc.metadata.source,
        "name": epoc.name,
        "columns": epoc.metadata.base.columns,
        "other": epoc.metadata.other,
        "node": epoc.metadata.dspant.node,
        "steps": epoc.metadata.dspant.steps,
        "inputs": epoc.metadata.dspant.inputs,
    }
    known = {field.name for field in fields(EpocHeader)}
    header = EpocHeader(**{key: value for key, value in stated.items() if key in known})
    change(columns)
    with EpocWriter(folder, header, "none") as writer:
        writer.write(columns)
        writer.finish(Provenance())
