"""Which jobs an edit of the sheet makes again, read from the plan that Snakemake prints."""

from __future__ import annotations

import pytest
from demo_plans import EXPERIMENT_PAGE, changed

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]


def with_rows(clone, config, tank, *recordings):
    """Plan the demo on these recordings, in this order."""
    rows = [{"recording": name, "block": str(tank / name)} for name in recordings]
    config["recordings"] = clone.write_sheet("changed.tsv", rows)
    return changed(clone, config)


def test_a_new_recording_runs_its_own_jobs_only(finished, config, tank):
    jobs = with_rows(finished, config, tank, "rec01", "rec02", "rec03")

    nodes = {f"node_{name}" for name in config["nodes"]}
    own = {(rule, "rec03") for rule in nodes | {"ingest", "report_recording"}}
    assert jobs == own | EXPERIMENT_PAGE


def test_a_removed_recording_leaves_the_experiments_page(finished, config, tank):
    assert with_rows(finished, config, tank, "rec02") == EXPERIMENT_PAGE


def test_recordings_in_another_order_compute_nothing(finished, config, tank):
    assert with_rows(finished, config, tank, "rec02", "rec01") == EXPERIMENT_PAGE


def test_a_further_column_of_the_sheet_computes_nothing(finished, config, tank):
    rows = [
        {"recording": name, "block": str(tank / name), "subject": "rat"}
        for name in ("rec01", "rec02")
    ]
    config["recordings"] = finished.write_sheet("changed.tsv", rows)

    assert changed(finished, config) == EXPERIMENT_PAGE
