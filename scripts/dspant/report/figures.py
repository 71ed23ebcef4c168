"""A page's figures as files of their own, which Snakemake's report and papers take."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

from dspant.dataset.whole_folders import folder_written_whole
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
    with folder_written_whole(folder) as draft:
        for picture in pictures:
            name = "_".join(picture.identity.rsplit("-", 1))
            (draft / f"{name}.svg").write_text(on_paper(picture), encoding="utf-8")


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
