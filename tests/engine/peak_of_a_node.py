"""Makes one node and prints the most memory it took, in MB, and what was declared for it.

``python peak_of_a_node.py input.ant output.ant spec.json threads``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dspant.dataset.stream import Stream
from dspant.engine.memory import node_memory_mb
from dspant.engine.node import make_node


def main(source: str, output: str, spec_file: str, threads: str) -> None:
    spec = json.loads(Path(spec_file).read_text(encoding="utf-8"))
    make_node(spec, [source], output, threads=int(threads))
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak_kb = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
    stream = Stream(source)
    declared = node_memory_mb(spec, len(stream.channels), stream.fs_hz)
    sys.stdout.write(json.dumps({"peak": int(peak_kb) / 1024, "declared": declared}))


if __name__ == "__main__":
    main(*sys.argv[1:])
