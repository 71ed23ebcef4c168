"""Stretches, channels and other forms of a lazy stream, and what it says of itself."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_nodes import FS_HZ, node, noise, store

import dspant
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import read_metadata
from dspant.dataset.stream import Stream
from dspant.engine.lazy import LazyStream, installed
from dspant.errors import DatasetError

SEGMENTS = [(0, 200_000, 0.5), (200_000, 30_000, 20.0)]
STEPS = [
    {"bandpass": {"low_hz": 200, "high_hz": 4500, "order": 2}},
    "rectify",
    {"rms_envelope": {"window_s": 0.05}},
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("rec01")
    store(place / "Raw.ant", noise(3, 230_000), SEGMENTS)
    node(place / "made.ant", [place / "Raw.ant"], STEPS, threads=2)
    return place


@pytest.fixture(scope="module")
def raw(recording: Path) -> LazyStream:
    return dspant.open_recording(recording)["Raw"]


def test_the_same_steps_have_the_same_digest_as_the_node(raw: LazyStream, recording: Path) -> None:
    stated = read_metadata(DatasetFolder(recording / "made.ant").metadata).dspant.digest
    assert raw.apply(STEPS).digest() == stated
    assert raw.digest() == raw.stream.metadata.dspant.digest


@pytest.mark.parametrize("steps", [[], STEPS], ids=["stored", "steps"])
def test_a_selection_is_that_part_of_the_whole(raw: LazyStream, steps: list[Any]) -> None:
    lazy = raw.apply(steps) if steps else raw
    time_s, whole = lazy.read()
    for seconds in ((1.0, 2.0), (8.5, 20.2), (-5.0, 0.6), (9.0, 19.0), (3.0, 3.0)):
        part = lazy.sel(seconds, ["ch2", "ch0"])
        kept = (time_s >= seconds[0] - 1e-9) & (time_s < seconds[1] - 1e-9)
        assert np.array_equal(part.read()[0], time_s[kept])
        assert np.array_equal(part.read()[1], whole[[2, 0]][:, kept])
        assert np.array_equal(part.dask.compute(scheduler="synchronous"), part.read()[1].T)
        assert part.channels == ["ch2", "ch0"]


def test_selections_add_up_and_survive_further_steps(raw: LazyStream) -> None:
    part = raw.sel((1, 5)).sel((2, 9), ["ch1"]).apply(["rectify"])
    assert part.seconds == (2, 5)
    time_s, values = part.read()
    assert time_s[0] >= 2
    assert time_s[-1] < 5
    assert np.array_equal(values, np.abs(raw.between(2, 5)[1][[1]]))
    assert raw.sel((1, 2)).sel((3, 4)).read()[1].shape == (3, 0)


@pytest.mark.parametrize("seconds", [(100, 101), (-2, -1), (12, 13)], ids=["end", "start", "gap"])
@pytest.mark.parametrize("steps", [[], STEPS], ids=["stored", "steps"])
def test_a_stretch_without_samples_is_empty(
    raw: LazyStream, steps: list[Any], seconds: tuple[float, float]
) -> None:
    lazy = raw.apply(steps) if steps else raw
    time_s, values = lazy.between(*seconds)
    assert (time_s.shape, values.shape) == ((0,), (3, 0))
    assert lazy.sel(seconds).dask.compute(scheduler="synchronous").shape == (0, 3)


def test_a_stretch_that_ends_before_it_begins_is_refused(raw: LazyStream) -> None:
    with pytest.raises(DatasetError, match=r"\[2, 1\] end before they begin"):
        raw.sel((2, 1))


def test_only_selected_channels_are_computed(raw: LazyStream) -> None:
    asked = []
    lazy = raw.apply(STEPS).sel((1, 2), ["ch1"])
    segments = lazy._source.segments
    lazy._source.segments = lambda channels: asked.append(channels) or segments(channels)
    lazy.read()
    assert asked == [slice(1, 2)]


def test_a_second_of_stored_samples_maps_only_its_row_groups(tmp_path: Path) -> None:
    stream = Stream(store(tmp_path / "Raw.ant", noise(2, 600_000), [(0, 600_000, 0.0)]))
    asked = []
    values = type(stream._file).values

    class Watched:
        footer, schema = stream._file.footer, stream._file.schema

        def values(self, group: int, column: int) -> np.ndarray:
            asked.append((group, column))
            return values(file, group, column)

        def fetch(self, group: int, column: int, low: int, high: int) -> None:
            file.fetch(group, column, low, high)

        def forget(self, group: int, column: int) -> None:
            file.forget(group, column)

    file, stream._file = stream._file, Watched()
    LazyStream(stream).sel((12.0, 13.0), ["ch1"]).read()
    assert asked == [(1, 1)]


def test_explain_names_steps_margins_memory_and_bytes(raw: LazyStream) -> None:
    lines = raw.apply(STEPS).sel((1, 2), ["ch1"]).explain().splitlines()
    assert lines[0].startswith(f"Raw: 3 channels x 230000 samples at {FS_HZ:.10g} Hz")
    assert lines[1] == "keeps channels: ch1"
    assert lines[2] == "keeps seconds: 1 to 2"
    assert lines[3].startswith("step 1: bandpass low_hz=200.0 high_hz=4500.0 order=2")
    assert "looks 0." in lines[3]
    assert lines[4] == "step 2: rectify method=absolute; looks at each sample alone"
    assert lines[5] == "step 3: rms_envelope window_s=0.05; looks 0.025 s around each sample"
    assert lines[6].startswith("reads 0.1")
    assert lines[6].endswith("MB of memory")
    assert len(lines) == 7
    one_second = raw.sel((1, 2)).explain().splitlines()[-1]
    assert one_second.startswith(f"reads {3 * 4 * 24414 / 1e6:.3f} MB")


class _Frame:
    def __init__(self, values: np.ndarray, **labels: Any) -> None:
        self.values, self.labels, self.attrs = values, labels, {}


def test_pandas_and_xarray_get_labelled_values_where_installed(
    raw: LazyStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    pandas, xarray = types.ModuleType("pandas"), types.ModuleType("xarray")
    pandas.Index = lambda values, name: (name, values)
    pandas.DataFrame = xarray.DataArray = _Frame
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    monkeypatch.setitem(sys.modules, "xarray", xarray)
    part = raw.sel((1, 1.01), ["ch2", "ch0"])
    time_s, values = part.read()
    frame, array = part.to_pandas(), part.to_xarray()
    assert np.array_equal(frame.values, values.T)
    assert frame.labels["columns"] == ["ch2", "ch0"]
    assert frame.attrs == {"fs_hz": FS_HZ, "units": {"ch2": "V", "ch0": "V"}}
    assert np.array_equal(array.values, values.T)
    assert np.array_equal(array.labels["coords"]["time_s"], time_s)
    assert array.labels["coords"]["unit"] == ("channel", ["V", "V"])


def test_an_absent_library_is_named_with_the_remedy() -> None:
    with pytest.raises(DatasetError, match="pip install no_such_library"):
        installed("no_such_library")
