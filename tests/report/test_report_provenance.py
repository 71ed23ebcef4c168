"""A recording's provenance: one document that two equal runs agree on, and the page's section."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xxhash
from page_reader import PageReader

from dspant.config import resolve_steps
from dspant.dataset.recording import open_dataset
from dspant.dataset.surroundings import PACKAGES
from dspant.engine.node import make_node
from dspant.readers import READERS
from dspant.readers.ingest import ingest
from dspant.report.recording_page import write_recording_page
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import EpocStore, StreamStore
from hosts import named_host

FS_HZ = 6103.515625
CHUNK_SAMPLES = 256
STREAM = {"kind": "stream", "unit": "V", "channels": ["left", "right"], "scale": None}
RAW_SPEC = {
    "reader": {"name": "tdt", "version": READERS["tdt"]},
    "stores": {
        "RawG": STREAM | {"gaps": "error", "truncated": "error"},
        "PC0/": {"kind": "epoc", "unit": "index"},
    },
    "storage": {"compression": "none"},
}
LOCK = Path(__file__).parents[2] / "envs" / "requirements.txt"


def analysed(root: Path, *, gain: float = 1e-3, cutoff_hz: float = 20.0) -> Path:
    """A recording from raw block to page; its folder."""
    block, folder = root / "tank" / "rec01", root / "results" / "rec01"
    rng = np.random.default_rng(3)
    samples = rng.normal(scale=gain, size=(2, 60 * CHUNK_SAMPLES)).astype(np.float32)
    raw = StreamStore("RawG", samples, FS_HZ, chunk_samples=CHUNK_SAMPLES)
    strobes = EpocStore("PC0/", np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    write_block(block, tank="tank", start_unix_s=1.5e9, streams=[raw], epocs=[strobes])
    ingest(block, RAW_SPEC, folder)
    spec = {
        "node": "filtered",
        "makes": "stream",
        "inputs": [{"dataset": "RawG", "kind": "stream", "recording": None}],
        "steps": resolve_steps([{"highpass": {"cutoff_hz": cutoff_hz}}]),
        "storage": {"compression": "none"},
    }
    make_node(spec, [folder / "RawG.ant"], folder / "filtered.ant")
    datasets = ["RawG", "PC0_", "filtered"]
    write_recording_page(
        folder / "block.json",
        [folder / f"{name}.ant" for name in datasets],
        {
            "experiment": "trial",
            "datasets": datasets,
            "line_frequency_hz": 60.0,
            "samples_mb": 500.0,
        },
        page=folder / "report.html",
        summary=folder / "summary.json",
        provenance=folder / "provenance.json",
        tiles=folder / "report_tiles",
        figures=folder / "report_figures",
    )
    return folder


def document(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "provenance.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def host() -> Iterator[str]:
    with named_host("the-host-here") as name:
        yield name


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return analysed(tmp_path_factory.mktemp("first"))


def test_raw_files_are_those_on_disk(recording):
    block = recording.parents[1] / "tank" / "rec01"

    stated = document(recording)["identity"]["raw_files"]

    assert {Path(name).suffix.lower() for name in stated} >= {".tev", ".tsq"}
    for name, file in stated.items():
        raw = (block / name).read_bytes()
        assert file == {"bytes": len(raw), "digest": "xxh3:" + xxhash.xxh3_128_hexdigest(raw)}


def test_each_dataset_states_its_values_its_inputs_and_the_version_of_each_operation(recording):
    datasets = document(recording)["identity"]["datasets"]

    assert list(datasets) == ["RawG", "PC0_", "filtered"]
    for name, stated in datasets.items():
        opened = open_dataset(recording / f"{name}.ant")
        text = opened.folder.metadata.read_bytes()
        assert stated["digest"] == opened.metadata.dspant.digest
        assert stated["metadata_digest"] == "xxh3:" + xxhash.xxh3_128_hexdigest(text)
    assert datasets["filtered"]["inputs"] == {"RawG": datasets["RawG"]["digest"]}
    (step,) = datasets["filtered"]["spec"]["steps"]
    assert (step["op"], step["params"]["cutoff_hz"]) == ("highpass", 20.0)
    assert isinstance(step["version"], int)
    assert datasets["PC0_"]["spec"]["store"] == "PC0/"
    assert datasets["PC0_"]["spec"]["settings"]["unit"] == "index"
    assert datasets["RawG"]["spec"]["reader"] == RAW_SPEC["reader"]


def test_equal_runs_agree_on_the_identity_and_differ_in_their_runs(recording, tmp_path, host):
    one, two = document(recording), document(analysed(tmp_path))

    assert one["identity"] == two["identity"]
    assert one["identity_digest"] == two["identity_digest"]
    assert one["runs"] != two["runs"]
    told = json.dumps(one["identity"])
    assert str(recording.parents[1]) not in told
    assert one["runs"]["report"]["host"] == host
    assert host not in told


@pytest.mark.parametrize("change", [{"gain": 2e-3}, {"cutoff_hz": 21.0}])
def test_other_bytes_or_another_setting_are_another_identity(recording, tmp_path, change):
    other = document(analysed(tmp_path, **change))

    assert other["identity_digest"] != document(recording)["identity_digest"]


def test_runs_state_versions_the_lock_file_and_the_commit(recording):
    runs = document(recording)["runs"]
    lock = "xxh3:" + xxhash.xxh3_128_hexdigest(LOCK.read_bytes())

    for run in (runs["report"], *runs["datasets"].values()):
        assert run["lock"] == lock
        assert run["versions"]["numpy"] == np.__version__
        assert {name: run["versions"][name] for name in PACKAGES} == {
            name: importlib.metadata.version(name) for name in PACKAGES
        }
        assert {"commit", "command", "host", "start", "duration_s"} <= run.keys()


def test_the_page_shows_it(recording):
    stated = document(recording)
    page = (recording / "report.html").read_text(encoding="utf-8")
    section = page.partition('<footer id="page-provenance">')[2]

    text = PageReader(section).text
    assert stated["identity_digest"] in text
    assert 'href="provenance.json"' in section
    for file in stated["identity"]["raw_files"].values():
        assert file["digest"] in text
    for dataset in stated["identity"]["datasets"].values():
        assert dataset["digest"] in text
    assert stated["runs"]["report"]["lock"] in text
    step = stated["identity"]["datasets"]["filtered"]["spec"]["steps"][0]
    assert f"highpass {step['version']}" in text
