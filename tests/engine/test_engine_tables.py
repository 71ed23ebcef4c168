"""Nodes whose first input is a table, tables made of tables, and baselines from an epoc."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_nodes import node, store, strobes

from dspant.config.draft import read_draft
from dspant.config.graph import resolve_graph
from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import DatasetFolder
from dspant.errors import DatasetError, OperationError

FS_HZ = 1000.0
THRESHOLD = {"double_threshold": {"on_level": 0.5, "min_duration_s": 0.05}}


def breaths(path: Path) -> Path:
    """Ten seconds, half a second active in each, and no gap."""
    one = np.r_[np.hanning(500), np.zeros(500)]
    quiet = np.abs(np.random.default_rng(1).normal(scale=0.01, size=10_000))
    return store(path, (np.tile(one, 10) + quiet)[None].astype("float32"), fs_hz=FS_HZ)


def test_a_step_works_on_the_table_of_the_step_before(tmp_path: Path) -> None:
    envelope = breaths(tmp_path / "Envl.ant")
    bursts = node(tmp_path / "bursts.ant", [envelope], [THRESHOLD], "epoc")
    apart = node(tmp_path / "apart.ant", [bursts, envelope], ["breath_phases"], "epoc")
    fused = node(tmp_path / "fused.ant", [envelope, envelope], [THRESHOLD, "breath_phases"], "epoc")
    assert Epoc(apart).metadata.dspant.digest == Epoc(fused).metadata.dspant.digest
    assert Epoc(fused).table["ttot_s"].to_numpy()[:9] == pytest.approx(1.0, abs=0.01)
    stated = Epoc(fused).metadata.dspant
    assert [step["op"] for step in stated.steps] == ["double_threshold", "breath_phases"]
    assert set(Epoc(apart).metadata.dspant.inputs) == {"bursts", "Envl"}


def test_two_epocs_are_joined_into_a_third(tmp_path: Path) -> None:
    current = strobes(tmp_path / "AmpA.ant", [1.0, 2.0, 3.0])
    channel = strobes(tmp_path / "ChnA.ant", [1.0002, 3.0002])
    step = {"match_events": {"tolerance_s": 0.001, "prefix": "channel_"}}
    made = Epoc(node(tmp_path / "trials.ant", [current, channel], [step], "epoc"))
    assert made.table["matched"].to_pylist() == [True, False, True]
    assert made.table["channel_data"].to_numpy()[[0, 2]].tolist() == [0.0, 1.0]
    assert made.metadata.base.columns["channel_data"].unit == "uA"


def test_a_table_that_was_altered_is_refused_as_a_first_input(tmp_path: Path) -> None:
    current = strobes(tmp_path / "AmpA.ant", [1.0, 2.0])
    other = strobes(tmp_path / "Other.ant", [1.0, 2.5])
    DatasetFolder(current).data.write_bytes(DatasetFolder(other).data.read_bytes())
    with pytest.raises(DatasetError, match="was altered"):
        node(tmp_path / "t.ant", [current, other], [{"match_events": {"tolerance_s": 1.0}}], "epoc")


def test_a_step_on_a_table_that_refuses_names_node_step_and_file(tmp_path: Path) -> None:
    current = strobes(tmp_path / "AmpA.ant", [1.0, 2.0])
    said = rf"^node made from {current}: steps\[0\] \(recruitment_curve\): AmpA has no column"
    with pytest.raises(OperationError, match=said):
        node(tmp_path / "curve.ant", [current], ["recruitment_curve"], "epoc")


def test_a_baseline_is_told_by_a_further_epoc(tmp_path: Path) -> None:
    envelope = breaths(tmp_path / "Envl.ant")
    few = strobes(tmp_path / "Few.ant", [0.6, 1.7])
    rest = strobes(tmp_path / "Rest.ant", np.linspace(0.55, 0.95, 150))
    by_epoc = {"single_threshold": {"sd": 9, "baseline_epoc": True, "min_duration_s": 0.05}}
    too_short = [{"bonato": {"baseline_epoc": True}}]
    with pytest.raises(OperationError, match=r"\(bonato\): the baseline holds 2 samples"):
        node(tmp_path / "x.ant", [envelope, few], too_short, "epoc")
    made = Epoc(node(tmp_path / "made.ant", [envelope, rest], [by_epoc], "epoc"))
    assert set(made.metadata.dspant.inputs) == {"Envl", "Rest"}
    assert made.events == 10


STORES = {"RawG": {"kind": "stream", "unit": "V"}, "Rest": {"kind": "epoc", "unit": "index"}}


def problems_of(**nodes: Any) -> list[str]:
    config = {"experiment": "x", "recordings": "x.tsv", "stores": STORES, "nodes": nodes}
    draft, problems = read_draft(config)
    assert problems == []
    return [problem.message for problem in resolve_graph(draft)[1]]


def test_a_plan_asks_for_the_epoc_that_a_parameter_needs_and_for_no_other() -> None:
    by_epoc = {"hodges_bui": {"baseline_epoc": True}}
    by_time = {"hodges_bui": {"baseline_s": [0, 1]}}
    assert problems_of(a={"from": ["RawG", "Rest"], "steps": [by_epoc]}) == []
    assert problems_of(a={"from": "RawG", "steps": [by_time]}) == []
    (lacking,) = problems_of(a={"from": "RawG", "steps": [by_epoc]})
    assert "needs a further input of kind epoc" in lacking
    (surplus,) = problems_of(a={"from": ["RawG", "Rest"], "steps": [by_time]})
    assert "takes 'Rest' as a further input" in surplus


def test_a_plan_lets_tables_follow_on_tables() -> None:
    steps = [THRESHOLD, "breath_phases"]
    assert problems_of(a={"from": ["RawG", "RawG"], "steps": steps}) == []
    (wrong,) = problems_of(a={"from": ["RawG", "RawG"], "steps": ["breath_phases"]})
    assert "'breath_phases' takes an epoc, but 'RawG' is of kind stream" in wrong
