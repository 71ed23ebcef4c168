"""Windows of equal length that move along a recording at equal steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field

from dspant.errors import OperationError
from dspant.ops.blocks import window_batches
from dspant.ops.registry import Parameters
from dspant.ops.signal import Column, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

Job = TypeVar("Job")
Made = TypeVar("Made")
Rows = Callable[..., Iterator[dict[str, Any]]]

BATCH_SAMPLES = 32768
"""Samples of a channel that are computed at once, in as many windows as they make."""

VALUES_TOGETHER = 131_072
"""Least values of a table that are handed on at once."""


class MovingWindow(Parameters):
    length_s: float = Field(gt=0)
    """Length of a window in seconds."""
    step_s: float = Field(gt=0)
    """From the start of one window to the start of the next, in seconds."""


def window_columns(
    owner: str = "channel", meaning: str = "channel the window is of"
) -> dict[str, Column]:
    """Columns that say which window a row is of, and of what."""
    return {
        "onset": Column("float64", "s", "first sample of the window"),
        "offset": Column("float64", "s", "one sample after the last of the window"),
        owner: Column("string", "", meaning),
    }


def realised_window(signal: Signal, params: MovingWindow) -> dict[str, Any]:
    """What the metadata state of the windows."""
    samples = round(params.length_s * signal.fs_hz)
    return {"window_samples": samples, "realised_length_s": samples / signal.fs_hz}


def moving_windows(
    source: SignalSource, params: MovingWindow, least: int = 3
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cut all windows of a recording, many at once.

    Windows lie wholly inside an unbroken run; what is left at its end is shorter than a window.
    The k-th window begins at the sample nearest to k steps, so steps do not drift.

    Yields
    ------
    onset, x
        Time of the windows' first samples in seconds, and the windows, windows x channels x
        samples.

    Raises
    ------
    OperationError
        A window has fewer than ``least`` samples, or steps are shorter than a sample.
    """
    signal = source.signal
    length = round(params.length_s * signal.fs_hz)
    if length < least:
        raise OperationError(
            f"length_s {params.length_s:g} is {length} samples at {signal.fs_hz:g} Hz; features "
            f"need {least} or more, so length_s of {least / signal.fs_hz:g} s or more"
        )
    for segment, blocks in source.segments():
        starts = _starts(segment.count, length, params.step_s * signal.fs_hz)
        size = max(BATCH_SAMPLES // length, 1)
        for first, batch in window_batches(blocks, starts, length, size):
            onset = segment.start_s + starts[first : first + len(batch)] / signal.fs_hz
            yield onset, batch


def computed(
    source: SignalSource, jobs: Iterator[Job], work: Callable[[Job], Made]
) -> Iterator[Made]:
    """Do the same work on each batch, in as many threads as the source allows, in order.

    A source that says nothing about threads is worked on in one.
    """
    threads = getattr(source, "threads", 1)
    if threads == 1:
        yield from map(work, jobs)
        return
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for job in jobs:
            waiting.append(pool.submit(work, job))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def rows_together(run: Rows) -> Rows:
    """Join batches of rows before they are handed on, as each is checked on its own."""

    @wraps(run)
    def joined(*arguments: Any) -> Iterator[dict[str, np.ndarray]]:
        import numpy as np

        def whole() -> dict[str, np.ndarray]:
            return {name: np.concatenate([rows[name] for rows in held]) for name in held[0]}

        held: list[dict[str, np.ndarray]] = []
        count = 0
        for batch in run(*arguments):
            held.append(batch)
            count += sum(values.size for values in batch.values())
            if count >= VALUES_TOGETHER:
                yield whole()
                held, count = [], 0
        if held:
            yield whole()

    return joined


def window_rows(onset: np.ndarray, length_s: float, owners: tuple[str, ...]) -> dict[str, Any]:
    """Values of :func:`window_columns`, a row for each window and owner."""
    import numpy as np

    return {
        "onset": np.repeat(onset, len(owners)),
        "offset": np.repeat(onset + length_s, len(owners)),
        "channel": np.tile(np.array(owners, dtype=object), len(onset)),
    }


def _starts(count: int, length: int, step: float) -> np.ndarray:
    import numpy as np

    if step < 1:
        raise OperationError(f"step_s is {step:g} samples; it must be at least one")
    steps = np.arange(int((count - length) / step) + 2 if count >= length else 0)
    starts = np.round(steps * step).astype(np.int64)
    return starts[starts + length <= count]
