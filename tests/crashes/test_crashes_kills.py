"""Runs that are killed leave nothing false, and the next one makes everything right."""

from __future__ import annotations

import os
import signal
import time
from random import Random

import pytest
from kills import Killed
from processes import finish, output_of, send, start, start_and_stop, state, wait_until_gone
from soundness import contents, datasets, differences, drafts, wrong_files

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("crashes")]

KILLED_DATASET = "results/kills/rec01/filtered.ant/metadata_filtered.json"
"""Asked for by name: Snakemake leaves what is missing between two finished results."""


@pytest.mark.parametrize("seed", range(2))
def test_runs_killed_at_random_moments_end_as_undisturbed_ones(killed: Killed, seed: int) -> None:
    kills = killed.kill_some(Random(f"tests/{seed}"))

    assert {kill.who for kill in kills} <= {"snakemake", "group", "job"}


def killed_run(clone, last):
    """A job that a killed Snakemake left stopped, with its lock held."""
    run, job = start_and_stop(clone.root, "node_filtered", *last, "-R", "node_filtered")
    lock = clone.root / "logs" / "kills" / "rec01" / ".node_filtered.lock"
    assert f"process {job} on" in lock.read_text(encoding="utf-8")
    send([run.pid], signal.SIGKILL)
    run.wait()
    return job


def test_a_stopped_job_of_a_killed_run_does_no_harm_when_it_goes_on(finished_run, last, expected):
    last = (KILLED_DATASET, *last)
    job = killed_run(finished_run, last)
    finish(finished_run.root, start(finished_run.root, *last, "--unlock"))

    again = start(finished_run.root, *last)
    while again.poll() is None and "left behind" not in output_of(finished_run.root):
        time.sleep(0.01)
    assert state(job) == "T"
    assert again.poll() is None
    send([job], signal.SIGCONT)
    code, output = finish(finished_run.root, again)
    wait_until_gone([job])

    assert code == 0, output
    assert ".node_filtered.lock: a job that a killed run left behind still makes" in output
    assert f"process {job} on {os.uname().nodename}" in output
    assert wrong_files(finished_run.results()) == []
    assert drafts(finished_run.results()) == []
    assert differences(datasets(contents(finished_run.results())), expected) == []


def test_a_killed_snakemake_tells_how_to_go_on_and_its_jobs_end(finished_run, last, expected):
    last = (KILLED_DATASET, *last)
    job = killed_run(finished_run, last)
    send([job], signal.SIGCONT)
    wait_until_gone([job])

    refused, output = finish(finished_run.root, start(finished_run.root, *last))
    assert refused
    assert "--unlock" in output
    assert finish(finished_run.root, start(finished_run.root, *last, "--unlock"))[0] == 0
    code, output = finish(finished_run.root, start(finished_run.root, *last))

    assert code == 0, output
    assert differences(datasets(contents(finished_run.results())), expected) == []


def test_a_whole_run_makes_again_what_a_killed_one_took_away(finished_run, last, expected):
    whole = last[1:]
    job = killed_run(finished_run, whole)
    send([job], signal.SIGCONT)
    wait_until_gone([job])
    finish(finished_run.root, start(finished_run.root, *whole, "--unlock"))
    taken = finished_run.root / KILLED_DATASET
    taken.unlink(missing_ok=True)

    code, output = finish(finished_run.root, start(finished_run.root, *whole))

    assert code == 0, output
    assert taken.is_file()
    assert differences(datasets(contents(finished_run.results())), expected) == []


def test_a_whole_run_makes_a_lost_page_again(finished_run, last, expected):
    page = finished_run.results() / "kills" / "rec01" / "report.html"
    drawn = page.read_text(encoding="utf-8")
    for file in (page, page.with_name("summary.json")):
        file.unlink()

    code, output = finish(finished_run.root, start(finished_run.root, *last[1:]))

    assert code == 0, output
    assert page.read_text(encoding="utf-8") == drawn
    assert differences(datasets(contents(finished_run.results())), expected) == []
