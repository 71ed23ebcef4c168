"""Nodes of operations that learn first, mix channels, or take a further stream or epoc."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
from small_nodes import node, noise, store

from dspant.dataset.epoc import Epoc
from dspant.dataset.epoc_writer import EpocHeader, EpocWriter
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import EpocColumn
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream import Stream
from dspant.engine.lazy import LazyStream
from dspant.errors import DatasetError, DigestError, OperationError
from dspant.ops import registry
from dspant.ops.registry import Operation, Parameters
from dspant.ops.signal import Learned

FS_HZ = 1000.0

SEGMENTS = [(0, 150_000, 2.0), (150_000, 50_001, 200.0)]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """Five correlated channels in two unbroken runs, over several row groups and blocks."""
    x = noise(5, 200_001)
    x += x[::-1] * np.float32(0.4) + np.float32(3)
    path = tmp_path_factory.mktemp("rec") / "Raw.ant"
    return store(path, x, SEGMENTS, fs_hz=FS_HZ), x


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bad stretches of two of the channels; one lies over the border of a block, one in the gap."""
    folder = DatasetFolder(tmp_path_factory.mktemp("bad") / "bad.ant")
    seconds = EpocColumn(dtype="float64", unit="s", meaning="time")
    name = EpocColumn(dtype="string", unit="", meaning="channel")
    columns = {"onset": seconds, "offset": seconds, "channel": name}
    onset = np.array([5.0, 67.0, 140.0, 220.0])
    offset = onset + np.array([1, 2, 70, 0.5])
    with EpocWriter(folder, EpocHeader("test", "bad", columns), "none") as writer:
        channel = np.array(["ch0", "ch3", "ch3", "ch0"], dtype=object)
        writer.write({"onset": onset, "offset": offset, "channel": channel})
        writer.finish(Provenance())
    return folder.path


def learned_of(made: Path) -> list[Any]:
    return [step.get("learned") for step in Stream(made).metadata.dspant.steps]


def digest_of(made: Path) -> str:
    return Stream(made).metadata.dspant.digest


def lazy(path: Path, steps: list[Any], *further: Any) -> LazyStream:
    return LazyStream(Stream(path)).apply(steps, further=list(further))


WHITEN = [{"highpass": {"cutoff_hz": 20}}, {"whiten": {"method": "zca"}}]


