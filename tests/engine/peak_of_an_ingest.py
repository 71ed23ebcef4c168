"""Ingests one store and prints the most memory it took, in MB.

``python peak_of_an_ingest.py block recording kind``
"""

from __future__ import annotations

import sys
from pathlib import Path

from dspant.readers import READERS
from dspant.readers.ingest import ingest


def main(block: str, recording: str, kind: str) -> None:
    store = {"kind": kind, "unit": "V"}
    if kind == "stream":
        store |= {"channels": None, "scale": None, "gaps": "error", "truncated": "error"}
    spec = {
        "reader": {"name": "tdt", "version": READERS["tdt"]},
        "stores": {"Many": store},
        "storage": {"compression": "none"},
    }
    ingest(block, spec, recording)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak_kb = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
    sys.stdout.write(str(int(peak_kb) / 1024))


if __name__ == "__main__":
    main(*sys.argv[1:])
