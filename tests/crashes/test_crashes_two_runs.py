"""Two runs at once in one folder."""

from __future__ import annotations

import signal

import pytest
from processes import finish, send, start, start_and_stop
from soundness import contents, datasets, differences, drafts, wrong_files

from clone import Clone

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("crashes")]


def test_the_second_run_is_refused_and_nothing_is_damaged(finished_run, last, expected):
    forced = (*last, "-R", "node_filtered")
    first, job = start_and_stop(finished_run.root, "node_filtered", *forced)

    second = finished_run.snakemake(*forced)
    send([job], signal.SIGCONT)
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
