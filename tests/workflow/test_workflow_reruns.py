"""Which jobs a change makes again, read from the plan that Snakemake prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from demo_plans import changed, of_both

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]


def test_nothing_is_left_to_do(finished):
    assert finished.planned() == set()


def test_a_changed_cutoff_makes_the_node_its_children_and_the_reports_again(finished, config):
    config["nodes"]["envelope"]["steps"][1]["lowpass"]["cutoff_hz"] = 30

    jobs = changed(finished, config)

    nodes = of_both("node_envelope", "node_bursts", "report_recording")
    assert jobs == nodes | {("report_experiment", "")}


def test_a_comment_in_the_config_makes_nothing_again(finished, config):
    path = finished.write_config("changed.yaml", config)
    file = finished.root / path
    file.write_text("# a thought\n" + file.read_text(encoding="utf-8"), encoding="utf-8")

    assert finished.planned("--configfile", path) == set()


@pytest.mark.parametrize(
    "file",
    ["scripts/dspant/ops/filters.py", "scripts/dspant/engine/node.py", "scripts/make_node.py"],
)
def test_a_comment_in_the_code_makes_nothing_again(finished, file):
    path: Path = finished.root / file
    before = path.read_text(encoding="utf-8")
    path.write_text(before + "# a thought\n", encoding="utf-8")
    try:
        assert finished.planned() == set()
    finally:
        path.write_text(before, encoding="utf-8")


def test_a_raised_version_of_an_operation_makes_its_nodes_again(finished):
    path = finished.root / "scripts/dspant/ops/windows.py"
    before = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"version=\d+", "version=99", before), encoding="utf-8")
    try:
        jobs = finished.planned()
    finally:
        path.write_text(before, encoding="utf-8")

    assert jobs == of_both("node_features", "report_recording") | {("report_experiment", "")}


def test_until_and_a_file_name_work_as_targets(finished, config):
    config["nodes"]["filtered"]["steps"][0]["notch"]["q"] = 20
    path = finished.write_config("changed.yaml", config)

    until = finished.planned("--configfile", path, "--until", "node_envelope")
    file = "results/demo/rec02/envelope.ant/metadata_envelope.json"
    single = finished.planned(file, "--configfile", path)

    assert until == of_both("node_filtered", "node_envelope")
    assert single == {("node_filtered", "rec02"), ("node_envelope", "rec02")}


def test_a_forced_rule_takes_its_children_along(finished):
    jobs = finished.planned("--forcerun", "node_mep")

    assert jobs == of_both("node_mep", "report_recording") | {("report_experiment", "")}
