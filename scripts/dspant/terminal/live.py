"""The line on a terminal that tells how a run stands, drawn again now and then."""

from __future__ import annotations

import threading
from time import monotonic

from dspant.terminal import logs
from dspant.terminal.estimate import Work, seconds_left
from dspant.terminal.state import Run
from dspant.terminal.view import Screen, progress_line
from dspant.terminal.words import duration, time_left

REDRAW_EVERY_S = 0.5

LOOK_EVERY_S = 2.0
"""How often logs of running jobs are looked at, and the time left is estimated."""

LOOK_AT = 8
"""Most running jobs whose logs are looked at."""

TIME_GONE_FROM_S = 10.0
"""From then on the time gone is shown, as long as there is no estimate."""

PLANNING_FROM_S = 1.0
"""From then on it is shown that jobs are being planned."""

SPEAKING = frozenset({"verify"})
"""Rules whose jobs write to the terminal themselves."""


class Live:
    """Draws the line in a thread of its own, until :meth:`finish`.

    Parameters
    ----------
    screen
        Where to draw.
    lock
        Held while anything is drawn, and by whoever changes what is.
    """

    def __init__(self, screen: Screen, lock: threading.RLock) -> None:
        self.screen = screen
        self.run: Run | None = None
        self.stopping = False
        self._lock = lock
        self._over = threading.Event()
        self._began_s = monotonic()
        self._shares: dict[int, float | None] = {}
        self._left = ""
        self._looked_s = 0.0

    def start(self) -> None:
        self._began_s = monotonic()
        threading.Thread(target=self._draw_on, name="progress line", daemon=True).start()

    def make_room_for(self, number: int) -> None:
        """Take the line away before a job begins that writes to the terminal itself."""
        if self._speaks(number):
            self.screen.show("")

    def finish(self) -> None:
        """Take the line away; nothing is drawn from then on."""
        self._over.set()
        self.screen.show("")

    def _draw_on(self) -> None:
        while not self._over.wait(REDRAW_EVERY_S):
            with self._lock:
                if not self._over.is_set():
                    self.screen.show(self._line())

    def _line(self) -> str:
        now_s = monotonic()
        if self.run is None:
            gone_s = now_s - self._began_s
            return f"planning jobs   {duration(gone_s)}" if gone_s > PLANNING_FROM_S else ""
        if any(self._speaks(number) for number in self.run.running):
            return ""
        if now_s - self._looked_s > LOOK_EVERY_S:
            self._looked_s = now_s
            self._shares = _shares(self.run)
            self._left = _left(self.run, self._shares, now_s)
        return progress_line(
            self.run, self._shares, self._left, self.screen.width, stopping=self.stopping
        )

    def _speaks(self, number: int) -> bool:
        job = self.run.jobs.get(number) if self.run else None
        return job is not None and job.rule in SPEAKING


def _shares(run: Run) -> dict[int, float | None]:
    looked_at = [number for number in run.running if number not in run.submitted][:LOOK_AT]
    return {number: logs.share_done(run.jobs[number].log) for number in looked_at}


def _left(run: Run, shares: dict[int, float | None], now_s: float) -> str:
    """Words on the time left, or on the time gone where that is all there is to say."""
    gone_s = now_s - run.began_s
    done = [_work(run, n, spent_s, 1.0) for n, spent_s in run.taken_s.items()]
    running = [_work(run, n, now_s - t, shares.get(n)) for n, t in run.running.items()]
    waiting = [_work(run, n) for n in run.waiting()]
    if not running and not waiting:
        return ""
    left_s = seconds_left(done, running, waiting, gone_s)
    if left_s is not None:
        return time_left(left_s)
    return f"{duration(gone_s)} gone" if gone_s > TIME_GONE_FROM_S else ""


def _work(run: Run, number: int, spent_s: float = 0.0, share: float | None = None) -> Work:
    job = run.jobs[number]
    return Work(job.rule, job.declared_s, spent_s, share)
