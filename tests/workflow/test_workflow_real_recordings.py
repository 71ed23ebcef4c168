"""Real recordings, from raw block to tables, through Snakemake."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import tdt
from scipy.signal import butter, sosfiltfilt

from clone import Clone
from dspant import open_recording
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import StreamStore

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]

FS_HZ = 1000.0


def run(clone: Clone, name: str, block: Path, config: dict) -> Path:
    """Run a config on one recording; gives the folder of its results."""
    sheet = clone.write_sheet(f"{name}.tsv", [{"recording": "rec", "block": str(block)}])
    whole = {"experiment": name, "recordings": sheet, "line_frequency_hz": 60} | config
    clone.run("--configfile", clone.write_config(f"{name}.yaml", whole))
    return clone.results(name, "rec")


@pytest.fixture(scope="module")
def photometry(recordings_folder, tmp_path_factory):
    """Results of a photometry block, and what TDT's own reader says of it."""
    block = recordings_folder / "photometry_stub"
    stream = {"kind": "stream", "unit": "mV"}
    config = {
        "stores": {
            "Dv1A": stream,
            "Dv2A": stream,
            "Fi1d": stream,
            "Fi1r": stream | {"truncated": "keep"},
            "LNnR": {"kind": "epoc", "unit": "count"},
            "PrtR": {"kind": "epoc", "unit": "count"},
        },
        "nodes": {
            "slow": {"from": "Dv1A", "steps": [{"lowpass": {"cutoff_hz": 20, "order": 2}}]},
            "courses": {
                "from": "slow",
                "steps": [{"windows": {"length_s": 0.2, "step_s": 0.1, "features": ["rms"]}}],
            },
        },
    }
    clone = Clone.into(tmp_path_factory.mktemp("photometry"))
    folder = run(clone, "photometry", block, config)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sdk = tdt.read_block(str(block), noepocauto=True, verbose=0)
    return open_recording(folder), sdk


@pytest.mark.parametrize("store", ["Dv1A", "Dv2A", "Fi1d", "Fi1r"])
def test_raw_streams_equal_those_of_the_sdk_where_data_are_present(photometry, store):
    recording, sdk = photometry
    ours = recording[store].stream.read()
    theirs = np.atleast_2d(sdk.streams[store].data)

    assert recording[store].fs_hz == sdk.streams[store].fs
    assert ours.shape[1] > 0
    assert np.array_equal(ours, theirs[:, : ours.shape[1]])
    if store == "Fi1r":
        assert ours.shape[1] < theirs.shape[1]
    else:
        assert ours.shape == theirs.shape


@pytest.mark.parametrize("store", ["LNnR", "PrtR"])
def test_epocs_equal_those_of_the_sdk(photometry, store):
    recording, sdk = photometry
    ours, theirs = recording[store].table, sdk.epocs[store]
    clock_s = 1 / 195312.5

    assert np.array_equal(ours["data"].to_numpy(), theirs.data)
    assert np.abs(ours["onset"].to_numpy() - theirs.onset).max() <= clock_s
    assert np.isinf(ours["offset"][-1].as_py())
    assert np.isinf(theirs.offset[-1])
    assert np.abs(ours["offset"].to_numpy()[:-1] - theirs.offset[:-1]).max() <= clock_s


def test_nodes_of_a_real_recording_equal_scipy_on_the_whole_signal(photometry):
    recording, sdk = photometry
    raw = sdk.streams["Dv1A"]
    slow = sosfiltfilt(butter(2, 20, fs=raw.fs, output="sos"), raw.data.astype(np.float64))
    length = round(0.2 * raw.fs)
    first = slow[:length].astype(np.float32).astype(np.float64)

    stored = recording["slow"].stream.read()[0]
    courses = recording["courses"].table

    assert np.abs(stored - slow).max() <= 1e-6 * np.sqrt(np.mean(slow**2))
    assert courses["rms"][0].as_py() == pytest.approx(np.sqrt(np.mean(first**2)), rel=1e-9)
    assert courses.num_rows == 1 + int((raw.data.size - length) / (0.1 * raw.fs))


@pytest.fixture(scope="module")
def surface_emg(recordings_folder, tmp_path_factory):
    """A published surface EMG, written as a block and run: results and the raw samples."""
    raw = np.loadtxt(recordings_folder / "emg_bmc" / "emg.csv", delimiter=",")[:, 1]
    block = tmp_path_factory.mktemp("raw") / "tank" / "emg"
    store = StreamStore("EMGs", raw[np.newaxis].astype(np.float32), FS_HZ, chunk_samples=105)
    write_block(block, tank="tank", start_unix_s=1.5e9, streams=[store], epocs=[])
    level = 2 * float(np.std(raw[:200]))
    config = {
        "stores": {"EMGs": {"kind": "stream", "unit": "V", "channels": ["emg"]}},
        "nodes": {
            "wide": {
                "from": "EMGs",
                "steps": [{"bandpass": {"low_hz": 10, "high_hz": 400, "order": 2}}],
            },
            "envelope": {
                "from": "EMGs",
                "steps": [
                    {"bandpass": {"low_hz": 20, "high_hz": 400, "order": 2}},
                    "rectify",
                    {"lowpass": {"cutoff_hz": 20, "order": 2}},
                ],
            },
            "bursts": {
                "from": "envelope",
                "steps": [
                    {
                        "double_threshold": {
                            "on_level": level,
                            "min_duration_s": 0.05,
                            "merge_gap_s": 0.01,
                        }
                    }
                ],
            },
        },
    }
    clone = Clone.into(tmp_path_factory.mktemp("emg"))
    return open_recording(run(clone, "emg", block, config))


def test_the_published_rms_of_a_filtered_surface_emg(surface_emg):
    filtered = surface_emg["wide"].stream.read().astype(np.float64)

    assert np.sqrt(np.mean(filtered**2)) == pytest.approx(0.020019669235775334, rel=1e-6)


def test_the_published_onsets_of_a_surface_emg(surface_emg):
    bursts = surface_emg["bursts"].table
    published = np.array([[399, 859], [1388, 1879], [2410, 2918]])

    found = np.stack([bursts["onset"].to_numpy(), bursts["offset"].to_numpy()], axis=1) * FS_HZ

    assert found.shape == published.shape
    assert np.abs(found - published).max() <= 2
