"""An experiment of many recordings that exist by name only: enough to plan, nothing to compute."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import yaml

from dspant.config import load_plan

REPOSITORY = Path(__file__).parents[2]
PARTS = ("Snakefile", "rules", "scripts", "envs", "profiles", "resources")
RAW = (".Tbk", ".Tdx", ".tev", ".tnt", ".tsq")

STORES = {
    "RawG": {"kind": "stream", "unit": "V", "channels": ["left", "right"]},
    "AmpA": {"kind": "epoc", "unit": "uA"},
}
WINDOWS = {"length_s": 0.25, "step_s": 0.05, "features": ["rms"]}
BAND = {"bandpass": {"low_hz": 20, "high_hz": 450}}
NODES = {
    "filtered": {"from": "RawG", "steps": [{"notch": {"q": 30}}, BAND]},
    "wide": {"from": "RawG", "steps": [{"bandpass": {"low_hz": 30, "high_hz": 4000}}]},
    "envelope": {"from": "filtered", "steps": ["rectify", {"lowpass": {"cutoff_hz": 35}}]},
    "energy": {"from": "filtered", "steps": ["tkeo"]},
    "loudness": {"from": "filtered", "steps": [{"rms_envelope": {"window_s": 0.05}}]},
    "bursts": {
        "from": "envelope",
        "steps": [{"double_threshold": {"on_sd": 5, "off_sd": 2, "baseline_s": [0, 1]}}],
    },
    "features": {"from": "filtered", "steps": [{"windows": WINDOWS}]},
    "wide_features": {"from": "wide", "steps": [{"windows": WINDOWS}]},
    "mep": {
        "from": ["wide", "AmpA"],
        "steps": [{"evoked": {"window_s": [-0.02, 0.04], "response_s": [0.004, 0.03]}}],
    },
    "reflex": {
        "from": ["filtered", "AmpA"],
        "steps": [{"evoked": {"window_s": [-0.02, 0.2], "response_s": [0.05, 0.15]}}],
    },
}
CONFIG = {
    "experiment": "scale",
    "recordings": "config/recordings.tsv",
    "line_frequency_hz": 60,
    "stores": STORES,
    "nodes": NODES,
}
"""Two stores and ten nodes: twelve datasets of each recording."""


def make_experiment(root: Path, recordings: int) -> None:
    """Copy the workflow, and write a sheet of so many recordings with blocks of one-byte files."""
    ignored = shutil.ignore_patterns("__pycache__", "tank", "*.egg-info")
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(source, root / part, ignore=ignored)
        else:
            shutil.copy2(source, root / part)
    lines = ["recording\tblock\tsubject"]
    for number in range(1, recordings + 1):
        block = root / "tank" / f"Subject{number:05}"
        block.mkdir(parents=True)
        for suffix in RAW:
            (block / f"tank_{block.name}{suffix}").write_bytes(b"x")
        lines.append(f"rec{number:05}\ttank/{block.name}\tsubject{number % 20}")
    (root / "config").mkdir()
    (root / "config" / "recordings.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = yaml.safe_dump(CONFIG, sort_keys=False)
    (root / "config" / "config.yaml").write_text(text, encoding="utf-8")


def write_results(root: Path) -> None:
    """Write every result as a file of one line; Snakemake does not know yet who made them."""
    with contextlib.chdir(root):
        plan = load_plan(CONFIG)
        ingest, nodes = plan.ingest, plan.nodes
        files = [ingest.block, *ingest.data, *ingest.metadata, *ingest.provenance]
        files += [file for node in nodes for file in (node.data, node.metadata, node.provenance)]
        files += [plan.paths.report(), plan.paths.summary(), plan.paths.recording_provenance()]
        for recording in plan.recordings:
            for file in files:
                path = Path(file.format(recording=recording))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{path}\n", encoding="utf-8")
        Path(plan.paths.experiment_report()).write_text("\n", encoding="utf-8")
