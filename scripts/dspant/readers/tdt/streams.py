"""Streams of a block: what there is of each, and reading it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.errors import MissingFileError, RawDataError
from dspant.readers.raw import RawStream
from dspant.readers.tdt.chunks import ChunkTable, chunk_table
from dspant.readers.tdt.clock import clock_doubts
from dspant.readers.tdt.file_order import file_order_doubts
from dspant.readers.tdt.gaps import check_breaks, continuity, described_gaps, segments
from dspant.readers.tdt.gather import ChunkedPieces
from dspant.readers.tdt.index import KIND_BITS, UNIQUE_FILES_BIT
from dspant.readers.tdt.sev import SevHeader, header_doubts
from dspant.readers.tdt.sev_channels import read_channels
from dspant.readers.tdt.truncation import Wholeness, check_whole
from dspant.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dspant.readers.tdt.files import BlockFiles
    from dspant.readers.tdt.index import Index


@dataclass(frozen=True, eq=False)
class StreamSurvey:
    """What the index and the sizes of files say of one stream, before a sample is read."""

    record: np.void
    whole: Wholeness
    paths: Sequence[Path]
    notes: Sequence[str]

    @property
    def table(self) -> ChunkTable:
        return self.whole.table

    @cached_property
    def order_doubts(self) -> list[str]:
        """In words: chunks that lie elsewhere in their file than a recorder puts them."""
        return file_order_doubts(self.table)


def survey_stream(files: BlockFiles, index: Index, store: str) -> StreamSurvey:
    """Find the chunks of a store and the files they lie in.

    Raises
    ------
    RawDataError
        Records contradict each other, or a file is missing.
    GapError
        A channel has two chunks of the same time.
    """
    record = index.first(store)
    table = chunk_table(index, store)
    if table.in_sev:
        channels = read_channels(files, store, table.channels.tolist())
        headers = [channel.parts[0] for channel in channels]
        _check_headers(table, int(record["format"]), headers)
        paths = [header.path for header in headers]
        sizes = np.array([path.stat().st_size for path in paths])
        names, notes = "its .sev files", _sev_doubts(table, headers)
    else:
        if not files.tev.is_file():
            raise MissingFileError(
                f"store {store!r}: its samples lie in {files.tev.name}, which is missing; copy it "
                f"into the block's folder, or leave the store out of the config"
            )
        paths = [files.tev]
        sizes = np.array(files.tev_bytes)
        names, notes = f"{files.tev.name} ({files.tev_bytes} bytes)", _unused_sev(files, store)
    whole = Wholeness(table, table.held(sizes), names, index.lack)
    return StreamSurvey(record, whole, paths, notes)


def open_stream(survey: StreamSurvey, *, gaps: str, truncated: str) -> RawStream:
    """Decide what of a stream is taken; nothing is read yet.

    Raises
    ------
    TruncatedError
        Chunks are missing, and ``truncated`` is not ``keep``.
    GapError
        Chunks overlap, or leave gaps and ``gaps`` is not ``segment``.
    """
    table, whole = survey.table, survey.whole
    lacks = check_whole(whole, truncated=truncated)
    kept = whole.complete
    all_kept = kept.all()
    start_s = table.start_s if all_kept else table.start_s[kept]
    found = continuity(start_s, table.fs_hz, table.chunk_samples)
    check_breaks(table.store, found, gaps=gaps)
    notes = [*survey.notes, *clock_doubts(table, found), *survey.order_doubts]
    warnings = [f"store {table.store!r}: {note}" for note in notes]
    if lacks:
        warnings.append(f"store {table.store!r}: {'; '.join(lacks)}; kept {whole.kept}")
    if found.gaps:
        warnings.append(
            f"store {table.store!r}: kept as {len(found.first_steps)} segments: "
            f"{described_gaps(found)}"
        )
    return RawStream(
        name=table.store,
        fs_hz=table.fs_hz,
        dtype=table.dtype,
        channels=table.channels.tolist(),
        segments=segments(start_s, found.first_steps, table.chunk_samples),
        pieces=ChunkedPieces(
            paths=survey.paths,
            dtype=table.dtype,
            chunk_bytes=table.chunk_bytes,
            start_s=start_s,
            offsets=table.offsets if all_kept else table.offsets[kept],
        ),
        other=_other(survey, float(start_s[0])),
        warnings=warnings,
    )


def _other(survey: StreamSurvey, start_s: float) -> dict[str, Any]:
    record, table = survey.record, survey.table
    return {
        "code": int(record["code"]),
        "size": int(record["size"]),
        "type": int(record["type"]) & (KIND_BITS | UNIQUE_FILES_BIT),
        "type_str": "streams",
        "ucf": str(table.in_sev),
        "dform": int(record["format"]),
        "start_time": start_s,
        "channel": [str(channel) for channel in table.channels.tolist()],
    }


def _check_headers(table: ChunkTable, number: int, headers: Sequence[SevHeader]) -> None:
    for header in headers:
        if header.format != number:
            raise RawDataError(
                f"store {table.store!r}: {header.path.name} says it holds {header.dtype.name}, but "
                f"the index (.tsq) says {table.dtype.name}; the files are not of one recording: "
                f"copy the block again"
            )


def _sev_doubts(table: ChunkTable, headers: Sequence[SevHeader]) -> list[str]:
    found = [d for h in headers for d in header_doubts(table.store, h, len(headers))]
    ends = table.offsets.max(axis=0, initial=0) + table.chunk_bytes
    for header, end in zip(headers, ends.tolist(), strict=True):
        if np.float32(header.fs_hz) != np.float32(table.fs_hz):
            found.append(
                f"{header.path.name} says {header.fs_hz} Hz, the index (.tsq) {table.fs_hz} Hz"
            )
        more_bytes = header.path.stat().st_size - end
        if more_bytes > 0:
            found.append(
                f"{header.path.name} goes on for {more_bytes} bytes after the last whole chunk"
            )
    return found


def _unused_sev(files: BlockFiles, store: str) -> list[str]:
    found = files.sev_by_channel(store)
    if not found:
        return []
    return [
        f"left alone {count(len(found), '.sev file')} of this name, since the index (.tsq) says "
        f"that the samples lie in {files.tev.name}"
    ]
