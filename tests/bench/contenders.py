"""What is compared: each job of ours and of a peer, run in a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
import time
from pathlib import Path


def ingest_ours(work: Path) -> None:
    from dspant.readers.ingest import ingest

    ingest(work / "tank" / "bench", json.loads((work / "ingest.json").read_text()), work / "out")


def ingest_tdt(work: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import tdt

    with contextlib.redirect_stdout(io.StringIO()):
        block = tdt.read_block(str(work / "tank" / "bench"), noepocauto=True, verbose=0)
    data = block.streams["RawG"].data
    table = pa.table({str(i): channel for i, channel in enumerate(data)})
    pq.write_table(table, work / "tdt.parquet", use_dictionary=False, compression="none")


def ingest_neo(work: Path) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from neo.rawio import TdtRawIO

    reader = TdtRawIO(dirname=str(work / "tank" / "bench"))
    reader.parse_header()
    data = reader.get_analogsignal_chunk(stream_index=0)
    channels = np.ascontiguousarray(data.T)
    table = pa.table({str(i): channel for i, channel in enumerate(channels)})
    pq.write_table(table, work / "neo.parquet", use_dictionary=False, compression="none")


def filter_ours(work: Path, threads: int = 2) -> None:
    from dspant.engine.node import make_node

    spec = json.loads((work / "node.json").read_text())
    spec["steps"][0]["params"]["q"] += time.time_ns() % 1000 * 1e-9
    make_node(spec, [work / "out" / "RawG.ant"], work / "out" / "filtered.ant", threads)


def filter_scipy(work: Path) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from scipy.signal import butter, iirnotch, sosfiltfilt, tf2sos

    table = pq.read_table(work / "out" / "RawG.ant" / "data_RawG.parquet")
    data = np.stack([column.to_numpy() for column in table.columns])
    fs_hz = 24414.0625
    data = sosfiltfilt(tf2sos(*iirnotch(60, 30, fs=fs_hz)), data, axis=1)
    data = sosfiltfilt(butter(4, [20, 450], "bandpass", fs=fs_hz, output="sos"), data, axis=1)
    made = pa.table({str(i): channel.astype(np.float32) for i, channel in enumerate(data)})
    pq.write_table(made, work / "scipy.parquet", use_dictionary=False, compression="none")


def main(name: str, work: str) -> None:
    """Run one contender and say how long it took and what it held at most."""
    contender = globals()[name]
    start = time.perf_counter()
    contender(Path(work))
    seconds = time.perf_counter() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main(*sys.argv[1:])
