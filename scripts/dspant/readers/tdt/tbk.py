"""Settings of stores (.Tbk) that the index does not repeat."""

from __future__ import annotations

import re
from pathlib import Path

_SECTION_END = b"[USERNOTEDELIMITER]"
_STORE_END = b"[STOREHDRITEM]"
_SETTING = re.compile(rb"NAME=(\w+);TYPE=\w;VALUE=([^\r\n]*);")


def primary_epocs(path: Path | None) -> dict[str, str]:
    """The epoc store whose offsets a secondary epoc store shares, by the secondary one's name."""
    found: dict[str, str] = {}
    for settings in _store_settings(path):
        head = settings.get("HeadName", "")
        if "|" in head and "StoreName" in settings:
            found[settings["StoreName"]] = head[-4:]
    return found


def _store_settings(path: Path | None) -> list[dict[str, str]]:
    if path is None:
        return []
    sections = path.read_bytes().split(_SECTION_END)
    stores = (part for section in sections[1:-1] for part in section.split(_STORE_END))
    return [
        {key.decode(): value.decode("cp437") for key, value in _SETTING.findall(store)}
        for store in stores
    ]
