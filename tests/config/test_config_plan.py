"""What the workflow asks of a plan."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from sound_experiment import SOUND

from dspant.config.jobs import STREAM_THREADS, TABLE_THREADS

HEAVY = {"numpy", "scipy", "pyarrow", "pandas", "pandera", "dask", "tdt", "matplotlib"}

LOAD = """
import sys, yaml
from dspant.config import load_plan
with open("config/config.yaml", encoding="utf-8") as file:
    config = yaml.safe_load(file)
plan = load_plan(config, ["config/config.yaml"])
plan.targets()
sys.stdout.write(" ".join(sys.modules))
"""


def of(recording: str) -> SimpleNamespace:
    return SimpleNamespace(recording=recording)


def test_planning_loads_no_array_library(house):
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=house.root, capture_output=True, text=True, check=True
    )

    assert HEAVY.isdisjoint(loaded.stdout.split())


DESIGNS = """\
nodes:
  a: {from: RawG, steps: [{lowpass: {cutoff_hz: 6}}]}
  b: {from: RawG, steps: [{highpass: {cutoff_hz: 6, design: chebyshev1, ripple_db: 1}}]}
  c: {from: RawG, steps: [{bandpass: {low_hz: 6, high_hz: 9, design: bessel}}]}
  d: {from: RawG, steps: [{bandstop: {low_hz: 6, high_hz: 9, design: chebyshev2, stopband_db: 40}}]}
  e:
    from: RawG
    steps: [{lowpass: {cutoff_hz: 6, design: elliptic, ripple_db: 1, stopband_db: 40}}]
  f: {from: RawG, steps: [{notch: {harmonics: 3}}, {comb: {frequency_hz: 60}}]}
  g: {from: RawG, steps: [{fir: {high_hz: 50, transition_hz: 10, design: least_squares}}]}
