"""Streams of a block: what there is of each, and reading it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.errors import MissingFileError, RawDataError, TruncatedError
from dspant.readers.raw import RawStream
from dspant.readers.tdt.chunks import ChunkTable, chunk_table
from dspant.readers.tdt.clock import clock_doubts
from dspant.readers.tdt.gaps import check_breaks, continuity, described_gaps, segments
from dspant.readers.tdt.gather import ChunkedPieces, ContinuousPieces
from dspant.readers.tdt.index import KIND_BITS, STREAM, UNIQUE_FILES_BIT
from dspant.readers.tdt.sev import SevHeader, read_sev_header, sev_headers
from dspant.readers.tdt.truncation import Wholeness, check_whole
from dspant.readers.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

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


def survey_stream(files: BlockFiles, index: Index, store: str) -> StreamSurvey:
    """Find the chunks of a store and the files they lie in.

    Raises
    ------
    RawDataError
        Records contradict each other, or a file is missing.
    GapError
        A channel has two chunks of the same time.
    """
    records = index.of_store(store)
    table = chunk_table(store, records, index.start_unix_s)
    if table.in_sev:
        headers = sev_headers(files, store, table.channels.tolist())
        _check_headers(table, int(records["format"][0]), headers)
        paths = [header.path for header in headers]
        sizes = np.array([path.stat().st_size for path in paths])
        names, notes = "its .sev files", []
    else:
        if not files.tev.is_file():
            raise MissingFileError(
                f"store {store!r}: its samples lie in {files.tev.name}, which is missing; copy it "
                f"into the block's folder, or leave the store out of the config"
            )
        paths = [files.tev]
        sizes = np.array(files.tev_bytes)
        names, notes = f"{files.tev.name} ({files.tev_bytes} bytes)", _unused_sev(files, store)
    return StreamSurvey(records[0], Wholeness(table, table.held(sizes), names), paths, notes)


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
    start_s = table.start_s[kept]
    found = continuity(start_s, table.fs_hz, table.chunk_samples)
    check_breaks(table.store, found, gaps=gaps)
    notes = [*survey.notes, *clock_doubts(table, found)]
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
            offsets=table.offsets[kept],
        ),
        other=_other(survey, float(start_s[0])),
        warnings=warnings,
    )


def survey_sev(files: BlockFiles, store: str) -> list[SevHeader]:
    """Headers of a store that has .sev files but no records in the index, by channel.

    Raises
    ------
    RawDataError
        A channel's file is missing, or files differ in rate or format.
    """
    found = files.sev_by_channel(store)
    total = max(read_sev_header(path).channels for path in found.values())
    numbers = sorted({*found, *range(1, total + 1)})
    headers = sev_headers(files, store, numbers)
    first = headers[0]
    for header in headers:
        if (header.fs_hz, header.format) != (first.fs_hz, first.format):
            raise RawDataError(
                f"store {store!r}: {header.path.name} has {header.dtype.name} at {header.fs_hz} "
                f"Hz, but {first.path.name} has {first.dtype.name} at {first.fs_hz} Hz; a stream "
                f"has one of each: leave the store out of the config"
            )
    return headers


def open_sev_stream(store: str, headers: Sequence[SevHeader], *, truncated: str) -> RawStream:
    """Take a stream from .sev files alone.

    Raises
    ------
    TruncatedError
        A file holds less than its header announces, or less than another, and ``truncated`` is not
        ``keep``.
    """
    first = headers[0]
    announced = max(max(header.announced_samples, header.samples) for header in headers)
    samples = min(header.samples for header in headers)
    warnings = [
        f"store {store!r}: the index (.tsq) does not say when it begins; its .sev files are taken "
        f"to begin with the block"
    ]
    if samples < announced:
        lack = (
            f"store {store!r}: its .sev files hold {samples} of {announced} samples in channel "
            f"{min(headers, key=lambda header: header.samples).channel}"
        )
        if truncated == "error" or not samples:
            raise TruncatedError(
                f"{lack}; copy the block again, or set stores.{store}.truncated: keep to take "
                f"what all channels have ({samples / first.fs_hz:.6f} s)"
            )
        warnings.append(f"{lack}; kept {samples} samples ({samples / first.fs_hz:.6f} s)")
    channels = [header.channel for header in headers]
    return RawStream(
        name=store,
        fs_hz=first.fs_hz,
        dtype=first.dtype,
        channels=channels,
        segments=[(0, samples, 0.0)] if samples else [],
        pieces=ContinuousPieces(
            [header.path for header in headers], first.dtype, first.fs_hz, samples
        ),
        other={
            "code": int.from_bytes(store.encode("cp437").ljust(4, b"\0"), "little"),
            "size": 0,
            "type": STREAM | UNIQUE_FILES_BIT,
            "type_str": "streams",
            "ucf": "True",
            "dform": first.format,
            "start_time": 0.0,
            "channel": [str(channel) for channel in channels],
        },
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
    numbers: NDArray[np.uint16] = table.channels
    for channel, header in zip(numbers.tolist(), headers, strict=True):
        if (header.channel, header.format) != (channel, number):
            raise RawDataError(
                f"store {table.store!r}: {header.path.name} says it holds channel "
                f"{header.channel} as {header.dtype.name}, but the index (.tsq) says channel "
                f"{channel} as {table.dtype.name}; the files are not of one recording: copy the "
                f"block again"
            )


def _unused_sev(files: BlockFiles, store: str) -> list[str]:
    found = files.sev_by_channel(store)
    if not found:
        return []
    return [
        f"left alone {count(len(found), '.sev file')} of this name, since the index (.tsq) says "
        f"that the samples lie in {files.tev.name}"
    ]
