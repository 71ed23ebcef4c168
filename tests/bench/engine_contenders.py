"""The engine and its peers at the same work: band-pass, rectify, moving RMS, from disk to disk.

Run in a process of its own by the Python that has the contender: ``NAME FOLDER``. Every contender
leaves what it made, samples x channels or channels x samples, in ``out_NAME``.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from engine_data import FS_HZ, HIGH_HZ, LOW_HZ, ORDER, RMS_SAMPLES, moving_rms


def dspant(work: Path) -> None:
    """Ours, as a node's job does it: with the spec that the workflow resolved."""
    from dspant.engine.node import make_node

    spec = json.loads((work / "spec.json").read_text())
    make_node(spec, [work / "Emg.ant"], work / "out_dspant.ant", threads=2)


def scipy(work: Path) -> None:
    """SciPy's documented way: the whole array."""
    import numpy as np
    from scipy.signal import butter, sosfiltfilt

    sos = butter(ORDER, [LOW_HZ, HIGH_HZ], "bandpass", fs=FS_HZ, output="sos")
    filtered = sosfiltfilt(sos, np.load(work / "x.npy"), axis=1)
    np.save(work / "out_scipy.npy", moving_rms(np.abs(filtered)).astype(np.float32))


def spikeinterface_best(work: Path) -> None:
    """Binary in and out, two jobs, chunks of 10 s; it has no moving RMS, so less work."""
    _spikeinterface(work, "spikeinterface_best", "10s")


def spikeinterface_default(work: Path) -> None:
    """The same with chunks of 1 s, its default."""
    _spikeinterface(work, "spikeinterface_default", "1s")


def _spikeinterface(work: Path, name: str, chunk: str) -> None:
    from spikeinterface import core, preprocessing

    channels = json.loads((work / "shape.json").read_text())[0]
    recording = core.read_binary(
        work / "x.bin",
        sampling_frequency=FS_HZ,
        dtype="float32",
        num_channels=channels,
        time_axis=0,
    )
    filtered = preprocessing.bandpass_filter(
        recording,
        freq_min=LOW_HZ,
        freq_max=HIGH_HZ,
        filter_order=ORDER,
        ignore_low_freq_error=True,
    )
    preprocessing.rectify(filtered).save(
        folder=work / f"out_{name}",
        format="binary",
        n_jobs=2,
        chunk_duration=chunk,
        progress_bar=False,
        verbose=False,
    )


def mne(work: Path) -> None:
    """An array in a Raw object, its IIR filter, a function applied to every channel."""
    import mne as library
    import numpy as np

    library.set_log_level("ERROR")
    x = np.load(work / "x.npy")
    info = library.create_info(len(x), FS_HZ, "emg")
    raw = library.io.RawArray(x, info, copy="auto")
    parameters = {"order": ORDER, "ftype": "butter", "output": "sos"}
    raw.filter(LOW_HZ, HIGH_HZ, picks="all", method="iir", iir_params=parameters)
    raw.apply_function(np.abs, picks="all")
    raw.apply_function(moving_rms, picks="all")
    np.save(work / "out_mne.npy", raw.get_data().astype(np.float32))


def neurokit2(work: Path) -> None:
    """Channel by channel, as its functions take them."""
    import neurokit2 as library
    import numpy as np

    x = np.load(work / "x.npy")
    made = np.empty_like(x)
    for row, signal in zip(made, x, strict=True):
        filtered = library.signal_filter(
            signal,
            sampling_rate=FS_HZ,
            lowcut=LOW_HZ,
            highcut=HIGH_HZ,
            method="butterworth",
            order=ORDER,
        )
        row[:] = moving_rms(np.abs(filtered))
    np.save(work / "out_neurokit2.npy", made)


def parquet_pandas_dask(work: Path) -> None:
    """Parquet to pandas to dask's ``map_overlap`` with an overlap typed by hand."""
    import dask.array
    import numpy as np
    import pandas as pd
    from numba import njit
    from scipy.signal import butter, sosfiltfilt

    @njit(cache=False, nogil=True)
    def windows(x: Any) -> Any:
        made = np.empty_like(x)
        half = RMS_SAMPLES // 2
        for channel in range(x.shape[1]):
            for i in range(len(x)):
                total = 0.0
                low, high = max(i - half, 0), min(i + half + 1, len(x))
                for k in range(low, high):
                    total += x[k, channel] * x[k, channel]
                made[i, channel] = np.sqrt(total / (high - low))
        return made

    sos = butter(ORDER, [LOW_HZ, HIGH_HZ], "bandpass", fs=FS_HZ, output="sos")
    frame = pd.read_parquet(work / "Emg.ant" / "data_Emg.parquet")
    lazy = dask.array.from_array(frame.to_numpy(), chunks=(100_000, -1))
    options = {"boundary": "reflect", "dtype": np.float64}
    lazy = lazy.map_overlap(lambda x: sosfiltfilt(sos, x, axis=0), depth={0: 128}, **options)
    lazy = dask.array.fabs(lazy).map_overlap(windows, depth={0: RMS_SAMPLES}, **options)
    made = pd.DataFrame(lazy.compute().astype(np.float32), columns=frame.columns)
    made.to_parquet(work / "out_parquet_pandas_dask.parquet")


def forget_result(name: str, work: Path) -> None:
    """Remove what a contender left."""
    for path in work.glob(f"out_{name}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def result(name: str, work: Path, channels: list[int]) -> Any:
    """Some channels of what a contender left, channels x samples."""
    import numpy as np

    if name.startswith("spikeinterface"):
        count, samples = json.loads((work / "shape.json").read_text())
        raw = next((work / f"out_{name}").glob("traces*.raw"))
        return np.memmap(raw, np.float32, "r", shape=(samples, count))[:, channels].T
    if (work / f"out_{name}.npy").exists():
        return np.load(work / f"out_{name}.npy", mmap_mode="r")[channels]
    import pyarrow.parquet as pq

    parquet = work / f"out_{name}.parquet"
    if not parquet.exists():
        parquet = work / f"out_{name}.ant" / f"data_out_{name}.parquet"
    table = pq.read_table(parquet, columns=[f"ch{i}" for i in channels])
    return np.stack([column.to_numpy() for column in table.columns])


def peak_mb() -> float:
    """Largest resident memory of this process, or of a process it started where that was larger."""
    own = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


if __name__ == "__main__":
    contender, folder = sys.argv[1], Path(sys.argv[2])
    globals()[contender](folder)
    (folder / "peak.json").write_text(json.dumps(peak_mb()))
