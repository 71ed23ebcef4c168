"""What a feature is, and the list that every family of features adds to."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Suffixes = Callable[[Mapping[str, Any]], list[str]]


@dataclass(frozen=True)
class Feature:
    """One feature: its formula, its unit and the parameters it refers to.

    Parameters
    ----------
    compute
        (batch of windows, its parameters by name) -> one value per window, shape (...), or one
        value per window and column, shape (..., columns).
    unit
        The unit it has when the signal's unit is ``{unit}``.
    uses
        Parameters it refers to, which have a default.
    needs
        Parameters it refers to, which have none.
    suffixes
        Parameters -> what its columns' names end in, where it has several.
    """

    compute: Callable[..., np.ndarray]
    unit: str
    uses: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    suffixes: Suffixes | None = None

    @property
    def name(self) -> str:
        return self.compute.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        return (*self.needs, *self.uses)

    @property
    def meaning(self) -> str:
        """First line of its docstring: what it is, and the formula."""
        return inspect.cleandoc(self.compute.__doc__ or "").partition("\n")[0].rstrip(".")

    @property
    def source(self) -> str:
        """Where its formula is from."""
        text = " ".join(inspect.cleandoc(self.compute.__doc__ or "").split())
        return text.partition("Source: ")[2].rstrip(".")

    def unit_for(self, unit: str) -> str:
        """Its unit for a signal in ``unit``."""
        whole = f"({unit})" if "^" in self.unit and not unit.isalpha() else unit
        return self.unit.format(unit=whole)

    def columns(self, params: Mapping[str, Any]) -> list[str]:
        """Names of its columns."""
        return [
            self.name + end for end in ([""] if self.suffixes is None else self.suffixes(params))
        ]


FEATURES: dict[str, Feature] = {}
"""All features by name."""


def feature(
    unit: str, **declared: Any
) -> Callable[[Callable[..., np.ndarray]], Callable[..., np.ndarray]]:
    """Register ``f(batch, ...)`` as the feature that it is named after."""

    def decorate(compute: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        FEATURES[compute.__name__] = Feature(compute, unit, **declared)
        return compute

    return decorate
