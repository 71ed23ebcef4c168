"""What is made once of each store, whichever thread asks first."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Once(Generic[T]):
    """Calls ``make`` with a store's name when that is first asked for, and keeps what it gives.

    An error is raised to whoever asks, and what failed is tried again the next time.
    """

    def __init__(self, make: Callable[[str], T]) -> None:
        self._make = make
        self._made: dict[str, T] = {}
        self._making = Lock()

    def __call__(self, store: str) -> T:
        with self._making:
            if store not in self._made:
                self._made[store] = self._make(store)
            return self._made[store]
