"""Write a TDT block folder that the tdt SDK and neo read back bit for bit."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dspant.simulate.errors import SimulationError
from dspant.simulate.tdt_index import (
    FIRST_TEV_OFFSET,
    SEV_HEADER_BYTES,
    TSQ_DTYPE,
    TSQ_RECORD_BYTES,
    build_index,
    has_payload,
    is_in_tev,
    lay_out,
)
from dspant.simulate.tdt_stores import (
    DATA_FORMATS,
    Block,
    EpocStore,
    Note,
    ScalarStore,
    SnipStore,
    StreamStore,
    sev_rate,
)
from dspant.simulate.tdt_tbk import tbk_bytes

SEV_VERSION = 3


def write_block(
    folder: Path | str,
    *,
    tank: str,
    start_unix_s: float,
    streams: Sequence[StreamStore],
    epocs: Sequence[EpocStore],
    scalars: Sequence[ScalarStore] = (),
    snips: Sequence[SnipStore] = (),
    notes: Sequence[Note] = (),
    stop_s: float | None = None,
) -> Path:
    """Write the block ``folder`` of ``tank`` and return the folder.

    ``start_unix_s`` is the start mark's time; every other time counts in seconds from it. The files
    are named ``<tank>_<folder name>`` and hold no time or name but those given. neo's multi-block
    mode needs the parent folder to be named ``tank``.

    Raises SimulationError where the stores contradict each other or the folder has files in it.
    """
    block = Block(
        start_unix_s=start_unix_s,
        streams=streams,
        epocs=epocs,
        scalars=scalars,
        snips=snips,
        notes=notes,
        stop_s=stop_s,
    )
    return write_files(folder, block, lay_out(build_index(block)), tank=tank)


def write_files(folder: Path | str, block: Block, index: NDArray[np.void], *, tank: str) -> Path:
    """Write the files of ``block`` as ``index`` says and return the folder.

    ``index`` is (records,) of INDEX_DTYPE as `lay_out` returns it. Records left out, moved or
    repeated are written as they stand, which is how a damaged block is made.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise SimulationError(f"{folder} is not empty; expected a new or an empty block folder")
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{tank}_{folder.name}"
    _write_tsq(folder / f"{stem}.tsq", index)
    _write_tev(folder / f"{stem}.tev", block, index)
    _write_sevs(folder, stem, block, index)
    tbk = tbk_bytes(block, index, tank=tank, name=folder.name)
    (folder / f"{stem}.Tbk").write_bytes(tbk)
    # An empty epoc index is legal: Synapse makes it after the recording, and neo asks for the file.
    (folder / f"{stem}.Tdx").write_bytes(b"")
    (folder / f"{stem}.tnt").write_bytes(_tnt_bytes(block.notes))
    return folder


def _write_tsq(path: Path, index: NDArray[np.void]) -> None:
    records = np.zeros(len(index) + 1, TSQ_DTYPE)
    for name in TSQ_DTYPE.names:
        records[name][1:] = index[name]
    length = struct.pack("<q", records.nbytes)
    with path.open("wb") as tsq:
        tsq.write(length.ljust(TSQ_RECORD_BYTES, b"\0"))
        tsq.write(records[1:].data)


def _write_tev(path: Path, block: Block, index: NDArray[np.void]) -> None:
    records = index[is_in_tev(index)]
    logical_bytes = int(index["offset"][-1])
    with path.open("wb") as tev:
        tev.write(
            struct.pack("<q", logical_bytes + TSQ_RECORD_BYTES).ljust(FIRST_TEV_OFFSET, b"\0")
        )
        for record in records[np.argsort(records["offset"], kind="stable")]:
            tev.seek(int(record["offset"]))
            tev.write(_samples(block, record).data)


def _write_sevs(folder: Path, stem: str, block: Block, index: NDArray[np.void]) -> None:
    in_sev = index[has_payload(index) & ~is_in_tev(index)]
    for source, stream in enumerate(block.streams):
        if not stream.sev:
            continue
        for row, channel in enumerate(stream.channels):
            path = folder / f"{stem}_{stream.name}_Ch{channel}.sev"
            records = in_sev[(in_sev["source"] == source) & (in_sev["row"] == row)]
            with path.open("wb") as sev:
                sev.write(_sev_header(stream, channel))
                for record in records:
                    sev.seek(int(record["offset"]))
                    sev.write(_samples(block, record).data)


def _samples(block: Block, record: np.void) -> NDArray:
    source, row, step = int(record["source"]), int(record["row"]), int(record["step"])
    if source >= len(block.streams):
        return _little_endian(block.snips[source - len(block.streams)].waveforms[step])
    stream = block.streams[source]
    first = step * stream.chunk_samples
    return _little_endian(stream.data[row, first : first + stream.chunk_samples])


def _little_endian(samples: NDArray) -> NDArray:
    return np.ascontiguousarray(samples, samples.dtype.newbyteorder("<"))


def _sev_header(stream: StreamStore, channel: int) -> bytes:
    rate, decimate = sev_rate(stream.fs_hz)
    return struct.pack(
        "<Q3sB4sHHHHBBH",
        SEV_HEADER_BYTES + stream.data[0].nbytes,
        b"SEV",
        SEV_VERSION,
        stream.name.encode(),
        channel,
        len(stream.channels),
        stream.data.itemsize,
        0,
        DATA_FORMATS[stream.data.dtype.name],
        decimate,
        rate,
    ).ljust(SEV_HEADER_BYTES, b"\0")


def _tnt_bytes(notes: Sequence[Note]) -> bytes:
    lines = ["NOTEFILE_VERSION[1.0]", *(note.text for note in notes)]
    return "".join(f"{line}\r\n" for line in lines).encode()
