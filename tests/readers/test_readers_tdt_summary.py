"""What a block says of itself."""

import json

import numpy as np
from raw_blocks import CHUNK, FS_HZ, cut, only_file, stream, without_steps, write

from dspant.readers.tdt.block import open_block
from dspant.simulate.tdt_stores import EpocStore, ScalarStore, SnipStore


def full_block(folder):
    times_s = np.array([0.001, 0.002])
    snip = SnipStore(
        "eNe1", times_s, np.zeros((2, 32), "float32"), FS_HZ, np.array([1, 2]), np.zeros(2)
    )
    return write(
        folder,
        stream(),
        stream("PC0/", dtype="int16", fs_hz=1017.2526, channels=(4, 9), chunk_samples=2),
        stream("Wav5", sev=True),
        epocs=[EpocStore("AmpA", times_s, times_s, times_s + 0.001)],
        scalars=[ScalarStore("Parm", times_s, np.ones((3, 2)))],
        snips=[snip],
    )


def test_stores_and_times(tmp_path):
    summary = open_block(full_block(tmp_path / "rat-1")).summary()
    assert summary["format"] == "TDT"
    assert summary["block"] == "rat-1"
    assert summary["start_utc"] == "2020-09-13T12:26:39.999999+00:00"
    assert summary["duration_s"] > 0
    assert summary["findings"] == []
    assert {name: store["kind"] for name, store in summary["stores"].items()} == {
        "AmpA": "epoc",
        "PC0/": "stream",
        "Parm": "scalar",
        "RawG": "stream",
        "Wav5": "stream",
        "eNe1": "snip",
    }
    assert summary["stores"]["RawG"] == {
        "kind": "stream",
        "dataset": "RawG",
        "fs": FS_HZ,
        "channels": 2,
        "samples": 6 * CHUNK,
        "unit": None,
        "dtype": "float32",
        "start_s": 0.0,
        "in": "tev",
    }
    assert summary["stores"]["PC0/"]["channels"] == [4, 9]
    assert summary["stores"]["PC0/"]["dataset"] == "PC0_"
    assert summary["stores"]["Wav5"]["in"] == "sev"
    assert summary["stores"]["AmpA"]["events"] == 2


def test_the_same_wherever_the_block_lies(tmp_path):
    first = open_block(full_block(tmp_path / "one" / "rat")).summary()
    second = open_block(full_block(tmp_path / "two" / "rat")).summary()
    text = json.dumps(first, allow_nan=False)
    assert text == json.dumps(second, allow_nan=False)
    assert str(tmp_path) not in text


def test_findings_of_a_damaged_block(tmp_path):
    names = ("E/Gr", "E_Gr")
    folder = write(
        tmp_path / "b",
        stream(steps=9),
        *(stream(name) for name in names),
        stream("Wav5", sev=True),
        edit=without_steps(2),
    )
    tev = only_file(folder, ".tev")
    cut(tev, tev.stat().st_size - 100)
    (folder / "tank_b_Wav5_Ch1.sev").unlink()
    findings = "\n".join(open_block(folder).summary()["findings"])
    assert "stores E/Gr, E_Gr would share the folder E_Gr.ant" in findings
    assert "store 'RawG': 1 gap" in findings
    assert "bytes, but the index announces" in findings
    assert "store 'RawG': 1 of 16 chunks lie beyond the end of tank_b.tev" in findings
    assert "tank_b_Wav5_Ch1.sev is missing" in findings
