"""The workflow on a cluster: what is submitted, what comes of it, and what a failure leaves."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time

import pytest
from cluster import Cluster
from same_results import results

from clone import Clone

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("slurm")]

FIRST_LOOK_S = "6"
"""About as long as a submission of these short recordings takes."""

LONGEST_PAUSE_S = 300.0
"""Snakemake notices an interrupt when it looks at its jobs next, three minutes later at most."""

HEEDING_INTERRUPTS = ("env", "--default-signal=INT")
"""Processes that a shell starts in the background are told to ignore them."""


def command(*arguments: str) -> list[str]:
    profile = ("--workflow-profile", "profiles/slurm", "--latency-wait", "5")
    look = ("--slurm-init-seconds-before-status-checks", FIRST_LOOK_S)
    return [sys.executable, "-m", "snakemake", *arguments, *profile, *look]


def submit(cluster: Cluster, clone: Clone, *arguments: str) -> str:
    """Run to the end; gives what Snakemake said."""
    done = subprocess.run(
        command(*arguments),
        cwd=clone.root,
        env=cluster.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def submissions(said: str) -> list[str]:
    """Slurm's number of each submission."""
    return re.findall(r"submitted with SLURM jobid (\d+)", said)


def states(cluster: Cluster, numbers: list[str]) -> list[str]:
    by_number = {job["id"]: job["state"] for job in cluster.jobs()}
    return [by_number[number] for number in numbers]


def test_each_recording_is_one_submission_with_the_results_of_a_local_run(
    cluster: Cluster, clone: Clone, made_here: dict[str, bytes]
) -> None:
    said = submit(cluster, clone)

    numbers = submissions(said)
    assert len(numbers) == 2 + 1, said
    assert states(cluster, numbers) == ["COMPLETED"] * 3
    asked = {job["id"]: job for job in cluster.jobs()}
    assert {asked[number]["cores"] for number in numbers} <= {"1", "2"}
    assert results(clone) == made_here
    assert (clone.root / "results/demo/report.html").is_file()


def test_a_job_killed_for_its_memory_is_submitted_again_with_more(
    cluster: Cluster, clone: Clone
) -> None:
    target = "results/demo/rec01/block.json"
    too_little = "ingest:mem_mb=[0, 150, 1000, 1000][attempt]"

    said = submit(cluster, clone, target, "--set-resources", too_little)

    first, second = submissions(said)
    assert states(cluster, [first, second])[1] == "COMPLETED"
    assert states(cluster, [first])[0] in {"OUT_OF_MEMORY", "FAILED", "CANCELLED"}
    asked = {job["id"]: job["memory"] for job in cluster.jobs()}
    assert (asked[first], asked[second]) == ("150M", "1000M")
    assert (clone.root / target).is_file()


def test_a_cancelled_run_leaves_no_job_and_goes_on_to_equal_results(
    cluster: Cluster, clone: Clone, made_here: dict[str, bytes]
) -> None:
    bursts = "results/demo/rec01/bursts.ant/metadata_bursts.json"
    log = clone.root / "cancelled.log"
    with log.open("wb") as output:
        run = subprocess.Popen(
            [*HEEDING_INTERRUPTS, *command(bursts)],
            cwd=clone.root,
            env=cluster.environment,
            stdout=output,
            stderr=output,
        )
    begun = clone.root / "results/demo/rec01/block.json"
    while not (begun.exists() and cluster.jobs("running")):
        assert run.poll() is None, log.read_text()
        time.sleep(0.2)
    run.send_signal(signal.SIGINT)
    assert run.wait(LONGEST_PAUSE_S) != 0

    assert cluster.jobs("pending", "running") == []
    assert "CANCELLED" in states(cluster, submissions(log.read_text()))
    submit(cluster, clone, bursts)
    made = results(clone)
    assert bursts in made
    assert made == {path: made_here[path] for path in made}
