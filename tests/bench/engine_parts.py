"""Parts of the engine on their own: the filter kernel, random access, a job's start."""

from __future__ import annotations

import ctypes
import mmap
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from engine_data import FS_HZ, HIGH_HZ, LOW_HZ, ORDER
from scipy.signal import butter, sosfiltfilt

from dspant import open_recording
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream import Stream
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter
from dspant.engine.allocation import keep_freed_memory
from dspant.engine.source import BLOCK_SAMPLES
from dspant.ops.filters import DECAY
from dspant.ops.recursive import zero_phase

ROUNDS = 7
KERNEL_SAMPLES = 8_000_000

HOUR_S = 3600
HOUR_CHANNELS = 32

START_UP = "import {module}"


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one call, which other people's work on the machine changes least."""
    start = time.process_time()
    work()
    return time.process_time() - start


def compare_kernels() -> None:
    """Zero-phase band-pass in blocks against SciPy on the whole array; one thread each, in turn."""
    keep_freed_memory()
    sos = butter(ORDER, [LOW_HZ, HIGH_HZ], "bandpass", fs=FS_HZ, output="sos")
    sys.stdout.write("\nzero-phase band-pass of an array in memory, one thread\n")
    for channels in (1, 2, 8, 64):
        x = np.random.default_rng(1).standard_normal((channels, KERNEL_SAMPLES // channels))

        def ours(x: np.ndarray = x) -> None:
            count = x.shape[1]
            blocks = (x[:, i : i + BLOCK_SAMPLES] for i in range(0, count, BLOCK_SAMPLES))
            for _ in zero_phase(blocks, sos, count, DECAY):
                pass

        def scipy(x: np.ndarray = x) -> None:
            sosfiltfilt(sos, x, axis=1)

        turns = [(seconds(ours), seconds(scipy)) for _ in range(ROUNDS)]
        rate = x.size / statistics.median(mine for mine, _ in turns) / 1e6
        ratio = statistics.median(theirs / mine for mine, theirs in turns)
        sys.stdout.write(
            f"  {channels:3} channels: {rate:6.0f} Msamples/s, {ratio:5.2f} x sosfiltfilt\n"
        )
    sys.stdout.flush()


def write_hour(folder: Path) -> Path:
    """An hour of noise in 32 channels."""
    samples = int(HOUR_S * FS_HZ)
    header = StreamHeader(
        source="bench",
        name="Emg",
        fs_hz=FS_HZ,
        channels=[f"ch{i}" for i in range(HOUR_CHANNELS)],
        units=["V"] * HOUR_CHANNELS,
        segments=[(0, samples, 0.0)],
    )
    piece = np.random.default_rng(1).standard_normal((HOUR_CHANNELS, 2**18), dtype=np.float32)
    target = DatasetFolder(folder / "rec" / "Emg.ant")
    with StreamWriter(target, header, "none") as writer:
        for first in range(0, samples, piece.shape[1]):
            writer.write(piece[:, : samples - first])
        writer.finish(Provenance())
    return target.path


def resident_pages(path: Path) -> int:
    """How many pages of a file are in memory."""
    library = ctypes.CDLL(None, use_errno=True)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        address = np.frombuffer(content, np.uint8).ctypes.data
        pages = -(-len(content) // mmap.PAGESIZE)
        found = (ctypes.c_ubyte * pages)()
        failed = library.mincore(ctypes.c_void_p(address), ctypes.c_size_t(len(content)), found)
    if failed:
        raise OSError(ctypes.get_errno(), "mincore")
    return int(np.count_nonzero(np.frombuffer(found, np.uint8) & 1))


def forget(path: Path) -> None:
    """Let the system drop a file's pages."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def compare_random_access() -> None:
    """One second of one channel out of an hour of 32: time when warm, pages when cold."""
    with tempfile.TemporaryDirectory() as place:
        dataset = write_hour(Path(place))
        stream = Stream(dataset)
        count = int(FS_HZ)
        starts = np.random.default_rng(2).integers(0, stream.samples - count, 50).tolist()
        wanted = slice(17, 18)
        for start in starts:
            stream.read(start, start + count, wanted)
        lazy = open_recording(dataset.parent)["Emg"]
        ways = {
            "Stream.read": lambda start: stream.read(start, start + count, wanted),
            "sel(...).read": lambda start: lazy.sel(
                seconds=(start / FS_HZ, start / FS_HZ + 1), channels=["ch17"]
            ).read(),
        }
        sys.stdout.write("\none second of one channel from an hour of 32 channels\n")
        for name, read in ways.items():
            turns = []
            for start in starts:
                begun = time.perf_counter()
                read(start)
                turns.append(time.perf_counter() - begun)
            sys.stdout.write(f"  {name:14} {1000 * statistics.median(turns):6.3f} ms warm\n")
        data = stream.folder.data
        forget(data)
        before = resident_pages(data)
        stream.read(starts[0], starts[0] + count, wanted)
        needed = count * 4 / mmap.PAGESIZE
        sys.stdout.write(
            f"  pages read cold: {resident_pages(data) - before}, the samples fill {needed:.1f}\n"
        )
        sys.stdout.flush()


def compare_start_up() -> None:
    """A node's job without data: the interpreter and what it imports."""
    sys.stdout.write("\nstart of a job, without data\n")
    for module in ("sys", "numpy, pyarrow.parquet", "dspant.engine.node, numpy, pyarrow.parquet"):
        turns = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", START_UP.format(module=module)], check=True)
            turns.append(time.perf_counter() - begun)
        sys.stdout.write(f"  import {module:45} {statistics.median(turns):5.2f} s\n")
    sys.stdout.flush()


def main() -> None:
    compare_kernels()
    compare_start_up()
    compare_random_access()


if __name__ == "__main__":
    main()
