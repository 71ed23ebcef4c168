"""Follows one run: keeps what is known of it, and shows that where there is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from dspant.terminal import failures, logs
from dspant.terminal.ending import Place, ending, nothing_to_do
from dspant.terminal.jobs import will_be_tried_again
from dspant.terminal.live import Live
from dspant.terminal.state import Job, Run

Jobs = tuple[Mapping[int, Job], Mapping[int, Any]]
"""Jobs by number: as they are shown, and Snakemake's own."""

INTERRUPT = "SIGINT"
"""What Ctrl-C sends to Snakemake and to all of its jobs."""


class Following:
    """What is known of a run, told by whoever hears of it.

    Parameters
    ----------
    jobs
        Gives the jobs of the run, once they are planned.
    place
        Where results lie.
    say
        Writes a line that stays.
    live
        Where there is a terminal: shows how the run stands.
    """

    def __init__(
        self, jobs: Callable[[], Jobs], place: Place, say: Callable[[str], None], live: Live | None
    ) -> None:
        self._jobs = jobs
        self._place = place
        self._say = say
        self._live = live
        self._run: Run | None = None
        self._theirs: Mapping[int, Any] = {}
        self._began_s = 0.0
        self._began = datetime.now(UTC)
        self._told_errors = False
        self._nothing_to_do = False

    @property
    def is_live(self) -> bool:
        return self._live is not None

    def begin(self) -> None:
        """Jobs are being planned."""
        self._began_s, self._began = monotonic(), datetime.now(UTC)
        if self._live:
            self._live.start()

    def planned(self) -> None:
        """Jobs are known and about to run."""
        ours, self._theirs = self._jobs()
        self._run = Run(ours, monotonic())
        if self._live:
            self._live.run = self._run

    def give_up(self) -> None:
        """Show nothing any more."""
        if self._live:
            self._live.finish()
            self._live = None

    def nothing_to_do(self) -> None:
        self._nothing_to_do = True

    def stop(self) -> None:
        """The user asked for an end."""
        if self._live:
            self._live.stopping = True

    def job_began(self, number: int, *, submitted: bool) -> None:
        """A job runs; ``submitted``: with others, in an order that nobody tells."""
        if self._run:
            self._run.begin(number, monotonic(), submitted=submitted)
            if self._live:
                self._live.make_room_for(number)

    def job_finished(self, number: int) -> None:
        job = self._job(number)
        if self._run is None or job is None:
            return
        self._run.finish(number, monotonic())
        for provenance in job.provenances:
            if logs.made_since(provenance, self._began):
                self._run.made += 1
            else:
                self._run.put_back += 1
        if self._live:
            for text in failures.warnings(job):
                self._live.screen.warn(text)

    def job_failed(self, number: int, signal: str = "") -> bool:
        """Say so, and why; gives whether that is known, from the job's log or by the signal."""
        job = self._job(number)
        if self._run is None or job is None:
            return False
        if signal == INTERRUPT:
            self._run.try_again(number)
            self.stop()
            return True
        reason = failures.why(job, signal)
        if will_be_tried_again(self._theirs[number]):
            self._run.try_again(number)
            self._warn(failures.another_try(job, reason))
        else:
            self._run.fail(number, reason)
            self._fail(failures.failure(job, reason))
        return bool(signal) or logs.reason(job.log) is not None

    def submission_failed(self, numbers: Sequence[int], cluster_logs: Sequence[str]) -> None:
        """Say which jobs of a submission failed, as far as their logs tell."""
        if self._run is None:
            return
        found = {n: job for n in numbers if (job := self._job(n)) and n not in self._run.taken_s}
        reasons = failures.failed_of_group(found, cluster_logs, self._began)
        for number in found:
            self._run.try_again(number)
        for number, reason in reasons.items():
            if will_be_tried_again(self._theirs[number]):
                self._warn(failures.another_try(found[number], reason))
            else:
                self._run.fail(number, reason)
                self._fail(failures.failure(found[number], reason))

    def tell(self, text: str, *, is_error: bool) -> None:
        """Show a message of Snakemake's."""
        self._told_errors |= is_error
        if self._live:
            self._live.screen.say(text)

    def end(self) -> None:
        """Say the last words."""
        if self._live:
            self._live.finish()
        if self._run:
            self._end_of(self._run)
        elif self._nothing_to_do:
            exists = Path(self._place.page).exists()
            self._say_all(nothing_to_do(self._place, page_exists=exists))

    def _end_of(self, run: Run) -> None:
        if not self._live:
            self._say_all(failures.failure(run.jobs[n], why) for n, why in run.failed.items())
        took_s = monotonic() - self._began_s
        self._say_all(
            ending(
                run,
                self._place,
                took_s,
                page_is_new=self._page_is_new(),
                told_errors=self._told_errors,
            )
        )

    def _page_is_new(self) -> bool:
        # A page of what there is says by its time of modification that it is older than all.
        try:
            return Path(self._place.page).stat().st_ctime >= self._began.timestamp()
        except OSError:
            return False

    def _job(self, number: int) -> Job | None:
        return self._run.jobs.get(number) if self._run else None

    def _warn(self, text: str) -> None:
        if self._live:
            self._live.screen.warn(text)

    def _fail(self, text: str) -> None:
        if self._live:
            self._live.screen.fail(text)

    def _say_all(self, lines: Any) -> None:
        for line in lines:
            self._say(line)
