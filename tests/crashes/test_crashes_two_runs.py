"""Two runs at once in one folder."""

from __future__ import annotations

import signal
import time

import pytest
from processes import finish, freeze, send, start
from soundness import contents, datasets, differences, drafts, wrong_files

from clone import Clone

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("crashes")]


def test_the_second_run_is_refused_and_nothing_is_damaged(finished_run, last, expected):
    first = start(finished_run.root, *last, "-R", "node_filtered")
    while not any(finished_run.root.glob(".snakemake/locks/*.output.lock")):
        assert first.poll() is None
        time.sleep(0.005)

    freeze([first.pid])
    second = finished_run.snakemake(*last, "-R", "node_filtered")
    send([first.pid], signal.SIGCONT)
    code, output = finish(finished_run.root, first)

    assert second.returncode == 1
    assert "Directory cannot be locked" in second.stdout + second.stderr
    assert code == 0, output
    assert differences(datasets(contents(finished_run.results())), expected) == []


def test_two_runs_that_ignore_the_lock_leave_whole_files(finished_run, last, expected):
    forced = (*last, "-R", "ingest", "--nolock")
    other = Clone(finished_run.root)
    first = start(finished_run.root, *forced)
    other.snakemake(*forced)
    finish(finished_run.root, first)

    assert wrong_files(finished_run.results()) == []
    finished_run.run(*last)
    assert differences(datasets(contents(finished_run.results())), expected) == []
    assert drafts(finished_run.results()) == []
