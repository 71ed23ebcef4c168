"""What is odd about a block as a whole: its index, its files, and what it says twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dspant.readers.names import folder_clashes
from dspant.readers.tdt.agreement import agreement_doubts
from dspant.readers.tdt.extents import extent_doubts
from dspant.readers.tdt.index import KINDS, OFFSET
from dspant.readers.tdt.notes import NAME as NOTES
from dspant.readers.tdt.notes import unknown_notes
from dspant.readers.tdt.order import order_doubts
from dspant.wording import count

if TYPE_CHECKING:
    from dspant.readers.tdt.block import Block


def block_findings(block: Block) -> list[str]:
    """In words: what is odd about a block as a whole."""
    index, files = block.index, block.files
    findings = []
    if index.records.nbytes != index.announced_bytes:
        findings.append(
            f"{index.path.name} has {index.records.nbytes} bytes, but says that it has "
            f"{index.announced_bytes}"
        )
    if index.unknown_records:
        findings.append(
            f"{index.path.name}: {count(index.unknown_records, 'record')} of no known kind passed "
            f"over"
        )
    findings += [f"{index.path.name} {words}" for words in index.misplaced_marks]
    if index.stop_unix_s is None:
        findings.append(f"{index.path.name} has no stop mark: the recording did not end cleanly")
    announced = index.announced_tev_bytes
    if announced is not None and files.tev_bytes < announced:
        findings.append(
            f"{files.tev.name} has {files.tev_bytes} bytes, but the index announces {announced}"
        )
    findings += order_doubts(index)
    findings += extent_doubts(files, index)
    findings += agreement_doubts(files, index, block.settings)
    if NOTES not in block.kinds:
        findings += unknown_notes(files, index)
    findings += [
        f"stores {', '.join(stores)} would share the folder {folder}.ant; take one of them"
        for folder, stores in folder_clashes(block.kinds)
        if any(block.kinds[store] != KINDS[OFFSET] for store in stores)
    ]
    findings += [
        f"store {ends!r} holds the ends of {onsets!r}, which is not in the block"
        for onsets, ends in index.end_stores.items()
        if onsets not in index.names
    ]
    return findings
