"""A small experiment on disk, sound in every respect, for tests to break."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dspant.config.plan import Plan, load_plan
from dspant.errors import ConfigError

SOUND = """\
experiment: demo
recordings: config/recordings.tsv
line_frequency_hz: 60
stores:
  RawG: {kind: stream, unit: V, channels: [left, right]}
  AmpA: {kind: epoc, unit: uA}
nodes:
  filtered:
    from: RawG
    steps:
      - notch: {q: 30}
      - bandpass: {low_hz: 20, high_hz: 450}
  envelope:
    from: filtered
    steps: [rectify, {lowpass: {cutoff_hz: 6, order: 2}}]
  mep:
    from: [filtered, AmpA]
    steps: [{evoked: {window_s: [-0.01, 0.04], response_s: [0.004, 0.03]}}]
"""

SHEET = "recording\tblock\tmvc\nrec01\ttank/rec01\trec02\nrec02\ttank/rec02\trec02\n"


class House:
    """A working directory with a config, a sheet and two empty TDT blocks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "config/config.yaml"
        self.sheet = root / "config/recordings.tsv"
        self.config.parent.mkdir()
        self.config.write_text(SOUND, encoding="utf-8")
        self.sheet.write_text(SHEET, encoding="utf-8")
        for recording in ("rec01", "rec02"):
            block = root / "tank" / recording
            block.mkdir(parents=True)
            for suffix in (".tsq", ".tev", ".Tbk"):
                (block / f"tank_{recording}{suffix}").touch()

    def write(self, *changes: tuple[str, str]) -> None:
        text = SOUND
        for old, new in changes:
            assert old in text, f"{old!r} is not in the sound config"
            text = text.replace(old, new, 1)
        self.config.write_text(text, encoding="utf-8")

    def load(self) -> Plan:
        config = yaml.safe_load(self.config.read_text(encoding="utf-8"))
        return load_plan(config, [self.config])

    def problems(self) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            self.load()
        return caught.value.problems
