"""An experiment of many recordings that exist by name only: enough to plan, nothing to compute."""

from __future__ import annotations

import contextlib
from pathlib import Path

from clone import Clone
from dspant.config import load_plan

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
    """A clone of the workflow, and a sheet of so many recordings with blocks of one-byte files."""
    clone = Clone.into(root)
    rows = []
    for number in range(1, recordings + 1):
        block = root / "tank" / f"Subject{number:05}"
        block.mkdir(parents=True)
        for suffix in RAW:
            (block / f"tank_{block.name}{suffix}").write_bytes(b"x")
        rows.append(
            {
                "recording": f"rec{number:05}",
                "block": f"tank/{block.name}",
                "subject": f"subject{number % 20}",
            }
        )
    clone.write_sheet("recordings.tsv", rows)
    clone.write_config("config.yaml", CONFIG)


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
            for folder in (plan.paths.tiles(), plan.paths.figures()):
                Path(folder.format(recording=recording)).mkdir()
        for file in (plan.paths.experiment_report(), plan.paths.conditions()):
            Path(file).write_text("\n", encoding="utf-8")
