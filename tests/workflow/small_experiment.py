"""An experiment that runs in seconds: noise with strobes, three nodes, raw files in the clone."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from clone import Clone
from dspant.config.plan import load_plan
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.recording import open_dataset
from dspant.engine.node import make_node
from dspant.readers.ingest import ingest
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import EpocStore, StreamStore

FS_HZ = 6103.515625
CHUNK_SAMPLES = 256
SAMPLES = 700 * CHUNK_SAMPLES
"""So many that the raw file is too large for Snakemake to compare by content."""

NODES = ("filtered", "envelope", "courses")

CONFIG: dict[str, Any] = {
    "experiment": "small",
    "recordings": "config/small.tsv",
    "stores": {
        "RawG": {"kind": "stream", "unit": "V", "channels": ["left", "right"]},
        "AmpA": {"kind": "epoc", "unit": "uA"},
    },
    "nodes": {
        "filtered": {"from": "RawG", "steps": [{"highpass": {"cutoff_hz": 20}}]},
        "envelope": {
            "from": "filtered",
            "steps": ["rectify", {"lowpass": {"cutoff_hz": 6, "order": 2}}],
        },
        "courses": {
            "from": "envelope",
            "steps": [{"windows": {"length_s": 0.5, "step_s": 0.5, "features": ["mav", "rms"]}}],
        },
    },
}


def write_raw(block: Path, seed: int) -> None:
    """Write a block of noise with a few strobes."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(scale=1e-3, size=(2, SAMPLES)).astype(np.float32)
    times_s = np.arange(1.0, SAMPLES / FS_HZ, 5.0)
    strobes = EpocStore("AmpA", times_s, 10 * times_s)
    raw = StreamStore("RawG", samples, FS_HZ, chunk_samples=CHUNK_SAMPLES)
    write_block(block, tank="tank", start_unix_s=1.5e9, streams=[raw], epocs=[strobes])


def prepared(root: Path) -> Clone:
    """A clone with the experiment on one recording, ``rec01``, not yet run."""
    root.mkdir(parents=True, exist_ok=True)
    clone = Clone.into(root)
    write_raw(root / "tank" / "rec01", seed=1)
    clone.write_sheet("small.tsv", [{"recording": "rec01", "block": "tank/rec01"}])
    clone.write_config("config.yaml", CONFIG)
    return clone


def copied(clone: Clone, root: Path) -> Clone:
    """The same clone elsewhere, with times and hard links as they were."""
    subprocess.run(["cp", "-a", clone.root, root], check=True)
    return Clone(root)


def with_cutoff(cutoff_hz: float) -> dict[str, Any]:
    """The experiment with another envelope."""
    config = copy.deepcopy(CONFIG)
    config["nodes"]["envelope"]["steps"][1]["lowpass"]["cutoff_hz"] = cutoff_hz
    return config


def last_of(experiment: str = "small") -> str:
    """The file that all of the experiment's datasets are needed for."""
    return f"results/{experiment}/rec01/courses.ant/metadata_courses.json"


def dataset(clone: Clone, name: str, experiment: str = "small") -> DatasetFolder:
    return DatasetFolder(clone.results(experiment, "rec01", f"{name}.ant"))


def log(clone: Clone, rule: str) -> str:
    """What the rule's last job logged."""
    return (clone.root / f"logs/small/rec01/{rule}.log").read_text(encoding="utf-8")


def digests(recording: Path) -> dict[str, str]:
    """Digest of the values of each dataset, read anew and compared with the stated one."""
    found = {}
    for name in ("RawG", "AmpA", *NODES):
        opened = open_dataset(recording / f"{name}.ant")
        opened.verify()
        found[name] = opened.metadata.dspant.digest
    return found


def undisturbed(config: dict[str, Any], block: Path, folder: Path) -> dict[str, str]:
    """Digests of a first run, by the library alone, into an empty folder."""
    plan = load_plan(config)
    ingest(block, plan.ingest.spec, folder)
    for node in plan.nodes:
        inputs = [folder / f"{taken['dataset']}.ant" for taken in node.spec["inputs"]]
        make_node(node.spec, inputs, folder / f"{node.name}.ant")
    return digests(folder)
