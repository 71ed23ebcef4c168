"""Metadata: complete or refused, on write and on read, and the same bytes every time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_datasets import TIMES, finished, some_rows, write_epoc, write_stream

from dspant.dataset.epoc import Epoc
from dspant.dataset.metadata import EpocColumn
from dspant.dataset.recording import dataset_names, open_dataset
from dspant.dataset.stream import Stream
from dspant.errors import DatasetError, MetadataError
from hosts import named_host

ONES = np.ones((2, 10), dtype="float32")

Change = Callable[[dict[str, Any]], None]


def changed(folder: Path, change: Change) -> None:
    """Alter the metadata of a dataset."""
    file = next(folder.glob("metadata_*.json"))
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))


def setting(section: str, key: str, value: Any) -> Change:
    return lambda document: document[section].__setitem__(key, value)


def without(section: str, key: str) -> Change:
    return lambda document: document[section].__delitem__(key)


STREAM_FAULTS: list[tuple[Change, str]] = [
    (without("base", "fs"), "base.fs: is missing"),
    (setting("base", "fs", None), "base.fs: "),
    (setting("base", "fs", 0), "base.fs: .* above 0"),
    (setting("base", "fs", -1.5), "base.fs: .* above 0"),
    (setting("base", "fs", float("nan")), "base.fs: "),
    (setting("base", "fs", float("inf")), "base.fs: "),
    (without("base", "channel_units"), "base.channel_units: is missing"),
    (setting("base", "channel_units", ["V"]), "channel_units has 1 entries for 2 channel_names"),
    (setting("base", "channel_units", ["V", ""]), "base.channel_units.1: "),
    (setting("base", "channel_units", ["V", None]), "base.channel_units.1: "),
    (setting("base", "channel_scales", [1.0]), "channel_scales has 1 entries"),
    (setting("base", "channel_types", ["float32"]), "channel_types has 1 entries"),
    (setting("base", "channel_types", ["float32", "text"]), "base.channel_types.1: "),
    (setting("base", "channel_names", ["a", "a"]), "name one twice"),
    (setting("base", "channel_names", []), "base.channel_names: "),
    (setting("base", "channel_numbers", 3), "channel_numbers 3 .* do not fit 2 channel_names"),
    (setting("base", "data_shape", [2, 11]), "do not fit"),
    (setting("base", "data_shape", [2]), "base.data_shape: "),
    (setting("base", "number_of_samples", 9), "do not fit 2 channel_names and 9 samples"),
    (setting("base", "number_of_samples", -1), "base.number_of_samples: "),
    (setting("base", "name", ""), "base.name: "),
    (without("base", "name"), "base.name: is missing"),
    (setting("dspant", "segments", [[0, 9, 0.0]]), "segments hold 9 of 10 samples"),
    (setting("dspant", "segments", [[1, 9, 0.0]]), "must follow one another"),
    (setting("dspant", "segments", [[0, 5, 9.0], [5, 5, 1.0]]), "overlaps the one before it"),
    (setting("dspant", "segments", [[0, 5, 0.0], [6, 4, 1.0]]), "must follow one another"),
    (setting("dspant", "segments", [[0, 10, 0.0], [10, 0, 1.0]]), "without empty ones"),
    (setting("dspant", "segments", [[0, 10]]), "dspant.segments.0"),
    (setting("dspant", "segments", [[0, 10, None]]), "dspant.segments.0.2"),
    (without("dspant", "segments"), "segments hold 0 of 10"),
    (without("dspant", "digest"), "dspant.digest: is missing"),
    (setting("dspant", "kind", "table"), "dspant.kind: "),
    (setting("dspant", "format", 2), "dspant.format: "),
    (lambda document: document.pop("dspant"), 'no "dspant" section'),
    (lambda document: document.pop("base"), "base: is missing"),
    (lambda document: document.pop("source"), "source: is missing"),
]

EPOC_FAULTS: list[tuple[Change, str]] = [
    (setting("base", "number_of_events", 4), r"data_shape \[3\] does not fit 4 events"),
    (setting("base", "data_shape", [3, 1]), "base.data_shape: "),
    (without("base", "columns"), "base.columns: is missing"),
    (lambda document: document["base"]["columns"].pop("onset"), "begin with onset, offset"),
    (lambda document: document["base"]["columns"]["onset"].update(unit="ms"), "float64 in s"),
    (lambda document: document["base"]["columns"]["offset"].update(dtype="int64"), "float64 in s"),
    (lambda document: document["base"]["columns"]["data"].update(dtype="list"), "data.dtype: "),
    (lambda document: document["base"]["columns"]["data"].pop("unit"), "data.unit: is missing"),
]


@pytest.mark.parametrize(("change", "said"), STREAM_FAULTS)
def test_a_stream_whose_metadata_are_incomplete_is_refused_with_file_and_key(
    tmp_path: Path, change: Change, said: str
) -> None:
    folder = write_stream(tmp_path / "Raw.ant", ONES)
    changed(folder.path, change)
    with pytest.raises(MetadataError, match=f"^{re.escape(str(folder.metadata))}.*{said}"):
        Stream(folder.path)


@pytest.mark.parametrize(("change", "said"), EPOC_FAULTS)
def test_an_epoc_whose_metadata_are_incomplete_is_refused_with_file_and_key(
    tmp_path: Path, change: Change, said: str
) -> None:
    folder = write_epoc(tmp_path / "Stim.ant", some_rows(3))
    changed(folder.path, change)
    with pytest.raises(MetadataError, match=f"^{re.escape(str(folder.metadata))}.*{said}"):
        Epoc(folder.path)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"fs_hz": 0.0}, "base.fs: "),
        ({"fs_hz": float("nan")}, "base.fs: "),
        ({"fs_hz": None}, "base.fs: "),
        ({"units": ["V"]}, "channel_units has 1 entries"),
        ({"units": ["V", ""]}, "base.channel_units.1: "),
        ({"units": []}, "channel_units has 0 entries"),
        ({"channels": ["a", "a"]}, "name one twice"),
        ({"channels": [], "units": []}, "base.channel_names: "),
        ({"scales": [1.0]}, "channel_scales has 1 entries"),
        ({"scales": [1.0, float("inf")]}, "base.channel_scales.1: "),
        ({"dtype": "complex64"}, "base.channel_types.0: "),
        ({"segments": [(0, 5, 0.0), (4, 6, 1.0)]}, "must follow one another"),
        ({"segments": [(0, 10, 0.0), (10, 0, 1.0)]}, "without empty ones"),
        ({"segments": [(0, 10, float("nan"))]}, "segments.0.2"),
        ({"other": {"start_time": float("nan")}}, "must fit into JSON"),
        ({"other": {"code": object()}}, "must fit into JSON"),
    ],
)
def test_an_incomplete_stream_is_refused_before_anything_is_written(
    tmp_path: Path, stated: dict[str, Any], said: str
) -> None:
    with pytest.raises(MetadataError, match=f"metadata_Raw.json: .*{said}"):
        write_stream(tmp_path / "Raw.ant", ONES, **stated)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "begin with onset, offset"),
        ({"offset": TIMES["offset"], "onset": TIMES["onset"]}, "begin with onset, offset"),
        (TIMES | {"onset": EpocColumn(dtype="float64", unit="ms", meaning="")}, "float64 in s"),
    ],
)
def test_an_incomplete_epoc_is_refused_before_anything_is_written(
    tmp_path: Path, columns: dict[str, EpocColumn], said: str
) -> None:
    with pytest.raises(MetadataError, match=f"metadata_Stim.json: .*{said}"):
        write_epoc(tmp_path / "Stim.ant", some_rows(2), columns=columns)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "null", "3", '{"dspant": 1}', "{", "\x00", '"base"'])
def test_a_file_that_is_no_metadata_is_refused(tmp_path: Path, text: str) -> None:
    folder = write_stream(tmp_path / "Raw.ant", ONES)
    folder.metadata.write_text(text)
    with pytest.raises(MetadataError, match=re.escape(str(folder.metadata))):
        Stream(folder.path)


def test_keys_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "Raw.ant", ONES)
    changed(folder.path, lambda document: document.update(where="lab 3", model="x", note=[1]))
    assert Stream(folder.path).fs_hz == 24414.0625


def test_the_document_has_the_ancestors_keys(tmp_path: Path) -> None:
    other = {"code": 1199006034, "type_str": "streams", "channel": ["1", "2"]}
    folder = write_stream(tmp_path / "RawG.ant", ONES, channels=["0", "1"], other=other)
    document = json.loads(folder.metadata.read_text())
    assert list(document) == ["source", "base", "other", "dspant"]
    assert document["base"] == {
        "name": "RawG",
        "fs": 24414.0625,
        "number_of_samples": 10,
        "data_shape": [2, 10],
        "channel_numbers": 2,
        "channel_names": ["0", "1"],
        "channel_types": ["float32", "float32"],
        "channel_units": ["V", "V"],
    }
    assert document["other"] == other
    contract = document["dspant"]
    assert contract.pop("digest").startswith("xxh3:")
    assert contract == {
        "format": 1,
        "kind": "stream",
        "segments": [[0, 10, 0.0]],
        "node": None,
        "steps": [],
        "inputs": {},
    }


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_two_writes_state_the_same_bytes_with_no_time_host_or_path(
    tmp_path: Path, compression: str
) -> None:
    texts = set()
    for place in ("here", "elsewhere"):
        with named_host(f"the-host-{place}"):
            stream = write_stream(tmp_path / place / "Raw.ant", ONES, compression=compression)
            epoc = write_epoc(tmp_path / place / "Stim.ant", some_rows(5), compression=compression)
        texts.add(stream.metadata.read_bytes() + epoc.metadata.read_bytes())
        assert f"the-host-{place}" in epoc.provenance.read_text(encoding="utf-8")
    assert len(texts) == 1
    text = texts.pop().decode()
    assert str(tmp_path) not in text
    assert "the-host" not in text
    assert not re.search(r"20\d\d-\d\d|\d\d:\d\d", text)


def test_two_writes_give_the_same_data_file(tmp_path: Path) -> None:
    one = write_stream(tmp_path / "a" / "Raw.ant", ONES, [3])
    two = write_stream(tmp_path / "b" / "Raw.ant", ONES, [7, 8])
    assert one.data.read_bytes() == two.data.read_bytes()


def test_provenance_holds_what_may_differ(tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "Raw.ant", ONES)
    document = json.loads(folder.provenance.read_text())
    assert {"versions", "command", "commit", "host", "start", "duration_s", "warnings"} <= set(
        document
    )


def test_only_finished_datasets_are_listed(tmp_path: Path) -> None:
    write_stream(tmp_path / "Raw.ant", ONES)
    write_epoc(tmp_path / "Stim.ant", some_rows(2))
    broken = write_stream(tmp_path / "Half.ant", ONES)
    broken.metadata.unlink()
    assert dataset_names(tmp_path) == ["Raw", "Stim"]
    assert isinstance(open_dataset(tmp_path / "Raw.ant"), Stream)
    assert isinstance(open_dataset(tmp_path / "Stim.ant"), Epoc)
    with pytest.raises(DatasetError, match="is not a folder"):
        dataset_names(tmp_path / "nowhere")


def test_a_finished_dataset_has_its_three_files(tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "Raw.ant", ONES)
    assert finished(folder) == ["data_Raw.parquet", "provenance_Raw.json", "metadata_Raw.json"]
