"""Going through a tank: a sheet, a draft of the config, and all that is odd about the blocks."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dspant.dataset.atomic import written_whole
from dspant.errors import DspantError
from dspant.readers.store_drafts import draft_config
from dspant.readers.tank import folder_name
from dspant.readers.tdt.block import open_block
from dspant.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from dspant.readers.tank import TankScan

logger = logging.getLogger("dspant.scan")

SHEET_COLUMNS = ("recording", "block", "start_utc", "duration_s")
FINDING_COLUMNS = ("recording", "block", "finding")


@dataclass(frozen=True)
class Scanned:
    """One block: the name it would have as a recording, and what it says of itself.

    ``summary`` is None where the block is refused; then ``findings`` say why.
    """

    recording: str
    block: Path
    summary: dict[str, Any] | None
    findings: Sequence[str]


def scan(tank: TankScan) -> str:
    """Read what every block of a tank says of itself, and write what follows from it.

    The sheet and the config are drafts: one that is there already is left as it is, and the new
    one stands beside it under a name with ``.new``. The table of findings is written anew.

    Returns
    -------
    str
        What to tell the user: what was found, where it stands, and what comes next.
    """
    found = [
        _scanned(name, block)
        for name, block in zip(recording_names(tank.blocks), tank.blocks, strict=True)
    ]
    usable = [one for one in found if one.summary is not None]
    sheet = _write_draft(tank.sheet, _table(SHEET_COLUMNS, map(_sheet_row, usable)))
    summaries = [one.summary for one in usable if one.summary is not None]
    config = _write_draft(tank.config, draft_config(tank, summaries))
    findings = [(one.recording, str(one.block), text) for one in found for text in one.findings]
    with written_whole(tank.findings) as draft:
        draft.write_text(_table(FINDING_COLUMNS, findings), encoding="utf-8")
    said = "\n".join(
        [
            f"{count(len(found), 'block')}, {len(found) - len(usable)} refused, "
            f"{count(len(findings), 'finding')}",
            f"  {sheet.as_posix()}: the blocks",
            f"  {config.as_posix()}: the stores",
            f"  {tank.findings.as_posix()}: what is odd",
            *(_next_steps(tank, sheet, config) if usable else ["No block can be read."]),
        ]
    )
    logger.info("%s", said)
    return said


def _next_steps(tank: TankScan, sheet: Path, config: Path) -> Iterator[str]:
    beside = [path.name for path in (sheet, config) if path not in (tank.sheet, tank.config)]
    if beside:
        yield f"What you have edited is as it was: compare it with {' and '.join(beside)}."
    yield f"Fill in the units in {tank.config.as_posix()}, then run"
    yield f"  {tank.next_command}"


def recording_names(blocks: Sequence[Path]) -> list[str]:
    """A name for each block: that of its folder, with those above it where two are alike."""
    names: list[str] = []
    for block in blocks:
        parts = [folder_name(part) for part in block.resolve().parts[1:]] or ["block"]
        name = parts.pop()
        while name.casefold() in {other.casefold() for other in names}:
            name = f"{parts.pop()}_{name}" if parts else f"{name}_{len(names)}"
        names.append(name)
    return names


def _scanned(name: str, block: Path) -> Scanned:
    try:
        summary = open_block(block).summary()
    except DspantError as error:
        logger.warning("%s", error)
        return Scanned(name, block, None, [f"left out of the sheet: {error}"])
    logger.info("%s: %s", block, ", ".join(summary["stores"]))
    return Scanned(name, block, summary, summary["findings"])


def _sheet_row(one: Scanned) -> tuple[str, ...]:
    summary = one.summary or {}
    length_s = summary["duration_s"]
    return (
        one.recording,
        str(one.block),
        summary["start_utc"],
        "unknown" if length_s is None else f"{length_s:.3f}",
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["\t".join(columns)]
    lines += ["\t".join(" ".join(cell.split()) for cell in row) for row in rows]
    return "\n".join(lines) + "\n"


def _write_draft(path: Path, text: str) -> Path:
    """Write a draft where no other one is, else beside it; gives where."""
    if path.exists() and path.read_text(encoding="utf-8") != text:
        path = path.with_suffix(f".new{path.suffix}")
    with written_whole(path) as draft:
        draft.write_text(text, encoding="utf-8")
    return path
