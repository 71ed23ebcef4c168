"""The .Tbk file of a TDT block: its times, its stores and where each second of the index is."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dspant.simulate.tdt_index import (
    SCALAR,
    SNIP,
    STREAM,
    STROBE_OFF,
    STROBE_ON,
    TSQ_RECORD_BYTES,
    UNIQUE_FILES,
)
from dspant.simulate.tdt_stores import DATA_FORMATS, Block, EpocStore

DELIMITER = b"[USERNOTEDELIMITER]"
STORE_END = b"[STOREHDRITEM]"
INDEXED_SECONDS = 36_000
CIRCULAR_STREAM = 5
CIRCULAR_EVENT = 3


def tbk_bytes(block: Block, index: NDArray[np.void], *, tank: str, name: str) -> bytes:
    """Return the .Tbk of block ``name`` in ``tank``: three delimited sections and the time table.

    ``index`` is the laid-out index, (records,) in file order; its first record is the start mark.
    """
    start_unix_s, stop_unix_s = index["timestamp"][0], index["timestamp"][-1]
    comment = f"Standard Data Tank\n  Path:  {tank}\\{name}\\{tank}_{name}\n  Expected Duration:  1"
    stores = b"".join(_store_header(store) for store in _stores(block))
    store_section = DELIMITER + stores + DELIMITER + b"\0"

    def head(title: str, section_bytes: int) -> bytes:
        return struct.pack(
            "<4s32s32s256sddi",
            b"\x01\x004\x12",
            title.encode()[:31],
            b"TDT",
            comment.encode()[:255],
            start_unix_s,
            stop_unix_s,
            section_bytes,
        )

    empty_section = DELIMITER + b"\0"
    return b"".join(
        [
            head("Tank_Information", len(empty_section)),
            empty_section,
            bytes(4),
            head(name, len(store_section)),
            store_section,
            struct.pack("<i", INDEXED_SECONDS),
            _second_table(index).tobytes(),
        ]
    )


def _second_table(index: NDArray[np.void]) -> NDArray[np.int64]:
    table = np.zeros(INDEXED_SECONDS, "<i8")
    times = index["timestamp"]
    seconds = np.arange(min(INDEXED_SECONDS, int(times[-1] - times[0]) + 1))
    table[: len(seconds)] = TSQ_RECORD_BYTES * (1 + np.searchsorted(times, times[0] + seconds))
    return table


def _store_header(fields: dict[str, str | int | float]) -> bytes:
    lines = (
        f"NAME={name};TYPE={'T' if isinstance(value, str) else 'L'};VALUE={_text(value)};\r\n"
        for name, value in fields.items()
    )
    return "".join(lines).encode() + STORE_END


def _text(value: str | int | float) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _stores(block: Block) -> Iterator[dict[str, str | int | float]]:
    for stream in block.streams:
        yield _fields(
            stream.name,
            kind=STREAM | (UNIQUE_FILES if stream.sev else 0),
            circular=CIRCULAR_STREAM,
            channels=len(stream.channels),
            points=stream.chunk_samples,
            data_format=DATA_FORMATS[stream.data.dtype.name],
            fs_hz=stream.stored_fs_hz,
        )
    for snip in block.snips:
        yield _fields(
            snip.name,
            kind=SNIP,
            circular=CIRCULAR_STREAM,
            channels=int(snip.channel.max(initial=0)),
            points=snip.waveforms.shape[1],
            data_format=DATA_FORMATS[snip.waveforms.dtype.name],
            fs_hz=float(np.float32(snip.fs_hz)),
        )
    for scalar in block.scalars:
        yield _fields(scalar.name, kind=SCALAR, channels=len(scalar.data))
    for epoc in block.epocs:
        yield from _epoc_stores(epoc)


def _epoc_stores(epoc: EpocStore) -> Iterator[dict[str, str | int | float]]:
    yield _fields(epoc.name, kind=STROBE_ON, head=f"{epoc.name}/", strobe=1)
    if epoc.offset_name is not None:
        yield _fields(
            epoc.offset_name,
            kind=STROBE_OFF,
            head=f"{epoc.name}\\",
            strobe=2,
            buddy=epoc.name,
        )


def _fields(
    name: str,
    *,
    kind: int,
    head: str | None = None,
    circular: int = CIRCULAR_EVENT,
    channels: int = 0,
    strobe: int = 0,
    buddy: str = "",
    points: int = 0,
    data_format: int = DATA_FORMATS["float64"],
    fs_hz: float = 0.0,
) -> dict[str, str | int | float]:
    return {
        "StoreName": name,
        "HeadName": name if head is None else head,
        "Enabled": 1,
        "CircType": circular,
        "NumChan": channels,
        "StrobeMode": strobe,
        "StrobeBuddy": buddy,
        "SecTag": "",
        "TankEvType": kind,
        "NumPoints": points,
        "DataFormat": data_format,
        "SampleFreq": fs_hz,
    }
