"""How long a run still takes, from what its jobs took so far and what they were declared to take.

Declared times are those of a slow machine. How they compare with times taken is learnt for each
rule; a rule of which no job is done yet is taken to be as fast as the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FIRST_WORD_S = 5.0
"""No estimate before a run has gone on for so long, in seconds."""

LEAST_KNOWN = 0.03
"""No estimate before this share of the declared time is known to be done."""

LEAST_SHARE = 0.05
"""From this share on, a running job tells how long the whole of it takes."""


@dataclass(frozen=True)
class Work:
    """One job as far as it has come.

    Parameters
    ----------
    rule
        Its rule's name.
    declared_s
        How long it may take, in seconds.
    spent_s
        How long it ran or runs, in seconds.
    share
        How much of it is done, from 0 to 1; None where it does not tell.
    """

    rule: str
    declared_s: float
    spent_s: float = 0.0
    share: float | None = None

    @property
    def whole_s(self) -> float | None:
        """How long all of it takes, in seconds, as far as it tells."""
        if self.share is None or self.share < LEAST_SHARE:
            return None
        return self.spent_s / self.share


def seconds_left(
    done: Sequence[Work], running: Sequence[Work], waiting: Sequence[Work], elapsed_s: float
) -> float | None:
    """Seconds until the last job ends, if jobs go on side by side as they did.

    Parameters
    ----------
    done, running, waiting
        All jobs of the run that can still be done, or are.
    elapsed_s
        Seconds since the run began.

    Returns
    -------
    float or None
        None while too little is done to tell.
    """
    known = [*(_Known(w, w.spent_s) for w in done), *_telling(running)]
    declared_s = sum(work.declared_s for work in (*done, *running, *waiting))
    known_s = sum(k.work.declared_s * (k.work.share or 0.0) for k in known)
    if elapsed_s < FIRST_WORD_S or not known_s or known_s < LEAST_KNOWN * declared_s:
        return None
    paces = _Paces(known)
    of_running = [_left_of(work, paces) for work in running]
    left_s = sum(of_running) + sum(paces.expected_s(work) for work in waiting)
    spent_s = sum(work.spent_s for work in (*done, *running))
    side_by_side = min(max(spent_s / elapsed_s, 1.0), max(len(running) + len(waiting), 1))
    return max([left_s / side_by_side, *of_running])


@dataclass(frozen=True)
class _Known:
    work: Work
    whole_s: float


def _telling(running: Iterable[Work]) -> list[_Known]:
    return [_Known(w, w.whole_s) for w in running if w.whole_s is not None]


class _Paces:
    """Seconds taken per declared second, of each rule and of all."""

    def __init__(self, known: Sequence[_Known]) -> None:
        self._of_all = _pace(known)
        rules: dict[str, list[_Known]] = {}
        for each in known:
            rules.setdefault(each.work.rule, []).append(each)
        self._of_rule = {rule: _pace(each) for rule, each in rules.items()}

    def expected_s(self, work: Work) -> float:
        return work.declared_s * self._of_rule.get(work.rule, self._of_all)


def _pace(known: Sequence[_Known]) -> float:
    declared_s = sum(each.work.declared_s for each in known)
    return sum(each.whole_s for each in known) / declared_s if declared_s else 0.0


def _left_of(work: Work, paces: _Paces) -> float:
    """Of a running job; one that takes longer than expected is taken to be nearly done."""
    whole_s = work.whole_s or paces.expected_s(work)
    return max(whole_s - work.spent_s, 0.1 * whole_s)
