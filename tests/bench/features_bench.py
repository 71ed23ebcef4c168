"""Features of moving windows against LibEMG and EMGFlow, turn by turn, and the bound we promise.

Peers come from an environment of their own, made of ``envs/bench_features.txt``: LibEMG needs a
NumPy that the other peers do not run with. Those that are not installed are skipped.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import engine_data
import features_contenders
import numpy as np

from dspant.config import resolve_steps

PEERS = Path(os.environ.get("DSPANT_FEATURES_BENCH_PYTHON", "build/bench_features/bin/python"))
"""The Python that has the peers."""

HOW_TO_GET_PEERS = (
    "python3 -m venv build/bench_features && "
    "build/bench_features/bin/pip install --require-hashes -r envs/bench_features.txt"
)

CHANNELS, SAMPLES = 8, 10_000_000
ROUNDS = 3
BOUND = 10.0
"""Times that we promise to be faster than every peer."""

SAME = {"mav": 0, "rms": 3, "ap": 4, "wl": 5, "skew": 8, "kurt": 9}
"""Features that LibEMG defines as we do, and their places in its result."""


def measure(name: str, folder: Path) -> dict[str, float]:
    """Let a contender do its work in a fresh process; wall seconds and peak memory."""
    python = sys.executable if name == "dspant" else str(PEERS)
    start = time.perf_counter()
    done = subprocess.run(
        [python, features_contenders.__file__, name, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    wall_s = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    said = json.loads((folder / "peak.json").read_text())
    return {"seconds": wall_s + said["left_out_s"], "peak_mb": said["peak_mb"]}


def largest_difference(folder: Path) -> float:
    """Of our features from LibEMG's, relative, where both have the same definition."""
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "out_dspant.ant" / "data_out_dspant.parquet")
    theirs = np.load(folder / "out_libemg.npy")
    differences = [
        np.abs(table[name].to_numpy() / theirs[place].reshape(-1) - 1).max()
        for name, place in SAME.items()
    ]
    return float(max(differences))


def write_work(folder: Path, channels: int, samples: int) -> None:
    """The signal in both formats, and the spec of our node."""
    arguments = [str(folder), str(channels), str(samples), "yes"]
    subprocess.run([sys.executable, engine_data.__file__, *arguments], check=True)
    spec = {
        "node": "out_dspant",
        "makes": "epoc",
        "inputs": [{"dataset": "Emg", "kind": "stream", "recording": None}],
        "steps": resolve_steps(features_contenders.SPEC_STEPS),
        "storage": {"compression": "none"},
    }
    (folder / "features.json").write_text(json.dumps(spec))


def main(channels: int = CHANNELS, samples: int = SAMPLES, rounds: int = ROUNDS) -> None:
    """Print medians, times also as multiples of ours, and whether the bound is kept."""
    names = ["dspant", "libemg", "emgflow"] if PEERS.exists() else ["dspant"]
    if len(names) == 1:
        sys.stdout.write(f"not installed: libemg, emgflow; to have them: {HOW_TO_GET_PEERS}\n")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "work"
        write_work(folder, channels, samples)
        turns: dict[str, list[dict[str, float]]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                turns[name].append(measure(name, folder))
        median = {n: statistics.median(t["seconds"] for t in taken) for n, taken in turns.items()}
        sys.stdout.write(
            f"\n{len(features_contenders.FEATURES)} features of windows of 0.25 s every 0.05 s: "
            f"{channels} channels x {samples / 1e6:g} M samples, disk to disk\n"
        )
        for name, taken in turns.items():
            peak_mb = statistics.median(turn["peak_mb"] for turn in taken)
            ratio = median[name] / median["dspant"]
            kept = "" if name == "dspant" else f", bound {BOUND:g} {_kept(ratio)}"
            times = f"{median[name]:8.2f} s {ratio:7.2f} x ours"
            sys.stdout.write(f"  {name:10} {times} {peak_mb:6.0f} MB peak{kept}\n")
        if "libemg" in names:
            sys.stdout.write(
                f"  largest difference from LibEMG: {largest_difference(folder):.1e}\n"
            )
        sys.stdout.flush()


def _kept(ratio: float) -> str:
    return "kept" if ratio >= BOUND else "NOT KEPT"


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
