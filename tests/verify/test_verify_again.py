"""A dataset that is not what its inputs make is found, and where it differs is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from altered import alter_epoc, alter_stream

from dspant.config import resolve_steps
from dspant.dataset.folder import DatasetFolder
from dspant.engine.node import make_node
from dspant.readers import READERS
from dspant.readers.ingest import ingest
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import EpocStore, StreamStore
from dspant.verify.again import verify_ingest, verify_node
from dspant.verify.findings import DIFFERS, EQUAL, FAILED, OUTDATED

FS_HZ = 6103.515625
CHUNK_SAMPLES = 256

RAW_SPEC = {
    "reader": {"name": "tdt", "version": READERS["tdt"]},
    "stores": {
        "RawG": {
            "kind": "stream",
            "unit": "V",
            "channels": ["left", "right"],
            "scale": None,
            "gaps": "error",
            "truncated": "error",
        },
        "AmpA": {"kind": "epoc", "unit": "uA"},
    },
    "storage": {"compression": "none"},
}


def spec(node: str, makes: str, parent: str, *steps: dict[str, Any]) -> dict[str, Any]:
    return {
        "node": node,
        "makes": makes,
        "inputs": [{"dataset": parent, "kind": "stream", "recording": None}],
        "steps": resolve_steps(list(steps)),
        "storage": {"compression": "none"},
    }


FILTERED = spec("filtered", "stream", "RawG", {"highpass": {"cutoff_hz": 20}})
COURSES = spec(
    "courses",
    "epoc",
    "filtered",
    {"windows": {"length_s": 0.5, "step_s": 0.5, "features": ["rms"]}},
)


class Made:
    """A recording with its raw block, one filtered stream and one table."""

    def __init__(self, root: Path) -> None:
        self.block, self.recording = root / "tank" / "rec01", root / "results" / "rec01"
        self.scratch = self.recording / ".verify" / "job"
        rng = np.random.default_rng(3)
        samples = rng.normal(scale=1e-3, size=(2, 100 * CHUNK_SAMPLES)).astype(np.float32)
        raw = StreamStore("RawG", samples, FS_HZ, chunk_samples=CHUNK_SAMPLES)
        strobes = EpocStore("AmpA", np.array([1.0, 2.5]), np.array([10.0, 20.0]))
        write_block(self.block, tank="tank", start_unix_s=1.5e9, streams=[raw], epocs=[strobes])
        ingest(self.block, RAW_SPEC, self.recording)
        for node, parent in ((FILTERED, "RawG"), (COURSES, "filtered")):
            make_node(node, [self.at(parent).path], self.at(node["node"]).path)

    def at(self, name: str) -> DatasetFolder:
        return DatasetFolder(self.recording / f"{name}.ant")

    def verify(self, node: dict[str, Any]) -> list:
        parent = self.at(node["inputs"][0]["dataset"])
        return verify_node(node, [parent.path], self.at(node["node"]).path, self.scratch)

    def verify_raw(self) -> dict[str, list]:
        found: dict[str, list] = {}
        for finding in verify_ingest(self.block, RAW_SPEC, self.recording, self.scratch):
            found.setdefault(finding.dataset, []).append(finding)
        return found


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def stated_digest(folder: DatasetFolder) -> str:
    return json.loads(folder.metadata.read_text(encoding="utf-8"))["dspant"]["digest"]


def test_what_nobody_touched_is_equal_and_stays_as_it_is(made):
    before = {file: file.stat().st_mtime_ns for file in made.recording.rglob("*")}

    nodes = [*made.verify(FILTERED), *made.verify(COURSES)]
    raw = made.verify_raw()

    assert [(one.dataset, one.result) for one in nodes] == [
        ("filtered", EQUAL),
        ("courses", EQUAL),
    ]
    assert {name: [one.result for one in found] for name, found in raw.items()} == {
        "RawG": [EQUAL],
        "AmpA": [EQUAL],
    }
    assert nodes[0].recording == "rec01"
    assert nodes[0].digest == stated_digest(made.at("filtered"))
    after = {file: file.stat().st_mtime_ns for file in made.recording.rglob("*")}
    folders = {made.recording, made.scratch.parent}
    assert {f: t for f, t in after.items() if f not in folders} == {
        f: t for f, t in before.items() if f not in folders
    }
    assert not made.scratch.exists()


def test_other_samples_with_a_digest_of_their_own_are_told_by_channel_and_time(made):
    def change(values: np.ndarray) -> None:
        values[1, 5000] += np.float32(0.25)
        values[1, 7000:7002] += np.float32(0.125)

    alter_stream(made.at("filtered"), change)

    (found,) = made.verify(FILTERED)

    assert (found.result, found.place, found.values, found.unit) == (DIFFERS, "right", 3, "V")
    assert found.first_s == pytest.approx(5000 / FS_HZ, abs=1e-9)
    assert found.largest == pytest.approx(0.25, rel=1e-5)
    assert "dspant.digest" in found.remark


def test_a_change_of_the_last_bit_of_one_sample_is_found(made):
    def change(values: np.ndarray) -> None:
        values.view(np.uint32)[0, -1] ^= 1

    alter_stream(made.at("filtered"), change)

    (found,) = made.verify(FILTERED)

    assert (found.place, found.values) == ("left", 1)
    assert found.first_s == pytest.approx((100 * CHUNK_SAMPLES - 1) / FS_HZ)
    assert 0 < found.largest < 1e-9


def test_another_value_in_a_table_is_told_by_column_and_time(made):
    def change(columns: dict[str, np.ndarray]) -> None:
        columns["rms"][4] *= 2

    alter_epoc(made.at("courses"), change)

    (found,) = made.verify(COURSES)

    assert (found.result, found.place, found.values) == (DIFFERS, "rms", 1)
    assert found.first_s == pytest.approx(
        1.0, abs=1 / FS_HZ
    )  # two rows of each window: row 4 is the third


def test_a_table_with_a_row_less_is_told_by_its_metadata(made):
    def change(columns: dict[str, np.ndarray]) -> None:
        for name in columns:
            columns[name] = columns[name][:-1]

    alter_epoc(made.at("courses"), change)

    (found,) = made.verify(COURSES)

    assert found.result == DIFFERS
    assert "base.number_of_events" in found.remark


def test_damaged_bytes_are_told_though_the_metadata_are_as_they_were(made):
    data = made.at("filtered").data
    raw = bytearray(data.read_bytes())
    raw[200_000] ^= 0x40
    data.write_bytes(raw)

    (found,) = made.verify(FILTERED)

    assert (found.result, found.values) == (DIFFERS, 1)
    assert "was altered" in found.remark


def test_a_raw_file_of_other_content_shows_in_its_stores(made):
    (tev,) = made.block.glob("*.tev")
    raw = bytearray(tev.read_bytes())
    raw[4 * 1000] ^= 0x40
    tev.write_bytes(raw)

    found = made.verify_raw()

    (differs,) = found["RawG"]
    assert (differs.result, differs.values) == (DIFFERS, 1)
    assert tev.name in differs.remark


def test_what_the_config_or_the_inputs_have_left_behind_is_outdated(made):
    other = spec("filtered", "stream", "RawG", {"highpass": {"cutoff_hz": 25}})
    (settings,) = made.verify(other)

    def change(values: np.ndarray) -> None:
        values[0, 0] += 1

    alter_stream(made.at("RawG"), change)
    (inputs,) = made.verify(FILTERED)

    assert (settings.result, inputs.result) == (OUTDATED, OUTDATED)
    assert "settings" in settings.remark
    assert "inputs" in inputs.remark


def test_a_damaged_input_and_a_missing_dataset_are_failures(made):
    data = made.at("RawG").data
    raw = bytearray(data.read_bytes())
    raw[100_000] ^= 0x40
    data.write_bytes(raw)
    (damaged,) = made.verify(FILTERED)
    made.at("courses").metadata.unlink()
    (missing,) = made.verify(COURSES)

    assert (damaged.result, missing.result) == (FAILED, FAILED)
    assert "RawG" in damaged.remark
    assert "not there" in missing.remark