def test_what_a_step_learns_is_stated_and_the_same_for_any_number_of_threads(
    raw: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    path, _ = raw
    one = node(tmp_path / "one.ant", [path], WHITEN)
    two = node(tmp_path / "two.ant", [path], WHITEN, threads=2)
    assert digest_of(one) == digest_of(two) == lazy(path, WHITEN).digest()
    nothing, learned = learned_of(one)
    assert nothing is None
    assert learned == learned_of(two)[1]
    assert learned["channels"] == [f"ch{i}" for i in range(5)]
    filtered = node(tmp_path / "filtered.ant", [path], WHITEN[:1])
    eigenvalues = np.linalg.eigvalsh(np.cov(Stream(filtered).read().astype(np.float64)))
    assert learned["eigenvalues"] == pytest.approx(eigenvalues[::-1], rel=1e-5)
    y = Stream(one).read().astype(np.float64)
    assert np.abs(np.cov(y) - np.eye(5)).max() < 1e-5
    assert Stream(one).units == ["1"] * 5


def test_a_step_that_takes_an_epoc_learns_from_it(
    raw: tuple[Path, np.ndarray], bad: Path, tmp_path: Path
) -> None:
    path, x = raw
    steps = [{"mask": {"margin_s": 0.01}}, {"rms_envelope": {"window_s": 0.02}}]
    one = node(tmp_path / "one.ant", [path, bad], steps)
    two = node(tmp_path / "two.ant", [path, bad], steps, threads=2)
    assert digest_of(one) == digest_of(two) == lazy(path, steps, Epoc(bad)).digest()
    (learned, nothing) = learned_of(one)
    assert nothing is None
    # 1.02 + 0.52 s of ch0; of ch3 2.02 s, then up to the gap at 152 s, and 10.01 s after it.
    expected = {"ch0": 1.54, "ch1": 0.0, "ch2": 0.0, "ch3": 2.02 + 12.01 + 10.01, "ch4": 0.0}
    assert learned["replaced_s"] == pytest.approx(expected, abs=1e-9)
    assert Stream(one).metadata.dspant.inputs == {
        "Raw": digest_of(path),
        "bad": Epoc(bad).metadata.dspant.digest,
    }
    masked = Stream(node(tmp_path / "masked.ant", [path, bad], steps[:1])).read()
    assert np.array_equal(masked[[1, 2, 4]], x[[1, 2, 4]])
    index = np.r_[64_989, np.arange(64_990, 67_010), 67_010]
    line = np.interp(index, index[[0, -1]], x[3, index[[0, -1]]])
    assert np.abs(masked[3, index] - line).max() < 1e-6


class Gain(Parameters):
    pass


def _gain(source: Any, further: list[Any], _params: Gain) -> Learned:
    """Least-squares gain of the further stream's first channel in each channel."""
    other = np.concatenate([b[:1] for _, blocks in further[0].segments() for b in blocks], axis=1)
    own = np.concatenate([b for _, blocks in source.segments() for b in blocks], axis=1)
    gain = own @ other[0] / (other[0] @ other[0])
    return Learned({"gain": gain}, stated={"gain": gain.tolist()})


def divided(blocks: Any, _signal: Any, _params: Gain, learned: Learned) -> Iterator[np.ndarray]:
    """Divide every channel by its gain: y[n] = x[n] / gain."""
    for block in blocks:
        yield block / learned.of_channels["gain"][:, None]


@pytest.fixture
def gained(monkeypatch: pytest.MonkeyPatch) -> str:
    """An operation of this test alone, which takes a further stream."""
    operation = Operation("divided", Gain, ("stream", "stream"), "stream", 1, divided, learn=_gain)
    registry.operations()
    monkeypatch.setitem(registry._operations, "divided", operation)
    return operation.name


def test_a_step_that_takes_a_stream_learns_from_it(
    raw: tuple[Path, np.ndarray], gained: str, tmp_path: Path
) -> None:
    path, x = raw
    other = store(tmp_path / "Other.ant", noise(2, 200_001, seed=4), SEGMENTS, fs_hz=FS_HZ)
    steps = ["rectify", gained]
    one = node(tmp_path / "one.ant", [path, other], steps)
    two = node(tmp_path / "two.ant", [path, other], steps, threads=2)
    further = LazyStream(Stream(other))
    assert digest_of(one) == digest_of(two) == lazy(path, steps, further).digest()
    reference = Stream(other).read()[0].astype(np.float64)
    gain = np.abs(x.astype(np.float64)) @ reference / (reference @ reference)
    assert learned_of(one)[1]["gain"] == pytest.approx(gain, rel=1e-9)
    assert np.allclose(Stream(one).read(), np.abs(x) / gain[:, None], rtol=1e-5)
    # Another further stream gives another result, and is not taken for the last one.
    again = store(
        tmp_path / "again" / "Other.ant", noise(2, 200_001, seed=5), SEGMENTS, fs_hz=FS_HZ
    )
    assert digest_of(node(one, [path, again], steps)) != digest_of(two)


def test_dask_tells_results_of_different_further_inputs_apart(
    raw: tuple[Path, np.ndarray], gained: str, tmp_path: Path
) -> None:
    folders = [tmp_path / "a" / "Other.ant", tmp_path / "b" / "Other.ant"]
    for seed, folder in enumerate(folders):
        store(folder, noise(2, 200_001, seed), SEGMENTS, fs_hz=FS_HZ)
    both = [lazy(raw[0], [gained], LazyStream(Stream(folder))) for folder in folders]
    computed = dask.compute(*(one.dask for one in both))
    for one, values in zip(both, computed, strict=True):
        assert np.array_equal(values, one.read()[1].T)
    assert not np.array_equal(*computed)


def test_a_part_of_a_stream_is_refused_as_further_input(
    raw: tuple[Path, np.ndarray], gained: str, tmp_path: Path
) -> None:
    other = store(tmp_path / "Other.ant", noise(2, 200_001, seed=4), SEGMENTS, fs_hz=FS_HZ)
    whole = LazyStream(Stream(other))
    for part in (whole.sel(seconds=(0, 1)), whole.pick(["ch1"])):
        with pytest.raises(DatasetError, match="whole"):
            lazy(raw[0], [gained], part)


def test_what_was_learned_serves_every_selection(
    raw: tuple[Path, np.ndarray], gained: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    passes = []
    operation = registry.operations()[gained]

    def counted(*given: Any) -> Learned:
        passes.append(given)
        return _gain(*given)

    monkeypatch.setitem(registry._operations, gained, replace(operation, learn=counted))
    other = store(tmp_path / "Other.ant", noise(2, 200_001, seed=4), SEGMENTS, fs_hz=FS_HZ)
    stream = lazy(raw[0], [gained], LazyStream(Stream(other)))
    stream.sel(seconds=(1, 2)).read()
    stream.pick(["ch2", "ch1"]).between(0, 0.5)
    stream.dask.compute()
    assert len(passes) == 1


def test_an_altered_further_stream_is_found(
    raw: tuple[Path, np.ndarray], gained: str, tmp_path: Path
) -> None:
    x = noise(2, 200_001, seed=4)
    other = store(tmp_path / "Other.ant", x, SEGMENTS, fs_hz=FS_HZ)
    data = DatasetFolder(other).data
    content = bytearray(data.read_bytes())
    content[content.index(x[1, -1000:].tobytes()) + 9] ^= 1
    data.write_bytes(content)
    with pytest.raises(DigestError, match="was altered"):
        node(tmp_path / "made.ant", [raw[0], other], [gained])


WIDER = [
    {"select_channels": {"channels": ["ch4", "ch0"]}},
    {"montage": {"channels": {f"m{i}": {"ch0": 1, "ch4": i} for i in range(7)}}},
    {"rename_channels": {"names": {"m6": "last"}}},
]


@pytest.mark.parametrize("steps", [WIDER[:1], WIDER])
def test_steps_may_make_fewer_or_more_channels(
    raw: tuple[Path, np.ndarray], steps: list[Any], tmp_path: Path
) -> None:
    path, x = raw
    one = node(tmp_path / "one.ant", [path], steps)
    two = node(tmp_path / "two.ant", [path], steps, threads=2)
    attached = lazy(path, steps)
    assert digest_of(one) == digest_of(two) == attached.digest()
    chosen = x[[4, 0]].astype(np.float64)
    expected = chosen if len(steps) == 1 else chosen[1] + np.arange(7)[:, None] * chosen[0]
    assert np.array_equal(Stream(one).read(), expected.astype(np.float32))
    assert attached.channels == Stream(one).channels
    assert attached.channels[-1] == ("ch0" if len(steps) == 1 else "last")
    assert ", ".join(attached.channels) in attached.explain()
    _, last = attached.pick(attached.channels[-1:]).between(2.0, 2.5)
    assert np.array_equal(last, expected[-1:, :500])
    assert attached.dask[:3, -1].compute() == pytest.approx(expected[-1, :3])


def test_the_order_of_a_montage_is_part_of_what_it_makes(
    raw: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    pairs = {"a": ["ch0", "ch1"], "b": ["ch2", "ch3"]}
    made = tmp_path / "made.ant"
    for names in (["a", "b"], ["b", "a"]):
        node(made, [raw[0]], [{"bipolar": {"pairs": {name: pairs[name] for name in names}}}])
        assert Stream(made).channels == names


def test_an_unknown_channel_names_node_step_and_the_nearest_one(
    raw: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    said = r"node made from .*Raw\.ant: steps\[1\] \(reference\): channels names 'ch9' \(did you"
    with pytest.raises(OperationError, match=said):
        node(tmp_path / "made.ant", [raw[0]], ["rectify", {"reference": {"channels": ["ch9"]}}])


def test_what_a_step_refuses_to_learn_names_node_and_step(
    raw: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    said = r"steps\[1\] \(whiten\): the 5 channels hold signal in 4 directions only"
    with pytest.raises(OperationError, match=said):
        node(tmp_path / "made.ant", [raw[0]], ["reference", "whiten"])


def test_channels_of_what_was_learned_go_with_their_channels() -> None:
    learned = Learned({"gain": np.arange(5)}, {"all": 1}, {"stated": 2})
    picked = learned.pick(slice(1, 3))
    assert picked.of_channels["gain"].tolist() == [1, 2]
    assert replace(picked, of_channels={}) == replace(learned, of_channels={})
