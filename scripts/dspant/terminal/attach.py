"""Puts the view between Snakemake and its terminal."""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import Any

from dspant.config.plan import Plan

OUTPUT = "DSPANT_OUTPUT"
"""Environment variable; ``snakemake`` leaves Snakemake's own output as it is."""

INNER = "DefaultStreamHandler"
"""How Snakemake calls its handler for the terminal; it has none beside a logger plugin."""


def attach(workflow: Any, plan: Plan) -> None:
    """Follow the run in place of Snakemake's own output, unless other output is asked for."""
    logger = workflow.logger_manager.logger
    inner = next((handler for handler in logger.handlers if handler.name == INNER), None)
    if inner is None or not _is_wanted(workflow.output_settings):
        return
    from dspant.terminal.ending import Place
    from dspant.terminal.follow import Following
    from dspant.terminal.handler import TerminalHandler
    from dspant.terminal.jobs import jobs_of
    from dspant.terminal.live import Live
    from dspant.terminal.view import Screen, is_terminal

    lock = threading.RLock()
    screen = Screen(inner.stream, colours=not inner.nocolor and "NO_COLOR" not in os.environ)
    live = Live(screen, lock) if is_terminal(inner.stream) else None
    place = Place(plan.paths.experiment_report(), plan.paths.verification())

    def jobs():
        return jobs_of(workflow.dag, plan)

    following = Following(jobs, place, screen.say, live)
    handler = TerminalHandler(inner, following, partial(_runs_jobs, workflow), lock)
    handler.setLevel(inner.level)
    logger.removeHandler(inner)
    logger.addHandler(handler)


def _is_wanted(settings: Any) -> bool:
    from snakemake.settings.enums import Quietness

    quiet = set(settings.quiet or ())
    return not (
        os.environ.get(OUTPUT) == "snakemake"
        or settings.dryrun
        or settings.verbose
        or settings.debug_dag
        or quiet & {Quietness.ALL, Quietness.PROGRESS}
    )


def _runs_jobs(workflow: Any) -> bool:
    return not (workflow.dryrun or workflow.touch)
