"""Features in moving windows by us and by peers: twelve of each window, from disk to disk.

Run in a process of its own by the Python that has the contender: ``NAME FOLDER``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from engine_contenders import forget_result, peak_mb
from engine_data import FS_HZ

LENGTH, STEP = 6104, 1221
"""Samples of a window, 0.25 s, and from one to the next, 0.05 s."""

PIECE_SAMPLES = 1_000_000
"""Samples that LibEMG is given at once; of the whole its windows would not fit into memory."""

SHARE = 1 / 200
"""Share of the windows that EMGFlow computes, whose time is scaled up."""

FEATURES = ("mav", "iemg", "var", "rms", "ap", "wl", "wamp", "mfl", "skew", "kurt", "mnf", "mdf")
THRESHOLD_V = 1e-5

SPEC_STEPS = [
    {
        "windows": {
            "length_s": LENGTH / FS_HZ,
            "step_s": STEP / FS_HZ,
            "features": list(FEATURES),
            "wamp_threshold": THRESHOLD_V,
        }
    }
]


def dspant(work: Path) -> float:
    """Ours, as a node's job does it."""
    from dspant.engine.node import make_node

    spec = json.loads((work / "features.json").read_text())
    make_node(spec, [work / "Emg.ant"], work / "out_dspant.ant", threads=2)
    return 0.0


def libemg(work: Path) -> float:
    """Its functions on all windows of a piece at once, as it documents them."""
    import numpy as np
    from libemg.feature_extractor import FeatureExtractor
    from libemg.utils import get_windows

    names = ["MAV", "IAV", "VAR", "RMS", "ACT", "WL", "WAMP", "MFL", "SKEW", "KURT", "MNF", "MDF"]
    own = {"WAMP": {"WAMP_threshold": THRESHOLD_V}}
    own |= {name: {f"{name}_fs": FS_HZ} for name in ("MNF", "MDF")}
    extractor = FeatureExtractor()
    made = []
    for piece in _pieces(np.load(work / "x.npy", mmap_mode="r")):
        windows = get_windows(piece.T.astype(np.float64), LENGTH, STEP)
        columns = [
            getattr(extractor, f"get{name}feat")(windows, **own.get(name, {})) for name in names
        ]
        made.append(np.stack(columns))
    np.save(work / "out_libemg.npy", np.concatenate(made, axis=1))
    return 0.0


def _pieces(x: Any) -> Iterator[Any]:
    """Pieces that share what a window needs, so that together they have every window once."""
    whole = (PIECE_SAMPLES - LENGTH) // STEP * STEP + STEP
    for first in range(0, x.shape[1] - LENGTH + 1, whole):
        yield x[:, first : first + whole + LENGTH - STEP]


def emgflow(work: Path) -> float:
    """Its functions on one window of one channel after the other; it has no windows of its own.

    Returns
    -------
    float
        Seconds that the windows left out would have taken besides.
    """
    import EMGFlow  # noqa: F401
    import numpy as np
    import pandas as pd
    from scipy import stats

    flow = sys.modules["EMGFlow.extract_features"]
    to_psd = getattr(flow, "emg_to_psd")  # noqa: B009
    x = np.load(work / "x.npy", mmap_mode="r")
    starts = range(0, x.shape[1] - LENGTH + 1, STEP)
    taken = starts[: max(int(len(starts) * SHARE), 1)]
    time_s = np.arange(LENGTH) / FS_HZ
    start_s = time.perf_counter()
    made = []
    for start in taken:
        for channel in x[:, start : start + LENGTH].astype(np.float64):
            frame = pd.DataFrame({"Time": time_s, "x": channel})
            plain = [getattr(flow, f"calc_{name}")(frame, "x") for name in ("mav", "var", "rms")]
            plain += [getattr(flow, f"calc_{name}")(frame, "x") for name in ("ap", "wl", "mfl")]
            plain += [flow.calc_iemg(frame, "x", FS_HZ), flow.calc_wamp(frame, "x", THRESHOLD_V)]
            shape = [stats.skew(channel), stats.kurtosis(channel)]
            psd = to_psd(frame, "x", sampling_rate=FS_HZ)
            made.append([*plain, *shape, flow.calc_mnf(psd), flow.calc_mdf(psd)])
    np.save(work / "out_emgflow.npy", np.array(made))
    return (time.perf_counter() - start_s) * (len(starts) / len(taken) - 1)


if __name__ == "__main__":
    contender, folder = sys.argv[1], Path(sys.argv[2])
    forget_result(contender, folder)
    left_out_s = globals()[contender](folder)
    (folder / "peak.json").write_text(json.dumps({"peak_mb": peak_mb(), "left_out_s": left_out_s}))
