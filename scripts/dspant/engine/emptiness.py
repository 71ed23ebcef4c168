"""Why a table holds nothing to go on with, as far as that is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dspant.ops.signal import Events
from dspant.wording import count

if TYPE_CHECKING:
    import numpy as np

    from dspant.engine.chain import Step
    from dspant.engine.source import StreamSource
    from dspant.ops.signal import Signal

MOST_REASONS = 3

WINDOW = "length_s"
"""Parameter of steps that cut runs into windows: their length in seconds."""


class Content:
    """Counts a table's rows while they pass, and those that tell something.

    Parameters
    ----------
    name
        Of the dataset that the first step works on.
    source
        That dataset.
    steps
        The steps that make the table.
    """

    def __init__(self, name: str, source: StreamSource | Events, steps: Sequence[Step]) -> None:
        self._name = name
        self._source = source
        self._steps = steps
        self._rows = 0
        self._telling = 0
        self._reasons: Counter[str] = Counter()

    def add(self, batch: Mapping[str, np.ndarray]) -> None:
        """Count a batch of rows."""
        rows = len(batch["onset"])
        self._rows += rows
        counts = self._steps[-1].operation.counts
        if "usable" in batch and batch["usable"].dtype == bool:
            usable = batch["usable"]
            self._telling += int(usable.sum())
            if not self._telling and "reason" in batch:
                self._reasons.update(batch["reason"][~usable].tolist())
        else:
            self._telling += int((batch[counts] > 0).sum()) if counts else rows

    def lack(self) -> str:
        """What the table lacks, and why; empty where a row of it tells something.

        One of faults lacks nothing where it has no rows.
        """
        good = not self._rows and any(step.operation.looks_for_faults for step in self._steps)
        if self._telling or good:
            return ""
        why = "; ".join(self._why())
        if not self._rows:
            return f"its table has no rows: {why}"
        if self._reasons:
            found = self._reasons.most_common(MOST_REASONS)
            reasons = ", ".join(f"{reason} ({count(rows, 'row')})" for reason, rows in found)
            return f"none of its {count(self._rows, 'row')} can be used: {reasons}; {why}"
        return f"none of its {count(self._rows, 'row')} is an average of anything: {why}"

    def _why(self) -> Iterator[str]:
        events = [given for step in self._steps for given in step.further]
        tables = [given for given in (self._source, *events) if isinstance(given, Events)]
        empty = [table.name for table in tables if not table.table.num_rows]
        if empty:
            yield from (f"{name} has no events" for name in dict.fromkeys(empty))
            return
        if not isinstance(self._source, Events):
            yield self._of_signal(self._source.signal)
        for table in tables:
            yield f"{count(table.table.num_rows, 'event')} of {table.name} came in"

    def _of_signal(self, signal: Signal) -> str:
        longest_s = max((run.count for run in signal.segments), default=0) / signal.fs_hz
        longest = f"the longest unbroken run of {self._name} is {longest_s:.6g} s"
        length_s = getattr(self._steps[0].params, WINDOW, 0.0)
        if length_s > longest_s:
            return f"{WINDOW} is {length_s:g} s, and {longest}"
        return f"{signal.samples / signal.fs_hz:.6g} s of {self._name} were read, and {longest}"
