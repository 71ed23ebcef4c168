"""Stands between Snakemake's messages and the terminal while jobs run.

Until jobs are planned, and where there is no terminal, all messages go on to Snakemake's handler.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake_interface_logger_plugins.common import LogEvent

from dspant.terminal.failures import signal_of
from dspant.terminal.follow import Following

SAID_OTHERWISE = (
    "Assuming unrestricted shared filesystem usage.",
    "Exiting because a job execution failed.",
    "WorkflowError:\nAt least one job did not complete successfully.",
)
"""How messages begin that the last lines of a run make needless."""

ASKED_TO_STOP = ("Terminating processes on user request", "Will exit after finishing currently")

OF_SCRIPT = "RuleException"
"""What Snakemake raises where a script fails; the script's log says why."""


class TerminalHandler(logging.Handler):
    """Follows a run through its messages; shows them only where they warn or fail.

    Parameters
    ----------
    inner
        Snakemake's own handler for the same stream.
    following
        What is known of the run, and where it is shown.
    is_real
        Whether jobs are really run; asked when they are about to.
    lock
        Held while anything is shown.
    """

    def __init__(
        self,
        inner: logging.StreamHandler,
        following: Following,
        is_real: Callable[[], bool],
        lock: threading.RLock,
    ) -> None:
        super().__init__()
        self.lock = lock
        self.name = "dspAnt"
        self._inner = inner
        self._following = following
        self._is_real = is_real
        self._began = False
        self._ended = False
        self._held: list[logging.LogRecord] = []
        self._react = {
            LogEvent.RUN_INFO: self._planned,
            LogEvent.JOB_INFO: self._job_began,
            LogEvent.JOB_FINISHED: self._job_finished,
            LogEvent.JOB_ERROR: self._job_failed,
            LogEvent.GROUP_ERROR: self._group_failed,
        }

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.WORKFLOW_STARTED:
            self._began = True
            self._following.begin()
        if self._began:
            try:
                self._followed(event, record)
            except (AttributeError, KeyError, TypeError):
                self._give_back()
        if not (self._began and self._following.is_live):
            self._pass_on(record)

    def close(self) -> None:
        """Say the last words, once."""
        if self._began and not self._ended:
            self._ended = True
            self._release(len(self._held))
            self._following.end()
        self._inner.close()
        super().close()

    def _give_back(self) -> None:
        """Leave the terminal to Snakemake, whose messages are not those that were learnt."""
        self._began = False
        self._following.give_up()

    def _pass_on(self, record: logging.LogRecord) -> None:
        hidden = self._following.is_live and _begins(record, SAID_OTHERWISE)
        if not hidden:
            self._inner.handle(record)

    def _followed(self, event: Any, record: logging.LogRecord) -> None:
        if event in self._react:
            self._react[event](record)
        elif record.msg == NOTHING_TO_BE_DONE_MSG:
            self._following.nothing_to_do()
        elif _begins(record, ASKED_TO_STOP):
            self._following.stop()
        elif record.levelno >= logging.WARNING and not _begins(record, SAID_OTHERWISE):
            if getattr(record, "exception", None) == OF_SCRIPT:
                self._held.append(record)
            else:
                self._tell(record)

    def _planned(self, _record: Any) -> None:
        if self._is_real():
            self._following.planned()
        else:
            self._give_back()

    def _job_began(self, record: Any) -> None:
        self._following.job_began(record.jobid, submitted=record.indent)

    def _job_finished(self, record: Any) -> None:
        self._following.job_finished(record.job_id)

    def _job_failed(self, record: Any) -> None:
        if record.indent:  # one of a submission, which was told of as a whole
            return
        if self._following.job_failed(record.jobid, self._signal()):
            del self._held[:1]
        else:
            self._release(1)

    def _signal(self) -> str:
        """The signal that ended the script which failed first; empty where none did."""
        return signal_of(str(self._held[0].msg)) if self._held else ""

    def _group_failed(self, record: Any) -> None:
        numbers = [info["jobid"] for info in record.job_error_info]
        self._following.submission_failed(numbers, record.aux_logs)

    def _release(self, count: int) -> None:
        """Show what was held back in case a log says it better."""
        for record in self._held[:count]:
            self._tell(record)
        del self._held[:count]

    def _tell(self, record: logging.LogRecord) -> None:
        text = self._inner.format(record)
        if text:
            self._following.tell(text, is_error=record.levelno >= logging.ERROR)


def _begins(record: logging.LogRecord, texts: tuple[str, ...]) -> bool:
    return isinstance(record.msg, str) and record.msg.startswith(texts)
