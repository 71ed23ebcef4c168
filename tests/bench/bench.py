"""Speed and memory against peers: in turn, in one run, as ratios of medians.

Machines are shared and their speed drifts, so the contenders of a job take turns and only the
ratios say much.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from dspant.config import resolve_steps
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import StreamStore

ROUNDS = 3
FS_HZ = 24414.0625
CHANNELS = 8
CHUNKS = 2400
CHUNK_SAMPLES = 2048

JOBS = {
    "ingest a block": ["ingest_ours", "ingest_tdt", "ingest_neo"],
    "notch and band-pass, zero phase": ["filter_ours", "filter_scipy"],
}


def prepare(work: Path) -> None:
    """Write a block of noise and the specs of our jobs."""
    rng = np.random.default_rng(1)
    data = rng.standard_normal((CHANNELS, CHUNKS * CHUNK_SAMPLES), dtype=np.float32) * 1e-5
    store = StreamStore("RawG", data, FS_HZ, chunk_samples=CHUNK_SAMPLES)
    write_block(work / "tank" / "bench", tank="tank", start_unix_s=1.7e9, streams=[store], epocs=[])
    stream = {"kind": "stream", "unit": "V", "channels": None, "scale": None}
    spec = {
        "reader": {"name": "tdt", "version": 1},
        "stores": {"RawG": stream | {"gaps": "error", "truncated": "error"}},
        "storage": {"compression": "none"},
    }
    (work / "ingest.json").write_text(json.dumps(spec))
    steps = [{"notch": {"frequency_hz": 60}}, {"bandpass": {"low_hz": 20, "high_hz": 450}}]
    node = {
        "node": "filtered",
        "makes": "stream",
        "inputs": [{"dataset": "RawG", "kind": "stream", "recording": None}],
        "steps": resolve_steps(steps),
        "storage": {"compression": "none"},
    }
    (work / "node.json").write_text(json.dumps(node))


def measure(name: str, work: Path) -> dict[str, float]:
    code = Path(__file__).with_name("contenders.py")
    done = subprocess.run(
        [sys.executable, str(code), name, str(work)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def main() -> None:
    samples = CHANNELS * CHUNKS * CHUNK_SAMPLES
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        prepare(work)
        sys.stdout.write(f"{CHANNELS} channels, {samples / 1e6:.0f} Msamples, {ROUNDS} rounds\n")
        for job, names in JOBS.items():
            rounds = {name: [] for name in names}
            for _ in range(ROUNDS):
                for name in names:
                    rounds[name].append(measure(name, work))
            ours = statistics.median(r["seconds"] for r in rounds[names[0]])
            sys.stdout.write(f"\n{job}\n")
            for name, runs in rounds.items():
                seconds = statistics.median(r["seconds"] for r in runs)
                peak_mb = statistics.median(r["peak_mb"] for r in runs)
                sys.stdout.write(
                    f"  {name:14} {seconds:7.2f} s {samples / seconds / 1e6:7.0f} Msamples/s "
                    f"{seconds / ours:6.2f} x ours {peak_mb:7.0f} MB peak\n"
                )


if __name__ == "__main__":
    main()
