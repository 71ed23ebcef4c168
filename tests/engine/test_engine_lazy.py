"""A recording in a notebook gives what the workflow writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_nodes import FS_HZ, node, noise, store, strobes

import dspant
from dspant.dataset.epoc import Epoc
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.stream import Stream
from dspant.engine.lazy import LazyStream
from dspant.errors import ConfigError, DatasetError, DigestError

SEGMENTS = [(0, 280_000, 0.5), (280_000, 30_000, 20.0)]
STEPS = [
    {"notch": {"frequency_hz": 60, "q": 5}},
    {"bandpass": {"low_hz": 200, "high_hz": 4500, "order": 2}},
    "tkeo",
    {"rms_envelope": {"window_s": 0.05}},
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("rec01")
    store(place / "Raw.ant", noise(3, 310_000), SEGMENTS)
    strobes(place / "Stim.ant", [1.0, 2.0])
    node(place / "made.ant", [place / "Raw.ant"], STEPS)
    return place


@pytest.fixture(scope="module")
def lazy(recording: Path) -> LazyStream:
    return dspant.open_recording(recording)["Raw"].apply(STEPS)


@pytest.fixture(scope="module")
def made(recording: Path) -> np.ndarray:
    return Stream(recording / "made.ant").read()


def test_a_recording_lists_and_opens_what_is_finished(recording: Path) -> None:
    opened = dspant.open_recording(recording)
    assert opened.names == ["Raw", "Stim", "made"]
    assert isinstance(opened["Raw"], LazyStream)
    assert isinstance(opened["Stim"], Epoc)
    assert "Raw, Stim, made" in repr(opened)
    with pytest.raises(DatasetError, match=r"has no dataset 'raw'; it has \['Raw', 'Stim'"):
        opened["raw"]


def test_attached_steps_give_the_nodes_own_values(lazy: LazyStream, made: np.ndarray) -> None:
    _, values = lazy.between(-np.inf, np.inf)
    assert np.array_equal(values.astype(np.float32), made)


def test_the_dask_array_gives_the_nodes_own_values(lazy: LazyStream, made: np.ndarray) -> None:
    assert lazy.dask.shape == made.T.shape
    whole = lazy.dask.compute(scheduler="threads", num_workers=2)
    assert np.array_equal(whole.astype(np.float32), made.T)
    part = lazy.dask[1000:2000, 1].compute(scheduler="synchronous")
    assert np.array_equal(part.astype(np.float32), made[1, 1000:2000])


@settings(deadline=None, max_examples=12)
@given(st.floats(-1, 25), st.floats(0, 25))
def test_any_stretch_is_that_part_of_the_whole(
    lazy: LazyStream, made: np.ndarray, start: float, length: float
) -> None:
    time_s, values = lazy.between(start, start + length)
    moments = np.concatenate([t + np.arange(n) / FS_HZ for _, n, t in SEGMENTS])
    inside = (moments >= start) & (moments < start + length)
    inside_or_edge = (moments >= start - 1e-9) & (moments < start + length + 1e-9)
    assert inside.sum() <= len(time_s) <= inside_or_edge.sum()
    first = np.argmin(np.abs(moments - time_s[0])) if len(time_s) else 0
    assert time_s == pytest.approx(moments[first : first + len(time_s)])
    assert np.array_equal(values.astype("f4"), made[:, first : first + len(time_s)])


def test_a_stretch_of_whole_samples_has_exactly_those(tmp_path: Path) -> None:
    path = store(tmp_path / "Raw.ant", noise(1, 3000), fs_hz=1000.0)
    lazy = LazyStream(Stream(path))
    for start in range(0, 2900, 97):
        time_s, values = lazy.between(start / 1000, (start + 100) / 1000)
        assert len(time_s) == values.shape[1] == 100
        assert time_s[0] == pytest.approx(start / 1000)


def test_without_steps_values_are_the_stored_ones_in_their_unit(tmp_path: Path) -> None:
    counts = np.arange(-50, 50, dtype="int16").reshape(2, 50)
    path = store(tmp_path / "Raw.ant", counts, scales=[0.5, 2.0], fs_hz=100.0)
    lazy = LazyStream(Stream(path))
    expected = counts * np.array([[0.5], [2.0]])
    assert np.array_equal(lazy.between(0, 1)[1], expected)
    assert np.array_equal(lazy.dask.compute(scheduler="synchronous"), expected.T)


def test_channels_are_picked_by_name_and_in_the_order_asked_for(
    lazy: LazyStream, made: np.ndarray
) -> None:
    picked = lazy.pick(["ch2", "ch0"])
    assert picked.channels == ["ch2", "ch0"]
    assert picked.units == ["V^2", "V^2"]
    assert np.array_equal(picked.between(1, 2)[1], lazy.between(1, 2)[1][[2, 0]])
    part = picked.dask[100:200].compute(scheduler="synchronous")
    assert np.array_equal(part.astype("f4"), made[[2, 0], 100:200].T)
    plain = LazyStream(lazy.stream).pick(["ch2", "ch0"])
    stored = lazy.stream.read(100, 200)
    assert np.array_equal(plain.dask[100:200].compute(), stored[[2, 0]].T)
    with pytest.raises(DatasetError, match=r"has no channels \['left'\]; it has \['ch0'"):
        lazy.pick(["left"])


def test_nothing_is_read_before_it_is_asked_for(tmp_path: Path) -> None:
    x = noise(1, 1000)
    path = store(tmp_path / "Raw.ant", x)
    lazy = LazyStream(Stream(path)).apply(STEPS)
    data = DatasetFolder(path).data
    content = data.read_bytes()
    with data.open("r+b") as file:
        file.seek(content.index(x[0, 500:].tobytes()))
        file.write(bytes([content[file.tell()] ^ 1]))
    assert lazy.dask.shape == (1000, 1)
    assert lazy.fs_hz == FS_HZ
    with pytest.raises(DigestError):
        lazy.between(0, 10)


def test_a_value_damaged_into_no_number_is_refused_with_its_place(tmp_path: Path) -> None:
    x = noise(1, 1000)
    path = store(tmp_path / "Raw.ant", x)
    data = DatasetFolder(path).data
    content = data.read_bytes()
    signalling_nan = b"\x01\x00\x80\x7f"  # computing with it sets the processor's "invalid"
    data.write_bytes(content.replace(x[0, 500].tobytes(), signalling_nan))
    with pytest.raises(DatasetError, match=rf"ch0 holds nan at {500 / FS_HZ:.6f} s"):
        LazyStream(Stream(path)).apply(STEPS).between(0, 10)


def test_steps_add_up_and_leave_the_first_stream_as_it_was(recording: Path) -> None:
    raw = dspant.open_recording(recording)["Raw"]
    one = raw.apply(["rectify"])
    two = one.apply([{"lowpass": {"cutoff_hz": 20}}])
    assert [step["op"] for step in two.steps] == ["rectify", "lowpass"]
    assert raw.steps == ()
    assert "rectify -> lowpass" in repr(two)
    both = raw.apply(["rectify", {"lowpass": {"cutoff_hz": 20}}])
    assert np.array_equal(two.between(1, 2)[1], both.between(1, 2)[1])


def test_misspelled_steps_and_tables_are_refused_at_once(recording: Path) -> None:
    raw = dspant.open_recording(recording)["Raw"]
    with pytest.raises(ConfigError, match="rectfy"):
        raw.apply(["rectfy"])
    with pytest.raises(ConfigError, match="cutof_hz"):
        raw.apply([{"lowpass": {"cutof_hz": 3}}])
    with pytest.raises(DatasetError, match="double_threshold makes a table"):
        raw.apply([{"double_threshold": {"on_level": 1}}])


def test_equal_samples_at_another_rate_are_not_mixed_up_in_dask(tmp_path: Path) -> None:
    x = noise(1, 2000)
    results = []
    for fs_hz in (1000.0, 4000.0):
        path = store(tmp_path / str(int(fs_hz)) / "Raw.ant", x, fs_hz=fs_hz)
        results.append(LazyStream(Stream(path)).apply([{"lowpass": {"cutoff_hz": 100}}]).dask)
    difference = (results[0] - results[1]).compute(scheduler="synchronous")
    assert np.abs(difference).max() > 0.01


def test_a_stream_of_no_samples_is_an_empty_array(tmp_path: Path) -> None:
    path = store(tmp_path / "Raw.ant", noise(2, 0), segments=[])
    lazy = LazyStream(Stream(path))
    assert lazy.between(0, 1)[1].shape == (2, 0)
    assert lazy.dask.compute().shape == (0, 2)
    assert lazy.apply(["rectify"]).dask.compute().shape == (0, 2)
