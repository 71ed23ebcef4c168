"""The one list of families: which pictures a table gets follows from the operation that made it."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

from dspant.dataset.epoc import Epoc, column_values
from dspant.engine.lazy import LazyStream
from dspant.report.figure import Picture
from dspant.report.overlay import Overlay

RAW = ""
"""Stands for the operation of an epoc that was read from the raw block."""

UNKNOWN = "*"
"""Stands for every operation without a family of its own."""


@dataclass(frozen=True, eq=False)
class Table:
    """An epoc as figure functions see it.

    Parameters
    ----------
    signal
        The stream its last step was given, with the steps before that attached; None where it
        was made from none, or from one of another recording.
    span_s
        Start and end of the recording, the time axis that all pictures share.
    inputs
        Epocs of this recording that it was made from, in the order of the node's ``from``.
    """

    epoc: Epoc
    signal: LazyStream | None
    span_s: tuple[float, float]
    inputs: tuple[Epoc, ...] = ()

    @property
    def name(self) -> str:
        return self.epoc.name

    @property
    def step(self) -> Mapping[str, Any]:
        """The step that made it: ``op``, ``version``, ``params``; empty for a raw epoc."""
        return (self.epoc.metadata.dspant.steps or [{}])[-1]

    def column(self, name: str) -> np.ndarray:
        """Values of a column: shape (rows,), or (rows, values of a cell) for lists."""
        return column_values(self.epoc.table[name])

    @property
    def numbers(self) -> list[str]:
        """Columns of one number a row, besides the times."""
        columns = self.epoc.metadata.base.columns.items()
        return [
            name
            for name, column in columns
            if name not in ("onset", "offset") and column.dtype in ("float64", "int64")
        ]

    def unit(self, name: str) -> str:
        return self.epoc.metadata.base.columns[name].unit

    def has(self, *names: str) -> bool:
        return all(name in self.epoc.table.column_names for name in names)

    @cached_property
    def labels(self) -> np.ndarray:
        """What each row is of, (rows,): its channel, or its pair of channels."""
        labels = self.column("channel")
        if self.has("other"):
            pairs = zip(labels.tolist(), self.column("other").tolist(), strict=True)
            labels = np.array([f"{one} – {other}" for one, other in pairs], dtype=object)
        return labels

    @cached_property
    def channels(self) -> list[str]:
        """Its channels, or pairs of them, in the order of the signal where that is known; none
        without a column."""
        if not self.has("channel"):
            return []
        found = list(dict.fromkeys(self.labels.tolist()))
        known = self.signal.channels if self.signal else []
        return [c for c in known if c in found] + [c for c in found if c not in known]

    def of_channel(self, channel: str) -> np.ndarray:
        """Which rows belong to a channel: shape (rows,)."""
        return self.labels == channel


Draw = Callable[[Table], list[Picture]]
OverlayOf = Callable[[Table], Overlay | None]


@dataclass(frozen=True)
class Family:
    """How tables of some operations are shown.

    Parameters
    ----------
    draw
        Their pictures; called only for tables with rows.
    overlay
        What is drawn over the signal they were found in, if anything.
    """

    draw: Draw
    overlay: OverlayOf


_families: dict[str, Family] = {}


def no_overlay(_table: Table) -> None:
    return None


def family(*operations: str, overlay: OverlayOf = no_overlay) -> Callable[[Draw], Draw]:
    """Register a figure function for tables that these operations made."""

    def decorate(draw: Draw) -> Draw:
        _families.update(dict.fromkeys(operations, Family(draw, overlay)))
        return draw

    return decorate


def family_of(epoc: Epoc) -> Family:
    """The family of a table, by the last operation that made it."""
    package = import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{__package__}.{module.name}")
    steps = epoc.metadata.dspant.steps
    operation = steps[-1].get("op", UNKNOWN) if steps else RAW
    return _families.get(operation, _families[UNKNOWN])
