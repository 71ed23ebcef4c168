"""Snakemake and its jobs as processes that can be looked at, stopped and killed (Linux)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

DEADLINE_S = 120.0

STOPS_ITSELF = """
import os, signal, sys

def stop_at(event, arguments):
    if event == "open" and arguments[1] == "w" and str(arguments[0]).endswith("/{rule}.log"):
        os.kill(os.getpid(), signal.SIGSTOP)

sys.addaudithook(stop_at)
"""
"""Python runs it first: a rule's job, which opens its log once it holds its lock, stops there."""


def start(root: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start Snakemake as the leader of a session of its own; its output goes to a file."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= variables
    with (root / "output.txt").open("w") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=root,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def start_and_stop(root: Path, rule: str, *arguments: str) -> tuple[subprocess.Popen[str], int]:
    """Start Snakemake; gives it, and the job of one rule, stopped when it was about to begin."""
    hook = root.with_name("hook")
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(STOPS_ITSELF.format(rule=rule), encoding="utf-8")
    paths = [str(hook), *filter(None, [os.environ.get("PYTHONPATH")])]
    run = start(root, *arguments, PYTHONPATH=os.pathsep.join(paths))
    while run.poll() is None:
        for job in jobs_of(run.pid):
            if state(job) == "T":
                return run, job
        time.sleep(0.005)
    raise ChildProcessError(f"{rule} was not seen:\n{output_of(root)}")


def finish(root: Path, run: subprocess.Popen[str]) -> tuple[int, str]:
    """Return code and output of a run that is waited for."""
    return run.wait(DEADLINE_S), output_of(root)


def output_of(root: Path) -> str:
    """What the last run has said so far."""
    return (root / "output.txt").read_text(encoding="utf-8")


def jobs_of(pid: int) -> list[int]:
    """Processes that a Snakemake started and that live."""
    with suppress(FileNotFoundError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(c) for task in tasks for c in (task / "children").read_text().split()]
    return []


def rule_of(pid: int) -> str:
    """Rule of a job's process, told by the log it holds open."""
    with suppress(FileNotFoundError, PermissionError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                opened = descriptor.readlink()
                if opened.suffix == ".log" and opened.parts[-2] != "log":
                    return opened.stem
    return "starting"


def send(pids: list[int], number: signal.Signals) -> None:
    """Send a signal to those that still live."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def freeze(pids: list[int]) -> None:
    """Stop processes, and return once none of them runs."""
    send(pids, signal.SIGSTOP)
    until = time.monotonic() + DEADLINE_S
    while any(state(pid) not in "TtZX-" for pid in pids):
        if time.monotonic() > until:
            raise TimeoutError(f"{pids} do not stop")
        time.sleep(0.001)


def state(pid: int) -> str:
    """One letter, as in ps; ``-`` for a process that is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "-"
    return stat.rpartition(")")[2].split()[0]


def wait_until_gone(pids: list[int]) -> None:
    """Return once none of the processes lives."""
    until = time.monotonic() + DEADLINE_S
    while any(state(pid) not in "ZX-" for pid in pids):
        if time.monotonic() > until:
            raise TimeoutError(f"{pids} do not end")
        time.sleep(0.01)
