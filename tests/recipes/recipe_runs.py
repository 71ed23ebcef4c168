"""A recipe, run as shipped on the recording it ships."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy import signal

from clone import REPOSITORY, Clone
from dspant import open_recording
from dspant.dataset.metadata import EpocMetadata, StreamMetadata
from dspant.dataset.recording import dataset_names, open_dataset
from dspant.report.dag import draw
from dspant.report.window import main
from dspant.simulate.recording import FIRST_SAMPLE_S, simulate
from dspant.simulate.spec import SimulationSpec
from dspant.simulate.tank import make_tank, read_specs, truth_path

PAGES = REPOSITORY / "docs" / "recipes"

NAMES = (
    "closed_loop",
    "ecg_removal",
    "envelopes",
    "fatigue",
    "gait",
    "mains",
    "mep",
    "mvc",
    "onset_comparison",
    "referencing",
    "triggered_average",
    "ventilatory",
)

START_S = FIRST_SAMPLE_S

TEXTS = ("kind", "channel")


@dataclass(frozen=True)
class Recipe:
    """A finished run, and what was simulated for it."""

    name: str
    clone: Clone
    specs: dict[str, SimulationSpec]

    def folder(self, recording: str) -> Path:
        return self.clone.results(self.name, recording)

    def trace(self, recording: str, dataset: str, channel: str) -> np.ndarray:
        """One channel, (samples,), float64."""
        stream = open_recording(self.folder(recording))[dataset].pick([channel])
        return stream.read()[1].ravel().astype(np.float64)

    def table(self, recording: str, dataset: str, channel: str | None = None) -> pa.Table:
        table = open_recording(self.folder(recording))[dataset].table
        return table if channel is None else table.filter(pc.equal(table["channel"], channel))

    def fs_hz(self, recording: str) -> float:
        return float(np.float32(self.specs[recording].fs_hz))

    def truth(self, recording: str, kind: str, channel: str = "") -> dict[str, np.ndarray]:
        """Columns of what was put in, in the order of time."""
        tank = self.clone.root / "resources" / "recipes" / "tank" / self.name
        table = pq.read_table(truth_path(tank, recording))
        chosen = pc.and_(pc.equal(table["kind"], kind), pc.equal(table["channel"], channel))
        table = table.filter(chosen).sort_by("onset")
        return {name: table[name].to_numpy() for name in table.column_names if name not in TEXTS}

    def without(self, recording: str, **changes: object) -> np.ndarray:
        """The raw recording, (channels, samples), as it would be with something left out."""
        spec = self.specs[recording].model_copy(update=changes)
        return simulate(spec).streams[0].data.astype(np.float64)


def run_recipe(name: str, root: Path) -> Recipe:
    """Simulate and run, in a clone, what ``make recipes`` runs."""
    clone = Clone.into(root)
    specs = read_specs(REPOSITORY / "resources" / "recipes" / f"{name}.yaml")
    for _ in make_tank(specs, root / "resources" / "recipes" / "tank" / name):
        pass
    clone.run("--configfile", f"config/recipes/{name}.yaml")
    return Recipe(name, clone, specs)


def bandpassed(trace: np.ndarray, low_hz: float, high_hz: float, fs_hz: float) -> np.ndarray:
    """Butterworth of order 4, forward and backward, by SciPy, along the last axis."""
    sos = signal.butter(4, [low_hz, high_hz], "bandpass", fs=fs_hz, output="sos")
    return signal.sosfiltfilt(sos, trace)


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def removed_db(before: np.ndarray, after: np.ndarray) -> float:
    """How much smaller a disturbance has become."""
    return 20 * np.log10(rms(before) / rms(after))


def page_text(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def fenced(name: str, language: str) -> list[str]:
    """The blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page_text(name), flags=re.M | re.S)


def check_page(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold the page's graph, its command for a picture and its columns against a run."""
    root = recipe.clone.root
    monkeypatch.chdir(root)
    graph = (PAGES / f"{recipe.name}.svg").read_text(encoding="utf-8")
    assert draw(f"config/recipes/{recipe.name}.yaml") == graph, "draw the page's graph again"

    (command,) = (block for block in fenced(recipe.name, "sh") if "report.window" in block)
    python, minus_m, module, *arguments = command.replace("\\\n", " ").split()
    assert (python, minus_m, module) == (".venv/bin/python", "-m", "dspant.report.window")
    (root / "docs" / "recipes").mkdir(parents=True, exist_ok=True)
    assert main(arguments) == 0
    shown, shipped = (_texts(place / arguments[1]) for place in (root, REPOSITORY))
    assert shown == shipped, "draw the page's picture again"

    folder = recipe.folder(next(iter(recipe.specs)))
    for name in dataset_names(folder):
        metadata = open_dataset(folder / f"{name}.ant").metadata
        explained = {
            column for column in _columns(metadata) if f"`{column}`" in page_text(recipe.name)
        }
        assert explained == _columns(metadata), f"the page explains all columns of {name}"


def _columns(metadata: StreamMetadata | EpocMetadata) -> set[str]:
    """Columns of a table that the recipe made."""
    if isinstance(metadata, StreamMetadata) or not metadata.dspant.node:
        return set()
    return set(metadata.base.columns)


def _texts(svg: Path) -> list[str]:
    """All words of a picture: titles, legends, axes."""
    picture = ElementTree.parse(svg)  # noqa: S314 - our own file
    return [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
