"""The handler between Snakemake's messages and a terminal."""

from __future__ import annotations

import io
import logging
import re
import threading

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from dspant.terminal import live
from dspant.terminal.ending import Place
from dspant.terminal.follow import Following
from dspant.terminal.handler import TerminalHandler
from dspant.terminal.live import Live
from dspant.terminal.state import Job
from dspant.terminal.view import Screen

JOBS = {7: Job("ingest", "rat01", 60.0)}


class Theirs:
    restart_times = 0
    attempt = 1


@pytest.fixture
def inner() -> logging.StreamHandler:
    return logging.StreamHandler(io.StringIO())


@pytest.fixture
def told() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")


@pytest.fixture
def logger(inner, told, monkeypatch):
    """A logger with the handler as Snakemake's has it, on a terminal.

    The line that is drawn now and then is left out: it comes between when a machine is slow.
    """
    monkeypatch.setattr(live, "REDRAW_EVERY_S", 3600.0)
    lock = threading.RLock()
    screen = Screen(told, colours=False)
    following = Following(
        lambda: (JOBS, {7: Theirs()}),
        Place("results/lab/report.html"),
        screen.say,
        Live(screen, lock),
    )
    logger = logging.Logger("snakemake.like")
    handler = TerminalHandler(inner, following, lambda: True, lock)
    logger.addHandler(handler)
    yield logger
    handler.close()


def read(stream: io.TextIOWrapper) -> str:
    return stream.buffer.getvalue().decode()


def begin(logger: logging.Logger) -> None:
    logger.info("started", extra={"event": LogEvent.WORKFLOW_STARTED})
    logger.info("stats", extra={"event": LogEvent.RUN_INFO})


def close(logger: logging.Logger) -> None:
    for handler in list(logger.handlers):
        handler.close()


def test_before_a_run_begins_every_message_is_snakemakes(logger, inner, told):
    logger.info("Congratulations")
    logger.error("MissingInputException")
    close(logger)

    assert inner.stream.getvalue() == "Congratulations\nMissingInputException\n"
    assert read(told) == ""


def test_while_jobs_run_what_warns_is_shown_and_the_rest_is_not(logger, inner, told):
    begin(logger)
    logger.info("Select jobs to execute...")
    logger.info("job", extra={"event": LogEvent.JOB_INFO, "jobid": 7, "indent": False})
    logger.warning("the clock is wrong")
    logger.info("done", extra={"event": LogEvent.JOB_FINISHED, "job_id": 7})
    close(logger)

    assert inner.stream.getvalue() == ""
    assert re.match(r"the clock is wrong\nDone in [\w ]+: 1 job of 1 recording\.\n", read(told))


def test_an_error_that_no_job_explains_is_shown(logger, told):
    begin(logger)
    logger.info("job", extra={"event": LogEvent.JOB_INFO, "jobid": 7, "indent": False})
    logger.error("RuleException: no such program", extra={"exception": "RuleException"})
    logger.error("job", extra={"event": LogEvent.JOB_ERROR, "jobid": 7, "indent": False})
    logger.error("WorkflowError:\nAt least one job did not complete successfully.")
    close(logger)

    assert "failed ingest rat01: it ended without an error of its own" in read(told)
    assert "RuleException: no such program\n" in read(told)
    assert "At least one job" not in read(told)
    assert read(told).endswith("run the same command: it goes on from here.\n")


def test_messages_of_an_unknown_snakemake_give_the_terminal_back(logger, inner, told):
    begin(logger)
    logger.info("job 7 began", extra={"event": LogEvent.JOB_INFO})
    logger.info("job 7 finished")
    close(logger)

    assert inner.stream.getvalue() == "job 7 began\njob 7 finished\n"
    assert read(told) == ""
