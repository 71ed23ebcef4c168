"""What a TDT block holds, before it is laid out in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dspant.simulate.errors import SimulationError

DATA_FORMATS = {"float32": 0, "int32": 1, "int16": 2, "int8": 3, "float64": 4, "int64": 5}
"""TDT's data format codes by NumPy dtype name."""

WORD_BYTES = 4
LONGEST_CHUNK_S = 1 / 7.9
SEV_CLOCK_HZ = 25e6


def default_chunk_samples(fs_hz: float) -> int:
    """Samples per chunk as Synapse chooses them: 2048 at 24414 Hz, 128 at 1017 Hz.

    The largest power of two that lasts no longer than 1/7.9 s, which reproduces the chunk lengths
    of real blocks at 24414, 6103, 3051 and 1017 Hz; never below 4, a whole word of any dtype.
    """
    return 1 << max(2, int(fs_hz * LONGEST_CHUNK_S).bit_length() - 1)


def sev_rate(fs_hz: float) -> tuple[int, int]:
    """Return (rate, decimate) of a .sev header: fs = 25 MHz * 2**(rate - 12) / decimate.

    Raises SimulationError where no pair of whole numbers gives ``fs_hz`` to float32 precision.
    """
    for decimate in range(1, 256):
        for rate in range(13):
            candidate = SEV_CLOCK_HZ * 2.0 ** (rate - 12) / decimate
            if np.float32(candidate) == np.float32(fs_hz):
                return rate, decimate
    raise SimulationError(
        f"a .sev file cannot state {fs_hz} Hz: its header holds 25e6 * 2**(rate - 12) / decimate "
        "with decimate up to 255; use such a rate (24414.0625, 6103.515625, 1017.2526) or sev=False"
    )


def _check_name(name: str, what: str = "store") -> None:
    printable = name.isascii() and name.isprintable() and not set(name) & set(" ;|=")
    if len(name) != 4 or not printable:
        raise SimulationError(
            f"{what} name {name!r}: expected exactly four printable ASCII characters without "
            "space, ';', '|' or '='"
        )


def _check_fs(name: str, fs_hz: float) -> None:
    if not (np.isfinite(fs_hz) and fs_hz > 0):
        raise SimulationError(f"store {name!r}: fs_hz is {fs_hz}, expected a positive number of Hz")


def _check_dtype(name: str, data: NDArray) -> None:
    if data.dtype.name not in DATA_FORMATS:
        raise SimulationError(
            f"store {name!r}: dtype {data.dtype} has no TDT format, "
            f"expected one of {', '.join(DATA_FORMATS)}"
        )


def _float_vector(name: str, values: ArrayLike, what: str) -> NDArray[np.float64]:
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        raise SimulationError(
            f"store {name!r}: {what} has {vector.ndim} dimensions, expected a vector"
        )
    return vector


def _event_times(name: str, values: ArrayLike, what: str) -> NDArray[np.float64]:
    times_s = _float_vector(name, values, what)
    if not np.all(np.isfinite(times_s)) or np.any(times_s < 0) or np.any(np.diff(times_s) < 0):
        raise SimulationError(
            f"store {name!r}: {what} must be finite, rising and not before the block's start (0 s)"
        )
    return times_s


