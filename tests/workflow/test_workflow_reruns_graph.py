"""Which jobs an edit of the graph makes again, read from the plan that Snakemake prints."""

from __future__ import annotations

import pytest
from demo_plans import EXPERIMENT_PAGE, changed, of_both

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]


def test_a_new_node_runs_alone_with_the_reports(finished, config):
    config["nodes"]["energy"] = {"from": "filtered", "steps": ["tkeo"]}

    jobs = changed(finished, config)

    assert jobs == of_both("node_energy", "report_recording") | EXPERIMENT_PAGE


def test_a_node_that_takes_another_input_runs_with_what_follows_from_it(finished, config):
    config["nodes"]["features"]["from"] = "RawG"
    config["nodes"]["bursts"]["from"] = "filtered"

    jobs = changed(finished, config)

    assert jobs == of_both("node_features", "node_bursts", "report_recording") | EXPERIMENT_PAGE


def test_a_renamed_node_runs_with_what_takes_it(finished, config):
    nodes = config["nodes"]
    nodes["outline"] = nodes.pop("envelope")
    nodes["bursts"]["from"] = "outline"

    jobs = changed(finished, config)

    assert jobs == of_both("node_outline", "node_bursts", "report_recording") | EXPERIMENT_PAGE


def test_a_removed_node_computes_nothing_and_leaves_the_pages(finished, config):
    del config["nodes"]["features"]

    assert changed(finished, config) == of_both("report_recording") | EXPERIMENT_PAGE


def test_nodes_written_in_another_order_compute_nothing(finished, config):
    config["nodes"] = dict(reversed(config["nodes"].items()))

    computed = {rule for rule, _ in changed(finished, config)}

    assert computed <= {"report_recording", "report_experiment"}
