"""What is compared: each job of ours and of a peer, run in a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

FS_HZ = 24414.0625


def without_earlier_results(work: Path) -> None:
    """Delete what earlier rounds wrote, so that nobody pays for freeing it."""
    shutil.rmtree(work / "copy", ignore_errors=True)
    shutil.rmtree(work / "out" / "filtered.ant", ignore_errors=True)
    for file in work.glob("*.parquet"):
        file.unlink()


def ingest_ours(block: Path, work: Path) -> None:
    from dspant.readers.ingest import ingest

    ingest(block, json.loads((work / "ingest.json").read_text()), work / "out")


def ingest_tdt(block: Path, work: Path) -> None:
    import numpy as np
    import tdt

    with contextlib.redirect_stdout(io.StringIO()):
        read = tdt.read_block(str(block), noepocauto=True, verbose=0)
    for name, stream in read.streams.items():
        _write(np.atleast_2d(stream.data), work / f"tdt_{name}.parquet")


def ingest_neo(block: Path, work: Path) -> None:
    import numpy as np
    from neo.rawio import TdtRawIO

    reader = TdtRawIO(dirname=str(block.parent))
    reader.parse_header()
    for stream in range(reader.signal_streams_count()):
        data = np.ascontiguousarray(reader.get_analogsignal_chunk(stream_index=stream).T)
        _write(data, work / f"neo_{stream}.parquet")


def copy_of_the_block(block: Path, work: Path) -> None:
    shutil.copytree(block, work / "copy")


def filter_ours(block: Path, work: Path) -> None:
    from dspant.engine.node import make_node

    spec = json.loads((work / "node.json").read_text())
    make_node(spec, [work / "out" / "RawG.ant"], work / "out" / "filtered.ant", threads=2)


def filter_scipy(block: Path, work: Path) -> None:
    import numpy as np
    import pyarrow.parquet as pq
    from scipy.signal import butter, iirnotch, sosfiltfilt, tf2sos

    table = pq.read_table(work / "out" / "RawG.ant" / "data_RawG.parquet")
    data = np.stack([column.to_numpy() for column in table.columns])
    data = sosfiltfilt(tf2sos(*iirnotch(60, 30, fs=FS_HZ)), data, axis=1)
    data = sosfiltfilt(butter(4, [20, 450], "bandpass", fs=FS_HZ, output="sos"), data, axis=1)
    _write(data.astype(np.float32), work / "scipy.parquet")


def _write(data: Any, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({str(i): channel for i, channel in enumerate(data)})
    pq.write_table(table, path, use_dictionary=False, compression="none")


def _peak_mb() -> float:
    """Largest resident memory of this process; getrusage would count its parent's as well."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main(name: str, block: str, work: str) -> None:
    """Run one contender and say how long it took and what it held at most."""
    without_earlier_results(Path(work))
    if name == "ingest_ours":
        shutil.rmtree(Path(work) / "out", ignore_errors=True)
    start = time.perf_counter()
    globals()[name](Path(block), Path(work))
    seconds = time.perf_counter() - start
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_mb": _peak_mb()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
