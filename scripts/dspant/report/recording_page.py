"""The page of one recording: is it good, what was made of it, and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dspant.dataset.atomic import write_json
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream import Stream
from dspant.dataset.whole_folders import folder_written_whole
from dspant.report.block import read_block
from dspant.report.explorer.folder import TileFolder
from dspant.report.explorer.view import Explorer
from dspant.report.figures import write_figures
from dspant.report.glance import glance
from dspant.report.graph import GraphNode, GraphPicture, lay_out
from dspant.report.history import history
from dspant.report.meanings import meanings
from dspant.report.numbers import counted, rate
from dspant.report.page import render, write_page
from dspant.report.provenance import view
from dspant.report.recording import OpenedRecording, open_and_survey
from dspant.report.sections import Section, section
from dspant.report.stretch import choose_stretch
from dspant.report.summary import summarise


def write_recording_page(
    block: Path | str,
    datasets: Sequence[Path | str],
    spec: dict[str, Any],
    *,
    page: Path | str,
    summary: Path | str,
    provenance: Path | str,
    tiles: Path | str,
    figures: Path | str,
) -> None:
    """Write a recording's page, its summary and its provenance.

    Parameters
    ----------
    block
        ``block.json``, what the raw block says of itself.
    datasets
        All datasets of the recording: folders or files in them.
    spec
        ``experiment``, ``datasets`` (the order of the page), ``line_frequency_hz`` and
        ``samples_mb`` (most disk in MB for ``tiles``).
    page
        The HTML file, in the recording's folder.
    summary
        The JSON file for the experiment's page.
    provenance
        The JSON file with all that is known about how the datasets came about.
    tiles
        The folder beside the page from which it loads samples.
    figures
        The folder for the page's figures as files of their own.

    Raises
    ------
    DatasetError
        A dataset is missing, cut or altered.
    RawDataError
        ``block`` cannot be read.
    """
    run = Provenance()
    page = Path(page)
    name = page.absolute().parent.name
    with folder_written_whole(Path(tiles)) as draft:
        explorer = Explorer(TileFolder(draft), spec["samples_mb"], Path(tiles).name)
        recording = open_and_survey(
            datasets, spec["datasets"], spec.get("line_frequency_hz"), explorer.listeners
        )
        explored = explorer.view(recording)
    seen = read_block(Path(block), recording.datasets)
    folders = [dataset.folder for dataset in recording.datasets.values()]
    made = history(name, spec["experiment"], folders, run)
    shown = view(made)
    numbers = summarise(name, recording, seen, shown.warnings)
    write_json(Path(summary), numbers)
    sections = _sections(recording)
    write_figures(Path(figures), [picture for it in sections for picture in it.pictures], made)
    text = render(
        "recording.html.j2",
        experiment=spec["experiment"],
        name=name,
        block=seen,
        numbers=numbers,
        glance=glance(numbers),
        explorer=explored,
        quality=recording.quality,
        meanings=meanings(recording.line_hz),
        graph=_graph(recording),
        sections=sections,
        provenance=shown,
    )
    write_json(Path(provenance), made)
    write_page(page, text)


def _sections(recording: OpenedRecording) -> list[Section]:
    overlays = [o for name in recording.epocs if (o := recording.overlay(name)) is not None]
    outlines = [recording.outlines[name] for name in recording.streams]
    stretch_s = choose_stretch(overlays, outlines, recording.span_s)
    return [section(recording, name, stretch_s) for name in recording.datasets]


def _graph(recording: OpenedRecording) -> GraphPicture:
    elsewhere = dict.fromkeys(
        taken
        for name in recording.datasets
        for taken in recording.inputs(name)
        if taken not in recording.datasets
    )
    nodes = [GraphNode(name, "other recording", True, [], here=False) for name in elsewhere]
    for name, dataset in recording.datasets.items():
        if isinstance(dataset, Stream):
            kind = f"{counted(len(dataset.channels), 'channel')}, {rate(round(dataset.fs_hz))}"
        else:
            kind = counted(dataset.events, "row")
        made = dataset.metadata.dspant.node is not None
        nodes.append(GraphNode(name, kind, made, recording.inputs(name)))
    return lay_out(nodes)
