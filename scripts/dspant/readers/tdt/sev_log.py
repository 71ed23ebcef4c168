"""The log that an RS4 leaves beside its .sev files: where saving began, and where it paused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from dspant.errors import IndexDamagedError

if TYPE_CHECKING:
    from dspant.readers.raw import Segment
    from dspant.readers.tdt.files import BlockFiles

_START = re.compile(r"recording started at sample: (\d+)")
_GAP = re.compile(r"gap detected\. last saved sample: (\d+), new saved sample: (\d+)")


@dataclass(frozen=True)
class SevLog:
    """Samples counted from 1 on, by the recorder's clock.

    ``first_sample`` is the first that was saved; each of ``gaps`` is the last sample saved before
    a pause, and the first after it.
    """

    file: str
    first_sample: int = 1
    gaps: tuple[tuple[int, int], ...] = ()


def read_log(files: BlockFiles, store: str) -> SevLog | None:
    """Read the logs of a store, those of all hours; None where there is none."""
    paths = [path for path in files.logs if path.name.startswith(store)]
    if not paths:
        return None
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    starts = [int(found[1]) for found in map(_START.search, texts) if found]
    gaps = sorted((int(a), int(b)) for text in texts for a, b in _GAP.findall(text))
    return SevLog(paths[0].name, max(min(starts, default=1), 1), tuple(gaps))


def runs(store: str, log: SevLog, announced: int, samples: int, fs_hz: float) -> list[Segment]:
    """Unbroken runs of the samples that the files hold, by the log.

    Parameters
    ----------
    announced, samples
        How many samples the headers state, and how many of these there are.

    Raises
    ------
    IndexDamagedError
        The log tells of more samples than there are, or of a gap that does not go forward.
    """
    begins = [log.first_sample, *(new for _, new in log.gaps)]
    counts = [last - begin + 1 for begin, (last, _) in zip(begins, log.gaps, strict=False)]
    counts.append(announced - sum(counts))
    if min(counts) <= 0 or any(last >= new for last, new in log.gaps):
        raise IndexDamagedError(
            f"store {store!r}: {log.file} does not go with its .sev files, which announce "
            f"{announced} samples; copy the block again, or take the log out of its folder"
        )
    firsts = accumulate(counts, initial=0)
    return [
        (first, min(count, samples - first), (begin - 1) / fs_hz)
        for first, count, begin in zip(firsts, counts, begins, strict=False)
        if first < samples
    ]
