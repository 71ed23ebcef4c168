"""Writing tiles into the folder beside a page."""

from __future__ import annotations

from pathlib import Path

from dspant.dataset.atomic import start_flushing


class TileFolder:
    """Writes tiles into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, key: str, script: str) -> None:
        """Write the script that hands the tile ``key`` to the page."""
        file = self._folder / f"{key}.js"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script, encoding="utf-8")
        start_flushing(file)
