"""The index of a TDT block (.tsq) as a NumPy record array, before anything is written."""

from __future__ import annotations

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from dspant.simulate.tdt_stores import (
    DATA_FORMATS,
    WORD_BYTES,
    Block,
    EpocStore,
    ScalarStore,
    SnipStore,
    StreamStore,
)

STROBE_ON = 0x0101
STROBE_OFF = 0x0102
SCALAR = 0x0201
STREAM = 0x8101
SNIP = 0x8201
MARK = 0x8801
UNIQUE_FILES = 0x0010

START_CODE = b"\x01"
STOP_CODE = b"\x02"
HEADER_WORDS = 10
MARK_WORDS = 20
TSQ_RECORD_BYTES = 40
SEV_HEADER_BYTES = 40
FIRST_TEV_OFFSET = 80
PAYLOAD_ALIGNMENT = 8

TSQ_DTYPE = np.dtype(
    [
        ("size", "<i4"),
        ("type", "<u4"),
        ("code", "S4"),
        ("channel", "<u2"),
        ("sort", "<u2"),
        ("timestamp", "<f8"),
        ("offset", "<i8"),
        ("format", "<i4"),
        ("fs", "<f4"),
    ]
)
"""One 40-byte record of the .tsq file."""

INDEX_DTYPE = np.dtype(
    [*TSQ_DTYPE.descr, ("source", "<i4"), ("row", "<i4"), ("step", "<i8")],
)
"""A .tsq record and what it points to: store number, row and chunk (or event) of its samples.

``source`` counts the block's streams, then its snips; -1 where the record has no samples.
"""


def build_index(block: Block) -> NDArray[np.void]:
    """Return all records of ``block`` in time order, (records,) of INDEX_DTYPE, without offsets.

    Timestamps are start_unix_s + start_s + step * chunk / fs, with fs as the float32 the record
    carries. Records of one instant keep the order of the stores; within a store channels go from
    the highest to the lowest, as Synapse files them.
    """
    streams, snips = list(block.streams), list(block.snips)
    parts = chain(
        (_stream_records(block, stream, source) for source, stream in enumerate(streams)),
        (_snip_records(block, snip, len(streams) + n) for n, snip in enumerate(snips)),
        (_scalar_records(block, scalar) for scalar in block.scalars),
        chain.from_iterable(_epoc_records(block, epoc) for epoc in block.epocs),
    )
    events = np.concatenate([_records(0), *parts])
    events = events[np.argsort(events["timestamp"], kind="stable")]
    stop_unix_s = max(block.start_unix_s + block.stop_s, *events["timestamp"][-1:], 0.0)
    start = _mark(START_CODE, block.start_unix_s)
    return np.concatenate([start, events, _mark(STOP_CODE, stop_unix_s)])


