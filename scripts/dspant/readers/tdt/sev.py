"""Samples of one channel in a file of its own (.sev): what its header says."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dspant.errors import RawDataError
from dspant.readers.tdt.index import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

HEADER_BYTES = 40
CLOCK_HZ = 25e6

_HEADER = struct.Struct("<Q3sB4sHHHHBBH")
_FORMAT_BITS = 0b111
_KNOWN_VERSIONS = (1, 2, 3)
_NAMED_VERSION = 3
_RATE_OF_CLOCK = 12
_LARGEST_RATE = 24


@dataclass(frozen=True)
class SevHeader:
    """What a .sev file says of itself.

    ``announced_samples`` is what its header says, ``samples`` what its size has room for;
    ``store`` is empty where the header's version does not say it rightly; ``item_bytes`` is the
    size of a sample by the header, beside that of ``dtype``.
    """

    path: Path
    store: str
    channel: int
    channels: int
    fs_hz: float
    format: int
    dtype: np.dtype[Any]
    item_bytes: int
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
    size, magic, version, name, channel, channels, width, _, number, decimate, rate = (
        _HEADER.unpack_from(head)
    )
    number &= _FORMAT_BITS
    known = magic == b"SEV" and version in _KNOWN_VERSIONS and number in FORMATS
    if not (known and decimate and rate <= _LARGEST_RATE):
        raise RawDataError(
            f"{path.name}: expected a .sev header of version 1 to 3 with one of the formats "
            f"{FORMATS}, found mark {magic!r}, version {version}, format {number}, decimation "
            f"{decimate}, rate {rate}; leave the store out of the config"
        )
    dtype = np.dtype(FORMATS[number])
    return SevHeader(
        path=path,
        store=name.rstrip(b"\0").decode("cp437") if version >= _NAMED_VERSION else "",
        channel=channel,
        channels=channels,
        fs_hz=2.0 ** (rate - _RATE_OF_CLOCK) * CLOCK_HZ / decimate,
        format=number,
        dtype=dtype,
        item_bytes=width,
        announced_samples=max(size - HEADER_BYTES, 0) // dtype.itemsize,
        samples=(path.stat().st_size - HEADER_BYTES) // dtype.itemsize,
    )


def header_doubts(store: str, header: SevHeader, channels: int) -> list[str]:
    """In words: what a header says otherwise than its file, or than the block's index."""
    name, found = header.path.name, []
    if header.store not in ("", store):
        found.append(f"{name} says that it is of store {header.store!r}")
    if header.channels != channels:
        found.append(f"{name} says that there are {header.channels} channels, found {channels}")
    if header.item_bytes != header.dtype.itemsize:
        found.append(f"{name} says that a sample has {header.item_bytes} bytes")
    if header.samples > header.announced_samples:
        found.append(
            f"{name} holds {header.samples} samples, {header.samples - header.announced_samples} "
            f"more than it says"
        )
    rest_bytes = (header.path.stat().st_size - HEADER_BYTES) % header.dtype.itemsize
    if rest_bytes:
        found.append(f"{name} goes on for {rest_bytes} bytes after its last whole sample")
    return found
