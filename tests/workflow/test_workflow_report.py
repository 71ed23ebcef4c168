"""Snakemake's own report holds every figure of the pages, with what it shows."""

from __future__ import annotations

import json
import re
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]

SMALL_PAGE_BYTES = 400_000
"""Of a recording as the demo's, so that a hundred of them stay below 50 MB."""


@pytest.fixture(scope="module")
def own_report(finished, tmp_path_factory) -> zipfile.ZipFile:
    file = tmp_path_factory.mktemp("report") / "report.zip"
    finished.run("--report", str(file))
    return zipfile.ZipFile(file)


def stated(report: zipfile.ZipFile, name: str) -> Any:
    """A table of the report's own script."""
    (page,) = (n for n in report.namelist() if n.count("/") == 1 and n.endswith("report.html"))
    text = report.read(page).decode()
    return json.loads(re.search(rf"var {name} = (\{{.*\}});?\n", text)[1])


def test_each_figure_has_a_caption_a_category_and_labels(finished, own_report):
    results, categories = stated(own_report, "results"), stated(own_report, "categories")
    for recording in ("rec01", "rec02"):
        folder = finished.results("demo", recording, "report_figures")
        drawn = sorted(file for file in folder.iterdir() if file.suffix == ".svg")
        assert len(drawn) > 15
        for file in drawn:
            key = f"results/demo/{recording}/report_figures/{file.name}"
            dataset, _, figure = file.stem.rpartition("_")
            assert key in categories["Recordings"][recording]
            assert results[key]["labels"] == {"dataset": dataset, "figure": figure}
            words = re.sub("<[^>]*>", "", results[key]["caption"]).strip()
            told = re.match(rf"{dataset} of recording {recording}: (.+)", words)
            assert told and len(told[1]) > 30, f"{file.name}: {words}"


def test_it_holds_the_very_figures_that_pages_show(finished, own_report):
    results = stated(own_report, "results")
    page = finished.results("demo", "rec01", "report.html").read_text(encoding="utf-8")
    shown = re.findall(r'<svg class="plot"[^>]* aria-label="([^"]*)"', page)
    titles = []
    for key, result in results.items():
        if "rec01/report_figures" not in key:
            continue
        (held,) = (n for n in own_report.namelist() if n.endswith(result["data_uri"]))
        root = ElementTree.fromstring(own_report.read(held))  # noqa: S314 - our own
        titles.append(root.findtext("{http://www.w3.org/2000/svg}title"))
        text = own_report.read(held).decode()
        assert "--ink: #" in text, "its colours are its own"
        assert "prefers-color-scheme" not in text, "Snakemake shows it on white"
    assert sorted(titles) == sorted(shown)


def test_a_small_recordings_page_is_small(finished):
    for recording in ("rec01", "rec02"):
        page = finished.results("demo", recording, "report.html")
        assert page.stat().st_size <= SMALL_PAGE_BYTES
