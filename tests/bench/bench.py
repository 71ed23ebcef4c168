"""Speed and memory against peers: in turn, in one run, as ratios of medians.

Machines are shared and their speed drifts, so the contenders of a job take turns and only the
ratios say much. Every contender runs in a fresh process, its imports included.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import engine_bench
import features_bench
import numpy as np

from dspant.config import resolve_steps
from dspant.readers import READERS
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import StreamStore

ROUNDS = 3
DURATION_S = 1340.0
FAST_HZ, SLOW_HZ = 24414.0625, 1017.2526
CHUNK_SAMPLES = (2048, 256)

INGEST = ("ingest_ours", "ingest_tdt", "ingest_neo", "copy_of_the_block")
FILTER = ("filter_ours", "filter_scipy")


def noise(channels: int, fs_hz: float, chunk_samples: int) -> np.ndarray:
    """White noise of whole chunks, as int16 counts."""
    samples = int(DURATION_S * fs_hz) // chunk_samples * chunk_samples
    rng = np.random.default_rng(1)
    return rng.integers(-3000, 3000, (channels, samples), dtype=np.int16)


def write_bench_block(tank: Path, chunk_samples: int) -> Path:
    """A block of more than a gigabyte: 8 float32 channels and 4 slow int16 ones."""
    slow_chunk = min(chunk_samples, 128)
    streams = [
        StreamStore(
            "RawG",
            noise(8, FAST_HZ, chunk_samples).astype(np.float32) * 2.0**-24,
            FAST_HZ,
            chunk_samples=chunk_samples,
        ),
        StreamStore("Slow", noise(4, SLOW_HZ, slow_chunk), SLOW_HZ, chunk_samples=slow_chunk),
    ]
    block = tank / "noise"
    write_block(block, tank=tank.name, start_unix_s=1.7e9, streams=streams, epocs=[])
    return block


def write_specs(work: Path) -> None:
    stream = {"kind": "stream", "channels": None, "gaps": "error", "truncated": "error"}
    ingest = {
        "reader": {"name": "tdt", "version": READERS["tdt"]},
        "stores": {
            "RawG": stream | {"unit": "V", "scale": None},
            "Slow": stream | {"unit": "mL/s", "scale": 0.001},
        },
        "storage": {"compression": "none"},
    }
    steps = [{"notch": {"frequency_hz": 60}}, {"bandpass": {"low_hz": 20, "high_hz": 450}}]
    node = {
        "node": "filtered",
        "makes": "stream",
        "inputs": [{"dataset": "RawG", "kind": "stream", "recording": None}],
        "steps": resolve_steps(steps),
        "storage": {"compression": "none"},
    }
    (work / "ingest.json").write_text(json.dumps(ingest))
    (work / "node.json").write_text(json.dumps(node))


def measure(name: str, block: Path, work: Path) -> dict[str, float]:
    code = Path(__file__).with_name("contenders.py")
    done = subprocess.run(
        [sys.executable, str(code), name, str(block), str(work)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def compare(title: str, names: tuple[str, ...], block: Path, work: Path) -> None:
    """Let contenders take turns, then print medians, and times as multiples of ours."""
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            rounds[name].append(measure(name, block, work))
    median = {n: statistics.median(r["seconds"] for r in runs) for n, runs in rounds.items()}
    sys.stdout.write(f"\n{title}\n")
    for name, runs in rounds.items():
        peak_mb = statistics.median(r["peak_mb"] for r in runs)
        ratio = median[name] / median[names[0]]
        sys.stdout.write(
            f"  {name:18} {median[name]:7.2f} s {ratio:6.2f} x ours {peak_mb:6.0f} MB peak\n"
        )
    sys.stdout.flush()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_specs(work)
        for chunk_samples in CHUNK_SAMPLES:
            block = write_bench_block(work / f"tank{chunk_samples}", chunk_samples)
            size_mb = sum(file.stat().st_size for file in block.iterdir()) / 1e6
            compare(
                f"ingest {size_mb:.0f} MB in chunks of {chunk_samples} samples", INGEST, block, work
            )
        compare("notch and band-pass, zero phase, of what was ingested", FILTER, block, work)
    engine_bench.main()
    features_bench.main()


if __name__ == "__main__":
    main()
