"""The explorer of a recording's page: outlines, tiles, space on disk, and what the page holds."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_recording import FS_HZ, SmallRecording, step

from dspant.dataset.stream import Stream
from dspant.dataset.whole_folders import folder_written_whole, inventory, link_folder
from dspant.report.explorer.budget import OUTLINE_BYTES, choose_depths
from dspant.report.explorer.encoding import rounded, rounded_outline
from dspant.report.explorer.folder import TileFolder
from dspant.report.explorer.listener import PageOutline, TileMaker
from dspant.report.explorer.pyramid import FACTOR, Pyramid, levels_of
from dspant.report.explorer.shelf import BINS, SAMPLES
from dspant.report.explorer.view import Explorer, ExplorerView
from dspant.report.kept import make_recording_page
from dspant.report.passes import read_once
from dspant.report.recording import open_and_survey

Parts = list[np.ndarray]


def decoded(call: list[Any]) -> np.ndarray:
    """Values of a tile, as the page gets them."""
    _, coding, offset, step_, numbers = call
    dtype = "<f4" if coding == "float32" else "<i2"
    stored = np.frombuffer(base64.b64decode(numbers), dtype)
    values = offset + step_ * stored.astype(np.float64)
    return np.where(stored == -32768, np.nan, values) if coding == "rounded" else values


def calls(folder: Path, stream: str, level: int, channel: int) -> list[list[Any]]:
    """Arguments of the scripts of one channel's tiles, in order."""
    files = sorted(
        (folder / stream / str(level)).glob(f"{channel}_*.js"),
        key=lambda file: int(file.stem.partition("_")[2]),
    )
    found = [json.loads(f"[{_arguments(file)}]") for file in files]
    assert [key for key, *_ in found] == [
        f"{stream}/{level}/{channel}_{number}" for number in range(len(found))
    ]
    return found


