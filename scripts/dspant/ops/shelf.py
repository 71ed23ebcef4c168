"""The samples of a run that are still needed, side by side in memory that is used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class Shelf:
    """A queue of samples, channels x samples: put in at the end, dropped from the beginning.

    Views of it hold until the next :meth:`room`.
    """

    def __init__(self) -> None:
        self._memory: np.ndarray | None = None
        self._first = 0
        self._end = 0

    @property
    def count(self) -> int:
        """Number of samples held."""
        return self._end - self._first

    def room(self, channels: int, samples: int) -> np.ndarray:
        """Memory for ``samples`` more, at the end of what is held; the caller fills it."""
        import numpy as np

        held = self.count
        if self._memory is None or self._end + samples > self._memory.shape[1]:
            kept = self.view(0, held) if held else None
            if self._memory is None or 2 * held + samples > self._memory.shape[1]:
                self._memory = np.empty((channels, 4 * (held + samples)))
            if kept is not None:
                self._memory[:, :held] = kept
            self._first, self._end = 0, held
        self._end += samples
        return self._memory[:, self._end - samples : self._end]

    def add(self, block: np.ndarray) -> None:
        """Copy a block to the end."""
        self.room(*block.shape)[:] = block

    def view(self, start: int, stop: int) -> np.ndarray:
        """Samples ``start`` to ``stop`` of what is held."""
        return self._memory[:, self._first + start : self._first + stop]

    def drop(self, samples: int) -> None:
        """Forget the first samples."""
        self._first += samples
