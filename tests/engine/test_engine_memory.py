"""A job's memory: not more for a longer recording, and never above what is declared."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_nodes import FS_HZ, noise, spec_of, store

from dspant.engine.memory import HIGHEST_FS_HZ, ingest_memory_mb, node_memory_mb
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import EpocStore, SnipStore, StreamStore

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is read from /proc"
)

SHORT_S = 50

ALLOCATOR_MB = 32
"""What the allocator keeps for itself until it has seen every size of block a few times."""

SMALL_MB = 350
"""Jobs that are given no more than this are not worth a closer guess."""


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """One recording, and one four times as long, of eight channels."""
    place = tmp_path_factory.mktemp("long")
    second = noise(8, int(FS_HZ))
    paths = {}
    for times in (1, 4):
        x = _Repeated(second, times * SHORT_S)
        paths[times] = store(place / f"Raw{times}.ant", x, block=len(second[0]))
    yield paths
    for path in paths.values():
        for file in path.iterdir():
            if file.is_file():
                file.unlink()


class _Repeated:
    """An array that repeats a stretch; it is never held in memory."""

    def __init__(self, stretch: Any, times: int) -> None:
        self.stretch = stretch
        self.dtype = stretch.dtype
        self.shape = (len(stretch), stretch.shape[1] * times)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        return self.stretch


def peak(source: Path, place: Path, spec: dict[str, Any], threads: int) -> dict[str, float]:
    file = place / "spec.json"
    file.write_text(json.dumps(spec))
    script = Path(__file__).with_name("peak_of_a_node.py")
    command = [sys.executable, script, source, place / "made.ant", file, str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


NODES = [
    (
        [{"notch": {"frequency_hz": 60}}, {"bandpass": {"low_hz": 20, "high_hz": 450}}],
        "stream",
        1,
    ),
    (["rectify", {"lowpass": {"cutoff_hz": 6, "order": 2}}], "stream", 2),
    ([{"rms_envelope": {"window_s": 10}}], "stream", 1),
    ([{"double_threshold": {"on_sd": 30, "baseline_s": [0, 20]}}], "epoc", 1),
    ([{"windows": {"length_s": 2, "step_s": 1, "features": ["rms"]}}], "epoc", 1),
]


@pytest.mark.parametrize(("steps", "makes", "threads"), NODES, ids=str)
def test_a_recording_four_times_as_long_takes_no_more_memory_than_declared(
    recordings: dict[int, Path], tmp_path: Path, steps: list[Any], makes: str, threads: int
) -> None:
    spec = spec_of(steps, makes)
    short, long = (
        peak(recordings[times], tmp_path, spec | {"node": f"made{times}"}, threads)
        for times in (1, 4)
    )
    assert long["peak"] <= 1.1 * short["peak"] + ALLOCATOR_MB
    assert long["peak"] <= long["declared"] <= max(1.35 * long["peak"], SMALL_MB)


def test_declared_memory_grows_with_channels_and_with_how_far_a_step_looks() -> None:
    near = spec_of([{"lowpass": {"cutoff_hz": 100}}])
    far = spec_of([{"lowpass": {"cutoff_hz": 0.1}}])
    assert node_memory_mb(near, 4) < node_memory_mb(near, 64) < node_memory_mb(far, 64)


def test_declared_memory_grows_with_the_rate() -> None:
    spec = spec_of([{"lowpass": {"cutoff_hz": 1}}])
    assert node_memory_mb(spec, 8, 1000.0) < node_memory_mb(spec, 8, 24414.0625)
    assert node_memory_mb(spec, 8, HIGHEST_FS_HZ) == node_memory_mb(spec, 8)


def test_filters_compute_as_many_rows_at_once_as_declared_memory_supposes() -> None:
    from dspant.engine import memory
    from dspant.ops.kernels.lanes import MOST_LANES

    assert memory._LANES == MOST_LANES


def test_declared_memory_of_an_ingest_counts_every_store() -> None:
    one = ingest_memory_mb({"RawG": 16})
    assert one < ingest_memory_mb({"RawG": 16, "EMGR": 4})


MANY = 1_000_000
"""Records of an index of 40 MB."""


def many_chunks() -> dict[str, Any]:
    samples = np.zeros((8, MANY // 2), "float32")
    return {"streams": [StreamStore("Many", samples, FS_HZ, chunk_samples=4)]}


def many_snips() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    time_s = np.sort(rng.uniform(0, MANY / 1000, MANY))
    channel, sort_code = rng.integers(1, 17, (2, MANY)).astype("uint16")
    waveforms = np.zeros((MANY, 4), "float32")
    return {"snips": [SnipStore("Many", time_s, waveforms, FS_HZ, channel, sort_code)]}


def many_epocs() -> dict[str, Any]:
    return {"epocs": [EpocStore("Many", np.arange(MANY) / 1000, np.ones(MANY))]}


@pytest.mark.parametrize(
    ("stores", "most_times"), [(many_chunks, 2.5), (many_snips, 1.6), (many_epocs, 1.6)]
)
def test_an_ingest_of_a_large_index_takes_what_is_declared(
    tmp_path: Path, stores: Callable[[], dict[str, Any]], most_times: float
) -> None:
    held = {"streams": [], "epocs": []} | stores()
    block = write_block(tmp_path / "tank" / "fine", tank="tank", start_unix_s=1.7e9, **held)
    index_bytes = next(block.glob("*.tsq")).stat().st_size
    kind = "stream" if held["streams"] else "epoc"
    script = Path(__file__).with_name("peak_of_an_ingest.py")
    command = [sys.executable, script, block, tmp_path / "made", kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    channels = {"Many": 8} if held["streams"] else {}
    declared = ingest_memory_mb(channels, index_bytes)
    # What the records are of is not known beforehand; those of events take most.
    assert float(done.stdout) <= declared <= most_times * float(done.stdout)
