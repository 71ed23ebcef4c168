"""Streams whose .sev files stand for themselves: those that the index has no chunks of, as an RS4
or OpenEx leaves them, and those that are split into hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dspant.errors import GapError, TruncatedError
from dspant.readers.raw import RawStream
from dspant.readers.tdt.chunks import ChunkTable, chunk_table
from dspant.readers.tdt.gaps import continuity
from dspant.readers.tdt.gather import ContinuousPieces
from dspant.readers.tdt.index import STREAM, UNIQUE_FILES_BIT
from dspant.readers.tdt.sev_channels import SevChannel, channel_doubts, read_channels
from dspant.readers.tdt.sev_log import SevLog, read_log, runs
from dspant.wording import count, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dspant.readers.raw import Segment
    from dspant.readers.tdt.files import BlockFiles
    from dspant.readers.tdt.index import Index


@dataclass(frozen=True)
class SevSurvey:
    """What the headers and the log of a store say, before a sample is read.

    ``begin_s`` is where the first sample that was saved lies by the index, in seconds from block
    start; None where the index does not have the store.
    """

    store: str
    channels: Sequence[SevChannel]
    log: SevLog | None
    begin_s: float | None
    doubts: Sequence[str]

    @property
    def fs_hz(self) -> float:
        return self.channels[0].parts[0].fs_hz

    @property
    def announced_samples(self) -> int:
        return max(channel.announced_samples for channel in self.channels)

    @property
    def samples(self) -> int:
        """Samples that all channels hold."""
        return min(channel.samples for channel in self.channels)

    @property
    def lack(self) -> str:
        """In words: samples that are announced and not there."""
        if self.samples == self.announced_samples:
            return ""
        least = min(self.channels, key=lambda channel: channel.samples)
        return (
            f"its .sev files hold {self.samples} of {self.announced_samples} samples in channel "
            f"{least.number}"
        )

    @property
    def segments(self) -> list[Segment]:
        """Unbroken runs, by the log where there is one."""
        if not self.samples:
            return []
        log = self.log or SevLog("")
        found = runs(self.store, log, self.announced_samples, self.samples, self.fs_hz)
        shift_s = 0.0 if self.begin_s is None else self.begin_s - found[0][2]
        return [(first, number, start_s + shift_s) for first, number, start_s in found]

    @property
    def knows_its_start(self) -> bool:
        return self.log is not None or self.begin_s is not None

    @property
    def gaps(self) -> str:
        """In words: pauses that the log tells of."""
        if self.log is None or not self.log.gaps:
            return ""
        places = [
            f"{(new - last - 1) / self.fs_hz:.6f} s from {last / self.fs_hz:.6f} s"
            for last, new in self.log.gaps
        ]
        return f"{count(len(places), 'gap')} by {self.log.file}: {listed(places)}"


def stands_for_itself(files: BlockFiles, index: Index, store: str) -> bool:
    """Whether a stream has to be read without the chunks of the index."""
    hours = {hour for _, hour in files.sev_by_channel(store)}
    if not hours:
        return False
    if store not in index.names:
        return True
    in_sev = bool(index.first(store)["type"] & UNIQUE_FILES_BIT)
    return in_sev and hours != {0}


def survey_sev(files: BlockFiles, index: Index, store: str) -> SevSurvey:
    """Read the headers and the log of a store that stands for itself.

    Raises
    ------
    RawDataError
        A file is missing, or files contradict each other or the index.
    """
    table = None
    if store in index.names:
        table = chunk_table(index, store)
    channels = read_channels(files, store, None if table is None else table.channels.tolist())
    log = read_log(files, store)
    found = SevSurvey(
        store,
        channels,
        log,
        None if table is None else float(table.start_s[0]),
        channel_doubts(store, channels),
    )
    doubts = [*found.doubts, *([] if table is None else _index_doubts(table, found))]
    if not found.knows_its_start:
        doubts.append(
            "the index (.tsq) does not say when it begins; its .sev files are taken to begin with "
            "the block"
        )
    return replace(found, doubts=doubts)


def _index_doubts(table: ChunkTable, found: SevSurvey) -> list[str]:
    """In words: what the index says otherwise than files that are split into hours."""
    doubts = []
    indexed = len(table.start_s) * table.chunk_samples
    if indexed != found.announced_samples:
        doubts.append(
            f"the index (.tsq) has {indexed} samples, its .sev files {found.announced_samples}"
        )
    if continuity(table.start_s, table.fs_hz, table.chunk_samples).gaps and not found.gaps:
        doubts.append("the index (.tsq) has gaps, which files split into hours do not show")
    if np.float32(table.fs_hz) != np.float32(found.fs_hz):
        doubts.append(f"{table.fs_hz} Hz by the index (.tsq), {found.fs_hz} Hz by its .sev files")
    return doubts


def open_sev_stream(found: SevSurvey, *, gaps: str, truncated: str) -> RawStream:
    """Take a stream from .sev files alone.

    Raises
    ------
    TruncatedError
        A file holds less than its header announces, or less than another, and ``truncated`` is not
        ``keep``.
    GapError
        The log tells of gaps, and ``gaps`` is not ``segment``.
    """
    store, samples = found.store, found.samples
    if found.lack and (truncated == "error" or not samples):
        raise TruncatedError(
            f"store {store!r}: {found.lack}; copy the block again, or set "
            f"stores.{store}.truncated: keep to take what all channels have "
            f"({samples / found.fs_hz:.6f} s)"
        )
    if found.gaps and gaps == "error":
        raise GapError(
            f"store {store!r}: {found.gaps}; set stores.{store}.gaps: segment to keep the "
            f"unbroken runs"
        )
    kept = f"; kept {samples} samples ({samples / found.fs_hz:.6f} s)"
    warnings = [*found.doubts, *([found.lack + kept] if found.lack else []), found.gaps]
    segments = found.segments
    first, numbers = found.channels[0].parts[0], [channel.number for channel in found.channels]
    start_s = segments[0][2] if segments else 0.0
    return RawStream(
        name=store,
        fs_hz=found.fs_hz,
        dtype=first.dtype,
        channels=numbers,
        segments=segments,
        pieces=ContinuousPieces(
            channels=[[(p.path, p.samples) for p in c.parts] for c in found.channels],
            dtype=first.dtype,
            fs_hz=found.fs_hz,
            samples_in_all=samples,
            begin_s=start_s,
        ),
        other={
            "code": int.from_bytes(store.encode("cp437").ljust(4, b"\0"), "little"),
            "size": 0,
            "type": STREAM | UNIQUE_FILES_BIT,
            "type_str": "streams",
            "ucf": "True",
            "dform": first.format,
            "start_time": start_s,
            "channel": [str(number) for number in numbers],
        },
        warnings=[f"store {store!r}: {warning}" for warning in warnings if warning],
    )
