"""Which files of a folder make up a TDT block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dspant.errors import RawDataError

SYNAPSE_NOTES = "notes.txt"
SEV_LOG = "_log.txt"


@dataclass(frozen=True)
class BlockFiles:
    """Files of one block.

    ``tev`` is where the samples should be, present or not; ``tnt`` and ``notes`` are what the
    experimenter typed, by the block and by Synapse; ``logs`` lie beside .sev files.
    """

    folder: Path
    tsq: Path
    tev: Path
    tbk: Path | None
    tnt: Path | None
    notes: Path | None
    sev: tuple[Path, ...]
    logs: tuple[Path, ...]

    @property
    def present(self) -> list[Path]:
        """All of them, sorted by name."""
        found = (self.tsq, self.tev, self.tbk, self.tnt, self.notes, *self.sev, *self.logs)
        return sorted({path for path in found if path is not None and path.is_file()})

    @property
    def tev_bytes(self) -> int:
        """Size of the .tev; 0 where there is none."""
        return self.tev.stat().st_size if self.tev.is_file() else 0

    def sev_by_channel(self, store: str) -> dict[tuple[int, int], Path]:
        """The .sev files of a store by channel and hour, by the numbers in the files' names.

        Raises
        ------
        RawDataError
            Two files are of one channel and hour.
        """
        pattern = re.compile(rf"_{re.escape(store)}_ch(\d+)(?:-(\d+)h)?\.sev$", re.IGNORECASE)
        found: dict[tuple[int, int], Path] = {}
        for path in self.sev:
            match = pattern.search(path.name)
            if match is None:
                continue
            place = int(match[1]), int(match[2] or 0)
            if place in found:
                raise RawDataError(
                    f"store {store!r}: {found[place].name} and {path.name} are both of channel "
                    f"{place[0]} and hour {place[1]}; keep one of them in the block's folder"
                )
            found[place] = path
        return dict(sorted(found.items()))


def find_files(folder: Path | str) -> BlockFiles:
    """Find the files of a block.

    Raises
    ------
    RawDataError
        The folder is missing, or holds no index (.tsq) or several.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RawDataError(f"{folder} is not a folder; expected that of a TDT block")
    # macOS leaves files that begin with "._" on foreign disks; they hold no recording.
    held = sorted(file for file in folder.iterdir() if not file.name.startswith("._"))
    indices = _with_suffix(held, ".tsq")
    if len(indices) != 1:
        found = ", ".join(file.name for file in indices) or "none"
        raise RawDataError(
            f"{folder}: expected one .tsq file, the index of a TDT block, found {found}; name the "
            f"folder of one block, and keep other blocks' files out of it"
        )
    tsq = indices[0]
    beside = [file for file in held if file.stem == tsq.stem]
    return BlockFiles(
        folder=folder,
        tsq=tsq,
        tev=next(iter(_with_suffix(beside, ".tev")), tsq.with_suffix(".tev")),
        tbk=next(iter(_with_suffix(beside, ".tbk")), None),
        tnt=next(iter(_with_suffix(beside, ".tnt")), None),
        notes=next((file for file in held if file.name.lower() == SYNAPSE_NOTES), None),
        sev=tuple(_with_suffix(held, ".sev")),
        logs=tuple(file for file in held if file.name.lower().endswith(SEV_LOG)),
    )


def _with_suffix(files: list[Path], suffix: str) -> list[Path]:
    return [file for file in files if file.suffix.lower() == suffix]
