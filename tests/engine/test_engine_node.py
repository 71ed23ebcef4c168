"""Nodes against SciPy and NumPy on the whole array, and the errors they give."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as sp
from small_nodes import FS_HZ, node, noise, spec_of, store, strobes

from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.stream import Stream
from dspant.engine.node import make_node
from dspant.errors import DatasetError, DigestError, MetadataError, OperationError

CLEAN = [
    {"notch": {"frequency_hz": 60, "q": 5}},
    {"bandpass": {"low_hz": 200, "high_hz": 4500, "order": 2}},
    "rectify",
]


def cleaned(x: np.ndarray) -> np.ndarray:
    b, a = sp.iirnotch(60, 5, fs=FS_HZ)
    y = sp.sosfiltfilt(np.r_[b, a][None], x.astype(np.float64), axis=1)
    sos = sp.butter(2, [200, 4500], "bandpass", fs=FS_HZ, output="sos")
    return np.abs(sp.sosfiltfilt(sos, y, axis=1))


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(x**2)))


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """Three channels over several row groups, on a constant a thousand times the signal."""
    x = noise(3, 600_001) + np.float32(1000)
    return store(tmp_path_factory.mktemp("rec") / "Raw.ant", x), x


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_a_stream_node_equals_scipy_on_the_whole_array(
    raw: tuple[Path, np.ndarray], tmp_path: Path, compression: str
) -> None:
    path, x = raw
    made = node(tmp_path / "made.ant", [path], CLEAN, storage={"compression": compression})
    expected = cleaned(x)
    y = Stream(made).read()
    assert y.dtype == np.float32
    assert np.abs(y - expected).max() <= 1e-6 * rms(expected)
    table = pq.read_table(DatasetFolder(made).data)
    assert np.array_equal(table["ch2"].to_numpy(), y[2])


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_the_number_of_threads_does_not_change_a_bit(
    raw: tuple[Path, np.ndarray], tmp_path: Path, threads: int
) -> None:
    one = node(tmp_path / "one.ant", [raw[0]], CLEAN)
    more = node(tmp_path / "more.ant", [raw[0]], CLEAN, threads=threads)
    assert Stream(more).metadata.dspant.digest == Stream(one).metadata.dspant.digest
    features = [*CLEAN, {"windows": {"length_s": 0.5, "step_s": 0.2, "features": ["rms", "mnf"]}}]
    one = node(tmp_path / "f1.ant", [raw[0]], features, "epoc")
    more = node(tmp_path / "f2.ant", [raw[0]], features, "epoc", threads=threads)
    assert Epoc(more).metadata.dspant.digest == Epoc(one).metadata.dspant.digest


def test_row_groups_of_the_input_do_not_change_a_bit(
    raw: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    path, x = raw
    same = store(tmp_path / "Raw.ant", x)
    table = pq.read_table(DatasetFolder(same).data)
    expected = node(tmp_path / "one.ant", [path], CLEAN)
    for rows in (50_000, 123_457, 600_001):
        pq.write_table(table, DatasetFolder(same).data, row_group_size=rows)
        made = node(tmp_path / f"made{rows}.ant", [same], CLEAN)
        assert Stream(made).metadata.dspant.digest == Stream(expected).metadata.dspant.digest


def test_bursts_of_a_node_are_those_of_the_array(tmp_path: Path) -> None:
    x = np.zeros((2, 300_000), dtype="float32")
    for start in (5_000, 65_500, 262_100):
        x[0, start : start + 100] = 2
    x[1, 131_000:131_100] = 3
    path = store(tmp_path / "Raw.ant", x, fs_hz=1000.0)
    made = Epoc(
        node(tmp_path / "bursts.ant", [path], [{"double_threshold": {"on_level": 1}}], "epoc")
    )
    assert made.table["onset"].to_pylist() == [5.0, 65.5, 131.0, 262.1]
    assert made.table["channel"].to_pylist() == ["ch0", "ch0", "ch1", "ch0"]
    assert made.table["peak"].to_pylist() == [2.0, 2.0, 3.0, 2.0]
    assert made.metadata.base.columns["area"].unit == "V s"


def test_an_evoked_node_has_a_row_per_event_and_channel(tmp_path: Path) -> None:
    onsets = [0.5, 3.0, 99.0, 1.0]
    x = np.zeros((2, 5000), dtype="float32")
    for onset in (500, 1000, 3000):
        x[0, onset + 8 : onset + 20] = 1.0
        x[1, onset + 8 : onset + 20] = -2.0
    inputs = [store(tmp_path / "Raw.ant", x, fs_hz=1000.0), strobes(tmp_path / "Stim.ant", onsets)]
    step = {"evoked": {"window_s": [-0.05, 0.05], "response_s": [0.004, 0.04]}}
    table = Epoc(node(tmp_path / "mep.ant", inputs, [step], "epoc")).table
    assert table["onset"].to_pylist() == [onset for onset in onsets for _ in range(2)]
    assert table["data"].to_pylist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert table["usable"].to_pylist() == [True] * 4 + [False] * 2 + [True] * 2
    good = table.filter(table["usable"])
    assert good["peak_to_peak"].to_pylist() == [1.0, 2.0] * 3
    assert good["latency_s"].to_pylist() == pytest.approx([0.008] * 6)


SEGMENTS = [(0, 70_000, 0.0), (70_000, 17, 10.0), (70_017, 1, 20.0), (70_018, 29_982, 30.5)]


def test_each_unbroken_run_is_filtered_by_itself(tmp_path: Path) -> None:
    x = noise(2, 100_000) + np.arange(2, dtype="float32")[:, None]
    x[:, 70_000:] += 50
    path = store(tmp_path / "Raw.ant", x, SEGMENTS)
    steps = [{"bandpass": {"low_hz": 200, "high_hz": 4500, "order": 2}}, "tkeo"]
    made = Stream(node(tmp_path / "made.ant", [path], steps))
    sos = sp.butter(2, [200, 4500], "bandpass", fs=FS_HZ, output="sos")
    for first, count, _ in SEGMENTS:
        run = x[:, first : first + count].astype(np.float64)
        y = sp.sosfiltfilt(sos, run, axis=1, padlen=min(15, count - 1))
        expected = np.zeros_like(y)
        if count > 2:
            expected[:, 1:-1] = y[:, 1:-1] ** 2 - y[:, :-2] * y[:, 2:]
            expected[:, [0, -1]] = expected[:, [1, -2]]
        found = made.read(first, first + count)
        assert np.abs(found - expected).max() <= 1e-6 * rms(expected) + 1e-30
    assert made.segments == SEGMENTS
    assert made.units == ["V^2", "V^2"]


def test_stored_counts_are_scaled_before_the_first_step(tmp_path: Path) -> None:
    counts = np.random.default_rng(1).integers(-20_000, 20_000, (2, 50_000)).astype("int16")
    path = store(tmp_path / "Raw.ant", counts, scales=[1e-6, 2.5e-3])
    made = Stream(node(tmp_path / "made.ant", [path], CLEAN))
    expected = cleaned(counts * np.array([[1e-6], [2.5e-3]]))
    for channel in (0, 1):
        worst = np.abs(made.read()[channel] - expected[channel]).max()
        assert worst <= 1e-6 * rms(expected[channel])
    assert made.metadata.base.channel_scales is None


def test_metadata_state_where_a_node_comes_from(tmp_path: Path) -> None:
    path = store(tmp_path / "Raw.ant", noise(1, 1000))
    made = node(tmp_path / "made.ant", [path], ["rectify", {"lowpass": {"cutoff_hz": 6}}])
    document = json.loads(DatasetFolder(made).metadata.read_text())
    contract = document["dspant"]
    assert document["source"] == "dspAnt"
    assert document["base"]["name"] == contract["node"] == "made"
    assert contract["inputs"] == {"Raw": Stream(path).metadata.dspant.digest}
    assert [step["op"] for step in contract["steps"]] == ["rectify", "lowpass"]
    stated = {"cutoff_hz": 6.0, "order": 4, "phase": "zero"}
    assert contract["steps"][1]["params"].items() >= stated.items()
    assert contract["steps"][1]["realised"]["effective_order"] == 8
    assert str(tmp_path) not in DatasetFolder(made).metadata.read_text()


def test_an_input_of_another_recording_is_named_with_it(tmp_path: Path) -> None:
    path = store(tmp_path / "mvc" / "envelope.ant", noise(1, 1000))
    spec = spec_of(["rectify"], inputs=[{"recording": "mvc_column"}])
    make_node(spec, [path], tmp_path / "rec01" / "made.ant")
    inputs = Stream(tmp_path / "rec01" / "made.ant").metadata.dspant.inputs
    assert list(inputs) == ["mvc/envelope"]


def test_a_stream_of_no_samples_makes_a_stream_of_no_samples(tmp_path: Path) -> None:
    path = store(tmp_path / "Raw.ant", noise(2, 0), segments=[])
    assert Stream(node(tmp_path / "made.ant", [path], CLEAN)).read().shape == (2, 0)
    step = {"double_threshold": {"on_level": 1}}
    assert Epoc(node(tmp_path / "bursts.ant", [path], [step], "epoc")).events == 0


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(1, 3000), min_size=1, max_size=5),
    st.integers(1, 3),
    st.sampled_from(["float32", "float64", "int16"]),
    st.sampled_from(["none", "zstd"]),
    st.integers(1, 3),
)
def test_any_stream_is_filtered_run_by_run_as_scipy_does(
    counts: list[int], channels: int, dtype: str, compression: str, threads: int
) -> None:
    x = (noise(channels, sum(counts), seed=sum(counts)) * 1000).astype(dtype)
    firsts = np.r_[0, np.cumsum(counts)[:-1]].tolist()
    segments = [(f, c, 2.0 * i) for i, (f, c) in enumerate(zip(firsts, counts, strict=True))]
    with TemporaryDirectory() as place:
        path = store(Path(place) / "Raw.ant", x, segments, compression)
        step = {"highpass": {"cutoff_hz": 300, "order": 2}}
        y = Stream(node(Path(place) / "made.ant", [path], [step], threads=threads)).read()
    sos = sp.butter(2, 300, "highpass", fs=FS_HZ, output="sos")
    for first, count in zip(firsts, counts, strict=True):
        run = x[:, first : first + count].astype(np.float64)
        expected = sp.sosfiltfilt(sos, run, axis=1, padlen=min(9, count - 1))
        worst = np.abs(y[:, first : first + count] - expected).max()
        assert worst <= 1e-6 * rms(expected) + 1e-12 * rms(run)


# what is refused, and how


@pytest.mark.parametrize("makes", ["stream", "epoc"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_is_named_by_channel_and_second(
    tmp_path: Path, makes: str, value: float
) -> None:
    x = noise(3, 300_000)
    x[1, 280_000] = value
    path = store(tmp_path / "Raw.ant", x, [(0, 270_000, 1.0), (270_000, 30_000, 50.0)], fs_hz=1e4)
    steps: list[Any] = [{"lowpass": {"cutoff_hz": 100}}]
    if makes == "epoc":
        steps.append({"double_threshold": {"on_level": 1}})
    said = rf"node made: {DatasetFolder(path).data}: channel ch1 .* at 51\.000000 s"
    with pytest.raises(DatasetError, match=said):
        node(tmp_path / "made.ant", [path], steps, makes, threads=2)
    assert not DatasetFolder(tmp_path / "made.ant").metadata.exists()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("makes", ["stream", "epoc"])
def test_a_band_above_nyquist_names_node_step_and_file(
    tmp_path: Path, makes: str, threads: int
) -> None:
    path = store(tmp_path / "Raw.ant", noise(2, 1000), fs_hz=1000.0)
    steps: list[Any] = ["rectify", {"bandpass": {"low_hz": 20, "high_hz": 600}}]
    if makes == "epoc":
        steps.append({"double_threshold": {"on_level": 1}})
    said = rf"^node made from {path}: steps\[1\] \(bandpass\): high_hz is 600 Hz"
    with pytest.raises(OperationError, match=said):
        node(tmp_path / "made.ant", [path], steps, makes, threads=threads)


def test_a_table_step_that_cannot_be_applied_names_node_step_and_file(tmp_path: Path) -> None:
    path = store(tmp_path / "Raw.ant", noise(2, 1000), units=["V", "uA"])
    step = {"double_threshold": {"on_level": 1}}
    said = rf"^node made from {path}: steps\[1\] \(double_threshold\): .*different units"
    with pytest.raises(OperationError, match=said):
        node(tmp_path / "made.ant", [path], ["rectify", step], "epoc")


@pytest.mark.parametrize(
    ("steps", "makes"),
    [
        (["rectify"], "stream"),
        ([{"double_threshold": {"on_level": 1}}], "epoc"),
        ([{"windows": {"length_s": 0.9, "step_s": 5, "features": ["mav"]}}], "epoc"),
        ([{"evoked": {"window_s": [-0.1, 0.2], "response_s": [0.0, 0.1]}}], "epoc"),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_altered_samples_are_found_even_where_a_step_needs_few_of_them(
    tmp_path: Path, steps: list[Any], makes: str, threads: int
) -> None:
    x = noise(2, 600_000)
    inputs = [store(tmp_path / "Raw.ant", x, fs_hz=1000.0)]
    if "evoked" in steps[0]:
        inputs.append(strobes(tmp_path / "Stim.ant", [0.5]))
    data = DatasetFolder(inputs[0]).data
    content = bytearray(data.read_bytes())
    content[content.index(x[1, -1000:].tobytes()) + 4 * 999] ^= 1
    data.write_bytes(content)
    with pytest.raises(DigestError, match=f"node made: {data} was altered"):
        node(tmp_path / "made.ant", inputs, steps, makes, threads=threads)
    assert not DatasetFolder(tmp_path / "made.ant").metadata.exists()


def test_altered_events_are_found(tmp_path: Path) -> None:
    inputs = [
        store(tmp_path / "Raw.ant", noise(1, 3000), fs_hz=1000.0),
        strobes(tmp_path / "Stim.ant", [0.5, 1.0]),
    ]
    other = strobes(tmp_path / "other" / "Stim.ant", [0.5, 1.1])
    DatasetFolder(inputs[1]).data.write_bytes(DatasetFolder(other).data.read_bytes())
    step = {"evoked": {"window_s": [-0.1, 0.2], "response_s": [0.0, 0.1]}}
    with pytest.raises(DigestError, match=f"{DatasetFolder(inputs[1]).data} was altered"):
        node(tmp_path / "made.ant", inputs, [step], "epoc")


def test_missing_and_mistaken_inputs_are_named(tmp_path: Path) -> None:
    stream = store(tmp_path / "Raw.ant", noise(1, 100))
    events = strobes(tmp_path / "Stim.ant", [0.5])
    with pytest.raises(MetadataError, match=r"metadata_Gone\.json is missing"):
        node(tmp_path / "made.ant", [tmp_path / "Gone.ant"], ["rectify"])
    with pytest.raises(DatasetError, match=r"Stim\.ant is an epoc, not a stream"):
        node(tmp_path / "made.ant", [events], ["rectify"])
    step = {"evoked": {"window_s": [-0.1, 0.2], "response_s": [0.0, 0.1]}}
    with pytest.raises(DatasetError, match=r"Raw\.ant is a stream, not an epoc"):
        node(tmp_path / "made.ant", [stream, stream], [step], "epoc")
    DatasetFolder(stream).data.unlink()
    with pytest.raises(DatasetError, match=r"data_Raw\.parquet is missing"):
        node(tmp_path / "made.ant", [stream], ["rectify"])


@pytest.mark.parametrize(
    "change", [{"version": 99}, {"op": "no_such_operation"}], ids=["version", "name"]
)
def test_a_plan_of_another_installation_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = store(tmp_path / "Raw.ant", noise(1, 100))
    spec = spec_of(["rectify"])
    spec["steps"][0] |= change
    with pytest.raises(OperationError, match="plan and run with the same installation"):
        make_node(spec, [path], tmp_path / "made.ant")


def test_a_failed_node_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    x = noise(1, 300_000)
    good = store(tmp_path / "Raw.ant", x)
    made = node(tmp_path / "made.ant", [good], ["rectify"])
    before = DatasetFolder(made).metadata.read_bytes()
    x[0, -1] = np.nan
    bad = store(tmp_path / "Bad.ant", x)
    with pytest.raises(DatasetError):
        node(made, [bad], ["rectify"])
    assert DatasetFolder(made).metadata.read_bytes() == before
    Stream(made).verify()
    assert [file for file in made.iterdir() if re.match(r"\.tmp", file.name)] == []


def test_the_log_says_how_far_it_came(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = store(tmp_path / "Raw.ant", noise(1, 5000), fs_hz=1000.0)
    with caplog.at_level(logging.INFO, "dspant.node"):
        node(tmp_path / "made.ant", [path], ["rectify"])
    assert f"{tmp_path / 'made.ant'}: 5 of 5 s (100 %)" in caplog.messages


DROP = {"drop_channels": {"channels": ["ch1"]}}
SELECT = {"select_channels": {"channels": ["ch2", "ch0"]}}


@pytest.mark.parametrize("first", [[DROP], [SELECT], [DROP, SELECT]], ids=str)
@pytest.mark.parametrize("last", [[], ["rectify"], ["remove_offset"]], ids=str)
def test_a_channel_that_is_left_out_at_first_may_hold_no_number(
    tmp_path: Path, first: list[Any], last: list[Any]
) -> None:
    x = noise(3, 5000)
    whole = node(tmp_path / "whole.ant", [store(tmp_path / "Raw.ant", x)], [*first, *last])
    damaged = x.copy()
    damaged[1, 700:] = [np.nan, np.inf] * ((x.shape[1] - 700) // 2)
    raw = store(tmp_path / "Bad.ant", damaged)
    made = node(tmp_path / "made.ant", [raw], [*first, *last])
    assert np.array_equal(Stream(made).read(), Stream(whole).read())


def test_a_channel_that_is_left_out_later_must_hold_numbers(tmp_path: Path) -> None:
    x = noise(3, 5000)
    x[1, 700] = np.nan
    raw = store(tmp_path / "Raw.ant", x)
    with pytest.raises(DatasetError, match=r"ch1 holds nan .* drop_channels: \{channels: \[ch1"):
        node(tmp_path / "made.ant", [raw], ["rectify", DROP])
