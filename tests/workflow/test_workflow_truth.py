"""The demo's graph, run on simulated blocks, finds what was put into them."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
import pytest

from dspant import open_recording

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]

RECORDINGS = pytest.mark.parametrize("number", [1, 2])


def of_channel(table, channel):
    return table.filter(pc.equal(table["channel"], channel))


@RECORDINGS
@pytest.mark.parametrize("channel", ["diaphragm_left", "diaphragm_right"])
def test_every_burst_is_found_within_20_ms_and_no_other(finished, truth, number, channel):
    bursts = open_recording(finished.results("demo", f"rec{number:02}"))["bursts"].table
    expected = of_channel(truth[number].filter(pc.equal(truth[number]["kind"], "burst")), channel)
    found = of_channel(bursts, channel)

    assert found.num_rows == expected.num_rows > 5
    for edge in ("onset", "offset"):
        apart_s = found[edge].to_numpy() - np.sort(expected[edge].to_numpy())
        assert np.abs(apart_s).max() <= 0.020


@RECORDINGS
def test_responses_have_the_true_latency_and_size(finished, truth, number):
    mep = open_recording(finished.results("demo", f"rec{number:02}"))["mep"].table
    responses = truth[number].filter(pc.equal(truth[number]["kind"], "response"))
    compared = 0
    for channel in ("diaphragm_left", "diaphragm_right"):
        expected, found = of_channel(responses, channel), of_channel(mep, channel)
        stimulus_s = expected["onset"].to_numpy() - expected["latency_s"].to_numpy()
        row = np.abs(found["onset"].to_numpy()[:, None] - stimulus_s).argmin(axis=0)
        true_size = expected["peak_to_peak"].to_numpy()
        clear = true_size >= 100 * expected["noise_rms_v"].to_numpy()
        size = found["peak_to_peak"].to_numpy()[row]
        latency_s = found["latency_s"].to_numpy()[row]

        assert np.abs(found["onset"].to_numpy()[row] - stimulus_s).max() < 1e-5
        assert np.abs(size / true_size - 1)[clear].max() <= 0.05
        assert np.abs(latency_s - expected["latency_s"].to_numpy())[clear].max() <= 0.0005
        compared += int(clear.sum())
    assert compared > 10


@RECORDINGS
def test_every_stimulus_has_a_row_per_channel(finished, number):
    recording = open_recording(finished.results("demo", f"rec{number:02}"))

    assert recording["mep"].events == 2 * recording["AmpA"].events > 0
    assert pc.all(recording["mep"].table["usable"]).as_py()


def test_the_same_steps_in_a_notebook_give_the_same_samples(finished, demo):
    recording = open_recording(finished.results("demo", "rec01"))
    steps = [{"notch": {"frequency_hz": 60, "q": 30}}, demo["nodes"]["filtered"]["steps"][1]]

    _, computed = recording["RawG"].apply(steps).between(3.0, 4.0)
    _, stored = recording["filtered"].between(3.0, 4.0)

    assert np.array_equal(computed.astype(np.float32), stored.astype(np.float32))
