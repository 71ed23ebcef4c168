"""A page's figures as files of their own, which Snakemake's report and papers take."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

from dspant.dataset.atomic import flush_to_disk, refusals_told, temporary
from dspant.report.explorer.folder import clear_tile_drafts, into_place
from dspant.report.figure import Picture
from dspant.report.page import render
from dspant.report.svg_path import UNITS_PER_PX


def write_figures(folder: Path, pictures: Iterable[Picture]) -> None:
    """Write each figure as ``<dataset>_<figure>.svg``; the folder appears whole.

    Raises
    ------
    DiskError
        The disk is full, or nobody may write there.
    """
    draft = temporary(folder)
    with refusals_told(folder):
        clear_tile_drafts(folder)
        draft.mkdir(parents=True)
        try:
            for picture in pictures:
                file = draft / f"{'_'.join(picture.identity.rsplit('-', 1))}.svg"
                file.write_text(on_paper(picture), encoding="utf-8")
                flush_to_disk(file)
            into_place(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def on_paper(picture: Picture) -> str:
    """A figure as a document in the colours of paper, whatever is around it."""
    return as_document("figure.svg.j2", picture.svg, title=picture.title, caption=picture.caption)


def as_document(template: str, svg: Markup, **values: str) -> str:
    """A drawing of a page as a document with a size, through a template."""
    opening, _, body = svg.partition(">")
    sides = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', opening).groups()
    width, height = (f"{float(side) / UNITS_PER_PX:g}" for side in sides)
    size = {"width": width, "height": height, "opening": opening.removeprefix("<svg")}
    return render(template, body=body, **size, **values)
