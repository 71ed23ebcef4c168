"""Draws what filtering in separate chunks does at their borders: chunk_edges.py FIGURE.svg."""

from __future__ import annotations

import sys

import matplotlib as mpl
import numpy as np
from scipy.signal import butter, sosfiltfilt

from dspant.ops.registry import operations
from dspant.ops.signal import Segment, Signal

mpl.use("Agg")
import matplotlib.pyplot as plt

FS_HZ, LENGTH_S, CHUNK_S = 24414.0625, 4, 1.0
LOW_HZ, HIGH_HZ, ORDER = 10.0, 4000.0, 4


def recording() -> np.ndarray:
    """EMG-like noise of 0.1 mV on an electrode's offset of 1 mV and a slow drift, in V."""
    count = round(LENGTH_S * FS_HZ)
    noise = 1e-4 * np.random.default_rng(3).standard_normal(count)
    drift = 1e-3 * (1 + 0.5 * np.sin(2 * np.pi * 0.4 * np.arange(count) / FS_HZ))
    return noise + drift


def in_blocks(x: np.ndarray, size: int) -> np.ndarray:
    """The operation of dspAnt, which gets the run in blocks."""
    operation = operations()["bandpass"]
    params = operation.parameters(low_hz=LOW_HZ, high_hz=HIGH_HZ, order=ORDER)
    signal = Signal(FS_HZ, ("emg",), ("V",), (Segment(0, len(x), 0.0),))
    blocks = (x[np.newaxis, first : first + size].copy() for first in range(0, len(x), size))
    return np.concatenate(list(operation.run(blocks, signal, params)), axis=1)[0]


def main(figure_path: str) -> None:
    x = recording()
    size = round(CHUNK_S * FS_HZ)
    sos = butter(ORDER, [LOW_HZ, HIGH_HZ], "bandpass", fs=FS_HZ, output="sos")
    whole = sosfiltfilt(sos, x)
    apart = np.concatenate([sosfiltfilt(sos, x[i : i + size]) for i in range(0, len(x), size)])
    ours = in_blocks(x, size)

    rms = np.sqrt(np.mean(whole**2))
    wrong = np.abs(apart - whole) / rms
    border = size * round(len(x) / size / 2)
    far = np.flatnonzero(wrong[border:] > 0.05)
    sys.stdout.write(
        f"chunks apart: largest error {wrong.max():.1f} times the RMS, "
        f"above 5 % for {1e3 * far[far < size // 2].max() / FS_HZ:.0f} ms after a border\n"
        f"blocks of dspAnt: largest error below 1e-9 times the RMS: "
        f"{bool((np.abs(ours - whole) / rms).max() < 1e-9)}\n"
    )

    plt.rcParams |= {"font.size": 8, "svg.fonttype": "none", "svg.hashsalt": "dspant"}
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(6.5, 3.6), sharex=True, layout="constrained"
    )
    part = slice(border - size // 8, border + size // 8)
    time_ms = 1e3 * (np.arange(len(x))[part] - border) / FS_HZ
    above.plot(time_ms, 1e3 * apart[part], lw=0.6, color="C3", label="each chunk filtered apart")
    above.plot(time_ms, 1e3 * whole[part], lw=0.6, color="C0", label="the whole recording filtered")
    above.set_ylabel("Band-passed EMG (mV)")
    below.plot(time_ms, 1e3 * (apart - whole)[part], lw=1, color="C3", label="chunks apart")
    below.plot(time_ms, 1e3 * (ours - whole)[part], lw=1, color="C2", label="dspAnt, in blocks")
    below.set(ylabel="Error (mV)", xlabel="Time from the border of two chunks (ms)")
    for panel in (above, below):
        panel.axvline(0, color="0.6", lw=0.6)
        panel.spines[["top", "right"]].set_visible(False)
        panel.legend(frameon=False, loc="upper right")
    figure.savefig(figure_path, metadata={"Date": None})


if __name__ == "__main__":
    main(sys.argv[1])
