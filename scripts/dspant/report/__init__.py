"""Figures and pages: one per recording, one per experiment, each a file that needs no other."""

from pathlib import Path

TEMPLATES = Path(__file__).parents[3] / "resources" / "report"