def lay_out(index: NDArray[np.void]) -> NDArray[np.void]:
    """Return a copy of ``index`` with the byte offset of every record's samples filled in.

    Samples follow each other in index order from byte 80 of the .tev on, each chunk starting on a
    multiple of 8 bytes because the TDT SDK divides differences of offsets by the item size. Records
    with the unique-files bit point into their channel's .sev. The stop mark carries the length of
    the .tev.
    """
    index = index.copy()
    size_bytes = payload_bytes(index)
    in_tev = is_in_tev(index)
    padded = -(-size_bytes[in_tev] // PAYLOAD_ALIGNMENT) * PAYLOAD_ALIGNMENT
    index["offset"][in_tev] = FIRST_TEV_OFFSET + np.cumsum(padded) - padded
    in_sev = has_payload(index) & ~in_tev
    index["offset"][in_sev] = SEV_HEADER_BYTES + index["step"][in_sev] * size_bytes[in_sev]
    ends = index["offset"][in_tev] + size_bytes[in_tev]
    is_mark = index["type"] == MARK
    index["offset"][is_mark & (index["code"] == START_CODE)] = TSQ_RECORD_BYTES
    index["offset"][is_mark & (index["code"] == STOP_CODE)] = ends.max(initial=FIRST_TEV_OFFSET)
    return index


def has_payload(index: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell which records point to samples."""
    return index["source"] >= 0


def is_in_tev(index: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell which records point to samples in the .tev."""
    return has_payload(index) & (index["type"] & UNIQUE_FILES == 0)


def payload_bytes(index: NDArray[np.void]) -> NDArray[np.int64]:
    """Return the bytes of samples each record points to."""
    words = index["size"].astype(np.int64) - HEADER_WORDS
    return np.where(has_payload(index), words * WORD_BYTES, 0)


def _records(count: int) -> NDArray[np.void]:
    records = np.zeros(count, INDEX_DTYPE)
    records["source"] = -1
    records["size"] = HEADER_WORDS
    return records


def _mark(code: bytes, unix_s: float) -> NDArray[np.void]:
    mark = _records(1)
    mark["type"] = MARK
    mark["code"] = code
    mark["size"] = MARK_WORDS
    mark["timestamp"] = unix_s
    return mark


def _stream_records(block: Block, stream: StreamStore, source: int) -> NDArray[np.void]:
    rows, samples = stream.data.shape
    chunk = stream.chunk_samples
    steps = samples // chunk
    rows_high_to_low = np.argsort(stream.channels)[::-1]
    records = _records(rows * steps)
    records["source"] = source
    records["step"] = np.repeat(np.arange(steps), rows)
    records["row"] = np.tile(rows_high_to_low, steps)
    records["channel"] = np.asarray(stream.channels)[records["row"]]
    records["type"] = STREAM | (UNIQUE_FILES if stream.sev else 0)
    records["code"] = stream.name.encode()
    records["size"] += chunk * stream.data.itemsize // WORD_BYTES
    records["format"] = DATA_FORMATS[stream.data.dtype.name]
    records["fs"] = stream.fs_hz
    elapsed_s = stream.start_s + records["step"] * chunk / stream.stored_fs_hz
    records["timestamp"] = block.start_unix_s + elapsed_s
    return records


def _snip_records(block: Block, snip: SnipStore, source: int) -> NDArray[np.void]:
    records = _records(len(snip.time_s))
    records["source"] = source
    records["step"] = np.arange(len(snip.time_s))
    records["channel"] = snip.channel
    records["sort"] = snip.sort_code
    records["type"] = SNIP
    records["code"] = snip.name.encode()
    records["size"] += snip.waveforms.shape[1] * snip.waveforms.itemsize // WORD_BYTES
    records["format"] = DATA_FORMATS[snip.waveforms.dtype.name]
    records["fs"] = snip.fs_hz
    records["timestamp"] = block.start_unix_s + snip.time_s
    return records


def _scalar_records(block: Block, scalar: ScalarStore) -> NDArray[np.void]:
    rows, events = scalar.data.shape
    # Synapse files channel 1 first, then the others from the highest down.
    order = np.concatenate([[0], np.arange(rows - 1, 0, -1)])
    records = _records(rows * events)
    records["channel"] = np.tile(order + 1, events)
    records["type"] = SCALAR
    records["code"] = scalar.name.encode()
    records["format"] = DATA_FORMATS["float64"]
    records["offset"] = np.ascontiguousarray(scalar.data[order].T).ravel().view(np.int64)
    records["timestamp"] = block.start_unix_s + np.repeat(scalar.time_s, rows)
    return records


def _epoc_records(block: Block, epoc: EpocStore) -> list[NDArray[np.void]]:
    onsets = _records(len(epoc.onset_s))
    onsets["type"] = STROBE_ON
    onsets["code"] = epoc.name.encode()
    onsets["format"] = DATA_FORMATS["float64"]
    onsets["offset"] = np.ascontiguousarray(epoc.data).view(np.int64)
    onsets["timestamp"] = block.start_unix_s + epoc.onset_s
    # An epoc has no rate: TDT keeps the number of its note in that field.
    onsets["fs"] = _note_numbers(block, epoc).view(np.float32)
    if epoc.offset_s is None:
        return [onsets]
    offsets = onsets.copy()
    offsets["type"] = STROBE_OFF
    offsets["code"] = epoc.offset_name.encode()
    offsets["channel"], offsets["sort"] = np.frombuffer(epoc.name.encode(), "<u2")
    offsets["timestamp"] = block.start_unix_s + epoc.offset_s
    offsets["fs"] = 0
    return [onsets, offsets]


def _note_numbers(block: Block, epoc: EpocStore) -> NDArray[np.uint32]:
    numbers = np.zeros(len(epoc.onset_s), np.uint32)
    for number, note in enumerate(block.notes, start=1):
        if note.store == epoc.name:
            numbers[note.event] = number
    return numbers
