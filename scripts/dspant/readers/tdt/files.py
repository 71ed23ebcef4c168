"""Which files of a folder make up a TDT block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dspant.errors import RawDataError

SYNAPSE_NOTES = "notes.txt"


@dataclass(frozen=True)
class BlockFiles:
    """Files of one block.

    ``tev`` is where the samples should be, present or not; ``tnt`` and ``notes`` are what the
    experimenter typed, by the block and by Synapse.
    """

    folder: Path
    tsq: Path
    tev: Path
    tbk: Path | None
    tnt: Path | None
    notes: Path | None
    sev: tuple[Path, ...]

    @property
    def tev_bytes(self) -> int:
        """Size of the .tev; 0 where there is none."""
        return self.tev.stat().st_size if self.tev.is_file() else 0

    def sev_by_channel(self, store: str) -> dict[int, Path]:
        """The .sev file of each channel of a store, by the numbers in the files' names.

        Raises
        ------
        RawDataError
            A channel is split into several files.
        """
        pattern = re.compile(rf"_{re.escape(store)}_ch(\d+)(-\d+h)?\.sev", re.IGNORECASE)
        found: dict[int, Path] = {}
        for path in self.sev:
            match = pattern.search(path.name)
            if match is None:
                continue
            channel = int(match[1])
            if channel in found or match[2]:
                raise RawDataError(
                    f"store {store!r}, channel {channel} is split into several files, such as "
                    f"{path.name}; joining them is not supported: leave the store out of the config"
                )
            found[channel] = path
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
    )


def _with_suffix(files: list[Path], suffix: str) -> list[Path]:
    return [file for file in files if file.suffix.lower() == suffix]