@dataclass(frozen=True, eq=False)
class StreamStore:
    """A regularly sampled store.

    ``data`` is (channels, samples) of a dtype in DATA_FORMATS; ``start_s`` is the time of its first
    sample after the block's start mark; ``channels`` are the 1-based numbers of the rows, 1 to n
    where not given. TDT files whole chunks only, so samples must be a multiple of
    ``chunk_samples``. With ``sev`` each channel goes to a file of its own instead of the .tev.
    """

    name: str
    data: NDArray
    fs_hz: float
    start_s: float = 0.0
    chunk_samples: int | None = None
    channels: tuple[int, ...] | None = None
    sev: bool = False

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_fs(self.name, self.fs_hz)
        data = np.asarray(self.data)
        if data.ndim != 2 or 0 in data.shape:
            raise SimulationError(
                f"store {self.name!r}: data has shape {data.shape}, expected (channels, samples)"
            )
        _check_dtype(self.name, data)
        object.__setattr__(self, "data", data)
        self._fill_chunk_samples()
        self._fill_channels()
        if not (np.isfinite(self.start_s) and self.start_s >= 0):
            raise SimulationError(
                f"store {self.name!r}: start_s is {self.start_s}, expected a time from 0 s on"
            )
        if self.sev:
            self._check_sev()

    def _check_sev(self) -> None:
        sev_rate(self.fs_hz)
        if set(self.name) & set("/\\"):
            raise SimulationError(
                f"store {self.name!r}: a .sev file is named after its store, so the name cannot "
                "hold a slash; rename the store or use sev=False"
            )

    def _fill_chunk_samples(self) -> None:
        chunk = self.chunk_samples
        if chunk is None:
            chunk = default_chunk_samples(self.fs_hz)
        if chunk < 1 or chunk * self.data.itemsize % WORD_BYTES:
            raise SimulationError(
                f"store {self.name!r}: {chunk} samples of {self.data.dtype} are not whole 4-byte "
                "words, in which TDT counts a chunk; choose another chunk_samples"
            )
        if self.data.shape[1] % chunk:
            raise SimulationError(
                f"store {self.name!r}: {self.data.shape[1]} samples are not a multiple of the "
                f"chunk of {chunk}; TDT files whole chunks only: cut the data or set chunk_samples"
            )
        object.__setattr__(self, "chunk_samples", chunk)

    def _fill_channels(self) -> None:
        rows = self.data.shape[0]
        channels = self.channels
        if channels is None:
            channels = tuple(range(1, rows + 1))
        in_range = all(1 <= number <= 0xFFFF for number in channels)
        if len(channels) != rows or len(set(channels)) != rows or not in_range:
            raise SimulationError(
                f"store {self.name!r}: channels {channels} do not number its {rows} rows; "
                "expected one distinct number from 1 to 65535 for each row"
            )
        object.__setattr__(self, "channels", tuple(channels))

    @property
    def stored_fs_hz(self) -> float:
        """The rate as the files carry it, in float32."""
        return float(np.float32(self.fs_hz))

    @property
    def stop_s(self) -> float:
        """Time of the end of the last sample, in seconds from the start mark."""
        return self.start_s + self.data.shape[1] / self.stored_fs_hz


@dataclass(frozen=True, eq=False)
class EpocStore:
    """Strobed events: onsets with a value each, and offsets where the store has them.

    Times are seconds from the start mark, rising. Offsets are filed as a store of their own whose
    name ends in a backslash: ``offset_name``, by default the name with its last letter replaced.
    """

    name: str
    onset_s: NDArray[np.float64]
    data: NDArray[np.float64]
    offset_s: NDArray[np.float64] | None = None
    offset_name: str | None = None

    def __post_init__(self) -> None:
        _check_name(self.name)
        onset_s = _event_times(self.name, self.onset_s, "onset_s")
        data = _float_vector(self.name, self.data, "data")
        if len(data) != len(onset_s):
            raise SimulationError(
                f"store {self.name!r}: {len(data)} values for {len(onset_s)} onsets, "
                "expected one value for each onset"
            )
        object.__setattr__(self, "onset_s", onset_s)
        object.__setattr__(self, "data", data)
        if self.offset_s is not None:
            self._fill_offsets()

    def _fill_offsets(self) -> None:
        offset_s = _event_times(self.name, self.offset_s, "offset_s")
        if len(offset_s) != len(self.onset_s) or np.any(offset_s < self.onset_s):
            raise SimulationError(
                f"store {self.name!r}: expected one offset for each of {len(self.onset_s)} onsets, "
                "none before its onset"
            )
        object.__setattr__(self, "offset_s", offset_s)
        if self.offset_name is None:
            object.__setattr__(self, "offset_name", self.name[:3] + "\\")
        _check_name(self.offset_name, "offset store")


@dataclass(frozen=True, eq=False)
class ScalarStore:
    """Values of channels at common instants: time_s (events,), data (channels, events)."""

    name: str
    time_s: NDArray[np.float64]
    data: NDArray[np.float64]

    def __post_init__(self) -> None:
        _check_name(self.name)
        time_s = _event_times(self.name, self.time_s, "time_s")
        data = np.asarray(self.data, dtype=np.float64)
        if data.ndim != 2 or data.shape[1] != len(time_s):
            raise SimulationError(
                f"store {self.name!r}: data has shape {data.shape}, "
                f"expected (channels, {len(time_s)} events)"
            )
        object.__setattr__(self, "time_s", time_s)
        object.__setattr__(self, "data", data)


