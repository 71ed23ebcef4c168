"""Command line: python -m dspant.config FILE."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dspant.config.documents import load_document, shown_path
from dspant.config.plan import Plan, load_plan
from dspant.errors import ConfigError
from dspant.wording import count


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a config and its sheet, as a run does before its first job; return the exit status.

    Snakemake reads a file of ``--configfile`` before the workflow has a say, and does not tell
    which line of it is no YAML.
    """
    parser = argparse.ArgumentParser(
        prog="python -m dspant.config",
        description="Check a config and its sheet, and name every wrong line.",
    )
    parser.add_argument("file", type=Path, help="the config, as --configfile names it")
    file = parser.parse_args(arguments).file
    try:
        plan = checked(file)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    told = f"{count(len(plan.recordings), 'recording')}, {count(len(plan.nodes), 'node')}"
    sys.stdout.write(f"{shown_path(file)}: ok, {told}; no block was read\n")
    return 0


def checked(file: Path) -> Plan:
    """Plan of a config file by itself.

    Raises
    ------
    ConfigError
        Lists all problems at once.
    """
    data = load_document(file).data
    if not isinstance(data, Mapping) or not data:
        raise ConfigError([f"{shown_path(file)}: holds no keys; the first is 'experiment'"])
    return load_plan(data, [file])


if __name__ == "__main__":
    sys.exit(main())
