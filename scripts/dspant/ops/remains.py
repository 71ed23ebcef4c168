"""How much of what follows events is left in a signal, and what was lost with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dspant.ops.blocks import GRID_SAMPLES, on_grid, windows
from dspant.ops.templates import Placed, Window, place

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks, Signal, SignalSource


class _Sums:
    """Sums over all samples, over those in windows around events, and over these windows."""

    def __init__(self, channels: int, window: Window) -> None:
        import numpy as np

        self.locked = np.zeros((channels, window.length))
        self.all, self.inside = np.zeros((2, channels)), np.zeros((2, channels))
        self.samples = self.samples_inside = 0
        self._window = window

    def add(self, blocks: Blocks, placed: Placed) -> None:
        counted = self._counted(blocks)
        start = placed.start[placed.alone]
        for _, x in windows(counted, start, self._window.length):
            self.locked += self._window.flattened(x)
            self.inside += _moments(x)
            self.samples_inside += x.shape[1]
        for _ in counted:
            pass

    def _counted(self, blocks: Blocks) -> Blocks:
        for block in on_grid(blocks, GRID_SAMPLES):
            self.all += _moments(block)
            self.samples += block.shape[1]
            yield block

    @property
    def sd_inside(self) -> np.ndarray:
        return _sd(self.inside, self.samples_inside)

    @property
    def sd_between(self) -> np.ndarray:
        return _sd(self.all - self.inside, self.samples - self.samples_inside)


def remains(
    source: SignalSource,
    times_s: np.ndarray,
    window: Window,
    rows: np.ndarray,
    cleaned: Callable[[Blocks, Signal], Blocks],
) -> dict[str, Any]:
    """Compare a signal with what an operation leaves of it, in two passes.

    Returns
    -------
    dict
        One number per treated channel: ``locked_power_left``, power of the average window after
        over before (each window without the line that joins its ends); ``sd_at_events_before``,
        ``sd_at_events`` and ``sd_between_events``, standard deviations in the signal's unit.
    """
    import numpy as np

    signal = source.signal
    before, after = (_Sums(len(signal.channels), window) for _ in range(2))
    for sums, treated in ((before, False), (after, True)):
        for segment, blocks in source.segments():
            run = signal.only(segment)
            placed = place(times_s, segment, signal.fs_hz, window)
            sums.add(cleaned(blocks, run) if treated else blocks, placed)
    left, was = ((sums.locked[rows] ** 2).sum(axis=1) for sums in (after, before))
    share = np.divide(left, was, out=np.ones_like(was), where=was > 0)
    return {
        "locked_power_left": _short(share),
        "sd_at_events_before": _short(before.sd_inside[rows]),
        "sd_at_events": _short(after.sd_inside[rows]),
        "sd_between_events": _short(before.sd_between[rows]),
    }


def _moments(x: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.stack([x.sum(axis=1), (x**2).sum(axis=1)])


def _sd(moments: np.ndarray, count: int) -> np.ndarray:
    import numpy as np

    mean, square = moments / max(count, 1)
    return np.sqrt(np.maximum(square - mean**2, 0))


def _short(values: np.ndarray) -> list[float]:
    """Six digits: what lies beyond may differ between processors."""
    return [float(f"{value:.6g}") for value in values]
