"""Command line: python -m dspant.simulate DESCRIPTION TANK."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dspant.errors import DspantError
from dspant.simulate.tank import make_tank, read_specs


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the recordings that a description file lists; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m dspant.simulate",
        description="Write simulated recordings, with known truth, as TDT blocks.",
    )
    parser.add_argument("description", type=Path, help="YAML file with defaults and recordings")
    parser.add_argument("tank", type=Path, help="folder that receives one block per recording")
    options = parser.parse_args(arguments)
    try:
        for name, made in make_tank(read_specs(options.description), options.tank):
            state = "made" if made else "up to date"
            sys.stderr.write(f"{options.tank / name}: {state}\n")
    except DspantError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
