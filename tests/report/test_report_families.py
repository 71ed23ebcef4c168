"""Every operation that makes a table has pictures of its own, drawn from what it really made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from small_recording import FS_HZ, SmallRecording

from dspant.config import resolve_steps
from dspant.engine.node import make_node
from dspant.ops.recruitment import boltzmann
from dspant.ops.registry import operations
from dspant.report import TEMPLATES
from dspant.report.families.averages import usual_size
from dspant.report.families.recruitment import points
from dspant.report.families.registry import family_of
from dspant.report.families.spectra import on_even_columns, on_even_log_rows
from dspant.report.figure import Picture
from dspant.report.recording import OpenedRecording, open_and_survey
from dspant.report.sections import section

BASELINE = {"baseline_s": [0, 0.9]}

NODES: dict[str, tuple[list[str], Any]] = {
    "double_threshold": (["envelope"], {"on_sd": 8, "off_sd": 4, **BASELINE}),
    "single_threshold": (["envelope"], {"sd": 8, **BASELINE}),
    "hodges_bui": (["envelope"], {"sd": 8, **BASELINE}),
    "bonato": (["RawG"], BASELINE),
    "aglr": (["RawG"], BASELINE),
    "cusum": (["RawG"], BASELINE),
    "change_points": (["RawG"], BASELINE),
    "peaks": (["RawG"], {"level": 2e-4}),
    "r_peaks": (["RawG"], {"qrs_s": 0.1}),
    "clipping": (["RawG"], {"level": 2e-4, "min_samples": 1}),
    "dropouts": (["RawG"], {"min_duration_s": 0.01}),
    "evoked": (["RawG", "AmpA"], {"window_s": [-0.05, 0.1], "response_s": [0.01, 0.09]}),
    "evoked_average": (["RawG", "AmpA"], {"window_s": [-0.05, 0.1], "resamples": 20}),
    "recruitment_curve": (["evoked"], {"magnitude": True}),
    "psth": (["peaks", "AmpA", "RawG"], {"window_s": [-0.2, 0.3], "bin_s": 0.02}),
    "burst_measures": (["RawG", "double_threshold"], {}),
    "breath_phases": (["double_threshold", "envelope"], {}),
    "cycle_profiles": (["envelope", "double_threshold"], {"points": 51}),
    "cycle_average": (["cycle_profiles"], {}),
    "match_events": (["double_threshold", "AmpA"], {"tolerance_s": 1.0, "prefix": "other_"}),
    "paired_ratio": (["evoked", "evoked"], {"value": "peak_to_peak"}),
    "windows": (["RawG"], {"length_s": 0.25, "step_s": 0.25, "features": ["rms", "mnf"]}),
    "phasors": (["RawG"], {"length_s": 0.5, "step_s": 0.5}),
    "welch": (["RawG"], {"length_s": 1, "step_s": 1, "segment_s": 0.25}),
    "multitaper": (["RawG"], {"length_s": 1, "step_s": 1, "half_bandwidth_hz": 4}),
    "coherence": (["RawG"], {"segment_s": 0.5}),
    "cocontraction": (["envelope"], {"length_s": 1, "step_s": 1}),
    "cross_correlation": (["envelope"], {"length_s": 1, "step_s": 1, "max_lag_s": 0.2}),
    "fatigue": (["RawG"], {"length_s": 1, "step_s": 1, "band_hz": [10, 400]}),
}
"""Inputs and parameters of a node for each operation, which is named after it."""


def make(small: SmallRecording, node: str, inputs: list[str], step: Any) -> None:
    known = operations()
    (operation,) = step
    kinds = ["stream" if name in ("RawG", "envelope") else "epoc" for name in inputs]
    spec = {
        "node": node,
        "makes": known[operation].makes,
        "inputs": [
            {"dataset": name, "kind": kind, "recording": None}
            for name, kind in zip(inputs, kinds, strict=True)
        ],
        "steps": resolve_steps([step]),
        "storage": {"compression": "none"},
    }
    folders = [small.folder / f"{name}.ant" for name in inputs]
    make_node(spec, folders, small.folder / f"{node}.ant")
    small.names.append(node)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> OpenedRecording:
    """Two muscles that are active a quarter of the time, with responses to stimuli."""
    small = SmallRecording(tmp_path_factory.mktemp("families") / "rec01")
    rng = np.random.default_rng(11)
    time_s = np.arange(24_000) / FS_HZ
    values = 5e-6 * rng.standard_normal((2, len(time_s)))
    active = (time_s % 2 > 1.2) & (time_s % 2 < 1.7)
    values[:, active] += 1e-4 * rng.standard_normal((2, int(active.sum())))
    onset = np.arange(0.95, 23, 1.0)
    current = np.resize([-100.0, -200.0, -300.0, -400.0, -500.0, -600.0], len(onset))
    for at_s, uA in zip(onset, current, strict=True):
        inside = (time_s > at_s + 0.02) & (time_s < at_s + 0.05)
        size = boltzmann(np.abs(uA), 1e-3, 350, 60)
        values[:, inside] += size * np.sin(np.linspace(0, 2 * np.pi, int(inside.sum())))
    values[0, 5000:5050] = 0
    small.stream("RawG", values, ["left", "right"])
    small.epoc("AmpA", {"onset": onset, "offset": onset, "data": current}, {"data": "uA"})
    make(small, "envelope", ["RawG"], {"rms_envelope": {"window_s": 0.05}})
    for operation, (inputs, params) in NODES.items():
        make(small, operation, inputs, {operation: params})
    return open_and_survey(small.datasets, small.names, 60.0)


def pictures(recording: OpenedRecording, name: str) -> list[Picture]:
    return section(recording, name, (0.0, 2.0)).pictures


def test_every_operation_that_makes_a_table_is_drawn_here() -> None:
    known = operations()
    assert set(NODES) == {name for name in known if known[name].makes == "epoc"}


@pytest.mark.parametrize("operation", NODES)
def test_its_pictures_are_of_its_own_and_state_their_units(
    recording: OpenedRecording, operation: str, tmp_path: Path
) -> None:
    epoc = recording.epocs[operation]
    assert epoc.events > 0
    plain = recording.epocs["AmpA"]
    assert family_of(epoc) is not family_of(plain)
    own = pictures(recording, operation)
    assert own
    captions = (TEMPLATES.parent / "captions" / "figure.rst").read_text(encoding="utf-8")
    for picture in own:
        assert picture.title.startswith(f"{operation}: ")
        assert picture.title != f"{operation}: intervals", "as of any table"
        assert picture.caption
        assert f'"{picture.kind}": "' in captions, "Snakemake's report says nothing of it"
        root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
        words = [text.text for text in root.iter("text")]
        assert any("(" in word for word in words), "no axis states a unit"
        assert list(root.iter("path")) or list(root.iter("image"))


def test_a_recruitment_curve_has_the_points_that_were_fitted(recording: OpenedRecording) -> None:
    table = recording.table("recruitment_curve")
    x, y = points(table.inputs[0], table.step["params"], "left")
    assert len(x) == table.column("points")[0]
    fitted = boltzmann(x, *(table.column(n)[0] for n in ("plateau", "s50", "slope", "floor")))
    explained = 1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert explained == pytest.approx(table.column("r_squared")[0], rel=1e-6)
    (picture,) = pictures(recording, "recruitment_curve")
    dots = re.findall(r'stroke-linecap="round"[^>]*>(.*?)</g>', picture.svg)
    assert sum(group.count("h0") for group in dots) == 2 * len(x)


def test_a_histogram_is_as_high_as_its_rates(recording: OpenedRecording) -> None:
    """The bars' outline, in units of the panel, against the rates of the table."""
    table = recording.table("psth")
    (picture,) = pictures(recording, "psth")
    fills = re.findall(r'<path fill="#[0-9a-f]{6}"[^>]* d="M[\d. -]+([^"]*)"', picture.svg)
    assert len(fills) == 2
    for row, path in enumerate(fills):
        rises = [float(step) for step in re.findall(r"v(-?\d+)", path)]
        heights = -np.cumsum(rises)
        expected = table.column("rate_hz")[row]
        assert heights.max() > 0
        ratio = heights.max() / expected.max()
        levels = {round(height) for height in heights}
        assert {round(rate * ratio) for rate in expected[expected > 0]} <= {
            level + off for level in levels for off in (-1, 0, 1)
        }


