"""A node made again: put back where nothing changed, computed where anything did."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_nodes import node, noise, outputs_unlinked, spec_of, store, strobes

from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.stream import Stream
from dspant.engine import node as node_module
from dspant.engine.node import make_node
from dspant.errors import DspantError

X = noise(2, 5000)
LOW = {"lowpass": {"cutoff_hz": 100.0}}
EVOKED = {"evoked": {"window_s": [-0.02, 0.05], "response_s": [0.0, 0.04]}}


def content(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in DatasetFolder(path).files}


def spoil(path: Path) -> None:
    """Make computing from this input impossible while its metadata stay."""
    DatasetFolder(path).data.write_bytes(b"no Parquet at all")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return store(tmp_path / "Raw.ant", X)


@pytest.mark.parametrize(("steps", "makes"), [([LOW], "stream"), ([LOW, EVOKED], "epoc")])
def test_the_same_node_again_is_put_back_without_computing(
    raw: Path, tmp_path: Path, steps: list[Any], makes: str
) -> None:
    inputs = [raw, *([strobes(tmp_path / "Stim.ant", [0.1])] if makes == "epoc" else [])]
    made = node(tmp_path / "made.ant", inputs, steps, makes)
    before = content(made)
    for path in inputs:
        spoil(path)
    for _ in range(2):
        outputs_unlinked(made)
        node(made, inputs, steps, makes)
        assert content(made) == before
    (Stream if makes == "stream" else Epoc)(made)


def test_a_node_whose_files_are_all_there_is_put_back_too(raw: Path, tmp_path: Path) -> None:
    made = node(tmp_path / "made.ant", [raw], [LOW])
    before = content(made)
    spoil(raw)
    node(made, [raw], [LOW])
    assert content(made) == before


def test_another_number_of_threads_computes_nothing(raw: Path, tmp_path: Path) -> None:
    made = node(tmp_path / "made.ant", [raw], [LOW])
    spoil(raw)
    node(made, [raw], [LOW], threads=2)


CHANGES: list[Callable[[dict[str, Any]], Any]] = [
    lambda spec: spec["steps"][0]["params"].update(cutoff_hz=100.5),
    lambda spec: spec["steps"][0]["params"].update(order=3),
    lambda spec: spec["steps"].append({"op": "rectify", "version": 1, "params": {}}),
    lambda spec: spec["storage"].update(compression="zstd"),
    lambda spec: spec.update(node="renamed"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_spec_computes(
    raw: Path, tmp_path: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    made = tmp_path / "made.ant"
    make_node(spec_of([LOW]), [raw], made)
    spec = spec_of([LOW])
    change(spec)
    make_node(spec, [raw], made)
    direct = tmp_path / "direct" / "made.ant"
    make_node(spec, [raw], direct)
    assert content(made)["metadata_made.json"] == content(direct)["metadata_made.json"]
    spoil(raw)
    change(spec)
    with pytest.raises(DspantError):
        make_node(spec_of([LOW]), [raw], made)


def test_a_parameter_changed_and_changed_back_gives_its_own_result(
    raw: Path, tmp_path: Path
) -> None:
    made = tmp_path / "made.ant"
    results = {}
    for cutoff_hz in (100.0, 300.0, 100.0, 300.0, 300.0, 100.0):
        outputs_unlinked(made)
        node(made, [raw], [{"lowpass": {"cutoff_hz": cutoff_hz}}])
        found = Stream(made).read()
        params = Stream(made).metadata.dspant.steps[0]["params"]
        assert params["cutoff_hz"] == cutoff_hz
        assert np.array_equal(found, results.setdefault(cutoff_hz, found))
    assert not np.array_equal(results[100.0], results[300.0])


def test_an_input_with_other_values_computes(raw: Path, tmp_path: Path) -> None:
    made = node(tmp_path / "made.ant", [raw], ["rectify"])
    store(raw, X + 1)
    outputs_unlinked(made)
    node(made, [raw], ["rectify"])
    assert np.array_equal(Stream(made).read(), np.abs(X + 1))


@pytest.mark.parametrize("stated", [{"fs_hz": 1000.0}, {"units": ["mV", "mV"]}])
def test_an_input_that_states_something_else_computes(
    raw: Path, tmp_path: Path, stated: dict[str, Any]
) -> None:
    made = node(tmp_path / "made.ant", [raw], [LOW])
    store(raw, X, **stated)
    outputs_unlinked(made)
    node(made, [raw], [LOW])
    stream = Stream(made)
    assert stream.fs_hz == stated.get("fs_hz", stream.fs_hz)
    assert stream.units == stated.get("units", stream.units)


def test_the_order_of_inputs_is_part_of_what_a_node_is_made_from(tmp_path: Path) -> None:
    one, two = store(tmp_path / "A.ant", X), store(tmp_path / "B.ant", X + 1)
    made = node(tmp_path / "made.ant", [one], ["rectify"])
    node(made, [two], ["rectify"])
    assert np.array_equal(Stream(made).read(), np.abs(X + 1))


@pytest.mark.parametrize(
    "lost", ["data_made.parquet", "metadata_made.json", "provenance_made.json"]
)
def test_without_the_whole_kept_result_it_computes(raw: Path, tmp_path: Path, lost: str) -> None:
    made = node(tmp_path / "made.ant", [raw], ["rectify"])
    outputs_unlinked(made)
    (DatasetFolder(made).kept / lost).unlink()
    node(made, [raw], ["rectify"])
    assert np.array_equal(Stream(made).read(), np.abs(X))
    spoil(raw)
    outputs_unlinked(made)
    node(made, [raw], ["rectify"])


def test_a_job_that_failed_in_between_does_not_spoil_what_is_kept(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = node(tmp_path / "made.ant", [raw], ["rectify"])
    before = content(made)
    outputs_unlinked(made)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(node_module.Writing, "add", _interrupt)
        node(made, [raw], [LOW])
    assert list(content_if_any(made)) == []
    spoil(raw)
    node(made, [raw], ["rectify"])
    assert content(made) == before


def _interrupt(*_args: object) -> None:
    raise KeyboardInterrupt


def content_if_any(path: Path) -> list[str]:
    return [file.name for file in DatasetFolder(path).files if file.exists()]


def test_provenance_of_a_result_put_back_is_that_of_its_making(raw: Path, tmp_path: Path) -> None:
    made = node(tmp_path / "made.ant", [raw], ["rectify"])
    stated = json.loads(DatasetFolder(made).provenance.read_text())
    outputs_unlinked(made)
    node(made, [raw], ["rectify"])
    assert json.loads(DatasetFolder(made).provenance.read_text()) == stated
    assert stated["node"] == "made"
    assert stated["made_from"].startswith("xxh3:")


@pytest.mark.parametrize(("steps", "makes"), [([LOW], "stream"), ([LOW, EVOKED], "epoc")])
def test_a_damaged_last_result_is_computed_again(
    raw: Path, tmp_path: Path, steps: list[Any], makes: str
) -> None:
    inputs = [raw, *([strobes(tmp_path / "Stim.ant", [0.1])] if makes == "epoc" else [])]
    made = node(tmp_path / "made.ant", inputs, steps, makes)
    data, before = DatasetFolder(made).data, content(made)
    with data.open("r+b") as shared_with_what_is_kept:
        shared_with_what_is_kept.truncate(data.stat().st_size // 2)
    outputs_unlinked(made)
    node(made, inputs, steps, makes)
    after = content(made)
    assert after["data_made.parquet"] == before["data_made.parquet"]
    assert after["metadata_made.json"] == before["metadata_made.json"]
