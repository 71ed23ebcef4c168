"""One job of a recording of many channels, in a process of its own.

``python one_job.py ingest|node|report FOLDER THREADS``, after ``python one_job.py write FOLDER
SECONDS`` has written the raw block.
"""

import sys
from pathlib import Path

from dspant.config import resolve_steps
from dspant.readers import READERS

CHANNELS = 128
STORE = {
    "kind": "stream",
    "unit": "V",
    "channels": [f"ch{number:03}" for number in range(1, CHANNELS + 1)],
    "scale": None,
    "gaps": "error",
    "truncated": "error",
}
RAW_SPEC = {
    "reader": {"name": "tdt", "version": READERS["tdt"]},
    "stores": {"RawG": STORE},
    "storage": {"compression": "none"},
}
NODE_SPEC = {
    "node": "filtered",
    "makes": "stream",
    "inputs": [{"dataset": "RawG", "kind": "stream", "recording": None}],
    "steps": resolve_steps(
        [{"notch": {"frequency_hz": 60}}, {"bandpass": {"low_hz": 20, "high_hz": 450}}]
    ),
    "storage": {"compression": "none"},
}


FS_HZ = 24414.0625
CHUNK_SAMPLES = 256


def write_job(folder: Path, length_s: int) -> int:
    """Write a block of float32 noise; gives its size in bytes."""
    import numpy as np

    from dspant.simulate.tdt_block import write_block
    from dspant.simulate.tdt_stores import StreamStore

    samples = round(length_s * FS_HZ) // CHUNK_SAMPLES * CHUNK_SAMPLES
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((CHANNELS, samples), dtype=np.float32)
    noise *= np.float32(1e-5)
    store = StreamStore("RawG", noise, FS_HZ, chunk_samples=CHUNK_SAMPLES)
    block = folder / "tank" / "block"
    write_block(block, tank="tank", start_unix_s=1.7e9, streams=[store], epocs=[])
    return noise.nbytes


def ingest_job(folder: Path, _threads: int) -> int:
    from dspant.engine.memory import ingest_memory_mb
    from dspant.readers.ingest import ingest

    ingest(folder / "tank" / "block", RAW_SPEC, folder / "rec01")
    (index,) = (folder / "tank" / "block").glob("*.tsq")
    return ingest_memory_mb({"RawG": CHANNELS}, index.stat().st_size)


def node_job(folder: Path, threads: int) -> int:
    from dspant.engine.memory import node_memory_mb
    from dspant.engine.node import make_node

    source = folder / "rec01" / "RawG.ant"
    make_node(NODE_SPEC, [source], folder / f"with_{threads}" / "filtered.ant", threads)
    return node_memory_mb(NODE_SPEC, CHANNELS)


def report_job(folder: Path, _threads: int) -> int:
    from dspant.engine.memory import report_memory_mb
    from dspant.report.recording_page import write_recording_page

    recording = folder / "rec01"
    write_recording_page(
        recording / "block.json",
        [recording / "RawG.ant"],
        {
            "experiment": "scale",
            "datasets": ["RawG"],
            "line_frequency_hz": 60.0,
            "samples_mb": 500.0,
        },
        page=recording / "report.html",
        summary=recording / "summary.json",
        provenance=recording / "provenance.json",
        tiles=recording / "report_tiles",
        figures=recording / "report_figures",
    )
    return report_memory_mb(CHANNELS)


JOBS = {"write": write_job, "ingest": ingest_job, "node": node_job, "report": report_job}
"""Each gives the memory in MB that the workflow asks for it, but ``write`` the size."""

if __name__ == "__main__":
    sys.stdout.write(f"{JOBS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))}\n")
