"""Finds the raw files of a recording's block, and says what is there where they are not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from dspant.dataset.folder import store_folder_name
from dspant.spelling import nearest

RAW_SUFFIXES = frozenset({".tsq", ".tev", ".sev", ".tbk", ".tnt"})
"""Files of a TDT block that are read; in small letters."""

RAW_TEXTS = ("notes.txt", "_log.txt")
"""Ends of the names of texts beside them that are read as well; in small letters."""

NEEDED_SUFFIXES = (".tsq",)
"""Files without which a folder is no block."""

INDEX_SUFFIX, SETTINGS_SUFFIX = ".tsq", ".tbk"

SAMPLE_SUFFIXES = frozenset({".tev", ".sev"})

_MOST_LISTED = 6


@dataclass(frozen=True)
class BlockFacts:
    """What is known of a block before its samples are read.

    Parameters
    ----------
    index_bytes, sample_bytes
        Size of its files, by what they hold.
    channels, rates_hz
        Number of channels and sampling rate of each stream, by the name of its dataset; empty
        where the settings file is missing or damaged.
    """

    index_bytes: int = 0
    sample_bytes: int = 0
    channels: Mapping[str, int] = field(default_factory=dict)
    rates_hz: Mapping[str, float] = field(default_factory=dict)


def raw_files(block: Path) -> list[Path]:
    """Raw files of a block folder, sorted by name."""
    return sorted(file for file in block.iterdir() if _is_raw(file.name.lower()))


@cache
def block_facts(block: Path) -> BlockFacts:
    """Sizes of a block's files, and what its settings file says; nothing else is read."""
    from dspant.readers.tdt.tbk import read_settings

    files = raw_files(block)
    settings = next((f for f in files if f.suffix.lower() == SETTINGS_SUFFIX), None)
    stated = {
        store_folder_name(store.name): (store.number("NumChan"), store.number("SampleFreq"))
        for store in read_settings(settings).stores.values()
    }
    return BlockFacts(
        index_bytes=sum(f.stat().st_size for f in files if f.suffix.lower() == INDEX_SUFFIX),
        sample_bytes=sum(f.stat().st_size for f in files if f.suffix.lower() in SAMPLE_SUFFIXES),
        channels={name: round(count) for name, (count, _) in stated.items() if count > 0},
        rates_hz={name: rate for name, (_, rate) in stated.items() if rate > 0},
    )


def block_problem(block: Path) -> str:
    """What is wrong with a block folder, or nothing."""
    try:
        return _problem(block)
    except PermissionError as error:
        remedy = "have its owner let you read and enter the folder and those above it"
        return f"{block} cannot be read: {error.strerror}; {remedy}"
    except OSError as error:
        return f"{block} cannot be read: {error.strerror}; check the path and the disk it lies on"


def _problem(block: Path) -> str:
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
    # A folder that may be listed but not entered is found here, and not by a job.
    held[0].lstat()
    return ""


def _is_raw(name: str) -> bool:
    return name.endswith(RAW_TEXTS) or any(name.endswith(suffix) for suffix in RAW_SUFFIXES)


def _nearby(block: Path) -> str:
    parent, top = block.parent, block.parts[0]
    if top.startswith(("~", "$")):
        # Not Path.expanduser, which raises where there is no such user.
        full = os.path.expandvars(os.path.expanduser(str(block)))  # noqa: PTH111
        hint = f": {full}" if full != str(block) else ""
        return f"; {top} is not expanded, write the path in full{hint}"
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
