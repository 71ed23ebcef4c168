"""``snakemake verify``: makes datasets again, apart from the results, and compares."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from small_experiment import FS_HZ, NODES, copied, dataset

from clone import Clone
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream import Stream
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]


@pytest.fixture(scope="module")
def verified(small_finished: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The small experiment's datasets, and a raw file newer than all that was made of it."""
    clone = copied(small_finished, tmp_path_factory.mktemp("verify") / "clone")
    (tev,) = (clone.root / "tank" / "rec01").glob("*.tev")
    tev.touch()
    return clone


def table(clone: Clone) -> list[dict[str, str]]:
    file = clone.results("small", "verification.tsv")
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, delimiter="\t"))


def shift_one_channel(clone: Clone, name: str, sample: int) -> None:
    """Add 0.5 V to a sample of the last channel; the new dataset is sound in itself."""
    folder = dataset(clone, name)
    stream = Stream(folder.path)
    values = stream.read().copy()
    values[-1, sample] += np.float32(0.5)
    header = StreamHeader(
        source=stream.metadata.source,
        name=stream.name,
        fs_hz=stream.fs_hz,
        channels=stream.channels,
        units=stream.units,
        segments=stream.segments,
        node=stream.metadata.dspant.node,
        steps=stream.metadata.dspant.steps,
        inputs=stream.metadata.dspant.inputs,
    )
    with StreamWriter(folder, header, "none") as writer:
        writer.write(values)
        writer.finish(Provenance())
    Stream(folder.path).verify()


def test_all_is_equal_and_nothing_else_is_made(verified):
    done = verified.run("verify")

    assert "5 datasets made again: 5 equal" in done.stdout
    last = done.stderr.rstrip().splitlines()[-2:]
    assert last[0].startswith("Done in ")
    assert last[0].endswith(": 5 datasets made again, all equal to what is there.")
    assert last[1] == "What was compared: results/small/verification.tsv"
    assert "rule ingest:" not in done.stdout + done.stderr
    found = table(verified)
    assert [row["dataset"] for row in found] == ["RawG", "AmpA", *NODES]
    assert {row["result"] for row in found} == {"equal"}
    assert not list(verified.root.rglob(".verify"))


def test_it_is_made_anew_whenever_it_is_asked_for(verified):
    for _ in range(2):
        said = verified.run("verify", "--config", "verify=courses").stdout
        assert "1 dataset made again: 1 equal" in said


def test_names_choose_and_unknown_ones_are_refused(verified):
    done = verified.run("verify", "--dry-run", "--config", "verify=[rec01/filtered, AmpA]")
    refused = verified.snakemake("verify", "--config", "verify=envelop")

    said = done.stdout + done.stderr
    assert said.count("rule verify_ingest:") == said.count("rule verify_node:") == 1
    assert "wildcards: recording=rec01, node=filtered" in said
    assert refused.returncode
    assert "'envelop' is neither a recording" in refused.stdout + refused.stderr
    assert "did you mean 'envelope'" in refused.stdout + refused.stderr


def test_a_default_run_verifies_nothing(verified):
    assert not {rule for rule, _ in verified.planned("--forceall")} & {
        "verify",
        "verify_node",
        "verify_ingest",
    }


def test_a_dataset_of_other_values_is_told_and_the_run_fails(verified, tmp_path):
    clone = copied(verified, tmp_path / "clone")
    shift_one_channel(clone, "filtered", sample=12_345)

    done = clone.snakemake("verify", "--config", "verify=[filtered, envelope]")

    said = done.stdout + done.stderr
    assert done.returncode
    assert "rec01/filtered" in said
    assert f"differing: 1 value by up to 0.5 V, the first at {12_345 / FS_HZ:.6f} s" in said
    rows = {row["dataset"]: row for row in table(clone)}
    assert (rows["filtered"]["result"], rows["filtered"]["place"]) == ("differs", "right")
    assert rows["envelope"]["result"] == "outdated"
