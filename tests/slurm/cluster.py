"""A Slurm cluster of one node on this machine, for as long as a test needs it.

Controller, node and authentication have a folder, ports and a key of their own, so a cluster that
the machine belongs to is neither used nor disturbed.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"

STARTED_WITHIN_S = 30.0
ENDED_WITHIN_S = 10.0

CONFIG = """
ClusterName=dspant
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,batch_sched_delay=0,defer_batch
ReturnToService=2
MinJobAge=3600
KillWait=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=16000 State=UNKNOWN
PartitionName=test Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
"""CPUs and memory are more than the machine may have: jobs wait for each other no longer than
the tests ask for. Memory is sampled every second, and a job above what it asked for is killed."""


def why_not() -> str:
    """Why no cluster can be started here, or nothing."""
    absent = [name for name in PROGRAMS if not _program(name)]
    if absent:
        return f"{', '.join(absent)} not installed; make slurm-test installs them on Debian"
    return "" if os.geteuid() == 0 else "slurmd has to be started by root"


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:{SYSTEM_FOLDERS}")


class Cluster:
    """Starts the daemons when entered, and ends them and all jobs when left."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dspant-slurm-"))
        self._daemons: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which Slurm's commands speak to this cluster."""
        config = str(self.folder / "slurm.conf")
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return {**os.environ, "SLURM_CONF": config, "PATH": path}

    def __enter__(self) -> Self:
        try:
            self._write()
            folder = self.folder
            self._start(
                "munged", "--foreground", "--force", f"--socket={folder}/munge.socket",
                f"--key-file={folder}/munge.key", f"--pid-file={folder}/munged.pid",
                f"--log-file={folder}/munged.log", f"--seed-file={folder}/munged.seed",
            )  # fmt: skip
            self._wait_until((folder / "munge.socket").exists)
            self._start("slurmctld", "-D")
            self._start("slurmd", "-D")
            self._wait_until(lambda: self.said("sinfo", "-h", "-o", "%T") == "idle")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        if len(self._daemons) > 1:
            self.said("scancel", "--user=root")
            with suppress(TimeoutError):
                self._wait_until(lambda: not self.jobs("running", "pending", "completing"))
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(ENDED_WITHIN_S)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self.folder)

    def said(self, *command: str) -> str:
        """What one of Slurm's commands prints; nothing where it fails."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    def jobs(self, *states: str) -> list[dict[str, str]]:
        """Jobs in these states, or in any, since the cluster was started."""
        lines = self.said("squeue", "-h", "-t", ",".join(states) or "all", "-o", "%i|%T|%C|%m|%k")
        names = ("id", "state", "cores", "memory", "comment")
        return [dict(zip(names, line.split("|", 4), strict=True)) for line in lines.splitlines()]

    def processes(self) -> list[str]:
        """Command lines of all processes that know the cluster's folder."""
        mark = str(self.folder).encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (process / "cmdline").read_bytes()
                if mark in command + (process / "environ").read_bytes():
                    found.append(command.replace(b"\0", b" ").decode(errors="replace"))
        return found

    def _write(self) -> None:
        facts = {"folder": self.folder, "host": socket.gethostname().split(".")[0]}
        facts |= dict(zip(("controller_port", "node_port"), _free_ports(2), strict=True))
        (self.folder / "slurm.conf").write_text(CONFIG.format(**facts), encoding="utf-8")
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        for name in ("bin", "state", "spool"):
            (self.folder / name).mkdir()
        self._write_srun()

    def _write_srun(self) -> None:
        """Put a srun first in the path that knows the cluster.

        The executor takes SLURM_CONF from the environment of the srun that it starts in a job.
        """
        srun = self.folder / "bin" / "srun"
        config = self.folder / "slurm.conf"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={config} exec {_program("srun")} "$@"\n')
        srun.chmod(0o755)

    def _start(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.out").open("wb") as output:
            command = [str(_program(name)), *arguments]
            daemon = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)
        self._daemons.append(daemon)

    def _wait_until(self, reached: Callable[[], bool]) -> None:
        end = time.monotonic() + STARTED_WITHIN_S
        while not reached():
            if time.monotonic() > end:
                logs = {file.name: file.read_text() for file in self.folder.glob("*.out")}
                raise TimeoutError(f"no Slurm cluster after {STARTED_WITHIN_S:.0f} s: {logs}")
            time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
