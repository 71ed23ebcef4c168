"""The command line: one block and one truth table per recording, made once."""

import numpy as np
import pyarrow.parquet as pq
import pytest
import tdt
import yaml
from neo.rawio import TdtRawIO

from dspant.simulate.__main__ import main
from dspant.simulate.recording import simulate
from dspant.simulate.tank import read_specs

DESCRIPTION = {
    "defaults": {"duration_s": 5, "fs_hz": 6103.515625, "airflow_fs_hz": 1017.2526},
    "recordings": {"one": {"seed": 1}, "two": {"seed": 2, "noise_rms_v": 8.0e-6}},
}


@pytest.fixture
def description(tmp_path):
    path = tmp_path / "description.yaml"
    path.write_text(yaml.safe_dump(DESCRIPTION))
    return path


def contents(tank):
    return {path.relative_to(tank): path.read_bytes() for path in tank.rglob("*") if path.is_file()}


def test_recordings_are_made_once(description, tmp_path, capsys):
    tank = tmp_path / "tank"
    assert main([str(description), str(tank)]) == 0
    assert capsys.readouterr().err.count(": made\n") == 2
    made = contents(tank)
    folders = {path.name for path in tank.iterdir()}
    assert folders == {"one", "two", "one_truth.parquet", "two_truth.parquet"}
    stamps = {path: path.stat().st_mtime_ns for path in tank.rglob("*")}
    assert main([str(description), str(tank)]) == 0
    assert capsys.readouterr().err.count(": up to date\n") == 2
    assert contents(tank) == made
    assert {path: path.stat().st_mtime_ns for path in tank.rglob("*")} == stamps


def test_what_is_written_is_what_was_simulated(description, tmp_path):
    tank = tmp_path / "tank"
    main([str(description), str(tank)])
    reader = TdtRawIO(str(tank))
    reader.parse_header()
    for number, (name, spec) in enumerate(read_specs(description).items()):
        expected = simulate(spec)
        read = tdt.read_block(str(tank / name), noepocauto=True, verbose=0)
        for index, stream in enumerate(expected.streams):
            np.testing.assert_array_equal(
                np.atleast_2d(read.streams[stream.name].data), stream.data
            )
            found = reader.get_analogsignal_chunk(0, number, stream_index=index)
            np.testing.assert_array_equal(found.T, stream.data)
        truth = pq.read_table(tank / f"{name}_truth.parquet")
        for column in expected.truth.column_names:
            found = truth[column].to_numpy(zero_copy_only=False)
            wanted = expected.truth[column].to_numpy(zero_copy_only=False)
            np.testing.assert_array_equal(found, wanted)


def test_a_changed_recording_alone_is_made_again(description, tmp_path, capsys):
    tank = tmp_path / "tank"
    main([str(description), str(tank)])
    before = contents(tank)
    changed = {**DESCRIPTION, "recordings": {"one": {"seed": 1}, "two": {"seed": 3}}}
    description.write_text(yaml.safe_dump(changed))
    capsys.readouterr()
    assert main([str(description), str(tank)]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.rsplit(": ", 1)[1] for line in lines] == ["up to date", "made"]
    after = contents(tank)
    assert {path for path in after if after[path] != before[path]} >= {
        path for path in after if path.suffix == ".tev" and "two" in path.name
    }
    assert all(after[path] == before[path] for path in after if "one" in path.name)


def test_a_recording_that_was_interrupted_is_made_again(description, tmp_path, capsys):
    tank = tmp_path / "tank"
    main([str(description), str(tank)])
    made = contents(tank)
    (tank / "one_truth.parquet").unlink()
    (tank / "one" / "tank_one.tev").write_bytes(b"cut")
    capsys.readouterr()
    main([str(description), str(tank)])
    assert "one: made" in capsys.readouterr().err
    assert contents(tank) == made


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("recordings: {}", "'recordings' is empty"),
        ("recordigns: {}", "'defaults' and 'recordings' only"),
        ("[1, 2", "cannot be read as YAML"),
        ("recordings: {one: 3}", "expected a mapping, found 3"),
        ("recordings: {one/two: {}}", "cannot name a block folder"),
        ("recordings: {one: {seed: 1, fs: 3}}", "recordings.one.fs"),
    ],
)
def test_a_wrong_description_is_named(tmp_path, capsys, text, words):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    assert main([str(path), str(tmp_path / "tank")]) == 1
    message = capsys.readouterr().err
    assert words in message
    assert "wrong.yaml" in message
    assert not (tmp_path / "tank").exists()
