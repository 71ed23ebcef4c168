"""All that a recording's page and summary are made from: its datasets, opened and surveyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.recording import open_dataset
from dspant.dataset.stream import Stream
from dspant.engine.lazy import LazyStream
from dspant.ops.registry import nothing_more, operations
from dspant.report.envelope import Outline, OutlineMaker
from dspant.report.families.registry import Table, family_of
from dspant.report.overlay import Overlay
from dspant.report.passes import Listener, read_once
from dspant.report.quality import Quality, QualityMeter, mains_ratios
from dspant.report.stream_figures import outline_bins

Dataset = Stream | Epoc


@dataclass(frozen=True, eq=False)
class OpenedRecording:
    """Datasets of one recording, in the order of the page.

    Parameters
    ----------
    line_hz
        Frequency of the mains, where the config states it.
    """

    datasets: dict[str, Dataset]
    line_hz: float | None
    outlines: dict[str, Outline] = field(default_factory=dict)
    quality: dict[str, dict[str, Quality]] = field(default_factory=dict)

    @property
    def streams(self) -> dict[str, Stream]:
        return {name: d for name, d in self.datasets.items() if isinstance(d, Stream)}

    @property
    def epocs(self) -> dict[str, Epoc]:
        return {name: d for name, d in self.datasets.items() if isinstance(d, Epoc)}

    @cached_property
    def span_s(self) -> tuple[float, float]:
        """Start and end of what was recorded, in seconds from block start."""
        starts, ends = [0.0], [0.0]
        for stream in self.streams.values():
            for _, count, start_s in stream.segments:
                starts.append(start_s)
                ends.append(start_s + count / stream.fs_hz)
        for epoc in self.epocs.values():
            offset = epoc.table["offset"].to_numpy()
            ends.append(float(np.max(offset, where=np.isfinite(offset), initial=0.0)))
        return min(starts), max(ends) if max(ends) > min(starts) else min(starts) + 1.0

    def inputs(self, name: str) -> list[str]:
        """What a dataset was made from; of another recording as ``recording/dataset``."""
        return list(self.datasets[name].metadata.dspant.inputs)

    def parent(self, name: str) -> Stream | None:
        """The stream a dataset was made from, where it is one of this recording."""
        streams = [self.streams[taken] for taken in self.inputs(name) if taken in self.streams]
        return streams[0] if streams else None

    def table(self, name: str) -> Table:
        """An epoc as figure functions see it."""
        epoc = self.epocs[name]
        parent = self.parent(name)
        steps = [
            step
            for step in epoc.metadata.dspant.steps[:-1]
            if (known := operations().get(step["op"])) is None or known.makes == "stream"
        ]
        alone = all(_takes_nothing_more(step) for step in steps)
        signal = LazyStream(parent, steps) if parent is not None and alone else None
        inputs = [self.epocs[taken] for taken in self.inputs(name) if taken in self.epocs]
        return Table(epoc, signal, self.span_s, tuple(inputs))

    def overlays(self, name: str) -> list[Overlay]:
        """Events found in a stream, or else in what was made from it."""
        front, seen = [name], {name}
        while front:
            children = [c for c in self.datasets if set(self.inputs(c)) & set(front)]
            found = [o for child in children if (o := self.overlay(child)) is not None]
            if found:
                return found
            front = [c for c in children if c in self.streams and c not in seen]
            seen.update(front)
        return []

    def overlay(self, name: str) -> Overlay | None:
        """What an epoc lays over its stream; nothing where it has no rows."""
        epoc = self.epocs.get(name)
        if epoc is None or epoc.events == 0:
            return None
        return family_of(epoc).overlay(self.table(name))


def open_and_survey(
    datasets: Sequence[str | Path],
    names: Sequence[str],
    line_hz: float | None,
    listen: Callable[[OpenedRecording], Mapping[str, Listener]] | None = None,
) -> OpenedRecording:
    """Open all datasets and go through each stream once.

    Parameters
    ----------
    datasets
        Their folders, or files in them.
    names
        The order of the page; datasets that it does not name follow in the order given.
    listen
        Gives, once all datasets are open, who else wants the values of each stream.

    Raises
    ------
    DatasetError
        A dataset is missing, cut or altered.
    """
    folders = {(folder := DatasetFolder.at(path)).name: folder.path for path in datasets}
    order = [name for name in names if name in folders]
    order += [name for name in folders if name not in order]
    recording = OpenedRecording({name: open_dataset(folders[name]) for name in order}, line_hz)
    others = listen(recording) if listen else {}
    for name, stream in recording.streams.items():
        bins = outline_bins(len(stream.channels), len(recording.streams))
        maker = OutlineMaker(stream, bins)
        meter = QualityMeter(len(stream.channels), stream.fs_hz)
        raw = stream.metadata.dspant.node is None
        listeners = _listeners(maker, meter if raw else None, others.get(name))
        read_once(stream, list(listeners))
        recording.outlines[name] = maker.outline()
        if raw:
            measured = meter.qualities(
                stream.metadata.base.channel_units, mains_ratios(stream, line_hz)
            )
            recording.quality[name] = dict(zip(stream.channels, measured, strict=True))
    return recording


def _takes_nothing_more(step: dict[str, Any]) -> bool:
    """Whether a step needs no dataset besides the stream it is given."""
    known = operations().get(step["op"])
    return known is None or (len(known.takes) == 1 and known.also_takes is nothing_more)


def _listeners(*wanted: Listener | None) -> Iterator[Listener]:
    yield from (listener for listener in wanted if listener is not None)