"""


def test_planning_filters_of_every_design_loads_no_array_library(house):
    house.write((SOUND[SOUND.index("nodes:") :], DESIGNS))
    planned = LOAD + "sys.stdout.write(' ' + ' '.join(node.name for node in plan.nodes))"

    loaded = subprocess.run(
        [sys.executable, "-c", planned], cwd=house.root, capture_output=True, text=True, check=True
    ).stdout.split()

    assert HEAVY.isdisjoint(loaded)
    assert loaded[-7:] == list("abcdefg")


def test_recordings_and_nodes_keep_their_order(house):
    plan = house.load()

    assert plan.recordings == ("rec01", "rec02")
    assert [node.name for node in plan.nodes] == ["filtered", "envelope", "mep"]
    assert [node.rule for node in plan.nodes] == ["node_filtered", "node_envelope", "node_mep"]
    assert plan.datasets == ("RawG", "AmpA", "filtered", "envelope", "mep")


def test_ingest_makes_every_store_of_a_block(house):
    ingest = house.load().ingest

    assert ingest.datasets == ("RawG", "AmpA")
    assert ingest.metadata == [
        "results/demo/{recording}/RawG.ant/metadata_RawG.json",
        "results/demo/{recording}/AmpA.ant/metadata_AmpA.json",
    ]
    assert len(ingest.data) == len(ingest.provenance) == 2
    assert ingest.block == "results/demo/{recording}/block.json"
    assert ingest.raw_files(of("rec02")) == [
        "tank/rec02/tank_rec02.Tbk",
        "tank/rec02/tank_rec02.tev",
        "tank/rec02/tank_rec02.tsq",
    ]
    assert ingest.spec["reader"]["name"] == "tdt"
    assert ingest.spec["stores"]["RawG"] == {
        "kind": "stream",
        "unit": "V",
        "channels": ["left", "right"],
        "scale": None,
        "gaps": "error",
        "truncated": "error",
    }
    assert ingest.spec["stores"]["AmpA"] == {"kind": "epoc", "unit": "uA"}
    assert ingest.spec["storage"] == {"compression": "none"}


def test_inputs_of_a_node_are_those_of_its_own_recording(house):
    mep = house.load().nodes[-1]

    assert mep.metadata_inputs == [
        "results/demo/{recording}/filtered.ant/metadata_filtered.json",
        "results/demo/{recording}/AmpA.ant/metadata_AmpA.json",
    ]
    assert mep.data_inputs == [
        "results/demo/{recording}/filtered.ant/data_filtered.parquet",
        "results/demo/{recording}/AmpA.ant/data_AmpA.parquet",
    ]


def test_an_input_of_another_recording_is_looked_up_in_the_sheet(house):
    house.write(("from: [filtered, AmpA]", "from: [filtered, {node: AmpA, recording: mvc}]"))

    mep = house.load().nodes[-1]

    assert mep.metadata_inputs(of("rec01")) == [
        "results/demo/rec01/filtered.ant/metadata_filtered.json",
        "results/demo/rec02/AmpA.ant/metadata_AmpA.json",
    ]
    assert mep.data_inputs(of("rec01"))[1] == "results/demo/rec02/AmpA.ant/data_AmpA.parquet"


def test_cores_follow_what_is_made(house):
    windows = "[{windows: {length_s: 1, step_s: 1, features: [rms]}}]"
    house.write(("nodes:\n", f"nodes:\n  features: {{from: RawG, steps: {windows}}}\n"))
    plan = house.load()

    assert {node.name: node.threads for node in plan.nodes} == {
        "features": STREAM_THREADS,
        "filtered": STREAM_THREADS,
        "envelope": STREAM_THREADS,
        "mep": TABLE_THREADS,
    }


def test_memory_is_asked_for_the_channels_and_rate_of_the_store_it_was_made_from(house):
    from dspant.engine.memory import HIGHEST_FS_HZ, UNDECLARED_CHANNELS, node_memory_mb

    def asked(plan):
        return [node.demand.mem_mb(of("rec01"), 1) for node in plan.nodes]

    plan = house.load()
    declared = [node_memory_mb(node.spec, 2, HIGHEST_FS_HZ) for node in plan.nodes]
    assert asked(plan) == declared

    house.write((", channels: [left, right]", ""))
    plan = house.load()
    assumed = [node_memory_mb(n.spec, UNDECLARED_CHANNELS, HIGHEST_FS_HZ) for n in plan.nodes]
    assert asked(plan) == assumed


def test_the_target_takes_every_report_which_takes_every_dataset(house):
    plan = house.load()

    assert plan.targets() == ["results/demo/report.html", "results/demo/conditions.tsv"]
    assert plan.all_pages() == ["results/demo/rec01/report.html", "results/demo/rec02/report.html"]
    assert plan.all_summaries() == [
        "results/demo/rec01/summary.json",
        "results/demo/rec02/summary.json",
    ]
    metadata, data = plan.recording_metadata, plan.recording_data
    assert len(set(metadata)) == len(set(data)) == len(plan.datasets)
    assert metadata[0] == "results/demo/{recording}/RawG.ant/metadata_RawG.json"


def test_a_comment_or_another_order_of_keys_changes_no_spec(house):
    before = house.load()
    house.write(
        ("stores:", "# a comment\nstores:"),
        ("{low_hz: 20, high_hz: 450}", "{order: 4, high_hz: 450.0, low_hz: 20.0}"),
    )

    after = house.load()

    assert [json.dumps(node.spec) for node in after.nodes] == [
        json.dumps(node.spec) for node in before.nodes
    ]
    assert json.dumps(after.ingest.spec) == json.dumps(before.ingest.spec)


def test_the_demo_config_is_sound_but_for_blocks_that_may_not_be_made_yet(monkeypatch):
    import pytest
    import yaml

    from dspant.config import load_plan
    from dspant.errors import ConfigError

    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    config = yaml.safe_load((root / "config/config.yaml").read_text(encoding="utf-8"))

    try:
        plan = load_plan(config, ["config/config.yaml"])
    except ConfigError as error:
        assert all(": block: " in problem for problem in error.problems), str(error)
        pytest.skip("the demo's blocks are not made yet")
    assert "filtered" in plan.datasets
