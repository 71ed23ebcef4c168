"""Statistics of each channel of a recording of any length, exact and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.passes import Scope

    Change = Callable[[int, np.ndarray], np.ndarray]

DIGIT_BITS = 16
"""Bits of a value that one pass finds."""

GATHERED_SAMPLES = 16384
"""Values of a channel that are gathered and sorted, once so few are left that could be the one."""

KEY_BITS = 64


@dataclass(frozen=True)
class Moments:
    """Of each channel: number of samples, mean, sum of squared deviations, least, largest."""

    count: int
    mean: np.ndarray
    squares: np.ndarray
    least: np.ndarray
    largest: np.ndarray

    @property
    def sd(self) -> np.ndarray:
        """Standard deviation, N - 1."""
        import numpy as np

        return np.sqrt(self.squares / (self.count - 1))


def moments(scope: Scope, change: Change | None = None) -> Moments:
    """Mean and spread of each channel in one pass.

    Sums are merged block by block, so that a large offset costs no digits.

    Parameters
    ----------
    change
        (channel, samples) -> what takes their place.

    Source: T. F. Chan, G. H. Golub and R. J. LeVeque, Am. Stat. 37 (1983) 242.
    """
    import numpy as np

    channels = len(scope.channels)
    count, mean, squares = 0, np.zeros(channels), np.zeros(channels)
    least, largest = np.full(channels, np.inf), np.full(channels, -np.inf)
    for _, _, _, block in scope.blocks():
        added = block.shape[1]
        for channel, held in enumerate(block):
            row = held if change is None else change(channel, held)
            middle = row.sum() / added
            apart = middle - mean[channel]
            deviations = row - middle
            squares[channel] += (deviations * deviations).sum()
            squares[channel] += apart * apart * (count * added / (count + added))
            mean[channel] += apart * (added / (count + added))
            least[channel] = min(least[channel], row.min())
            largest[channel] = max(largest[channel], row.max())
        count += added
    return Moments(count, mean, squares, least, largest)


def quantiles(
    scope: Scope, probabilities: Sequence[float], change: Change | None = None
) -> np.ndarray:
    """Quantiles of each channel, exact: between the two nearest values in order, linearly.

    The values are found digit by digit: a pass counts how many of them go on with each digit.
    Three passes do for most recordings, four for any.

    Parameters
    ----------
    probabilities
        Each from 0 to 1.
    change
        (channel, samples) -> what takes their place.

    Returns
    -------
    numpy.ndarray
        Shape channels x probabilities.

    Source: definition 7 of R. J. Hyndman and Y. Fan, Am. Stat. 50 (1996) 361, as NumPy's.
    """
    import numpy as np

    last = scope.samples - 1
    places = [probability * last for probability in probabilities]
    around = [(int(place), min(int(place) + 1, last)) for place in places]
    found = order_statistics(scope, sorted({rank for pair in around for rank in pair}), change)
    made = np.empty((len(scope.channels), len(places)))
    for column, (place, (below, above)) in enumerate(zip(places, around, strict=True)):
        made[:, column] = found[below] + (found[above] - found[below]) * (place - below)
    return made


def order_statistics(
    scope: Scope, ranks: Sequence[int], change: Change | None = None
) -> dict[int, np.ndarray]:
    """The values that stand at ``ranks`` (from 0) where each channel's samples are sorted.

    Returns
    -------
    dict
        Rank -> one value per channel.
    """
    import numpy as np

    columns = [_Column(ranks, scope.samples) for _ in scope.channels]
    while not all(column.done for column in columns):
        for column in columns:
            column.begin()
        for _, _, _, block in scope.blocks():
            for channel, held in enumerate(block):
                row = held if change is None else change(channel, held)
                columns[channel].look(_keys(row))
        for column in columns:
            column.conclude()
    return {
        rank: _values(np.array([column.found[rank] for column in columns], dtype=np.uint64))
        for rank in ranks
    }


@dataclass(frozen=True)
class _Beginning:
    """The first bits of keys, and how many keys of a channel begin so."""

    known: int
    prefix: int
    count: int

    @property
    def few(self) -> bool:
        return self.count <= GATHERED_SAMPLES

    def of(self, keys: np.ndarray) -> np.ndarray:
        """Those of the keys that begin so."""
        import numpy as np

        if not self.known:
            return keys
        return keys[keys >> np.uint64(64 - self.known) == np.uint64(self.prefix)]

    def digits(self, keys: np.ndarray) -> np.ndarray:
        """The bits that follow."""
        import numpy as np

        following = keys >> np.uint64(64 - self.known - DIGIT_BITS)
        return (following & np.uint64((1 << DIGIT_BITS) - 1)).astype(np.int64)

    def longer(self, digit: int, count: int) -> _Beginning:
        return _Beginning(self.known + DIGIT_BITS, self.prefix << DIGIT_BITS | digit, count)


class _Column:
    """The keys that stand at some ranks of one channel, found pass by pass."""

    def __init__(self, ranks: Sequence[int], count: int) -> None:
        self.found: dict[int, int] = {}
        self._sought = {_Beginning(0, 0, count): {rank: rank for rank in ranks}}
        self._seen: dict[_Beginning, Any] = {}

    @property
    def done(self) -> bool:
        return not self._sought

    def begin(self) -> None:
        import numpy as np

        self._seen = {
            beginning: [] if beginning.few else np.zeros(1 << DIGIT_BITS, dtype=np.int64)
            for beginning in self._sought
        }

    def look(self, keys: np.ndarray) -> None:
        import numpy as np

        for beginning, seen in self._seen.items():
            chosen = beginning.of(keys)
            if beginning.few:
                seen.append(chosen)
            else:
                np.add(seen, np.bincount(beginning.digits(chosen), minlength=len(seen)), out=seen)

    def conclude(self) -> None:
        """Know more of each key, after a pass."""
        import numpy as np

        sought, self._sought = self._sought, {}
        for beginning, ranks in sought.items():
            seen = self._seen.pop(beginning)
            if beginning.few:
                in_order = np.sort(np.concatenate(seen))
                self.found |= {asked: int(in_order[rank]) for asked, rank in ranks.items()}
            else:
                self._narrow(beginning, ranks, seen)

    def _narrow(self, beginning: _Beginning, ranks: dict[int, int], counts: np.ndarray) -> None:
        import numpy as np

        ends = np.cumsum(counts)
        for asked, rank in ranks.items():
            digit = int(np.searchsorted(ends, rank, side="right"))
            count = int(counts[digit])
            longer = beginning.longer(digit, count)
            if longer.known == KEY_BITS:
                self.found[asked] = longer.prefix
            else:
                self._sought.setdefault(longer, {})[asked] = rank - int(ends[digit]) + count


def _keys(row: np.ndarray) -> np.ndarray:
    """Whole numbers that are in the same order as the values: their bits, the sign turned round."""
    import numpy as np

    bits = (row + 0.0).view(np.uint64)
    sign = np.uint64(1 << 63)
    return np.where(bits & sign, ~bits, bits | sign)


def _values(keys: np.ndarray) -> np.ndarray:
    import numpy as np

    sign = np.uint64(1 << 63)
    return np.where(keys & sign, keys & ~sign, ~keys).view(np.float64)
