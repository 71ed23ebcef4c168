"""A small recording with known truth, written as datasets and handed to the pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dspant.dataset.epoc_writer import EpocHeader, EpocWriter
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import EpocColumn
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter
from dspant.report.recording_page import write_recording_page

FS_HZ = 1000.0

SECONDS = EpocColumn(dtype="float64", unit="s", meaning="time")


def step(op: str, **params: Any) -> dict[str, Any]:
    return {"op": op, "version": 1, "params": params}


@dataclass
class SmallRecording:
    """Writes datasets into one folder, and its pages."""

    folder: Path
    names: list[str] = field(default_factory=list)
    block: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def stream(
        self,
        name: str,
        values: np.ndarray,
        channels: list[str],
        *,
        segments: list[tuple[int, int, float]] | None = None,
        unit: str = "V",
        fs_hz: float = FS_HZ,
        dtype: str = "float32",
        inputs: tuple[str, ...] = (),
        steps: tuple[dict[str, Any], ...] = (),
    ) -> None:
        header = StreamHeader(
            source="simulated",
            name=name,
            fs_hz=fs_hz,
            channels=channels,
            units=[unit] * len(channels),
            segments=segments or [(0, values.shape[1], 0.0)],
            dtype=dtype,
            node=name if inputs else None,
            steps=list(steps),
            inputs=dict.fromkeys(inputs, "xxh3:0"),
        )
        with StreamWriter(self._folder(name), header, "none") as writer:
            writer.write(values)
            writer.finish(self._provenance())

    def epoc(
        self,
        name: str,
        rows: dict[str, Any],
        units: dict[str, str] | None = None,
        *,
        inputs: tuple[str, ...] = (),
        steps: tuple[dict[str, Any], ...] = (),
    ) -> None:
        columns = {column: _column(column, values, units or {}) for column, values in rows.items()}
        header = EpocHeader(
            source="simulated",
            name=name,
            columns=columns,
            node=name if inputs else None,
            steps=list(steps),
            inputs=dict.fromkeys(inputs, "xxh3:0"),
        )
        batch = {
            column: np.array(values, dtype=object if columns[column].dtype == "string" else None)
            for column, values in rows.items()
        }
        with EpocWriter(self._folder(name), header, "none") as writer:
            writer.write(batch)
            writer.finish(self._provenance())

    def _folder(self, name: str) -> DatasetFolder:
        self.names.append(name)
        return DatasetFolder(self.folder / f"{name}.ant")

    def _provenance(self) -> Provenance:
        provenance = Provenance()
        provenance.warnings += self.warnings
        return provenance

    @property
    def datasets(self) -> list[Path]:
        return [self.folder / f"{name}.ant" for name in self.names]

    def page(self, line_hz: float | None = 60.0, samples_mb: float = 500.0) -> str:
        """Write the page and the summary; the page's text."""
        (self.folder / "block.json").write_text(json.dumps(self.block), encoding="utf-8")
        spec = {
            "experiment": "trial",
            "datasets": self.names,
            "line_frequency_hz": line_hz,
            "samples_mb": samples_mb,
        }
        write_recording_page(
            self.folder / "block.json",
            self.datasets,
            spec,
            page=self.folder / "report.html",
            summary=self.folder / "summary.json",
            provenance=self.folder / "provenance.json",
            tiles=self.folder / "report_tiles",
            figures=self.folder / "report_figures",
        )
        return (self.folder / "report.html").read_text(encoding="utf-8")

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))


def _column(name: str, values: Any, units: dict[str, str]) -> EpocColumn:
    if name in ("onset", "offset"):
        return SECONDS
    kind = {"f": "float64", "i": "int64", "b": "bool", "U": "string"}[np.array(values).dtype.kind]
    return EpocColumn(dtype=kind, unit=units.get(name, ""), meaning=f"the {name}")


def typical(folder: Path) -> SmallRecording:
    """Muscle, stimuli, a filtered stream, bursts, responses and features, 12 s long."""
    rng = np.random.default_rng(7)
    small = SmallRecording(folder)
    time_s = np.arange(12_000) / FS_HZ
    values = 5e-6 * rng.standard_normal((2, len(time_s)))
    values += 20e-6 * np.sin(2 * np.pi * 60 * time_s)
    active = (time_s % 3) < 0.5
    values[:, active] += 200e-6 * rng.standard_normal((2, int(active.sum())))
    onset = np.arange(1.0, 11.0, 0.5)
    current = np.tile([-100.0, -200.0], 10)
    small.stream("RawG", values, ["left", "<b>"])
    small.epoc("AmpA", {"onset": onset, "offset": onset, "data": current}, {"data": "uA"})
    filtered = (step("bandpass", low_hz=20.0, high_hz=450.0, order=4, phase="zero"),)
    small.stream("filtered", 0.9 * values, ["left", "<b>"], inputs=("RawG",), steps=filtered)
    starts = np.repeat(np.arange(0.0, 12.0, 3.0), 2)
    small.epoc(
        "bursts",
        {
            "onset": starts,
            "offset": starts + 0.5,
            "channel": ["left", "<b>"] * 4,
            "peak": 1e-4 * np.arange(1.0, 9.0),
            "duration_s": np.full(8, 0.5),
        },
        {"peak": "V", "duration_s": "s"},
        inputs=("filtered",),
        steps=(step("double_threshold", on_level=1e-4),),
    )
    small.epoc("mep", _responses(onset, current), {"peak_to_peak": "V", "data": "uA"}, **_EVOKED)
    middle = np.repeat(np.arange(0.0, 11.75, 0.05), 2)
    small.epoc(
        "features",
        {
            "onset": middle,
            "offset": middle + 0.25,
            "channel": ["left", "<b>"] * (len(middle) // 2),
            "rms": np.abs(np.sin(middle)) * 1e-4,
        },
        {"rms": "V"},
        inputs=("filtered",),
        steps=(step("windows", length_s=0.25, step_s=0.05, features=["rms"]),),
    )
    small.block = {
        "format": "TDT",
        "block": "block-1",
        "start_utc": "2024-02-29T10:00:00.000000+00:00",
        "duration_s": 12.0,
        "stores": {
            "RawG": {"kind": "stream", "dataset": "RawG", "fs": FS_HZ, "channels": 2,
                     "samples": 12_000},
            "AmpA": {"kind": "epoc", "dataset": "AmpA", "fs": None, "channels": None,
                     "events": 20},
            "Wav/": {"kind": "stream", "dataset": "Wav_", "fs": FS_HZ, "channels": [2, 5],
                     "samples": 12_000},
        },
        "findings": ["store 'Wav/': <i>odd</i>"],
    }  # fmt: skip
    return small


_EVOKED: dict[str, Any] = {
    "inputs": ("filtered", "AmpA"),
    "steps": (step("evoked", window_s=[-0.05, 0.1], response_s=[0.01, 0.09]),),
}


def _responses(onset: np.ndarray, current: np.ndarray) -> dict[str, Any]:
    usable = np.ones(2 * len(onset), dtype=bool)
    usable[:4] = False
    return {
        "onset": np.repeat(onset, 2),
        "offset": np.repeat(onset + 0.1, 2),
        "data": np.repeat(current, 2),
        "channel": ["left", "<b>"] * len(onset),
        "peak_to_peak": np.where(usable, np.repeat(-current, 2) * 1e-6, np.nan),
        "usable": usable,
        "reason": np.where(usable, "", "window meets a gap").tolist(),
    }
