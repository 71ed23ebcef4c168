"""What the block's settings file (.Tbk) says of the block and of each store."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

_SECTION_END = b"[USERNOTEDELIMITER]"
_STORE_END = b"[STOREHDRITEM]"
_SETTING = re.compile(rb"NAME=(\w+);TYPE=\w;VALUE=([^\r\n]*);")
_TIMES = struct.Struct("<dd")
_TIMES_BEFORE_SECTION = 20
_SECTIONS = 4


@dataclass(frozen=True)
class StoreSettings:
    """Settings of one store: texts as they are filed, and what numbers they are."""

    texts: dict[str, str]

    @property
    def name(self) -> str:
        return self.texts.get("StoreName", "")

    @property
    def head(self) -> str:
        return self.texts.get("HeadName", "")

    @property
    def primary(self) -> str | None:
        """The epoc store whose ends this secondary one shares, if it is one."""
        return self.head[-4:] if "|" in self.head else None

    def number(self, key: str) -> float:
        """Value of a setting; NaN where there is none."""
        try:
            value = float(self.texts[key])
        except (KeyError, ValueError):
            return math.nan
        return value if math.isfinite(value) else math.nan


@dataclass(frozen=True)
class Settings:
    """All of a .Tbk that is read; ``start_unix_s`` is None where the file is not as it should."""

    start_unix_s: float | None = None
    stop_unix_s: float | None = None
    stores: dict[str, StoreSettings] = field(default_factory=dict)

    @property
    def primaries(self) -> dict[str, str]:
        """The epoc store whose ends a secondary one shares, by the secondary one's name."""
        found = {name: store.primary for name, store in self.stores.items()}
        return {name: primary for name, primary in found.items() if primary is not None}


def read_settings(path: Path | None) -> Settings:
    """Read a .Tbk as far as it is whole; nothing where there is none."""
    if path is None:
        return Settings()
    content = path.read_bytes()
    sections = content.split(_SECTION_END, _SECTIONS - 1)
    if len(sections) < _SECTIONS or len(sections[1]) < _TIMES_BEFORE_SECTION:
        return Settings()
    start_unix_s, stop_unix_s = _TIMES.unpack_from(
        sections[1], len(sections[1]) - _TIMES_BEFORE_SECTION
    )
    stores = [
        StoreSettings({k.decode(): v.decode("cp437") for k, v in _SETTING.findall(part)})
        for part in sections[2].split(_STORE_END)
    ]
    return Settings(start_unix_s, stop_unix_s, {s.name: s for s in stores if s.name})
