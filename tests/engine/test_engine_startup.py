"""What a node's job loads: only what it uses, so that short jobs are short."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from small_nodes import noise, spec_of, store

SLOW = ("scipy", "dask", "pandas", "pandera", "matplotlib", "snakemake", "numba")

JOB = """
import json, sys
from dspant.engine.node import make_node
spec, source, output = json.loads(sys.argv[1])
make_node(spec, [source], output)
print(json.dumps([name for name in {slow} if name in sys.modules]))
"""


def test_filtering_loads_no_library_that_is_slow_to_load(tmp_path: Path) -> None:
    source = store(tmp_path / "Raw.ant", noise(1, 2000))
    steps = [
        {"bandpass": {"low_hz": 20, "high_hz": 450}},
        "rectify",
        {"rms_envelope": {"window_s": 0.01}},
    ]
    argument = json.dumps([spec_of(steps), str(source), str(tmp_path / "made.ant")])
    done = subprocess.run(
        [sys.executable, "-c", JOB.format(slow=SLOW), argument],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
