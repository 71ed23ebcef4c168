"""Finds the raw files of a recording's block, and says what is there where they are not."""

from __future__ import annotations

from pathlib import Path

from dspant.spelling import nearest

RAW_SUFFIXES = frozenset({".tsq", ".tev", ".sev", ".tbk", ".tnt"})
"""Files of a TDT block that are read; in small letters."""

RAW_TEXTS = ("notes.txt", "_log.txt")
"""Ends of the names of texts beside them that are read as well; in small letters."""

NEEDED_SUFFIXES = (".tsq",)
"""Files without which a folder is no block."""

_MOST_LISTED = 6


def raw_files(block: Path) -> list[Path]:
    """Raw files of a block folder, sorted by name."""
    return sorted(file for file in block.iterdir() if _is_raw(file.name.lower()))


def block_problem(block: Path) -> str:
    """What is wrong with a block folder, or nothing."""
    if not block.exists():
        return f"no folder {block}{_nearby(block)}"
    if not block.is_dir():
        return f"{block} is a file; name the folder it lies in"
    held = sorted(block.iterdir())
    suffixes = [file.suffix.lower() for file in held]
    missing = [suffix for suffix in NEEDED_SUFFIXES if suffix.lower() not in suffixes]
    if missing:
        return f"{block} is no TDT block: it holds no {' and no '.join(missing)}{_held(held)}"
    if suffixes.count(".tsq") > 1:
        return f"{block} holds {suffixes.count('.tsq')} .tsq files; a block has one"
    return ""


def _is_raw(name: str) -> bool:
    return name.endswith(RAW_TEXTS) or any(name.endswith(suffix) for suffix in RAW_SUFFIXES)


def _nearby(block: Path) -> str:
    parent = block.parent
    if not parent.is_dir():
        return f"; there is no {parent} either"
    beside = sorted(file.name for file in parent.iterdir() if file.is_dir())
    meant = nearest(block.name, beside)
    return f"; did you mean {(parent / meant).as_posix()}?" if meant else ""


def _held(held: list[Path]) -> str:
    if not held:
        return "; it is empty"
    blocks = [folder.name for folder in held if folder.is_dir() and any(folder.glob("*.tsq"))]
    if blocks:
        return f"; it holds blocks, name one of them: {_listed(blocks)}"
    return f"; it holds {_listed([file.name for file in held])}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_MOST_LISTED]) + (", ..." if len(names) > _MOST_LISTED else "")