def _arguments(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    return re.fullmatch(r"dspant_(?:tile|part)\((.*)\)\n", text, re.DOTALL)[1]


def samples_of(folder: Path, stream: str, channel: int) -> np.ndarray:
    return np.concatenate([decoded(call) for call in calls(folder, stream, 0, channel)])


def outline_of(folder: Path, stream: str, level: int, channel: int) -> tuple[Parts, Parts]:
    """Lows and highs of a channel's tiles."""
    halves = [np.split(decoded(call), 2) for call in calls(folder, stream, level, channel)]
    return [low for low, _ in halves], [high for _, high in halves]


def brute_force(
    values: np.ndarray, segments: list[tuple[int, int, float]], bin_samples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value of each bin, by slicing the whole array."""
    slices = [
        values[:, first + at : min(first + at + bin_samples, first + count)]
        for first, count, _ in segments
        for at in range(0, count, bin_samples)
    ]
    return (
        np.stack([np.fmin.reduce(part, axis=1) for part in slices], axis=1),
        np.stack([np.fmax.reduce(part, axis=1) for part in slices], axis=1),
    )


def runs_of(counts: list[int]) -> list[tuple[int, int, float]]:
    firsts = np.cumsum([0, *counts[:-1]]).tolist()
    return [(first, count, 10.0 * first) for first, count in zip(firsts, counts, strict=True)]


@settings(deadline=None, max_examples=60)
@given(
    counts=st.lists(st.integers(1, 700), min_size=1, max_size=5),
    piece=st.integers(1, 200),
    seed=st.integers(0, 2**32 - 1),
    missing=st.floats(0, 0.9),
)
def test_a_pyramid_equals_numpy_on_every_bin(counts, piece, seed, missing):
    """Whatever the lengths of runs, the pieces the values come in, and what is missing."""
    rng = np.random.default_rng(seed)
    segments = runs_of(counts)
    values = rng.normal(size=(2, sum(counts))).astype(np.float32)
    values[rng.random(values.shape) < missing] = np.nan
    levels = levels_of(segments, 1)[1:]
    heard: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in levels]
    pyramid = Pyramid([_keeper(parts) for parts in heard])
    for first, count, _ in segments:
        for at in range(first, first + count, piece):
            pyramid.add(values[:, at : min(at + piece, first + count)])
        pyramid.end_run()
    for level, parts in zip(levels, heard, strict=True):
        low, high = (np.concatenate(rows, axis=1) for rows in zip(*parts, strict=True))
        expected_low, expected_high = brute_force(values, segments, level.bin_samples)
        np.testing.assert_array_equal(low, expected_low)
        np.testing.assert_array_equal(high, expected_high)
        assert low.shape[1] == level.bins


def _keeper(parts: list[tuple[np.ndarray, np.ndarray]]):
    return lambda low, high: parts.append((low.copy(), high.copy()))


def tiled(
    small: SmallRecording, samples_mb: float = 500.0, page_bins: int = 50
) -> tuple[Stream, Path, PageOutline]:
    """Go through the stream ``RawG`` as a report does."""
    stream = Stream(small.folder / "RawG.ant")
    depth = choose_depths({"RawG": stream}, samples_mb)["RawG"]
    page = PageOutline(depth.levels, page_bins, len(stream.channels))
    target = small.folder / "report_tiles"
    with folder_written_whole(target) as folder:
        read_once(stream, [TileMaker(stream, depth, TileFolder(folder), page)])
    return stream, target, page


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    counts=st.lists(st.integers(1, 40_000), min_size=1, max_size=4),
    dtype=st.sampled_from(["float32", "int16"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_tiles_hold_the_very_samples(tmp_path_factory, counts, dtype, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(scale=1000, size=(2, sum(counts))).astype(dtype)
    small = SmallRecording(tmp_path_factory.mktemp("tiles") / "rec01")
    small.stream("RawG", values, ["a", "b"], segments=runs_of(counts), dtype=dtype)
    _, folder, _ = tiled(small)
    for channel in range(2):
        np.testing.assert_array_equal(samples_of(folder, "RawG", channel), values[channel])


def test_samples_and_outlines_across_tiles_and_row_groups(small: SmallRecording) -> None:
    count = 5 * SAMPLES + 40_123
    values = np.random.default_rng(0).normal(size=(1, count)).astype(np.float32)
    values[0, 5] = np.nan
    segments = [(0, SAMPLES - 3, 0.0), (SAMPLES - 3, count - SAMPLES + 3, 900.0)]
    small.stream("RawG", values, ["a"], segments=segments)
    _, folder, page = tiled(small)
    np.testing.assert_array_equal(samples_of(folder, "RawG", 0), values[0])
    assert [len(decoded(call)) for call in calls(folder, "RawG", 0, 0)] == [
        *[SAMPLES] * 5, 40_123
    ]  # fmt: skip
    low, high = outline_of(folder, "RawG", 1, 0)
    assert [len(part) for part in low] == [BINS, len(np.concatenate(low)) - BINS]
    expected_low, expected_high = brute_force(values, segments, FACTOR)
    room = (np.max(np.concatenate(high)) - np.min(np.concatenate(low))) / 60_000
    for found, expected in ((low, expected_low[0]), (high, expected_high[0])):
        np.testing.assert_allclose(np.concatenate(found), expected, rtol=0, atol=room)
    assert (np.concatenate(low) <= expected_low[0]).all()
    assert (np.concatenate(high) >= expected_high[0]).all()
    in_page = decoded(page.tiles()[0].inline("RawG/page/0_0"))
    expected_low, expected_high = brute_force(values, segments, page.bin_samples)
    np.testing.assert_allclose(in_page[: len(in_page) // 2], expected_low[0], atol=2e-4)
    np.testing.assert_allclose(in_page[len(in_page) // 2 :], expected_high[0], atol=2e-4)


def test_scaled_counts_are_shown_in_the_unit(tmp_path: Path) -> None:
    from dspant.dataset.folder import DatasetFolder
    from dspant.dataset.provenance import Provenance
    from dspant.dataset.stream_header import StreamHeader
    from dspant.dataset.stream_writer import StreamWriter

    counts = np.random.default_rng(1).integers(-32768, 32768, (2, 5000)).astype(np.int16)
    counts[0, :2] = -32768, 32767
    scale = 0.000195
    header = StreamHeader(
        source="simulated", name="RawG", fs_hz=FS_HZ, channels=["a", "b"], units=["mV", "mV"],
        segments=[(0, 5000, 0.0)], dtype="int16", scales=[scale, scale],
    )  # fmt: skip
    small = SmallRecording(tmp_path / "rec01")
    with StreamWriter(DatasetFolder(small.folder / "RawG.ant"), header, "none") as writer:
        writer.write(counts)
        writer.finish(Provenance())
    stream, folder, _ = tiled(small)
    assert calls(folder, "RawG", 0, 0)[0][1] == "int16"
    np.testing.assert_array_equal(
        np.stack([samples_of(folder, "RawG", row) for row in range(2)]), stream.read()
    )


@given(st.lists(st.floats(width=32, allow_nan=True, allow_infinity=False), min_size=1, max_size=50))
def test_rounding_stays_within_a_part_of_the_range(values):
    single = np.array(values, dtype=np.float32)
    found = decoded(rounded(single).inline("k"))
    finite = np.isfinite(single)
    np.testing.assert_array_equal(np.isnan(found), ~finite)
    if finite.any():
        exact = single[finite].astype(np.float64)
        np.testing.assert_allclose(found[finite], exact, rtol=1e-12, atol=np.ptp(exact) / 60_000)


def test_an_outline_is_never_smaller_than_the_truth():
    rng = np.random.default_rng(5)
    low = rng.normal(size=1000).astype(np.float32)
    high = low + rng.random(1000, dtype=np.float32)
    found = decoded(rounded_outline(low, high).inline("k"))
    slack = 1e-12
    assert (found[:1000] <= low + slack).all()
    assert (found[1000:] >= high - slack).all()


def noise(small: SmallRecording, *names: str, samples: int = 100_000) -> dict[str, Stream]:
    values = np.random.default_rng(3).normal(size=(2, samples)).astype(np.float32)
    for name in names:
        small.stream(name, values, ["a", "b"])
    return {name: Stream(small.folder / f"{name}.ant") for name in names}


def size_of(folder: Path) -> int:
    return sum(size for _, size in inventory(folder))


@pytest.mark.parametrize("samples_mb", [500.0, 2.0, 0.9, 0.0])
def test_tiles_stay_within_the_space_that_was_given(small: SmallRecording, samples_mb) -> None:
    stream = noise(small, "RawG")["RawG"]
    depth = choose_depths({"RawG": stream}, samples_mb)["RawG"]
    codings = {500.0: "float32", 2.0: "float32", 0.9: "rounded", 0.0: None}
    assert depth.coding == codings[samples_mb]
    _, folder, _ = tiled(small, samples_mb)
    least = OUTLINE_BYTES if samples_mb == 0 else 0
    assert size_of(folder) <= 1.01 * samples_mb * 1e6 + least
    assert (folder / "RawG" / "0").is_dir() == (depth.coding is not None)


def test_rounded_samples_are_within_the_stated_error(small: SmallRecording) -> None:
    stream = noise(small, "RawG")["RawG"]
    _, folder, _ = tiled(small, 0.9)
    values = stream.read()
    for channel in range(2):
        found = samples_of(folder, "RawG", channel)
        for first in range(0, stream.samples, SAMPLES):
            own = slice(first, first + SAMPLES)
            error = np.abs(found[own] - values[channel, own]).max()
            assert error < np.ptp(values[channel, own]) / 131_000


def test_streams_are_taken_in_the_order_of_the_page(small: SmallRecording) -> None:
    streams = noise(small, "RawG", "filtered", "wide")
    depths = choose_depths(streams, 1.7)
    assert [depth.coding for depth in depths.values()] == ["rounded", "rounded", None]
    assert [depth.finest for depth in depths.values()] == [0, 0, 1]
    assert {depth.coding for depth in choose_depths(streams, 6.0).values()} == {"float32"}


def test_a_stream_that_is_left_out_is_named_with_the_key(small: SmallRecording) -> None:
    noise(small, "RawG", "wide", samples=40_000)
    notes = " ".join(explored(small, 0.4)[0].notes)
    assert "wide: zoom ends at the smallest and largest of 8 samples (0.00800 s)" in notes
    assert "samples_mb: 0.4" in notes
    assert "RawG: zoom ends" not in notes
    assert "RawG: samples are rounded to 16 bits" in notes
    assert explored(small, 500.0)[0].notes == []


def explored(small: SmallRecording, samples_mb: float = 500.0) -> tuple[ExplorerView, Path]:
    """Make the explorer alone, without the other parts of a page."""
    target = small.folder / "report_tiles"
    with folder_written_whole(target) as folder:
        explorer = Explorer(TileFolder(folder), samples_mb, target.name)
        recording = open_and_survey(small.datasets, small.names, 60.0, explorer.listeners)
        return explorer.view(recording), target


def test_the_page_holds_little_of_many_channels(small: SmallRecording) -> None:
    rng = np.random.default_rng(3)
    channels = [f"channel {number}" for number in range(128)]
    values = rng.normal(size=(128, 9000)).astype(np.float32)
    small.stream("RawG", values, channels)
    small.stream("filtered", values, channels, inputs=("RawG",), steps=(step("rectify"),))
    onset = np.sort(rng.random(20_000) * 20)
    rows = {"onset": onset, "offset": onset + 0.001, "peak": rng.random(20_000)}
    small.epoc("bursts", rows, {"peak": "V"}, inputs=("filtered",), steps=(step("x"),))
    view, folder = explored(small)
    data = json.loads(view.data)
    assert len(view.data) < 120_000
    assert [stream["channels"] for stream in data["streams"]] == [channels, channels]
    for channel in (0, 127):
        found = samples_of(folder, "filtered", channel)
        np.testing.assert_array_equal(found, values[channel])


def test_many_runs_stay_out_of_the_page(small: SmallRecording) -> None:
    segments = [(7 * n, 7, 0.01 * n) for n in range(500)]
    small.stream("RawG", np.ones((1, 3500)), ["a"], segments=segments)
    view, folder = explored(small)
    assert len(view.data) < 5000
    assert json.loads(view.data)["streams"][0]["runs"] is None
    beside = folder / "RawG/runs.js"
    key, runs = json.loads(f"[{_arguments(beside)}]")
    assert key == "RawG/runs"
    assert runs == [[count, start_s] for _, count, start_s in segments]


def test_every_row_of_a_table_is_in_the_page_or_beside_it(small: SmallRecording) -> None:
    rng = np.random.default_rng(4)
    small.stream("RawG", np.zeros((1, 30_000)), ["a"])
    onset = rng.permutation(2500) / 100
    offset = onset + 0.004
    offset[9] = np.inf
    rows = {"onset": onset, "offset": offset, "channel": ["a"] * 2500, "peak": onset * np.pi}
    small.epoc("bursts", rows, {"peak": "V"}, inputs=("RawG",), steps=(step("x"),))
    view, folder = explored(small)
    data = json.loads(view.data)
    epoc = data["epocs"][0]
    assert epoc["count"] == 2500
    inside = dict(data["parts"])
    pieces = []
    for number in range(len(epoc["pieces"])):
        key = f"bursts/rows/{number}"
        file = folder / f"{key}.js"
        assert file.is_file() != (key in inside)
        pieces.append(inside[key] if key in inside else json.loads(f"[{_arguments(file)}]")[1])
    order = np.argsort(onset)
    shown = np.concatenate([piece["onset"] for piece in pieces])
    np.testing.assert_allclose(shown, onset[order], atol=1e-7)
    ends = np.concatenate([piece["offset"] for piece in pieces])
    expected = np.where(np.isinf(offset[order]), 30.0, offset[order])
    np.testing.assert_allclose(ends, expected, atol=1e-7)
    peaks = np.concatenate([piece["values"][0] for piece in pieces])
    np.testing.assert_allclose(peaks, onset[order] * np.pi, rtol=1e-6)


def test_events_lie_over_the_streams_of_their_chain(typical_recording: SmallRecording) -> None:
    data = json.loads(explored(typical_recording)[0].data)
    over = {epoc["name"]: epoc["over"] for epoc in data["epocs"]}
    assert over == {
        "AmpA": ["RawG", "filtered"],
        "bursts": ["RawG", "filtered"],
        "mep": ["RawG", "filtered"],
        "features": [],
    }


def test_tiles_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "report_tiles"
    with folder_written_whole(target) as folder:
        TileFolder(folder).write("a/0/0_0", "first")
    with pytest.raises(KeyboardInterrupt), folder_written_whole(target) as folder:
        TileFolder(folder).write("a/0/0_0", "second")
        raise KeyboardInterrupt
    assert (target / "a/0/0_0.js").read_text() == "first"
    assert [file.name for file in tmp_path.iterdir()] == ["report_tiles"]


def test_what_a_killed_job_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".tmp-1-report_tiles/a").mkdir(parents=True)
    with folder_written_whole(tmp_path / "report_tiles"):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["report_tiles"]


def test_kept_tiles_share_their_bytes(tmp_path: Path) -> None:
    TileFolder(tmp_path / "report_tiles").write("a/0/0_0", "text")
    (tmp_path / "report_tiles/.snakemake_timestamp").touch()
    link_folder(tmp_path / "report_tiles", tmp_path / "kept")
    assert inventory(tmp_path / "kept") == [("a/0/0_0.js", 4)]
    first, second = (tmp_path / name / "a/0/0_0.js" for name in ("report_tiles", "kept"))
    assert first.stat().st_ino == second.stat().st_ino
    assert not (tmp_path / "kept/.snakemake_timestamp").exists()


def made_again(small: SmallRecording) -> int:
    """Make a page as a job does, its outputs deleted; the inode of one of its tiles."""
    names = {"summary": "summary.json", "provenance": "provenance.json"}
    folders = {"tiles": "report_tiles", "figures": "figures"}
    spec = {
        "experiment": "trial",
        "datasets": small.names,
        "line_frequency_hz": 60.0,
        "samples_mb": 500.0,
    }
    for name in folders.values():
        shutil.rmtree(small.folder / name, ignore_errors=True)
    outputs = {what: small.folder / name for what, name in (names | folders).items()}
    page = small.folder / "report.html"
    make_recording_page(small.folder / "block.json", small.datasets, spec, page=page, **outputs)
    return (small.folder / "report_tiles/RawG/0/0_0.js").stat().st_ino


def test_tiles_are_put_back_with_the_page_and_written_again_once_damaged(
    small: SmallRecording,
) -> None:
    noise(small, "RawG", samples=3000)
    (small.folder / "block.json").write_text('{"block": "b", "stores": {}}', encoding="utf-8")
    first = made_again(small)
    assert made_again(small) == first
    kept = small.folder / ".last/report_tiles/RawG/0/0_0.js"
    whole = kept.read_text(encoding="utf-8")
    kept.write_text(whole[:-10], encoding="utf-8")
    assert made_again(small) != first
    assert kept.read_text(encoding="utf-8") == whole


def test_few_values_are_held_while_a_long_stream_passes() -> None:
    """What the shelves hold is bounded by tiles, not by the length of the stream."""
    from dspant.report.explorer.shelf import Shelf

    written = []

    class Counting(TileFolder):
        def write(self, key: str, script: str) -> None:
            written.append(len(script))

    shelf = Shelf(Counting(Path()), "RawG/0", SAMPLES, lambda _channel: rounded)
    block = np.zeros((3, 50_000), dtype=np.float32)
    for _ in range(40):
        shelf.add(block)
        assert sum(part.nbytes for parts in shelf._parts for part in parts) < 3 * 4 * SAMPLES
    shelf.finish()
    assert len(written) == 3 * -(-40 * 50_000 // SAMPLES)
