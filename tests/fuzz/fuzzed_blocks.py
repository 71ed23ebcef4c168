"""Whole blocks of a few kilobytes that together hold every kind of store, to be damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_index import SEV_HEADER_BYTES, TSQ_DTYPE
from dspant.simulate.tdt_stores import EpocStore, Note, ScalarStore, SnipStore, StreamStore

START_UNIX_S = 1_600_000_000.0 - 2.0**-20
FAST_HZ = 24414.0625
SLOW_HZ = 1017.2526

_TIMES_S = np.array([0.0021, 0.0047, 0.0093, 0.0138])


def _stream(name: str, dtype: str, rows: int, steps: int, **settings: object) -> StreamStore:
    chunk = settings.pop("chunk_samples")
    rng = np.random.default_rng(len(name) + rows)
    data = rng.integers(-100, 100, (rows, steps * chunk)).astype(dtype)
    return StreamStore(name, data, settings.pop("fs_hz", FAST_HZ), chunk_samples=chunk, **settings)


def write_mixed(folder: Path) -> Path:
    """Streams in the .tev, epocs with and without ends, a secondary one, scalars, snips, notes."""
    primary = EpocStore("AmpA", _TIMES_S, np.array([1.0, 2.0, 3.0, 4.0]), _TIMES_S + 0.001)
    secondary = EpocStore("Chan", _TIMES_S, np.array([5.0, 6.0, 7.0, 8.0]))
    waves = np.arange(4 * 8, dtype="float32").reshape(4, 8)
    channels, sorts = np.array([1, 2, 2, 1]), np.array([0, 1, 2, 0])
    write_block(
        folder,
        tank="tank",
        start_unix_s=START_UNIX_S,
        streams=[
            _stream("RawG", "float32", 2, 6, chunk_samples=64),
            _stream("Resp", "int16", 1, 4, chunk_samples=4, fs_hz=SLOW_HZ),
        ],
        epocs=[primary, secondary, EpocStore("Tick", np.array([0.001, 0.011]), np.ones(2))],
        scalars=[ScalarStore("Parm", np.array([0.003, 0.012]), np.arange(4.0).reshape(2, 2))],
        snips=[SnipStore("eNe1", _TIMES_S + 0.0003, waves, FAST_HZ, channels, sorts)],
        notes=[Note("moved", "Tick", 0), Note("lost", "Tick", 1)],
    )
    (tbk,) = folder.glob("*.Tbk")
    tbk.write_bytes(tbk.read_bytes().replace(b"VALUE=Chan/;", b"VALUE=Chan|AmpA;"))
    return folder


def write_separate(folder: Path) -> Path:
    """Streams in files of their own, beside a late one in the .tev."""
    write_block(
        folder,
        tank="tank",
        start_unix_s=START_UNIX_S,
        streams=[
            _stream("Wav5", "int32", 2, 5, chunk_samples=32, sev=True),
            _stream("Late", "float64", 3, 4, chunk_samples=16, start_s=0.005),
        ],
        epocs=[EpocStore("AmpA", _TIMES_S, np.arange(4.0))],
    )
    return folder


def write_unindexed(folder: Path) -> Path:
    """A stream in files of its own that the index does not have, split into hours."""
    stream = _stream("RSn1", "int16", 2, 4, chunk_samples=32, sev=True)
    write_block(
        folder,
        tank="tank",
        start_unix_s=START_UNIX_S,
        streams=[stream, _stream("Resp", "int16", 1, 4, chunk_samples=4, fs_hz=SLOW_HZ)],
        epocs=[],
    )
    (tsq,) = folder.glob("*.tsq")
    records = np.fromfile(tsq, TSQ_DTYPE)
    records = records[records["code"] != b"RSn1"]
    tsq.write_bytes(records.nbytes.to_bytes(8, "little") + records.tobytes()[8:])
    for path in sorted(folder.glob("*.sev")):
        content = path.read_bytes()
        border = (SEV_HEADER_BYTES + len(content)) // 2
        parts = {path: content[40:border], path.with_stem(f"{path.stem}-1h"): content[border:]}
        for part, samples in parts.items():
            size = (SEV_HEADER_BYTES + len(samples)).to_bytes(8, "little")
            part.write_bytes(size + content[8:SEV_HEADER_BYTES] + samples)
    (folder / "RSn1_log.txt").write_text("recording started at sample: 101\n", encoding="utf-8")
    return folder
