"""What every event leaves in a signal, learnt as an average around events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dspant.errors import OperationError
from dspant.ops.around import samples_at
from dspant.ops.blocks import windows

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Segment, Signal, SignalSource

KEPT_BYTES = 2**26
"""Most memory that windows kept for an exact median may take."""

LEAST_EVENTS = 3
"""Fewest windows that make a template."""


@dataclass(frozen=True)
class Window:
    """The window around an event, in samples.

    ``before``: from its first sample to the event; ``taper``: length of the ramp at each end;
    ``jitter``: most by which it may be moved to fit a template, 0 where times are trusted.
    """

    before: int
    length: int
    taper: int
    jitter: float = 0.0

    @classmethod
    def of(cls, signal: Signal, window_s: list[float], taper_s: float, jitter_s: float) -> Window:
        fs_hz = signal.fs_hz
        before = round(-window_s[0] * fs_hz)
        length = before + round(window_s[1] * fs_hz) + 1
        window = cls(before, length, max(round(taper_s * fs_hz), 1), jitter_s * fs_hz)
        if 2 * window.taper + 1 > length or 2 * window.jitter > length:
            raise OperationError(
                f"window_s {window_s} is {length} samples at {fs_hz:g} Hz, too few for two tapers "
                f"of {window.taper} and a jitter of {window.jitter:g}; lengthen it"
            )
        return window

    def flattened(self, x: np.ndarray) -> np.ndarray:
        """Windows (..., length) without the line that joins their ends, tapered to 0 there."""
        import numpy as np

        x = np.ascontiguousarray(x)
        k = self.taper
        begin, end = (part.mean(axis=-1, keepdims=True) for part in (x[..., :k], x[..., -k:]))
        along = (np.arange(self.length) - (k - 1) / 2) / (self.length - k)
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(k) + 0.5) / k)
        weights = np.r_[ramp, np.ones(self.length - 2 * k), ramp[::-1]]
        return (x - begin - (end - begin) * along) * weights

    def moved(self, x: np.ndarray, later: np.ndarray) -> np.ndarray:
        """Each row of channels x length moved by ``later`` (channels,) samples, band-limited."""
        import numpy as np

        size = self._size
        turn = -2j * np.pi * np.fft.rfftfreq(size)
        made = np.empty_like(x)
        for row, target, shift in zip(x, made, later, strict=True):
            if shift == 0:
                target[:] = row
                continue
            spectrum = np.fft.rfft(row, size) * np.exp(turn * shift)
            target[:] = np.fft.irfft(spectrum, size)[: self.length]
        return made

    def shift(self, x: np.ndarray, template: np.ndarray) -> np.ndarray:
        """By how many samples each row is later than the template: the peak of their
        cross-correlation within the jitter, between samples by a parabola."""
        import numpy as np

        most = int(np.ceil(self.jitter))
        lags = np.arange(-most - 1, most + 2)
        shifts = np.zeros(len(x))
        for i, (row, shape) in enumerate(zip(x, template, strict=True)):
            spectrum = np.fft.rfft(row, self._size) * np.conj(np.fft.rfft(shape, self._size))
            alike = np.fft.irfft(spectrum, self._size)[lags]
            at = 1 + int(np.argmax(alike[1:-1]))
            left, middle, right = alike[at - 1 : at + 2]
            bend = left - 2 * middle + right
            part = 0.5 * (left - right) / bend if bend < 0 else 0.0
            shifts[i] = np.clip(lags[at] + np.clip(part, -0.5, 0.5), -self.jitter, self.jitter)
        return shifts

    @property
    def _size(self) -> int:
        # Room for what a shift moves past an end, so that it does not come in at the other.
        return 1 << (self.length + 2 * int(self.jitter) + 16).bit_length()


@dataclass(frozen=True, eq=False)
class Placed:
    """Events whose whole window lies in a run.

    ``start``: first sample of each window; ``late``: by what part of a sample the event comes after
    the window's sample ``before``; ``alone``: whether its window meets no other.
    """

    start: np.ndarray
    late: np.ndarray
    alone: np.ndarray


def place(times_s: np.ndarray, segment: Segment, fs_hz: float, window: Window) -> Placed:
    """Windows of those events that a run holds in full."""
    import numpy as np

    at = samples_at(times_s, segment, fs_hz)
    nearest = np.round(at)
    start = nearest.astype(np.int64) - window.before
    apart = np.r_[True, np.diff(start) >= window.length, True]
    alone = apart[1:] & apart[:-1] if len(start) else np.zeros(0, bool)
    held = (start >= 0) & (start + window.length <= segment.count)
    return Placed(start[held], (at - nearest)[held], alone[held])


def learn_template(
    source: SignalSource, times_s: np.ndarray, window: Window, *, median: bool
) -> tuple[np.ndarray, dict[str, Any]]:
    """Mean or median of all windows that meet no other, and how many events there were.

    Returns
    -------
    template, counts
        channels x length, and JSON.

    Raises
    ------
    OperationError
        Too few windows, or more than a median can keep in memory.
    """
    import numpy as np

    signal = source.signal
    placed = [place(times_s, s, signal.fs_hz, window) for s in signal.segments]
    whole = sum(len(p.start) for p in placed)
    used = sum(int(p.alone.sum()) for p in placed)
    if used < LEAST_EVENTS:
        raise OperationError(
            f"of {len(times_s)} events {whole} have their whole window inside the recording, "
            f"{used} of which meet no other window; a template needs {LEAST_EVENTS} or more: "
            f"shorten window_s or give other events"
        )
    average = _median if median else _mean
    template = average(_flat_windows(source, placed, window), used, window)
    if window.jitter:
        template = average(_flat_windows(source, placed, window, template), used, window)
    counts = {
        "events": len(times_s),
        "subtracted": whole,
        "outside": len(times_s) - whole,
        "overlapping": whole - used,
    }
    return np.ascontiguousarray(template), counts


def stated(template: np.ndarray) -> dict[str, Any]:
    """What tells one template from another: JSON."""
    import numpy as np
    import xxhash

    sizes = [float(f"{size:.6g}") for size in np.ptp(template, axis=1)]
    digest = xxhash.xxh3_64_hexdigest(template.astype(np.float32).tobytes())
    return {"template_peak_to_peak": sizes, "template_digest": f"xxh3:{digest}"}


def _flat_windows(
    source: SignalSource, placed: list[Placed], window: Window, like: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Windows that meet no other, brought to the same place, channels x length each."""
    import numpy as np

    for (_, blocks), where in zip(source.segments(), placed, strict=True):
        late = where.late[where.alone]
        for i, x in windows(blocks, where.start[where.alone], window.length):
            flat = window.flattened(x)
            shift = np.full(len(x), late[i]) if like is None else window.shift(flat, like)
            yield window.moved(flat, -shift)


def _mean(flat: Iterator[np.ndarray], count: int, _window: Window) -> np.ndarray:
    total = next(flat).copy()
    for x in flat:
        total += x
    return total / count


def _median(flat: Iterator[np.ndarray], count: int, window: Window) -> np.ndarray:
    import numpy as np

    first = next(flat)
    need = count * first.nbytes
    if need > KEPT_BYTES:
        most = KEPT_BYTES // first.nbytes
        raise OperationError(
            f"a median of {count} windows of {len(first)} channels x {window.length} samples needs "
            f"{need / 2**20:.0f} MiB, and at most {KEPT_BYTES / 2**20:.0f} are kept, so {most} "
            f"events; shorten window_s, give neighbours, or take the mean"
        )
    held = np.empty((count, *first.shape))
    held[0] = first
    for kept, x in zip(held[1:], flat, strict=True):
        kept[:] = x
    return np.median(held, axis=0, overwrite_input=True)
