"""A page's figures as files of their own, which Snakemake's report and papers take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dspant.dataset.whole_folders import folder_written_whole
from dspant.report.figure import Picture
from dspant.report.page import render
from dspant.report.svg_path import UNITS_PER_PX


def write_figures(folder: Path, pictures: Iterable[Picture], made: Mapping[str, Any]) -> None:
    """Write each figure as ``<dataset>_<figure>.svg``; the folder appears whole.

    Parameters
    ----------
    made
        As of :func:`dspant.report.history.history`; each file states what of it was drawn.

    Raises
    ------
    DiskError
        The disk is full, or nobody may write there.
    """
    with folder_written_whole(folder) as draft:
        for picture in pictures:
            name = f"{picture.dataset}_{picture.kind}"
            (draft / f"{name}.svg").write_text(on_paper(picture, made), encoding="utf-8")


def on_paper(picture: Picture, made: Mapping[str, Any]) -> str:
    """A figure as a document in the colours of paper, whatever is around it."""
    drawn = {
        "experiment": made["experiment"],
        "recording": made["recording"],
        "dataset": picture.dataset,
        "digest": made["identity"]["datasets"][picture.dataset]["digest"],
        "figure": picture.kind,
        "version": made["runs"]["report"]["versions"]["dspant"],
    }
    about = {"title": picture.title, "caption": picture.caption, "drawn": drawn}
    return as_document("figure.svg.j2", picture.svg, **about)


def as_document(template: str, svg: Markup, **values: Any) -> str:
    """A drawing of a page as a document with a size, through a template."""
    opening, _, body = svg.partition(">")
    sides = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', opening).groups()
    width, height = (f"{float(side) / UNITS_PER_PX:g}" for side in sides)
    size = {"width": width, "height": height, "opening": opening.removeprefix("<svg")}
    return render(template, body=body, **size, **values)
