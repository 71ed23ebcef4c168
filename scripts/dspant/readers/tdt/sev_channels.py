"""The .sev files of one store: for each channel one, or one for every hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dspant.errors import MissingFileError, MixedStoreError, RawDataError
from dspant.readers.tdt.sev import SevHeader, header_doubts, read_sev_header
from dspant.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dspant.readers.tdt.files import BlockFiles


@dataclass(frozen=True)
class SevChannel:
    """Files of one channel, in the order of time."""

    number: int
    parts: tuple[SevHeader, ...]

    @property
    def announced_samples(self) -> int:
        """Samples by the headers."""
        return sum(max(part.announced_samples, part.samples) for part in self.parts)

    @property
    def samples(self) -> int:
        """Samples up to the first that is missing."""
        found = 0
        for part in self.parts:
            found += part.samples
            if part.samples < part.announced_samples:
                break
        return found


def read_channels(
    files: BlockFiles, store: str, indexed: Iterable[int] | None = None
) -> list[SevChannel]:
    """Headers of a store's files, by channel, then by hour.

    Parameters
    ----------
    indexed
        Channels that the index names; where it names none, those that the headers announce.

    Raises
    ------
    MissingFileError
        A channel or an hour has no file; the error names it.
    MixedStoreError
        Files differ in rate or format.
    RawDataError
        A file is no .sev, or is of another channel than its name says.
    """
    paths = files.sev_by_channel(store)
    read = {
        place: read_sev_header(path)
        for place, path in paths.items()
        if indexed is None or place[0] in set(indexed)
    }
    if indexed is None:
        announced = max(header.channels for header in read.values())
        known = {channel for channel, _ in read}
        # A damaged header may announce thousands; then it is the header that is named.
        numbers = sorted(known | set(range(1, min(announced, 2 * max(known)) + 1)))
    else:
        numbers = sorted(indexed)
    hours = sorted({hour for _, hour in read} | {0})
    _check_present(files, store, read, [(n, hour) for n in numbers for hour in _all(hours)])
    channels = [
        SevChannel(number, tuple(read[number, hour] for hour in _all(hours))) for number in numbers
    ]
    _check_alike(store, channels)
    return channels


def channel_doubts(store: str, channels: Sequence[SevChannel]) -> list[str]:
    """In words: what the headers of a store's files say otherwise than the files."""
    return [
        doubt
        for channel in channels
        for part in channel.parts
        for doubt in header_doubts(store, part, len(channels))
    ]


def _all(hours: Sequence[int]) -> range:
    return range(hours[-1] + 1)


def _check_present(
    files: BlockFiles,
    store: str,
    read: dict[tuple[int, int], SevHeader],
    expected: Sequence[tuple[int, int]],
) -> None:
    missing = [
        f"{files.tsq.stem}_{store}_Ch{channel}{f'-{hour}h' if hour else ''}.sev"
        for channel, hour in expected
        if (channel, hour) not in read
    ]
    if missing:
        raise MissingFileError(
            f"store {store!r}: its samples lie in one .sev file per channel, but "
            f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} "
            f"missing; copy into the block's folder what is missing, or leave the store out of "
            f"the config"
        )


def _check_alike(store: str, channels: Sequence[SevChannel]) -> None:
    first = channels[0].parts[0]
    for channel in channels:
        for part in channel.parts:
            if (part.fs_hz, part.format) != (first.fs_hz, first.format):
                raise MixedStoreError(
                    f"store {store!r}: {part.path.name} has {part.dtype.name} at {part.fs_hz} "
                    f"Hz, but {first.path.name} has {first.dtype.name} at {first.fs_hz} Hz; a "
                    f"stream has one of each: leave the store out of the config"
                )
            if part.channel != channel.number:
                raise RawDataError(
                    f"store {store!r}: {part.path.name} says it holds channel {part.channel}; the "
                    f"files are not of one recording: copy the block again"
                )
