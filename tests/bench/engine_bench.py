"""The engine against its peers, turn by turn: wall and CPU time, memory, and error.

Peers come from an environment of their own, made of ``envs/bench.txt``; those that are not
installed are skipped, and a line says so.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import engine_contenders
import engine_data
import numpy as np

PEERS = Path(os.environ.get("DSPANT_BENCH_PYTHON", "build/bench/bin/python"))
"""The Python that has the peers."""

HOW_TO_GET_PEERS = (
    "python3 -m venv build/bench && build/bench/bin/pip install --require-hashes -r envs/bench.txt"
)

ROUNDS = 3
ONCE = {"parquet_pandas_dask"}
"""Contenders so slow that one round has to do."""

EVERYONE = (
    "dspant",
    "spikeinterface_best",
    "spikeinterface_default",
    "scipy",
    "mne",
    "neurokit2",
    "parquet_pandas_dask",
)


@dataclass(frozen=True)
class Work:
    """How large the signal is, and who filters it."""

    channels: int
    samples: int
    contenders: Sequence[str]

    @property
    def title(self) -> str:
        return f"{self.channels} channels x {self.samples / 1e6:g} M samples"


WORKS = (
    Work(8, 10_000_000, EVERYONE),
    Work(64, 2_000_000, EVERYONE[:-1]),
    Work(8, 40_000_000, EVERYONE[:2]),
)


@dataclass(frozen=True)
class Measured:
    """One contender's turn."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def measure(name: str, folder: Path) -> Measured:
    """Let a contender do its work in a fresh process, from its start to its end."""
    engine_contenders.forget_result(name, folder)
    python = sys.executable if name in ("dspant", "scipy") else str(PEERS)
    code = Path(__file__).with_name("engine_contenders.py")
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [python, str(code), name, str(folder)], capture_output=True, text=True, check=False
    )
    wall_s = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(wall_s, cpu_s, json.loads((folder / "peak.json").read_text()))


def error(name: str, folder: Path, channels: list[int]) -> float:
    """Largest difference from SciPy's float64 result, in units of its root mean square."""
    kind = "rectified" if name.startswith("spikeinterface") else "reference"
    expected = np.load(folder / f"{kind}.npy", mmap_mode="r")
    made = engine_contenders.result(name, folder, channels)
    worst = [
        np.abs(found - right).max() / np.sqrt(np.mean(np.square(right)))
        for found, right in zip(made, expected, strict=True)
    ]
    return float(max(worst))


def compare(work: Work, folder: Path) -> None:
    """Let contenders take turns and print medians; times also as multiples of ours."""
    compared = work.samples <= max(w.samples for w in WORKS[:2])
    arguments = [str(folder), str(work.channels), str(work.samples), "yes" if compared else "no"]
    subprocess.run([sys.executable, engine_data.__file__, *arguments], check=True)
    (folder / "shape.json").write_text(json.dumps([work.channels, work.samples]))
    ends = [0, work.channels - 1]
    if compared:
        engine_data.write_reference(folder, ends)
    turns: dict[str, list[Measured]] = {name: [] for name in present(work.contenders)}
    errors: dict[str, float] = {}
    for number in range(ROUNDS):
        for name, measured in turns.items():
            if number and name in ONCE:
                continue
            measured.append(measure(name, folder))
            if compared and name not in errors:
                errors[name] = error(name, folder, ends)
            engine_contenders.forget_result(name, folder)
    sys.stdout.write(f"\nband-pass, rectify, 50 ms RMS: {work.title}, disk to disk\n")
    for name, measured in turns.items():
        sys.stdout.write(line(name, measured, turns["dspant"], errors.get(name)))
    sys.stdout.flush()


def line(name: str, turns: list[Measured], ours: list[Measured], error: float | None) -> str:
    wall_s = statistics.median(turn.wall_s for turn in turns)
    cpu_s = statistics.median(turn.cpu_s for turn in turns)
    peak_mb = statistics.median(turn.peak_mb for turn in turns)
    ratio = statistics.median(a.wall_s / b.wall_s for a, b in zip(turns, ours, strict=False))
    off = "" if error is None else f", off by {error:.1e} of RMS"
    return (
        f"  {name:24} {wall_s:7.2f} s {ratio:6.2f} x ours {cpu_s:7.2f} s CPU "
        f"{peak_mb:6.0f} MB peak{off}\n"
    )


def present(names: Sequence[str]) -> list[str]:
    """Contenders that can run here."""
    if PEERS.exists():
        return list(names)
    absent = [name for name in names if name not in ("dspant", "scipy")]
    sys.stdout.write(f"not installed: {', '.join(absent)}; to have them: {HOW_TO_GET_PEERS}\n")
    return [name for name in names if name not in absent]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, work in enumerate(WORKS):
            place = Path(folder) / str(number)
            compare(work, place)
            for path in sorted(place.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()


if __name__ == "__main__":
    main()
