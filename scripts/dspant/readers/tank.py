"""A tank: a folder with the blocks of many recordings, somewhere below it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dspant.errors import RawDataError

FOLDER = Path("config") / "scan"
"""Drafts of a tank lie in a folder below this one, named after the tank."""

INDEX_SUFFIX = ".tsq"


@dataclass(frozen=True)
class TankScan:
    """What a scan reads and writes.

    ``config``, ``sheet`` are drafts that a user goes on with; ``findings`` is a table.
    """

    tank: Path
    blocks: tuple[Path, ...]
    folder: Path

    memory_mb = 1500
    """Memory of a scan: the index of one block at a time."""

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def sheet(self) -> Path:
        return self.folder / "recordings.tsv"

    @property
    def findings(self) -> Path:
        return self.folder / "findings.tsv"

    @property
    def next_command(self) -> str:
        """What makes the results, once the config's units are filled in."""
        return f"snakemake --cores 2 --configfile {self.config.as_posix()}"

    @property
    def log(self) -> Path:
        return Path("logs") / "scan" / f"{self.name}.log"

    def index_files(self, _wildcards: object = None) -> list[str]:
        """The index of every block; a new one makes the scan again."""
        return [str(file) for block in self.blocks for file in _indices(block)]


def plan_scan(tank: Path | str) -> TankScan:
    """Find the blocks of a tank.

    Raises
    ------
    RawDataError
        There is no such folder, or no block in it.
    """
    tank = Path(tank)
    if not tank.is_dir():
        raise RawDataError(f"tank: {tank} is not a folder; expected one that holds TDT blocks")
    inside = (folder for folder in sorted(tank.rglob("*")) if folder.is_dir())
    blocks = tuple(folder for folder in (tank, *inside) if _indices(folder))
    if not blocks:
        raise RawDataError(
            f"tank: no folder in {tank} holds a {INDEX_SUFFIX} file, the index of a TDT block"
        )
    return TankScan(tank, blocks, FOLDER / folder_name(tank.resolve().name))


def folder_name(text: str) -> str:
    """The nearest name that a config takes for an experiment or a recording."""
    tidy = re.sub(r"[^A-Za-z0-9_.-]+", "_", text).lstrip("_.-")
    return tidy or "tank"


def _indices(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() == INDEX_SUFFIX and not file.name.startswith("._")
    )
