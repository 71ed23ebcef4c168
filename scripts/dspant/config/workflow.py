"""Where Snakemake asks for the plan: problems reach the user as plain lines."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from snakemake.exceptions import WorkflowError

from dspant.config.documents import load_document
from dspant.config.plan import Plan, load_plan
from dspant.dataset.provenance import COMMAND
from dspant.errors import ConfigError, RawDataError
from dspant.readers.tank import TankScan, plan_scan


def prepare_jobs(library: str) -> None:
    """Let jobs import the library that the workflow is planned with, and know the command line.

    Jobs are processes of their own, so both reach them through the environment.
    """
    known = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([library, known]) if known else library
    os.environ.setdefault(COMMAND, shlex.join(sys.argv))


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
    """Plan of the running workflow.

    Raises
    ------
    WorkflowError
        Lists all problems of the config, one a line.
    """
    try:
        return load_plan(config, [str(file) for file in workflow.configfiles])
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
