"""Samples of one channel in a file of its own (.sev): what its header says."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.errors import RawDataError
from dspant.readers.tdt.index import FORMATS
from dspant.readers.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dspant.readers.tdt.files import BlockFiles

HEADER_BYTES = 40
CLOCK_HZ = 25e6

_HEADER = struct.Struct("<Q3sB4sHHHHBBH")
_FORMAT_BITS = 0b111
_KNOWN_VERSIONS = (1, 2, 3)
_RATE_OF_CLOCK = 12


@dataclass(frozen=True)
class SevHeader:
    """What a .sev file says of itself.

    ``announced_samples`` is what its header says, ``samples`` what its size has room for.
    """

    path: Path
    channel: int
    channels: int
    fs_hz: float
    format: int
    dtype: np.dtype[Any]
    announced_samples: int
    samples: int


def read_sev_header(path: Path) -> SevHeader:
    """Read the header of one channel's file.

    Raises
    ------
    RawDataError
        The file is too short, is no .sev, or holds samples of a format that is not known.
    """
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES:
        raise RawDataError(
            f"{path.name} has {len(head)} bytes, less than the {HEADER_BYTES} of a .sev header; "
            f"copy the block again"
        )
    size, magic, version, _, channel, channels, _, _, number, decimate, rate = _HEADER.unpack_from(
        head
    )
    number &= _FORMAT_BITS
    if magic != b"SEV" or version not in _KNOWN_VERSIONS or number not in FORMATS or not decimate:
        raise RawDataError(
            f"{path.name}: expected a .sev header of version 1 to 3 with one of the formats "
            f"{FORMATS}, found mark {magic!r}, version {version}, format {number}, decimation "
            f"{decimate}; leave the store out of the config"
        )
    dtype = np.dtype(FORMATS[number])
    return SevHeader(
        path=path,
        channel=channel,
        channels=channels,
        fs_hz=2.0 ** (rate - _RATE_OF_CLOCK) * CLOCK_HZ / decimate,
        format=number,
        dtype=dtype,
        announced_samples=max(size - HEADER_BYTES, 0) // dtype.itemsize,
        samples=(path.stat().st_size - HEADER_BYTES) // dtype.itemsize,
    )


def sev_headers(files: BlockFiles, store: str, channels: Sequence[int]) -> list[SevHeader]:
    """Headers of a store's files, in the order of ``channels``.

    Raises
    ------
    RawDataError
        Files are missing, split, or are no .sev files.
    """
    found = files.sev_by_channel(store)
    missing = [
        f"{files.tsq.stem}_{store}_Ch{channel}.sev" for channel in channels if channel not in found
    ]
    if missing:
        raise RawDataError(
            f"store {store!r}: its samples lie in one .sev file per channel, but "
            f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} "
            f"missing; copy into the block's folder what is missing, or leave the store out of "
            f"the config"
        )
    return [read_sev_header(found[channel]) for channel in channels]