def test_rows_of_a_spectrogram_hold_means_of_the_frequencies_within() -> None:
    at_hz = np.arange(0, 501.0)
    density = np.random.default_rng(0).random((3, 501))
    edges, rows = on_even_log_rows(at_hz, density, 20)
    np.testing.assert_allclose(np.diff(np.log(edges)), np.log(500) / 20)
    for row in range(20):
        inside = (at_hz >= edges[row]) & (at_hz < edges[row + 1])
        if inside.sum() > 1:
            np.testing.assert_allclose(rows[:, row], density[:, inside].mean(axis=1), rtol=1e-9)
    assert np.isfinite(rows).all()


def test_columns_of_a_spectrogram_leave_gaps_open() -> None:
    onset = np.array([0.0, 1, 2, 5, 6])
    start_s, end_s, image = on_even_columns(onset, onset + 1, np.arange(5.0)[:, None])
    assert (start_s, end_s) == (0, 7)
    np.testing.assert_array_equal(image[:, 0], [0, 1, 2, np.nan, np.nan, 3, 4])


def test_an_artefact_of_a_moment_does_not_set_the_axis() -> None:
    mean = 1e-4 * np.sin(np.linspace(0, 20, 1000))[None]
    assert usual_size(mean) == pytest.approx(1e-4, rel=0.01)
    mean[0, :5] = 5e-3
    assert usual_size(mean) == pytest.approx(1e-4, rel=0.05)
