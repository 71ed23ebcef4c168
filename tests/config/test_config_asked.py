"""What pages tell of the memory that rules ask for is what Snakemake is told."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import yaml

from dspant.config.asked import asked_by, asked_memory_mb
from dspant.config.blocks import block_facts


def test_the_memory_of_a_rule_is_that_of_the_recording_that_asks_for_most(house):
    plan = house.load()

    asked = asked_memory_mb(plan)

    assert list(asked) == ["ingest", *(node.rule for node in plan.nodes), "report_recording"]
    for node in plan.nodes:
        each = [node.demand.mem_mb(SimpleNamespace(recording=r), 1) for r in plan.recordings]
        assert asked[node.rule] == max(each)
    config = yaml.safe_load(house.config.read_text(encoding="utf-8"))
    assert asked_by(config | {"verify": "all"}) == asked


def test_raw_files_that_are_gone_are_no_error(house):
    plan = house.load()
    config = yaml.safe_load(house.config.read_text(encoding="utf-8"))
    for recording in plan.recordings:
        shutil.rmtree(plan.sheet.cell(recording, "block"))
    block_facts.cache_clear()

    assert asked_memory_mb(plan) == {}
    assert asked_by(config) == {}
