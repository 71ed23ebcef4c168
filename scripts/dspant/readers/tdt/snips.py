"""Snips of a block: waveforms cut around spikes, each with its channel and sort code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.errors import IndexDamagedError, MissingFileError, TruncatedError
from dspant.readers.distinct import distinct
from dspant.readers.raw import RawEpoc
from dspant.readers.tdt.epocs import CHANNEL_MEANING, channel_texts, in_time
from dspant.readers.tdt.event_doubts import coinciding, outside
from dspant.readers.tdt.filed_chunks import check_bytes, check_uniform, sample_dtype
from dspant.readers.tdt.gather import gather
from dspant.readers.tdt.index import HEADER_WORDS, KIND_BITS, WORD_BYTES
from dspant.wording import count

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dspant.readers.tdt.files import BlockFiles
    from dspant.readers.tdt.index import Index

MEANINGS = {
    "onset": "Time stamp of the waveform, from block start, by the recording's clock; not rounded.",
    "offset": "Onset plus the length of the waveform.",
    "channel": CHANNEL_MEANING,
    "sort_code": "Sort code as it was filed; 0 where not sorted.",
    "waveform": "Samples of the waveform as they are filed.",
}


@dataclass(frozen=True, eq=False)
class Waveforms:
    """Waveforms of equal length at ``offsets`` (events,) of one file, in bytes."""

    path: Path
    dtype: np.dtype[Any]
    length: int
    offsets: NDArray[np.int64]

    def read(self, first: int, stop: int) -> NDArray[Any]:
        """Waveforms of events ``first`` to ``stop``: shape events x samples."""
        bytes_ = gather(self.path, self.offsets[first:stop], self.length * self.dtype.itemsize)
        return bytes_.view(self.dtype.newbyteorder("<"))


def read_snips(files: BlockFiles, index: Index, store: str) -> RawEpoc:
    """Read the events of a snip store; waveforms are read in parts later.

    Raises
    ------
    MixedStoreError, IndexDamagedError
        Records contradict each other.
    MissingFileError, TruncatedError
        The sample file is missing, or ends before the last waveform.
    """
    records = index.of_store(store)
    check_uniform(store, records[0], records, index.start_unix_s)
    records = in_time(records)
    waveforms = _waveforms(files, store, records)
    onset_s = records["timestamp"] - index.start_unix_s
    fs_hz = _rate_hz(store, records[0])
    warnings = [*_out_of_order(records), *coinciding(records), *outside(index, onset_s)]
    return RawEpoc(
        name=store,
        columns={
            "onset": onset_s,
            "offset": onset_s + waveforms.length / fs_hz,
            "channel": channel_texts(records["channel"]),
            "sort_code": records["sort"].astype(np.int64),
        },
        lists={"waveform": waveforms},
        meanings=MEANINGS,
        other=_other(records, fs_hz, float(onset_s[0])),
        warnings=[f"store {store!r}: {warning}" for warning in warnings],
    )


def _waveforms(files: BlockFiles, store: str, records: NDArray[np.void]) -> Waveforms:
    dtype = sample_dtype(store, int(records[0]["format"]))
    payload_bytes = (int(records[0]["size"]) - HEADER_WORDS) * WORD_BYTES
    if payload_bytes <= 0 or payload_bytes % dtype.itemsize:
        raise IndexDamagedError(
            f"store {store!r}: waveforms of {payload_bytes} bytes hold no whole number of "
            f"{dtype.name} samples; the index (.tsq) is damaged: copy the block again"
        )
    check_bytes(
        store, records["offset"].copy(), records["channel"].copy(), payload_bytes, in_sev=False
    )
    if not files.tev.is_file():
        raise MissingFileError(
            f"store {store!r}: its waveforms lie in {files.tev.name}, which is missing; copy it "
            f"into the block's folder, or leave the store out of the config"
        )
    beyond = int(np.count_nonzero(records["offset"] > files.tev_bytes - payload_bytes))
    if beyond:
        raise TruncatedError(
            f"store {store!r}: {beyond} of {count(len(records), 'waveform')} lie beyond the end of "
            f"{files.tev.name} ({files.tev_bytes} bytes); copy the block again, or leave the store "
            f"out of the config"
        )
    return Waveforms(files.tev, dtype, payload_bytes // dtype.itemsize, records["offset"].copy())


def _out_of_order(records: NDArray[np.void]) -> list[str]:
    """In words: waveforms that lie in the file before an earlier one of their channel."""
    order = np.lexsort((records["timestamp"], records["channel"]))
    channels, offsets = records["channel"][order], records["offset"][order]
    number = int(np.count_nonzero((channels[1:] == channels[:-1]) & (offsets[1:] < offsets[:-1])))
    return [f"{count(number, 'waveform')} out of the order of time in the file"] if number else []


def _rate_hz(store: str, record: np.void) -> float:
    fs_hz = float(record["fs"])
    if not (np.isfinite(fs_hz) and fs_hz > 0):
        raise IndexDamagedError(
            f"store {store!r}: the index (.tsq) states a rate of {fs_hz} Hz; expected a positive "
            f"one: copy the block again"
        )
    return fs_hz


def _other(records: NDArray[np.void], fs_hz: float, start_s: float) -> dict[str, Any]:
    first = records[0]
    return {
        "code": int(first["code"]),
        "size": int(first["size"]),
        "type": int(first["type"]) & KIND_BITS,
        "type_str": "snips",
        "ucf": "False",
        "dform": int(first["format"]),
        "start_time": start_s,
        "channel": [str(channel) for channel in distinct(records["channel"]).tolist()],
        "fs": fs_hz,
    }
