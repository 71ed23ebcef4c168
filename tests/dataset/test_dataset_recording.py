"""The datasets of a recording: which are there, and which are older than their inputs."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from small_datasets import some_rows, write_epoc, write_stream

from dspant import open_dataset, open_recording
from dspant.dataset.recording import dataset_names, outdated
from dspant.errors import DatasetError, OutdatedWarning

ONES = np.ones((1, 10), dtype=np.float32)


def digest_of(path: Path) -> str:
    return open_dataset(path).metadata.dspant.digest


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Raw -> filtered -> bursts, and scaled, which takes a maximum from a recording of its own."""
    folder, other = tmp_path / "trial" / "rec01", tmp_path / "trial" / "mvc"
    write_stream(folder / "Raw.ant", ONES)
    write_stream(folder / "filtered.ant", 2 * ONES, inputs={"Raw": digest_of(folder / "Raw.ant")})
    inputs = {"filtered": digest_of(folder / "filtered.ant")}
    write_epoc(folder / "bursts.ant", some_rows(3), inputs=inputs)
    write_stream(other / "Raw.ant", 5 * ONES)
    rows = some_rows(1)
    write_epoc(other / "most.ant", rows, inputs={"Raw": digest_of(other / "Raw.ant")})
    inputs["mvc/most"] = digest_of(other / "most.ant")
    write_stream(folder / "scaled.ant", 3 * ONES, inputs=inputs)
    return folder


def begin_anew(dataset: Path) -> None:
    """What a failed job leaves: the folder, in which is no file."""
    for file in dataset.iterdir():
        if file.is_file():
            file.unlink()


def test_what_was_made_from_what_is_there_is_not_outdated(recording):
    assert outdated(recording) == {}
    with warnings.catch_warnings(action="error"):
        assert open_recording(recording).outdated == {}


def test_all_that_follows_from_an_input_that_was_not_finished_is_outdated(recording):
    begin_anew(recording / "Raw.ant")

    found = outdated(recording)
    assert set(found) == {"filtered", "bursts", "scaled"}
    for why in found.values():
        assert why == f"{recording / 'Raw.ant'} is unfinished"
    with pytest.warns(OutdatedWarning) as told:
        opened = open_recording(recording)
    (warning,) = told
    assert warning.filename == __file__
    assert opened.names == ["bursts", "filtered", "scaled"]
    assert opened.outdated == found
    text = str(warning.message)
    for part in (*found, str(recording / "Raw.ant"), "run the workflow again"):
        assert part in text


def test_an_input_that_was_made_again_with_other_values_outdates(recording):
    write_stream(recording / "Raw.ant", 7 * ONES)

    assert outdated(recording)["bursts"] == (
        f"{recording / 'filtered.ant'} was made from another {recording / 'Raw.ant'}"
    )
    assert outdated(recording)["filtered"] == (
        f"{recording / 'filtered.ant'} was made from another {recording / 'Raw.ant'}"
    )


def test_an_input_that_was_made_again_with_the_same_values_does_not(recording):
    write_stream(recording / "Raw.ant", ONES)
    assert outdated(recording) == {}


def test_an_input_in_another_recording_outdates(recording):
    other = recording.parent / "mvc"
    begin_anew(other / "Raw.ant")
    assert outdated(recording) == {"scaled": f"{other / 'Raw.ant'} is unfinished"}


def test_an_input_in_another_recording_is_found_from_within(recording, monkeypatch):
    begin_anew(recording.parent / "mvc" / "Raw.ant")
    monkeypatch.chdir(recording)
    assert outdated(".") == {"scaled": "../mvc/Raw.ant is unfinished"}


def test_what_was_made_from_a_damaged_input_is_told(recording):
    (recording / "Raw.ant" / "metadata_Raw.json").write_text("{", encoding="utf-8")
    assert outdated(recording)["filtered"] == f"{recording / 'Raw.ant'} cannot be read"
    with pytest.warns(OutdatedWarning):
        opened = open_recording(recording)
    with pytest.raises(DatasetError, match="is not JSON"):
        opened["Raw"]


def test_datasets_copied_elsewhere_without_their_inputs_are_not_outdated(recording, tmp_path):
    shutil.copytree(recording / "bursts.ant", tmp_path / "mine" / "bursts.ant")
    shutil.copytree(recording / "scaled.ant", tmp_path / "mine" / "scaled.ant")
    with warnings.catch_warnings(action="error"):
        assert open_recording(tmp_path / "mine").names == ["bursts", "scaled"]


def test_the_folder_of_an_experiment_is_refused_with_its_recordings(recording):
    experiment = recording.parent
    with pytest.raises(DatasetError) as refused:
        open_recording(experiment)
    assert str(refused.value) == (
        f"{experiment} is not a recording but a folder of recordings: mvc, rec01; open one of "
        f"them, such as {experiment / 'mvc'}"
    )


def test_a_dataset_is_refused_with_what_opens_it(recording):
    with pytest.raises(DatasetError, match=r"Raw.ant is a dataset, not a recording.*open_dataset"):
        open_recording(recording / "Raw.ant")


def test_a_folder_without_a_finished_dataset_is_refused(recording, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DatasetError, match="empty holds no dataset; a recording is at results/"):
        open_recording(empty)
    for dataset in recording.glob("*.ant"):
        begin_anew(dataset)
    with pytest.raises(DatasetError, match="unfinished: Raw, bursts, filtered, scaled; run the"):
        dataset_names(recording)