@dataclass(frozen=True, eq=False)
class SnipStore:
    """Waveforms cut around spikes.

    ``waveforms`` is (events, samples); ``time_s``, ``channel`` (1-based) and ``sort_code`` have one
    entry per event.
    """

    name: str
    time_s: NDArray[np.float64]
    waveforms: NDArray
    fs_hz: float
    channel: NDArray[np.uint16]
    sort_code: NDArray[np.uint16]

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_fs(self.name, self.fs_hz)
        time_s = _event_times(self.name, self.time_s, "time_s")
        waveforms = np.asarray(self.waveforms)
        channel = np.asarray(self.channel, dtype=np.uint16)
        sort_code = np.asarray(self.sort_code, dtype=np.uint16)
        events = (len(time_s),)
        if waveforms.ndim != 2 or waveforms.shape[:1] != events:
            raise SimulationError(
                f"store {self.name!r}: waveforms have shape {waveforms.shape}, "
                f"expected ({len(time_s)} events, samples)"
            )
        if channel.shape != events or sort_code.shape != events or np.any(channel == 0):
            raise SimulationError(
                f"store {self.name!r}: expected one channel (from 1 on) and one sort code "
                f"for each of {len(time_s)} events"
            )
        _check_dtype(self.name, waveforms)
        if waveforms.shape[1] * waveforms.itemsize % WORD_BYTES:
            raise SimulationError(
                f"store {self.name!r}: {waveforms.shape[1]} samples of {waveforms.dtype} are not "
                "whole 4-byte words, in which TDT counts a snippet; lengthen the waveforms"
            )
        for attribute, value in (
            ("time_s", time_s),
            ("waveforms", waveforms),
            ("channel", channel),
            ("sort_code", sort_code),
        ):
            object.__setattr__(self, attribute, value)


@dataclass(frozen=True)
class Note:
    """One line the experimenter typed, tied to event ``event`` (from 0) of epoc store ``store``."""

    text: str
    store: str
    event: int

    def __post_init__(self) -> None:
        if not self.text or len(self.text.splitlines()) != 1:
            raise SimulationError(
                f"note {self.text!r} of store {self.store!r}: expected one line of text"
            )


@dataclass(frozen=True, eq=False)
class Block:
    """Everything one block holds.

    ``start_unix_s`` is the time of the start mark, from which all other times are counted;
    ``stop_s`` is the time of the stop mark, where not given the end of the last sample or event.
    """

    start_unix_s: float
    streams: Sequence[StreamStore] = ()
    epocs: Sequence[EpocStore] = ()
    scalars: Sequence[ScalarStore] = ()
    snips: Sequence[SnipStore] = ()
    notes: Sequence[Note] = ()
    stop_s: float | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.start_unix_s) and self.start_unix_s > 0):
            raise SimulationError(
                f"start_unix_s is {self.start_unix_s}, expected seconds since 1970"
            )
        self._check_names()
        self._check_notes()
        last_s = self._last_time_s()
        if self.stop_s is None:
            object.__setattr__(self, "stop_s", last_s)
        elif self.stop_s < last_s:
            raise SimulationError(
                f"stop_s is {self.stop_s} s, before the last sample or event at {last_s} s; "
                "expected a stop after everything the block holds"
            )

    def _check_names(self) -> None:
        names = [store.name for store in (*self.streams, *self.epocs, *self.scalars, *self.snips)]
        names += [epoc.offset_name for epoc in self.epocs if epoc.offset_name is not None]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SimulationError(
                f"store names {', '.join(map(repr, twice))} occur more than once in the block; "
                "readers would merge them: rename a store, or set offset_name where an epoc's "
                "offsets clash"
            )

    def _check_notes(self) -> None:
        events = {epoc.name: len(epoc.onset_s) for epoc in self.epocs}
        for note in self.notes:
            if not 0 <= note.event < events.get(note.store, 0):
                raise SimulationError(
                    f"note {note.text!r} belongs to event {note.event} of store {note.store!r}, "
                    f"which the block does not hold; its epocs are {events}"
                )

    def _last_time_s(self) -> float:
        ends = [stream.stop_s for stream in self.streams]
        times = [epoc.onset_s for epoc in self.epocs]
        times += [epoc.offset_s for epoc in self.epocs if epoc.offset_s is not None]
        times += [store.time_s for store in (*self.scalars, *self.snips)]
        return max([0.0, *ends, *(float(time_s[-1]) for time_s in times if len(time_s))])
