"""What jobs ask for against what they took, for recordings of several shapes.

``python tests/slurm/campaign.py FOLDER`` runs the workflow there and prints a table: of each job
the memory it declared, the most it was seen to take, its time limit and its time.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from clone import Clone
from dspant.config.plan import load_plan
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import EpocStore, StreamStore

FS_HZ = 24414.0625

SHAPES = {
    "narrow": (2, 50.0, 2048),
    "demo_long": (2, 1200.0, 2048),
    "eight": (8, 600.0, 2048),
    "fine": (8, 300.0, 64),
    "wide": (64, 90.0, 2048),
    "array": (256, 20.0, 2048),
}
"""Channels, seconds and samples per chunk of each recording."""

NODES = {
    "filtered": {
        "from": "RawG",
        "steps": [{"notch": {"frequency_hz": 60}}, {"bandpass": {"low_hz": 20, "high_hz": 450}}],
    },
    "envelope": {"from": "filtered", "steps": ["rectify", {"lowpass": {"cutoff_hz": 6}}]},
    "slow": {"from": "RawG", "steps": [{"highpass": {"cutoff_hz": 0.5}}]},
    "comb": {"from": "RawG", "steps": [{"comb": {"frequency_hz": 60, "up_to_hz": 1000}}]},
    "fir": {"from": "RawG", "steps": [{"fir": {"low_hz": 20, "transition_hz": 10}}]},
    "energy": {"from": "filtered", "steps": ["tkeo", {"rms_envelope": {"window_s": 0.05}}]},
    "bursts": {
        "from": "envelope",
        "steps": [{"double_threshold": {"on_sd": 3, "baseline_s": [0, 5]}}],
    },
    "features": {
        "from": "filtered",
        "steps": [{"windows": {"length_s": 0.25, "step_s": 0.05, "features": ["rms", "mnf"]}}],
    },
    "mep": {
        "from": ["RawG", "AmpA"],
        "steps": [{"evoked": {"window_s": [-0.02, 0.04], "response_s": [0.004, 0.03]}}],
    },
}


def write_recording(tank: Path, name: str) -> None:
    channels, duration_s, chunk = SHAPES[name]
    samples = int(duration_s * FS_HZ) // chunk * chunk
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 1e-4, (min(channels, 4), samples)).astype(np.float32)
    values = np.resize(noise, (channels, samples))
    stimuli_s = np.arange(1.0, duration_s - 1, 1.0)
    write_block(
        tank / name,
        tank=tank.name,
        start_unix_s=1.7e9,
        streams=[StreamStore("RawG", values, FS_HZ, chunk_samples=chunk)],
        epocs=[EpocStore("AmpA", stimuli_s, np.full(len(stimuli_s), 2.0))],
    )


def experiment(clone: Clone, tank: Path, name: str) -> str:
    """Write the experiment of one recording; gives the path of its config."""
    sheet = clone.write_sheet(f"{name}.tsv", [{"recording": name, "block": str(tank / name)}])
    channels = [f"c{number}" for number in range(SHAPES[name][0])]
    config = {
        "experiment": "campaign",
        "recordings": sheet,
        "line_frequency_hz": 60,
        "stores": {
            "RawG": {"kind": "stream", "unit": "V", "channels": channels},
            "AmpA": {"kind": "epoc", "unit": "uA"},
        },
        "nodes": NODES,
    }
    return clone.write_config(f"{name}.yaml", config)


def report(clone: Clone, config: str, name: str) -> None:
    text = (clone.root / config).read_text(encoding="utf-8")
    plan = load_plan(yaml.safe_load(text), [clone.root / config])
    demands = {node.rule: node.demand for node in plan.nodes}
    demands |= {"ingest": plan.ingest.demand, "report_recording": plan.report_demand}
    of = SimpleNamespace(recording=name)
    for rule, demand in demands.items():
        file = clone.root / plan.paths.benchmark(rule).format(recording=name)
        with file.open(encoding="utf-8") as lines:
            row = next(csv.DictReader(lines, delimiter="\t"))
        took_mb, took_s = float(row["max_rss"]), float(row["s"])
        asked_mb = demand.mem_mb(of, 1)
        sys.stdout.write(
            f"{name:10} {rule:17} asked {asked_mb:5} MB  took {took_mb:7.1f} MB  "
            f"{asked_mb / took_mb:5.2f}  "
            f"asked {demand.runtime(of, 1):3} min  took {took_s:6.1f} s\n"
        )
        sys.stdout.flush()


def main(folder: str, *names: str) -> None:
    import contextlib

    root = Path(folder).absolute()
    root.mkdir()
    clone = Clone.into(root)
    tank = root / "tank"
    for name in names or SHAPES:
        write_recording(tank, name)
        config = experiment(clone, tank, name)
        clone.run(f"results/campaign/{name}/report.html", "--configfile", config, "--jobs", "1")
        with contextlib.chdir(root):
            report(clone, config, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
