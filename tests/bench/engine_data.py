"""The signal that the engine and its peers filter, in the format each of them reads best."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

FS_HZ = 24414.0625
LOW_HZ, HIGH_HZ, ORDER = 20.0, 450.0, 4
RMS_SAMPLES = 1221
"""50 ms at this rate, an odd number."""

PIECE_SAMPLES = 1_000_000

STEPS = [
    {"bandpass": {"low_hz": LOW_HZ, "high_hz": HIGH_HZ, "order": ORDER}},
    "rectify",
    {"rms_envelope": {"window_s": 0.05}},
]


def pieces(channels: int, samples: int) -> Iterator[np.ndarray]:
    """Noise of 10 uV with 60 Hz hum and slow drift, in V; channels x up to a million samples."""
    rng = np.random.default_rng(1)
    for first in range(0, samples, PIECE_SAMPLES):
        t = np.arange(first, min(first + PIECE_SAMPLES, samples)) / FS_HZ
        hum = 2e-5 * np.sin(2 * np.pi * 60 * t) + 3e-4 * np.sin(2 * np.pi * 0.3 * t)
        noise = rng.standard_normal((channels, len(t)), dtype=np.float32) * np.float32(1e-5)
        yield noise + hum.astype(np.float32)


def write_spec(work: Path) -> None:
    """Write the spec of our node as the workflow hands it to a job."""
    from dspant.config import resolve_steps

    spec = {
        "node": "out_dspant",
        "makes": "stream",
        "inputs": [{"dataset": "Emg", "kind": "stream", "recording": None}],
        "steps": resolve_steps(STEPS),
        "storage": {"compression": "none"},
    }
    (work / "spec.json").write_text(json.dumps(spec))


def write(work: Path, channels: int, samples: int, *, for_peers: bool) -> None:
    """Write the signal: a dataset of ours, and for peers one of NumPy's files and plain binary."""
    from dspant.dataset.folder import DatasetFolder
    from dspant.dataset.provenance import Provenance
    from dspant.dataset.stream_header import StreamHeader
    from dspant.dataset.stream_writer import StreamWriter

    work.mkdir(parents=True)
    write_spec(work)
    header = StreamHeader(
        source="bench",
        name="Emg",
        fs_hz=FS_HZ,
        channels=[f"ch{i}" for i in range(channels)],
        units=["V"] * channels,
        segments=[(0, samples, 0.0)],
    )
    whole = None
    if for_peers:
        shape = (channels, samples)
        whole = np.lib.format.open_memmap(work / "x.npy", mode="w+", dtype=np.float32, shape=shape)
    first = 0
    with (
        StreamWriter(DatasetFolder(work / "Emg.ant"), header, "none") as writer,
        (work / "x.bin").open("wb") as binary,
    ):
        for piece in pieces(channels, samples):
            writer.write(piece)
            binary.write(np.ascontiguousarray(piece.T).data)
            if whole is not None:
                whole[:, first : first + piece.shape[1]] = piece
            first += piece.shape[1]
        writer.finish(Provenance())


def moving_rms(x: np.ndarray) -> np.ndarray:
    """Root mean square of the samples that exist in a centred window; last axis is time."""
    from scipy.ndimage import uniform_filter1d

    half = RMS_SAMPLES // 2
    place = np.arange(x.shape[-1])
    counts = np.minimum(place + half + 1, x.shape[-1]) - np.maximum(place - half, 0)
    sums = uniform_filter1d(np.square(x), RMS_SAMPLES, axis=-1, mode="constant") * RMS_SAMPLES
    return np.sqrt(np.maximum(sums / counts, 0))


def write_reference(work: Path, channels: list[int]) -> None:
    """What SciPy makes of some channels in float64: rectified, and its moving RMS."""
    from scipy.signal import butter, sosfiltfilt

    sos = butter(ORDER, [LOW_HZ, HIGH_HZ], "bandpass", fs=FS_HZ, output="sos")
    x = np.load(work / "x.npy", mmap_mode="r")[channels].astype(np.float64)
    rectified = np.abs(sosfiltfilt(sos, x, axis=1))
    np.save(work / "rectified.npy", rectified)
    np.save(work / "reference.npy", moving_rms(rectified))


if __name__ == "__main__":
    folder, channels, samples, for_peers = sys.argv[1:]
    write(Path(folder), int(channels), int(samples), for_peers=for_peers == "yes")
