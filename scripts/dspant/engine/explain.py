"""What a chain of steps would do, in words and before it does it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dspant.dataset.stream import Stream
from dspant.engine.chain import Step, bind, described
from dspant.engine.memory import node_memory_mb
from dspant.engine.source import signal_of
from dspant.ops.signal import Segment

EVER = (-math.inf, math.inf)
"""All there is, in seconds."""

_ITEM_BYTES = {"float32": 4, "float64": 8, "int8": 1, "int16": 2, "int32": 4, "int64": 8}


def stretch(segment: Segment, fs_hz: float, seconds: tuple[float, float]) -> tuple[int, int]:
    """First sample of a run that lies in a stretch of time, and one after the last.

    Parameters
    ----------
    seconds
        Start and end in seconds from block start; the end is not included.
    """
    first, last = (
        math.ceil(min(max((moment - segment.start_s) * fs_hz - 1e-6, 0), segment.count))
        for moment in seconds
    )
    return first, max(first, last)


def explained(
    stream: Stream,
    steps: Sequence[dict[str, Any]],
    channels: Sequence[int],
    seconds: tuple[float, float],
) -> str:
    """Lines on the stream, what is kept of it, each step, memory, and bytes to read.

    Parameters
    ----------
    steps
        Resolved steps.
    channels
        Positions of the channels that are kept.
    """
    bound = bind(steps)
    read = range(len(stream.channels)) if _mixes(bound) else channels
    names = described(bound, signal_of(stream)).channels
    length_s = stream.samples / stream.fs_hz
    lines = [
        f"{stream.name}: {len(stream.channels)} channels x {stream.samples} samples at "
        f"{stream.fs_hz:.10g} Hz, {length_s:.3f} s; unbroken runs: {len(stream.segments)}",
        f"keeps channels: {', '.join(names[channel] for channel in channels)}",
    ]
    if seconds != EVER:
        lines.append(f"keeps seconds: {seconds[0]:g} to {seconds[1]:g}")
    lines += [f"step {step.index + 1}: {_described(step)}" for step in bound]
    needed_mb = _read_bytes(stream, bound, read, seconds) / 1e6
    memory_mb = node_memory_mb({"steps": steps}, len(read), stream.fs_hz)
    lines.append(f"reads {needed_mb:.3f} MB; a node takes up to {memory_mb} MB of memory")
    return "\n".join(lines)


def _mixes(steps: Sequence[Step]) -> bool:
    return any(step.operation.mixes_channels for step in steps)


def _described(step: Step) -> str:
    given = {k: v for k, v in step.params.model_dump(mode="json").items() if v is not None}
    stated = "".join(f" {name}={value}" for name, value in given.items())
    reach_s = step.operation.reach_s(step.params)
    learns = "learns from the whole recording first, " if step.operation.learn else ""
    looks = f"looks {reach_s:.3g} s around each sample" if reach_s else "looks at each sample alone"
    return f"{step.operation.name}{stated}; {learns}{looks}"


def _read_bytes(
    stream: Stream, steps: Sequence[Step], channels: Sequence[int], seconds: tuple[float, float]
) -> int:
    """Bytes of samples: what is kept; with steps, from a run's start to the last one looked at."""
    reach = sum(math.ceil(step.operation.reach_s(step.params) * stream.fs_hz) for step in steps)
    samples = 0
    for run in (Segment(*segment) for segment in stream.segments):
        first, last = stretch(run, stream.fs_hz, seconds)
        if last > first:
            samples += min(last + reach, run.count) if steps else last - first
    types = stream.metadata.base.channel_types
    return samples * sum(_ITEM_BYTES.get(types[channel], 8) for channel in channels)
