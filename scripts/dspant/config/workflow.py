"""Where Snakemake asks for the plan: problems reach the user as plain lines."""

from __future__ import annotations

import gc
import os
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

from dspant.alone import STARTED_BY
from dspant.config.documents import load_document
from dspant.config.plan import Plan, load_plan
from dspant.config.unfinished import write_page_of_what_there_is  # noqa: F401 - rules call it
from dspant.config.verification import CHOICE, Verification, plan_verification, without_choice
from dspant.dataset.provenance import COMMAND
from dspant.errors import ConfigError, RawDataError
from dspant.readers.tank import TankScan, plan_scan

PLANNED_BETWEEN_COLLECTIONS = 50_000
"""A plan is many objects and no garbage: looking for cycles among them is a tenth of its time."""

OVERHEAD = "overhead_mb"
"""Default resource of a cluster's profile, in MB."""

_TAKEN_APART = re.compile(r"[\s'\"&;|<>()$`\\*?]")
"""What a shell does not take for a part of a word."""

WHICH_TANK = "scan: which tank? Name its folder: snakemake scan --cores 1 --config tank=PATH"


def prepare_jobs(library: str) -> None:
    """Let jobs import the library that planned them, know the command line, and who started them.

    Jobs are processes of their own, so all reaches them through the environment.

    Raises
    ------
    WorkflowError
        This Python's path has a blank or the like: Snakemake would start jobs with a part of it.
    """
    if _TAKEN_APART.search(sys.executable):
        raise WorkflowError(
            f"the path of this Python is {sys.executable!r}, and Snakemake starts jobs with it "
            f"through a shell, which takes that for several words; move the clone to a path "
            f"without blanks and the like, then make its environment (.venv) again"
        )
    known = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([library, known]) if known else library
    os.environ.setdefault(COMMAND, _command_line())
    os.environ[STARTED_BY] = str(os.getpid())


def _command_line() -> str:
    """What was typed to start this run, such that it can be typed again."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return shlex.join([sys.executable, "-m", program.parent.name, *sys.argv[1:]])
    return shlex.join(sys.argv)


def reads_config_file(workflow: Any) -> bool:
    """Whether the experiment is in the default config file, since nothing else gives one.

    With ``--configfile`` the default one plays no part; a workflow that takes this one as a module
    hands its config over.
    """
    return not (workflow.overwrite_configfiles or workflow.modifier.skip_configfile)


def config_file(path: str) -> str:
    """The same path, once it is known to be YAML; Snakemake alone would not say which line is not.

    Raises
    ------
    WorkflowError
        Names file and line.
    """
    try:
        load_document(path)
    except ConfigError as error:
        raise WorkflowError(str(error)) from None
    return path


def plan_for(workflow: Any, config: Mapping[str, Any]) -> Plan:
    """Plan of the running workflow; from here on Snakemake makes its jobs.

    Raises
    ------
    WorkflowError
        Lists all problems of the config, one a line.
    """
    gc.set_threshold(PLANNED_BETWEEN_COLLECTIONS)
    try:
        files = [str(file) for file in workflow.configfiles]
        return load_plan(without_choice(config), files, _overhead_mb(workflow))
    except ConfigError as error:
        # A new lab's first command, which no plan is needed for; rules are not known yet.
        hint = f"\n{WHICH_TANK}" if "scan" in sys.argv else ""
        raise WorkflowError(f"{error}{hint}") from None


def show_progress(workflow: Any, plan: Plan) -> None:
    """Show how the run stands, in the process that a user started.

    Jobs that plan the workflow again are silent, and where another workflow takes this one in, the
    terminal is that one's.
    """
    if workflow.is_main_process and len(workflow.included_stack) == 1:
        from dspant.terminal.attach import attach

        attach(workflow, plan)


def _overhead_mb(workflow: Any) -> int:
    """What a profile says that the processes around a submitted job take; 0 where none does.

    Snakemake adds nothing to what jobs ask for, and hands a profile's default resources on to
    the processes that it submits, so all of them come to the same numbers.
    """
    default = (workflow.resource_settings.default_resources or {}).get(OVERHEAD)
    return 0 if default is None else int(default.value)


def verification_for(plan: Plan, config: Mapping[str, Any]) -> Verification:
    """What is made again to be compared, as the config chooses.

    Raises
    ------
    WorkflowError
        The config chooses what the plan does not have.
    """
    try:
        return plan_verification(plan, config.get(CHOICE))
    except ConfigError as error:
        raise WorkflowError(str(error)) from None


def scan_for(config: Mapping[str, Any]) -> TankScan:
    """What a scan of the tank that the config names reads and writes.

    Raises
    ------
    WorkflowError
        The tank is no folder, or holds no block.
    """
    try:
        return plan_scan(str(config["tank"]))
    except RawDataError as error:
        raise WorkflowError(str(error)) from None


def ask_for_tank(_wildcards: object) -> list[str]:
    """Input of a scan where the config names no tank.

    Raises
    ------
    WorkflowError
        Says how to name one.
    """
    raise WorkflowError(WHICH_TANK)
